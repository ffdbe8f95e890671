"""Where the pictures lie: drawn once, kept in the user's cache folder, outside the repository.

Several test runs may want them at the same time. Each draws into a folder of its own and renames it when it is
complete; whoever comes second finds the name taken and uses what is there. Nobody ever sees half a picture.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pictures
from PIL import Image, UnidentifiedImageError

from pytest_parlab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDED_MEGABYTES = 50
"""Room for all pictures, in megabytes, with a reserve."""

MOST_OWN = 15
"""How many of the learner's own pictures are used: as many as the kit has."""

MODES = ("L", "RGB", "RGBA")
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP")  # MPO: what many phones write into a .jpg

_ABANDONED_S = 24 * 3600
"""A folder that somebody began so long ago, in seconds, is nobody's any more."""


def cache_directory(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the cache folder: ``PARLAB_CACHE`` if it is set, else the usual place of the platform."""
    if environment.get("PARLAB_CACHE"):
        return Path(environment["PARLAB_CACHE"]).expanduser().absolute()
    if platform == "win32":
        parent = Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif platform == "darwin":
        parent = Path.home() / "Library" / "Caches"
    else:
        named = Path(environment.get("XDG_CACHE_HOME", ""))
        parent = named if named.is_absolute() else Path.home() / ".cache"  # a relative one is to be ignored
    return parent / "pytest-parlab"


def kit_pictures(cache: Path) -> tuple[Path, ...]:
    """Return the kit's pictures, drawing them first if they are not in the cache.

    Raises:
        UsageError: They cannot be written there; the text says why, and how to choose another place.
    """
    folder = cache / f"pictures-{_version()}"
    if not _complete(folder):
        try:
            _make(cache, folder)
        except OSError as error:
            raise UsageError(
                f"the pictures of this exercise cannot be written to {cache}: {error.strerror or error}. "
                f"They need {NEEDED_MEGABYTES} MB there. Make room, or set the environment variable PARLAB_CACHE "
                "to a folder that has it."
            ) from error
    return tuple(folder / picture.name for picture in pictures.PICTURES)


def own_pictures(folder: Path) -> tuple[Path, ...]:
    """Return the pictures in a learner's own folder, by name, at most `MOST_OWN` of them.

    Raises:
        UsageError: There is no such folder, or no picture in it that can be used; the text says which it is.
    """
    if not folder.is_dir():
        fact = "is not a folder" if folder.exists() else "there is no such folder"
        raise UsageError(f"--parlab-images={folder}: {fact}. Give a folder that holds pictures.")
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise UsageError(
            f"--parlab-images={folder}: cannot be read ({error.strerror}). Check its permissions."
        ) from error
    found = tuple(path.absolute() for path in files if _usable(path))
    if not found:
        raise UsageError(
            f"--parlab-images={folder}: no picture that can be used here among {len(files)} files. "
            "Give a folder that holds JPEG, PNG, WebP, TIFF or BMP pictures in colour or grey, 8 bits per channel."
        )
    return found[:MOST_OWN]


def _usable(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            return image.format in FORMATS and image.mode in MODES
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return False


def _version() -> str:
    """Return what changes whenever the drawing changes: a digest of its source."""
    return hashlib.sha256(Path(pictures.__file__).read_bytes()).hexdigest()[:12]


def _complete(folder: Path) -> bool:
    sizes = (folder / picture.name for picture in pictures.PICTURES)
    try:
        return all(path.stat().st_size > 0 for path in sizes)
    except OSError:
        return False


def _make(cache: Path, folder: Path) -> None:
    """Draw all pictures beside `folder`, then give them its name in one step."""
    cache.mkdir(parents=True, exist_ok=True)
    _sweep(cache)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=cache))
    try:
        pictures.write_all(making)
        if folder.exists() and not _complete(folder):  # somebody deleted some of them
            folder.rename(making / "incomplete")
        try:
            making.rename(folder)
        except OSError:
            if not _complete(folder):  # not taken by another run that was faster: a real obstacle
                raise
        shutil.rmtree(folder / "incomplete", ignore_errors=True)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _sweep(cache: Path) -> None:
    """Remove what runs that were killed have left."""
    for path in cache.glob(".making-*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(path, ignore_errors=True)
