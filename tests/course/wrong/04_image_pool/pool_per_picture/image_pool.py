"""Wrong: a new executor for every picture."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image, ImageFilter, ImageOps


def process_image(source, target_dir):
    target = Path(target_dir) / Path(source).name
    with Image.open(source) as image:
        blurred = ImageOps.exif_transpose(image).filter(ImageFilter.GaussianBlur(15))
        blurred.thumbnail((1200, 1200))
        blurred.save(target)
    return str(target)


def process_images(sources, target_dir, workers):
    written, failed = [], {}
    for source in sources:
        with ProcessPoolExecutor(max_workers=workers) as executor:
            future = executor.submit(process_image, source, target_dir)
        if future.exception() is None:
            written.append(future.result())
        else:
            failed[Path(source).name] = str(future.exception())
    return written, failed
