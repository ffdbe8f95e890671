"""The pictures are the same on every machine, and lie complete in the cache or not at all."""

from __future__ import annotations

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from pytest_parlab.errors import UsageError
from tests.course.places import pictures_module

pictures = pictures_module("pictures")
picture_cache = pictures_module("picture_cache")

DIGESTS = {
    "01_hills_morning.jpg": "fbcc59075ea54402",
    "02_houses_evening.jpg": "8354ea8a3d1659e0",
    "03_leaves_autumn.jpg": "cd1b3df0771c7db0",
    "04_hills_cut_out.png": "bcb876e519bf94d9",
    "05_tower_upright.jpg": "7bdac354da353571",
    "06_houses_grey.jpg": "599f6e9cc06bf002",
    "07_leaves_cut_out.png": "e3eceaa665cf7824",
    "08_hills_evening.jpg": "3362814d433de640",
    "09_leaves_spring.png": "881ba2f426c9368a",
    "10_houses_night.jpg": "7bb781bd27d901d2",
    "11_leaves_grey.png": "094420dcf1dfa591",
    "12_hills_wide.jpg": "4aac7edd67ef6bef",
    "13_leaves_upright.jpg": "676398b7d9351c47",
    "14_hills_grey.jpg": "a0828af1ab2cb44d",
    "15_houses_square.jpg": "db154e4b939e106b",
}
"""Of the pixels, before they are encoded: made on x86-64 with Pillow 13.0, and the same with Pillow 11.0."""

USABLE = "Give a folder that holds JPEG, PNG, WebP, TIFF or BMP pictures in colour or grey, 8 bits per channel."


@pytest.fixture
def quick_drawing(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Write small files in place of the pictures; the list tells into which folders."""
    drawn: list[Path] = []

    def write_all(folder: Path) -> None:
        drawn.append(folder)
        for picture in pictures.PICTURES:
            (folder / picture.name).write_bytes(b"picture")

    monkeypatch.setattr(pictures, "write_all", write_all)
    return drawn


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_pixels_are_the_same_everywhere() -> None:
    """Drawn again, here and now, every picture has the pixels that it had when this was written."""
    with ThreadPoolExecutor(2) as executor:
        digests = list(executor.map(lambda picture: pictures.pixel_digest(pictures.draw(picture)), pictures.PICTURES))
    assert dict(zip((picture.name for picture in pictures.PICTURES), digests, strict=True)) == DIGESTS


def test_the_pictures_are_as_the_exercise_promises() -> None:
    """Fifteen of them, all large, of both kinds of file and three modes, one lying."""
    assert len({picture.name for picture in pictures.PICTURES}) == 15
    assert all(max(picture.size) >= 2400 and min(picture.size) >= 1600 for picture in pictures.PICTURES)
    assert {Path(picture.name).suffix for picture in pictures.PICTURES} == {".jpg", ".png"}
    assert {picture.mode for picture in pictures.PICTURES} == {"RGB", "RGBA", "L"}
    assert len({picture.size for picture in pictures.PICTURES}) == 15
    [lying] = [picture for picture in pictures.PICTURES if picture.lying]
    assert lying.size[1] > lying.size[0]


def test_the_lying_picture_is_upright_when_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stored on its side, and its EXIF note turns it back."""
    [lying] = [picture for picture in pictures.PICTURES if picture.lying]
    monkeypatch.setattr(pictures, "PICTURES", (lying,))
    pictures.write_all(tmp_path)
    with Image.open(tmp_path / lying.name) as image:
        assert image.size == lying.size[::-1]
        assert ImageOps.exif_transpose(image).size == lying.size


def test_they_are_drawn_once(tmp_path: Path, quick_drawing: list[Path]) -> None:
    """The second run finds them, and nothing half done is left."""
    first = picture_cache.kit_pictures(tmp_path / "cache")
    assert picture_cache.kit_pictures(tmp_path / "cache") == first
    assert len(quick_drawing) == 1
    assert names(tmp_path / "cache") == [first[0].parent.name]
    assert [path.name for path in first] == [picture.name for picture in pictures.PICTURES]


def test_a_deleted_picture_is_drawn_again(tmp_path: Path, quick_drawing: list[Path]) -> None:
    """Also one that lost its content."""
    first = picture_cache.kit_pictures(tmp_path)
    first[3].unlink()
    first[4].write_bytes(b"")
    again = picture_cache.kit_pictures(tmp_path)
    assert again == first
    assert len(quick_drawing) == 2
    assert all(path.stat().st_size for path in again)
    assert names(tmp_path) == [first[0].parent.name]
    assert len(names(first[0].parent)) == 15


def test_another_run_may_be_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_drawing: list[Path]
) -> None:
    """Whoever comes second uses what is there, and removes what it has drawn."""
    write_all = pictures.write_all

    def overtaken(folder: Path) -> None:
        monkeypatch.setattr(pictures, "write_all", write_all)
        picture_cache.kit_pictures(tmp_path)
        write_all(folder)

    monkeypatch.setattr(pictures, "write_all", overtaken)
    found = picture_cache.kit_pictures(tmp_path)
    assert len(quick_drawing) == 2
    assert names(tmp_path) == [found[0].parent.name]
    assert len(names(found[0].parent)) == 15


def test_what_a_killed_run_has_left_is_removed_after_a_day(tmp_path: Path, quick_drawing: list[Path]) -> None:
    """An old unfinished folder goes, a young one may belong to a run that is still at it."""
    old, young = tmp_path / ".making-old", tmp_path / ".making-young"
    old.mkdir()
    young.mkdir()
    os.utime(old, (time.time() - 2 * 24 * 3600,) * 2)
    [folder] = {path.parent for path in picture_cache.kit_pictures(tmp_path)}
    assert quick_drawing
    assert names(tmp_path) == sorted([".making-young", folder.name])


def test_a_full_disk_is_said_clearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened, where, how much room is needed, and how to choose another place; nothing is left."""

    def write_all(folder: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / "01.jpg"))

    monkeypatch.setattr(pictures, "write_all", write_all)
    with pytest.raises(UsageError) as caught:
        picture_cache.kit_pictures(tmp_path)
    assert str(caught.value) == (
        f"the pictures of this exercise cannot be written to {tmp_path}: No space left on device. They need 50 MB "
        "there. Make room, or set the environment variable PARLAB_CACHE to a folder that has it."
    )
    assert names(tmp_path) == []


def test_a_cache_that_is_a_file_is_said_clearly(tmp_path: Path) -> None:
    """The same message for every obstacle of the file system."""
    (tmp_path / "cache").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written to .*cache: (File exists|Not a directory)\."):
        picture_cache.kit_pictures(tmp_path / "cache")


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, "{home}/.cache/pytest-parlab"),
        ("linux", {"XDG_CACHE_HOME": "{home}/elsewhere"}, "{home}/elsewhere/pytest-parlab"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "{home}/.cache/pytest-parlab"),
        ("darwin", {"XDG_CACHE_HOME": "{home}/elsewhere"}, "{home}/Library/Caches/pytest-parlab"),
        ("win32", {"LOCALAPPDATA": "{home}/local"}, "{home}/local/pytest-parlab"),
        ("win32", {}, "{home}/AppData/Local/pytest-parlab"),
        ("linux", {"PARLAB_CACHE": "{home}/mine", "XDG_CACHE_HOME": "{home}/elsewhere"}, "{home}/mine"),
        ("darwin", {"PARLAB_CACHE": "{home}/mine"}, "{home}/mine"),
    ],
)
def test_the_cache_lies_where_the_platform_keeps_caches(
    platform: str,
    environment: dict[str, str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Outside the repository, and PARLAB_CACHE overrides it."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    filled = {key: value.format(home=tmp_path) for key, value in environment.items()}
    assert picture_cache.cache_directory(filled, platform) == Path(expected.format(home=tmp_path))


def test_the_learners_own_pictures_are_taken_by_name(tmp_path: Path) -> None:
    """Pictures of the usual kinds, at most fifteen; other files are passed over."""
    for number in range(17):
        Image.new("RGB", (8, 8)).save(tmp_path / f"holiday {number:02}.png")
    Image.new("P", (8, 8)).save(tmp_path / "a palette.png")
    (tmp_path / "a text.jpg").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes((tmp_path / "holiday 00.png").read_bytes())
    (tmp_path / "a folder").mkdir()
    found = picture_cache.own_pictures(tmp_path)
    assert [path.name for path in found] == [f"holiday {number:02}.png" for number in range(15)]
    assert all(path.is_absolute() for path in found)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "--parlab-images={}: there is no such folder. Give a folder that holds pictures."),
        ("file", "--parlab-images={}: is not a folder. Give a folder that holds pictures."),
        ("texts", "--parlab-images={}: no picture that can be used here among 2 files. " + USABLE),
    ],
)
def test_a_bad_folder_of_pictures_is_said_clearly(name: str, message: str, tmp_path: Path) -> None:
    """What is wrong with it, and what would work."""
    (tmp_path / "file").write_text("")
    (tmp_path / "texts").mkdir()
    for name_of_text in ("a.txt", "b.jpg"):
        (tmp_path / "texts" / name_of_text).write_text("no picture")
    with pytest.raises(UsageError) as caught:
        picture_cache.own_pictures(tmp_path / name)
    assert str(caught.value) == message.format(tmp_path / name)
