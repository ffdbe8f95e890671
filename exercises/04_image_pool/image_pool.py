"""Blur and shrink many pictures in several processes, and let one broken file spoil nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only the annotations need these names
    from collections.abc import Sequence


def process_image(source: str, target_dir: str) -> str:
    """Blur a picture (GaussianBlur, radius 15), then shrink it to fit into 1200 x 1200 pixels.

    It keeps its proportions and its mode, comes out the way up in which it is looked at, and is never enlarged.

    Args:
        source: Path of the picture.
        target_dir: Folder in which the result is saved, under the same file name.

    Returns:
        The path of the result.

    Raises:
        Exception: What Pillow raised, if the file cannot be read as a picture or the result cannot be saved.
    """
    # TODO(task 1): open it, blur it, shrink it, save it under its name in target_dir, and return the path
    raise NotImplementedError("task 1: open the picture, blur it, shrink it, save it, and return the path")


def process_images(sources: Sequence[str], target_dir: str, workers: int) -> tuple[list[str], dict[str, str]]:
    """Run `process_image` for many pictures in a `ProcessPoolExecutor`.

    Args:
        sources: Paths of the pictures.
        target_dir: Folder in which the results are saved.
        workers: How many processes share the work.

    Returns:
        The paths written, in the order of `sources`; and for each source that failed, its file name without the
        folder, and the message of its exception.
    """
    # TODO(task 2): hand every picture to the executor, and collect results and errors (task 3: how fast it is)
    raise NotImplementedError("task 2: hand every picture to the executor, and collect results and errors")
