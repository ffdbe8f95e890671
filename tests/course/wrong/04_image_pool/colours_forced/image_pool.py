"""Wrong: everything becomes RGB: transparency is lost, and grey is no longer grey."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image, ImageFilter, ImageOps


def process_image(source, target_dir):
    target = Path(target_dir) / Path(source).name
    with Image.open(source) as image:
        blurred = ImageOps.exif_transpose(image).convert("RGB").filter(ImageFilter.GaussianBlur(15))
        blurred.thumbnail((1200, 1200))
        blurred.save(target)
    return str(target)


def process_images(sources, target_dir, workers):
    written, failed = [], {}
    with ProcessPoolExecutor(max_workers=workers) as executor:
        futures = [executor.submit(process_image, source, target_dir) for source in sources]
        for source, future in zip(sources, futures):
            try:
                written.append(future.result())
            except Exception as error:
                failed[Path(source).name] = str(error)
    return written, failed
