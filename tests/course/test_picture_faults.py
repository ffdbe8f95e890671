"""What the judge says of a result: every fault in words, and nothing against a result that is right."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageFilter, ImageOps

from pytest_parlab.errors import Undecided
from tests.course.places import EXERCISES, pictures_module

if TYPE_CHECKING:
    from collections.abc import Callable

faults = pictures_module("picture_faults").faults
Gallery = pictures_module("conftest").Gallery


@pytest.fixture(autouse=True)
def beside_the_exercise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the gallery find the modules that stand beside it, as in a run of the exercise."""
    monkeypatch.syspath_prepend(str(EXERCISES / "04_image_pool"))


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checked picture of 1600 x 800 pixels with transparency, brighter at one end."""
    levels = bytes(x if (x + y) % 2 else 255 - y for y in range(100) for x in range(200))
    cells = Image.frombytes("L", (200, 100), levels)
    image = cells.resize((1600, 800), Image.Resampling.NEAREST).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((1600, 800)))
    path = tmp_path_factory.mktemp("original") / "checked.png"
    image.save(path, compress_level=1)
    return path


@pytest.fixture
def judged(original: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Blur and shrink the original as asked for, change something, save it, and judge it."""

    def judge(change: Callable[[Image.Image], Image.Image], *, radius: int = 15) -> list[str]:
        with Image.open(original) as image:
            result = image.filter(ImageFilter.GaussianBlur(radius)) if radius else image.copy()
        result.thumbnail((1200, 1200))
        change(result).save(tmp_path / original.name)
        found: list[str] = faults(str(original), str(tmp_path / original.name), str(tmp_path))
        return found

    return judge


def test_a_right_result_has_no_fault(judged: Callable[..., list[str]]) -> None:
    """Blurred, shrunk, and otherwise the same."""
    assert judged(lambda image: image) == []


def test_a_pixel_more_or_less_is_no_fault(judged: Callable[..., list[str]]) -> None:
    """Rounding may go either way."""
    assert judged(lambda image: image.resize((1200, 599))) == []


@pytest.mark.parametrize("radius", [0, 1])
def test_a_sharp_result_is_seen(judged: Callable[..., list[str]], radius: int) -> None:
    """By its edges, compared with the original."""
    [fault] = judged(lambda image: image, radius=radius)
    assert fault.startswith("checked.png: has ")
    assert fault.endswith("% of the edges of the original that was only shrunk: is it blurred?")


def test_a_wrong_size_is_said_with_the_right_one(judged: Callable[..., list[str]]) -> None:
    """Also what the original measures."""
    assert judged(lambda image: image.resize((600, 600))) == [
        "checked.png: is shown at 600 x 600, should be 1200 x 600 (the original is shown at 1600 x 800)"
    ]


def test_a_lost_mode_is_said(judged: Callable[..., list[str]]) -> None:
    """RGBA that came out as RGB has lost its transparency."""
    assert judged(lambda image: image.convert("RGB")) == ["checked.png: has the mode RGB, should keep the mode RGBA"]


def test_another_picture_is_seen(judged: Callable[..., list[str]]) -> None:
    """A grey area has the right size and no edges."""
    assert judged(lambda image: Image.new("RGBA", image.size, (0, 0, 99, 255))) == [
        "checked.png: shows something else than the original"
    ]


def test_a_picture_upside_down_is_another_picture(judged: Callable[..., list[str]]) -> None:
    """The right size does not make it right."""
    assert judged(ImageOps.flip) == ["checked.png: shows something else than the original"]


def test_a_wrong_path_is_said_before_anything_else(original: Path, tmp_path: Path) -> None:
    """The path that was returned, and the one that it should be."""
    assert faults(str(original), str(original), str(tmp_path)) == [
        f"checked.png: the path {original} was returned, and the result should be {tmp_path / 'checked.png'}"
    ]


def test_a_missing_file_is_said(original: Path, tmp_path: Path) -> None:
    """The right path was returned, and nothing was written there."""
    assert faults(str(original), str(tmp_path / "checked.png"), str(tmp_path)) == [
        "checked.png: there is no such file in the target folder"
    ]


@pytest.mark.parametrize("keep_note", [True, False])
def test_a_picture_may_be_turned_or_keep_its_note(tmp_path: Path, *, keep_note: bool) -> None:
    """Both are shown upright; neither of them is not."""
    source, target = tmp_path / "source" / "a.jpg", tmp_path / "a.jpg"
    source.parent.mkdir()
    exif = Image.Exif()
    exif[pictures_module("pictures").ORIENTATION_TAG] = 6
    Image.linear_gradient("L").resize((1600, 1300)).save(source, exif=exif)
    with Image.open(source) as image:
        lying = image.filter(ImageFilter.GaussianBlur(15))
    lying.thumbnail((1200, 1200))
    ImageOps.exif_transpose(lying).save(target)
    if keep_note:
        lying.save(target, exif=exif)
    assert faults(str(source), str(target), str(tmp_path)) == []
    lying.save(target)
    [fault] = faults(str(source), str(target), str(tmp_path))
    assert fault == "a.jpg: is shown at 1200 x 975, should be 975 x 1200 (the original is shown at 1300 x 1600)"


def test_own_pictures_that_are_too_small_settle_nothing(original: Path) -> None:
    """The speedup test says what they are, and how to settle it."""
    with pytest.raises(Undecided) as caught:
        Gallery(original.parent).timed("fork")
    assert str(caught.value) == (
        "the 1 largest of your own pictures have 1.3 megapixels together, and 20 are needed to tell a speedup. "
        "Run without --parlab-images to settle it."
    )


def test_without_pillow_one_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other exercises do not need it, so it may be missing."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "picture_cache", raising=False)
    monkeypatch.delitem(sys.modules, "pictures", raising=False)
    with pytest.raises(Undecided, match=r"needs Pillow, .*: python -m pip install 'pytest-parlab\[kit\]'"):
        _ = Gallery(None).pictures


def test_all_faults_are_told_together(original: Path, tmp_path: Path) -> None:
    """One line for each, so that nobody has to run the tests once for every picture."""
    sources, written = [str(original)] * 2, [str(original), str(tmp_path / original.name)]
    with pytest.raises(AssertionError) as caught:
        Gallery(None).check(sources, written, tmp_path)
    assert str(caught.value).splitlines() == [
        f"checked.png: the path {original} was returned, and the result should be {tmp_path / 'checked.png'}",
        "checked.png: there is no such file in the target folder",
    ]


def test_a_missing_path_is_told(tmp_path: Path) -> None:
    """Before any picture is looked at."""
    with pytest.raises(AssertionError, match="1 paths were returned for 2 pictures"):
        Gallery(None).check(["a.png", "b.png"], ["a.png"], tmp_path)


def test_pictures_that_cannot_be_had_cost_no_points(tmp_path: Path) -> None:
    """A wrong folder is not the fault of the learner's code: the message is kept, and nothing is decided."""
    with pytest.raises(Undecided, match=r"no picture that can be used here among 0 files"):
        _ = Gallery(tmp_path).pictures
