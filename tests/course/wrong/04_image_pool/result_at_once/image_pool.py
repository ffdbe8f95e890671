"""Wrong: each result is waited for before the next picture is handed over."""

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
    with ProcessPoolExecutor(max_workers=workers) as executor:
        for source in sources:
            try:
                written.append(executor.submit(process_image, source, target_dir).result())
            except Exception as error:
                failed[Path(source).name] = str(error)
    return written, failed
