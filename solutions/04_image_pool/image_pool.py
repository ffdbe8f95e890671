"""Blur and shrink many pictures in several processes, and let one broken file spoil nothing else."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageFilter, ImageOps

if TYPE_CHECKING:  # only the annotations need these names
    from collections.abc import Sequence

LARGEST = (1200, 1200)
"""Width and height, in pixels, that no result exceeds."""

RADIUS = 15
"""How far the blur reaches, in pixels of the original."""


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
    target = Path(target_dir) / Path(source).name
    with Image.open(source) as image:
        # A camera held upright stores the picture lying and notes in EXIF how to turn it. The note does not
        # travel to the new file by itself, so the pixels are turned now.
        upright = ImageOps.exif_transpose(image)
        blurred = upright.filter(ImageFilter.GaussianBlur(RADIUS))
        blurred.thumbnail(LARGEST)
        blurred.save(target)
    return str(target)


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
    written: list[str] = []
    failed: dict[str, str] = {}
    with ProcessPoolExecutor(max_workers=workers) as executor:
        # All are handed over first. One task for each picture: who is done early takes the next one.
        futures = [executor.submit(process_image, source, target_dir) for source in sources]
        for source, future in zip(sources, futures, strict=True):
            # Each result has a try of its own, so that a broken file costs one picture and not all after it.
            try:
                written.append(future.result())
            except Exception as error:  # noqa: BLE001 - Pillow raises many kinds, and each is a picture's failure
                failed[Path(source).name] = str(error)
    return written, failed
