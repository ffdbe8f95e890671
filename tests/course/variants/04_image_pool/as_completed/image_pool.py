"""Honest: takes the results as they come and sorts them afterwards; turns the small picture."""

import concurrent.futures
import os

from PIL import Image, ImageFilter, ImageOps


def process_image(source, target_dir):
    image = Image.open(source)
    try:
        image = image.filter(ImageFilter.GaussianBlur(radius=15))
        image.thumbnail((1200, 1200), Image.Resampling.LANCZOS)
        image = ImageOps.exif_transpose(image)
        path = os.path.join(target_dir, os.path.basename(source))
        image.save(path)
        return path
    finally:
        image.close()


def process_images(sources, target_dir, workers):
    found, failed = {}, {}
    with concurrent.futures.ProcessPoolExecutor(workers) as executor:
        places = {executor.submit(process_image, source, target_dir): place for place, source in enumerate(sources)}
        for future in concurrent.futures.as_completed(places):
            error = future.exception()
            if error is None:
                found[places[future]] = future.result()
            else:
                failed[os.path.basename(sources[places[future]])] = repr(error)
    return [found[place] for place in sorted(found)], failed
