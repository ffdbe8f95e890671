"""What is wrong with a result: looked at in the file that was written, never by anybody's word."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

LARGEST = 1200
"""Width and height, in pixels, that no result exceeds."""

BLURRED_EDGES = 0.35
"""Part of the edges that a blurred picture may keep: radius 15 leaves 0.04 to 0.15 of them, radius 2 about 0.45."""

FEW_EDGES = 2.0
"""Mean strength of edges, in grey levels, below which nothing is sharp: a picture of fog."""

SAME_PICTURE = 10.0
"""Mean difference, in grey levels, up to which two pictures seen from afar show the same."""

PATCH = 100
"""Width of a patch, in pixels of the original: several times the radius of the blur."""


def faults(source: str, result: str, target_dir: str) -> list[str]:
    """Compare a result with its original.

    Args:
        source: Path of the original.
        result: The path that was returned.
        target_dir: Folder in which the result has to be.

    Returns:
        One sentence for everything that is wrong; empty if the result is right.
    """
    name = Path(source).name
    if Path(result) != Path(target_dir, name):
        return [f"{name}: the path {result} was returned, and the result should be {Path(target_dir, name)}"]
    if not Path(result).is_file():
        return [f"{name}: there is no such file in the target folder"]
    (original, size), written = _only_shrunk(source), _as_shown(result)
    found = _of_shape(original, size, written)
    if found:
        return [f"{name}: {fault}" for fault in found]
    if _difference(original, written, patches=_patches(size)) > SAME_PICTURE:
        return [f"{name}: shows something else than the original"]
    if _edges(written) > max(FEW_EDGES, BLURRED_EDGES * _edges(original)):
        share = _edges(written) / max(_edges(original), 1e-9)
        return [f"{name}: has {share:.0%} of the edges of the original that was only shrunk: is it blurred?"]
    return []


def _of_shape(original: Image.Image, size: tuple[int, int], written: Image.Image) -> list[str]:
    """Compare size and mode. A note in EXIF counts as turning the picture, for both of them."""
    found = []
    if any(abs(one - other) > 1 for one, other in zip(written.size, original.size, strict=True)):
        found.append(
            f"is shown at {written.width} x {written.height}, should be {original.width} x {original.height} "
            f"(the original is shown at {size[0]} x {size[1]})"
        )
    if written.mode != original.mode:
        found.append(f"has the mode {written.mode}, should keep the mode {original.mode}")
    return found


def _as_shown(path: str) -> Image.Image:
    """Open a picture the way up in which it is looked at."""
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image)


@cache
def _only_shrunk(source: str) -> tuple[Image.Image, tuple[int, int]]:
    """Return the original, shrunk but not blurred, and the original's size."""
    image = _as_shown(source)
    size = image.size
    image.thumbnail((LARGEST, LARGEST))
    return image, size


def _on_grey(image: Image.Image) -> Image.Image:
    """Lay a picture on grey, so that colours that nobody can see do not count."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, (128, 128, 128, 255)), image).convert("RGB")


def _edges(image: Image.Image) -> float:
    """Return how much edge a picture has: the mean strength, in grey levels, without its rim."""
    found = _on_grey(image).convert("L").filter(ImageFilter.FIND_EDGES)
    inside = found.crop((2, 2, max(3, image.width - 2), max(3, image.height - 2)))
    return float(ImageStat.Stat(inside).mean[0])


def _patches(size: tuple[int, int]) -> tuple[int, int]:
    """Return into how many patches a picture is cut to see it from afar: each much wider than the blur reaches."""
    return (max(1, min(24, size[0] // PATCH)), max(1, min(24, size[1] // PATCH)))


def _difference(one: Image.Image, other: Image.Image, *, patches: tuple[int, int]) -> float:
    """Return how different two pictures are from afar: the mean over all patches, in grey levels."""
    afar = [_on_grey(image).resize(patches, Image.Resampling.BOX) for image in (one, other)]
    return float(max(ImageStat.Stat(ImageChops.difference(*afar)).mean))
