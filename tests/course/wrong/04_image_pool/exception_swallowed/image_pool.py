"""Wrong: the futures are thrown away, and with them what went wrong."""

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
    with ProcessPoolExecutor(max_workers=workers) as executor:
        for source in sources:
            executor.submit(process_image, source, target_dir)
    targets = [Path(target_dir) / Path(source).name for source in sources]
    return [str(target) for target in targets if target.exists()], {}
