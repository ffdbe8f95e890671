"""What the tests let your functions do. This file runs beside your module, in the same process."""

from __future__ import annotations

import multiprocessing
from contextlib import suppress
from pathlib import Path
from typing import Any

with suppress(ModuleNotFoundError):  # the tests say what is missing
    # Imported before the clock starts, as in your module: neither side of the comparison pays for it.
    from PIL import Image, ImageFilter, ImageOps


def start_method(_: Any) -> str:
    """Return how this program makes new processes: some ways take longer than others."""
    return multiprocessing.get_start_method()


def process_one_by_one(module: Any, sources: list[str], target_dir: str) -> list[str]:
    """Let `process_image` do one picture after another: what it returned."""
    return [str(module.process_image(source, target_dir)) for source in sources]


def process_all(module: Any, sources: list[str], target_dir: str, workers: int) -> tuple[list[str], dict[str, str]]:
    """Let `process_images` do all of them."""
    written, failed = module.process_images(sources, target_dir, workers)
    return list(written), dict(failed)


def process_all_serially(_: Any, sources: list[str], target_dir: str) -> tuple[list[str], dict[str, str]]:
    """Do the same work one picture after another: what `process_images` is compared with."""
    written = []
    for source in map(Path, sources):
        with Image.open(source) as image:
            result = ImageOps.exif_transpose(image).filter(ImageFilter.GaussianBlur(15))
        result.thumbnail((1200, 1200))
        written.append(str(Path(target_dir, source.name)))
        result.save(written[-1])
    return written, {}
