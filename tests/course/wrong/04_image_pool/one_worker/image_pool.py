"""Wrong: the number of workers is not passed on; there is one."""

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
    with ProcessPoolExecutor(max_workers=1) as executor:
        futures = [executor.submit(process_image, source, target_dir) for source in sources]
        for source, future in zip(sources, futures):
            try:
                written.append(future.result())
            except Exception as error:
                failed[Path(source).name] = str(error)
    return written, failed
