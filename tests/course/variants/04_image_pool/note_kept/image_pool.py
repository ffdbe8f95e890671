"""Honest: keeps the note in EXIF; the task itself reports its error, and map keeps the order."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image, ImageFilter


def process_image(source, target_dir):
    source = Path(source)
    with Image.open(source) as image:
        small = image.filter(ImageFilter.GaussianBlur(15))
        exif = image.getexif()
    scale = min(1, 1200 / small.width, 1200 / small.height)
    small = small.resize((round(small.width * scale), round(small.height * scale)))
    small.save(Path(target_dir, source.name), exif=exif)
    return str(Path(target_dir, source.name))


def try_image(source, target_dir):
    try:
        return process_image(source, target_dir), None
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def process_images(sources, target_dir, workers):
    executor = ProcessPoolExecutor(max_workers=workers)
    try:
        answers = list(executor.map(partial(try_image, target_dir=target_dir), sources))
    finally:
        executor.shutdown()
    written = [path for path, _ in answers if path]
    return written, {Path(s).name: error for s, (_, error) in zip(sources, answers) if error}
