"""The pictures that the tests of this exercise work on, and the look at the results."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

import pytest

from pytest_parlab.errors import Undecided, UsageError

TIMED = (
    "02_houses_evening.jpg",
    "05_tower_upright.jpg",
    "08_hills_evening.jpg",
    "10_houses_night.jpg",
    "12_hills_wide.jpg",
    "13_leaves_upright.jpg",
)
"""Pictures of the kit that take about the same time each, so that two workers can share them evenly."""

ENOUGH_MEGAPIXELS = 20
"""Below this, starting the processes takes longer than the pictures do."""


class Gallery:
    """The pictures, drawn or found when they are first asked for: who has not begun need not wait for them."""

    def __init__(self, own_folder: Path | None) -> None:
        self._own_folder = own_folder

    @cached_property
    def pictures(self) -> list[str]:
        """The paths of all pictures, the kit's or the learner's own.

        Raises:
            Undecided: There are none, for a reason that is not the learner's code; the text says what to do.
        """
        try:
            import picture_cache  # noqa: PLC0415 - needs Pillow, which the other exercises do not
        except ModuleNotFoundError as error:
            if error.name != "PIL":
                raise
            raise Undecided(
                "this exercise needs Pillow, which is not installed: python -m pip install 'pytest-parlab[kit]'"
            ) from None
        try:
            if self._own_folder is not None:
                return [os.fspath(path) for path in picture_cache.own_pictures(self._own_folder)]
            return [os.fspath(path) for path in picture_cache.kit_pictures(picture_cache.cache_directory())]
        except UsageError as error:
            raise Undecided(str(error)) from error

    @cached_property
    def few(self) -> list[str]:
        """The paths of six pictures that keep one process busy for about a second: the learner's own largest."""
        if self._own_folder is None:
            return [path for path in self.pictures if Path(path).name in TIMED]
        return sorted(self.pictures, key=_pixels, reverse=True)[: len(TIMED)]

    def timed(self, start_method: str) -> list[str]:
        """Return the paths of pictures that can show a speedup: more of them where starting a process takes longer.

        Raises:
            Undecided: The learner's own pictures are too few or too small for that.
        """
        if self._own_folder is None:
            return self.few if start_method == "fork" else self.pictures
        megapixels = sum(map(_pixels, self.few)) / 1e6
        if megapixels < ENOUGH_MEGAPIXELS:
            raise Undecided(
                f"the {len(self.few)} largest of your own pictures have {megapixels:.1f} megapixels together, and "
                f"{ENOUGH_MEGAPIXELS} are needed to tell a speedup. Run without --parlab-images to settle it."
            )
        return self.few

    def check(self, sources: list[str], written: list[str], target_dir: Path) -> None:
        """Look at the files that were written, and say everything that is wrong with them."""
        from picture_faults import faults  # noqa: PLC0415 - as above

        assert len(written) == len(sources), f"{len(written)} paths were returned for {len(sources)} pictures"
        pairs = zip(sources, written, strict=True)
        found = [fault for source, result in pairs for fault in faults(source, result, str(target_dir))]
        if found:
            raise AssertionError("\n".join(found))


def _pixels(path: str) -> int:
    from PIL import Image  # noqa: PLC0415 - needs Pillow, which the other exercises do not

    with Image.open(path) as image:
        return image.width * image.height


@pytest.fixture(scope="session")
def gallery(pytestconfig: pytest.Config) -> Gallery:
    """The kit's pictures, or with ``--parlab-images=DIR`` the learner's own."""
    chosen = pytestconfig.getoption("parlab_images", None)
    return Gallery(Path(chosen).expanduser() if chosen else None)
