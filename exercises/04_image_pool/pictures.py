"""The fifteen pictures of this exercise, drawn by Pillow: the same on every machine, pixel by pixel.

No photograph is shipped. Hills, houses and leaves are made of noise whose bytes come from SHAKE-128, and every
step from there is arithmetic without rounding that could differ between machines: whole numbers, and enlargements
by powers of two, whose weights are exact.

    python pictures.py DIRECTORY      writes them there
"""

from __future__ import annotations

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from PIL import Image, ImageChops

Colour: TypeAlias = tuple[int, int, int]
Size: TypeAlias = tuple[int, int]

LYING = 6
"""The EXIF orientation of a camera held upright: turn the stored picture clockwise to see it as it was taken."""

ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to draw.

    Attributes:
        name: File name; the ending gives the format.
        size: Width and height in pixels, as it is looked at.
        scene: What it shows.
        colours: From the far end to the near end.
        mode: Pillow's mode of the file.
        lying: It is stored lying on its side, with an EXIF note that says so.
    """

    name: str
    size: Size
    scene: Literal["hills", "houses", "leaves"]
    colours: tuple[Colour, ...]
    mode: Literal["RGB", "RGBA", "L"] = "RGB"
    lying: bool = False


_MORNING = ((214, 226, 240), (160, 182, 205), (104, 136, 152), (58, 92, 88), (30, 52, 40))
_EVENING = ((250, 196, 140), (206, 128, 112), (132, 82, 98), (76, 54, 80), (34, 28, 48))
_NIGHT = ((40, 48, 84), (30, 36, 66), (24, 28, 52), (18, 20, 38), (10, 12, 24))
_AUTUMN = ((64, 42, 22), (122, 66, 24), (188, 100, 32), (222, 156, 52), (240, 206, 110))
_SPRING = ((24, 50, 24), (46, 92, 38), (84, 134, 52), (136, 174, 80), (206, 222, 150))
_STONE = ((226, 222, 214), (190, 180, 166), (150, 140, 130), (104, 98, 94), (62, 58, 58))

PICTURES = (
    Picture("01_hills_morning.jpg", (3000, 2000), "hills", _MORNING),
    Picture("02_houses_evening.jpg", (2880, 1920), "houses", _EVENING),
    Picture("03_leaves_autumn.jpg", (2816, 1880), "leaves", _AUTUMN),
    Picture("04_hills_cut_out.png", (2600, 1740), "hills", _SPRING, mode="RGBA"),
    Picture("05_tower_upright.jpg", (1760, 2640), "houses", _STONE, lying=True),
    Picture("06_houses_grey.jpg", (2720, 1812), "houses", _STONE, mode="L"),
    Picture("07_leaves_cut_out.png", (2560, 1700), "leaves", _SPRING, mode="RGBA"),
    Picture("08_hills_evening.jpg", (2688, 1792), "hills", _EVENING),
    Picture("09_leaves_spring.png", (2496, 1664), "leaves", _SPRING),
    Picture("10_houses_night.jpg", (2640, 1760), "houses", _NIGHT),
    Picture("11_leaves_grey.png", (2580, 1720), "leaves", _STONE, mode="L"),
    Picture("12_hills_wide.jpg", (3200, 1600), "hills", _STONE),
    Picture("13_leaves_upright.jpg", (1640, 2480), "leaves", _AUTUMN),
    Picture("14_hills_grey.jpg", (2432, 1624), "hills", _MORNING, mode="L"),
    Picture("15_houses_square.jpg", (2400, 2400), "houses", _MORNING),
)


def draw(picture: Picture) -> Image.Image:
    """Draw a picture as it is stored: in its mode, and on its side if it is a lying one."""
    scene = {"hills": _hills, "houses": _houses, "leaves": _leaves}[picture.scene]
    image = _with_grain(scene(picture), picture.name)
    if picture.mode == "L":
        image = image.convert("L")
    if picture.mode == "RGBA":
        image.putalpha(_field(f"{picture.name} alpha", picture.size, 256).point([_stretched(v) for v in range(256)]))
    return image.transpose(Image.Transpose.ROTATE_90) if picture.lying else image


def write_all(directory: Path) -> None:
    """Draw all pictures and write them into a folder; some hundreds of milliseconds each.

    Threads, not processes: Pillow lets other threads run while it computes.
    """
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as executor:
        for _ in executor.map(lambda picture: _write(picture, directory), PICTURES):
            pass


def pixel_digest(image: Image.Image) -> str:
    """Return a short digest of a picture's size, mode and pixels."""
    return hashlib.sha256(f"{image.mode} {image.size} ".encode() + image.tobytes()).hexdigest()[:16]


def _write(picture: Picture, directory: Path) -> None:
    image = draw(picture)
    path = directory / picture.name
    if path.suffix == ".png":
        image.save(path, compress_level=1)
        return
    exif = Image.Exif()
    if picture.lying:
        exif[ORIENTATION_TAG] = LYING
    image.save(path, quality=90, exif=exif)


def _hills(picture: Picture) -> Image.Image:
    """Draw a sky with clouds, and one ridge before the other."""
    width, height = picture.size
    sky, *ridges = picture.colours
    clouds = _field(f"{picture.name} clouds", picture.size, 512)
    image = _tinted(clouds, sky)
    for depth, colour in enumerate(ridges, 1):
        name = f"{picture.name} ridge {depth}"
        line = _ridge(name, width, height * depth // (len(ridges) + 2) + height // 8, height // 5)
        ground = ImageChops.add(_field(name, picture.size, 64), _field(f"{name} fine", picture.size, 4), 2)
        image.paste(_tinted(ground, colour), mask=_below(line, height))
    return image


def _houses(picture: Picture) -> Image.Image:
    """Draw rows of walls with windows, the nearer the larger, under a sky."""
    width, height = picture.size
    sky, *walls = picture.colours
    image = _tinted(_field(f"{picture.name} sky", picture.size, 512), sky)
    plaster = _field(f"{picture.name} plaster", picture.size, 4)
    for depth, colour in enumerate(walls, 1):
        wall = _tinted(plaster, colour)
        left, numbers = 0, _Numbers(f"{picture.name} row {depth}", 4096)
        while left < width:
            right = min(width, left + 80 + depth * 50 + next(numbers) // 2)
            top = height * depth // (len(walls) + 2) - next(numbers) * height // 2048 + height // 8
            image.paste(wall.crop((left, top, right, height)), (left, top))
            _put_windows(image, (left, top, right, height), 14 + 8 * depth, numbers)
            left = right
    return image


def _put_windows(image: Image.Image, wall: tuple[int, int, int, int], step: int, numbers: _Numbers) -> None:
    """Put a grid of windows on a wall; some are lit."""
    left, top, right, bottom = wall
    for y in range(top + step // 2, min(bottom, top + 24 * step) - step, 2 * step):
        for x in range(left + step // 2, right - step, 2 * step):
            colour = (255, 226, 150) if next(numbers) < 90 else (36, 42, 56)
            image.paste(colour, (x, y, x + step, y + step))


def _leaves(picture: Picture) -> Image.Image:
    """Draw layers of blobs with sharp rims, the later the lighter and the smaller."""
    back, *layers = picture.colours
    image = _tinted(_field(f"{picture.name} ground", picture.size, 64), back)
    for depth, colour in enumerate(layers, 1):
        name = f"{picture.name} layer {depth}"
        shape = _field(name, picture.size, 256 >> depth).point([0] * 136 + [255] * 120)
        vein = ImageChops.add(_field(f"{name} vein", picture.size, 8), _field(f"{name} light", picture.size, 256), 2)
        image.paste(_tinted(vein, colour), mask=shape)
    return image


def _field(name: str, size: Size, cell: int) -> Image.Image:
    """Make smooth grey noise whose hills are about `cell` pixels wide; `cell` is a power of two."""
    columns, rows = (-(-length // cell) + 4 for length in size)
    noise = Image.frombytes("L", (columns, rows), hashlib.shake_128(name.encode()).digest(columns * rows))
    smooth = noise.resize((columns * cell, rows * cell), Image.Resampling.BICUBIC)
    # Two cells away from the rim, where all weights of the enlargement are exact.
    return smooth.crop((2 * cell, 2 * cell, 2 * cell + size[0], 2 * cell + size[1]))


def _tinted(grey: Image.Image, colour: Colour) -> Image.Image:
    """Turn grey into shades of a colour, from two thirds of it to four thirds."""
    return Image.merge("RGB", [grey.point([min(255, c * (256 + v) // 384) for v in range(256)]) for c in colour])


def _with_grain(image: Image.Image, name: str) -> Image.Image:
    """Add the grain of a sensor: a little noise in every pixel."""
    noise = hashlib.shake_128(f"{name} grain".encode()).digest(image.width * image.height)
    grain = Image.frombytes("L", image.size, noise).point([v >> 5 for v in range(256)])
    return ImageChops.subtract(image, Image.merge("RGB", [grain] * 3))


def _stretched(value: int) -> int:
    """Make noise into a mask: mostly all or nothing, with soft rims."""
    return max(0, min(255, (value - 96) * 6))


def _below(line: list[int], height: int) -> Image.Image:
    """Make the mask of everything below a line, given as a height for every column."""
    columns = b"".join(b"\x00" * y + b"\xff" * (height - y) for y in line)
    return Image.frombytes("L", (height, len(line)), columns).transpose(Image.Transpose.TRANSPOSE)


def _ridge(name: str, width: int, base: int, swing: int) -> list[int]:
    """Make the line of a ridge: noise of several widths, each half as high as the one before."""
    line = [base] * width
    for octave in range(8):
        step = 512 >> octave
        points = hashlib.shake_128(f"{name} {octave}".encode()).digest(width // step + 2)
        for x in range(width):
            place, part = divmod(x, step)
            level = points[place] * (step - part) + points[place + 1] * part
            line[x] += (level * swing // (256 * step) - swing // 2) >> octave
    return [max(0, y) for y in line]


class _Numbers:
    """Numbers from 0 to 255 that look random and are always the same; they begin again at the end."""

    def __init__(self, name: str, count: int) -> None:
        self._bytes = hashlib.shake_128(name.encode()).digest(count)
        self._next = 0

    def __next__(self) -> int:
        self._next = (self._next + 1) % len(self._bytes)
        return self._bytes[self._next]


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
