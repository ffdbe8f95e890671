"""What the tests ask for: every picture right, a broken file costs itself only, and two workers are faster."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import Any

import pytest

TINY_GREY_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAAAAABawyK/AAAAEklEQVR4nGNkYPjPwMTAwMAAAAcXAQPHwzcWAAAAAElFTkSuQmCC"
)
"""A picture of 4 x 2 grey pixels."""


@pytest.fixture
def tiny(tmp_path: Path) -> list[str]:
    """The paths of two pictures that are done at once: with them it is seen first whether anything works."""
    paths = [tmp_path / "tiny.png", tmp_path / "tiny too.png"]
    for path in paths:
        path.write_bytes(TINY_GREY_PNG)
    return [str(path) for path in paths]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An empty folder for the results."""
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


@pytest.mark.parlab_task(1)
def test_a_small_picture_is_not_enlarged(submission: Any, tiny: list[str], gallery: Any, target: Path) -> None:
    """A picture that fits already keeps its size."""
    result = submission.process_image(tiny[0], str(target))
    gallery.check(tiny[:1], [result], target)


@pytest.mark.parlab_task(1)
def test_every_picture_is_blurred_shrunk_and_the_right_way_up(
    submission: Any, tiny: list[str], gallery: Any, target: Path
) -> None:
    """Size, mode, content and blur of every result, looked at in the files themselves."""
    submission.process_image(tiny[0], str(target))
    results = submission.run("process_one_by_one", gallery.pictures, str(target))
    gallery.check(gallery.pictures, results, target)


@pytest.mark.parlab_task(2)
def test_no_pictures_are_no_problem(submission: Any, target: Path) -> None:
    """Nothing to do is done at once."""
    assert submission.process_images([], str(target), workers=submission.workers) == ([], {})


@pytest.mark.parlab_task(2)
def test_all_paths_come_back_in_order(submission: Any, tiny: list[str], gallery: Any, target: Path) -> None:
    """The paths stand in the order of the sources, whichever picture was done first."""
    submission.process_images(tiny, str(target), workers=submission.workers)
    sources = gallery.few[::-1]
    written, failed = submission.run("process_all", sources, str(target), workers=submission.workers)
    submission.assert_no_mistake("PL104", "PL401", "PL407", workers=submission.workers)
    submission.assert_nothing_left()
    assert failed == {}
    assert [Path(path) for path in written] == [target / Path(source).name for source in sources]


@pytest.mark.parlab_task(2)
def test_a_broken_file_costs_only_itself(
    submission: Any, tiny: list[str], gallery: Any, tmp_path: Path, target: Path
) -> None:
    """A text that is called a picture, half a picture and a file that is not there, between two good ones."""
    submission.process_images(tiny, str(target), workers=submission.workers)
    first, last = Path(gallery.pictures[0]), Path(gallery.pictures[-1])
    text, half, missing = (tmp_path / name for name in ("text.png", f"half{first.suffix}", "missing.png"))
    text.write_text("no picture")
    half.write_bytes(first.read_bytes()[: first.stat().st_size // 2])
    sources = [str(path) for path in (text, first, half, missing, last)]
    written, failed = submission.run("process_all", sources, str(target), workers=submission.workers)
    submission.assert_no_mistake("PL408", expected_errors=True)
    assert [Path(path) for path in written] == [target / first.name, target / last.name]
    assert sorted(failed) == sorted(path.name for path in (text, half, missing))
    assert all(isinstance(message, str) and message for message in failed.values())


@pytest.mark.parlab_task(3)
def test_two_processes_work_at_the_same_time(submission: Any, tiny: list[str], gallery: Any, target: Path) -> None:
    """Each process waits at a meeting for the other one: one busy process alone does not get past it."""
    submission.process_images(tiny, str(target), workers=submission.workers)
    with submission.meets(min(submission.workers, len(gallery.few))):
        submission.run("process_all", gallery.few, str(target), workers=submission.workers)
    submission.assert_no_mistake("PL402", "PL405", workers=submission.workers)


@pytest.mark.parlab_task(3)
@pytest.mark.parlab_cores(2)
def test_it_is_faster_than_one_after_another(
    submission: Any, core_scaling: Any, tiny: list[str], gallery: Any, target: Path
) -> None:
    """With two workers at least 1.5 times as fast as one process, by the judge's clock and the same work."""
    submission.process_images(tiny, str(target), workers=submission.workers)
    sources = gallery.timed(submission.run("start_method"))
    core_scaling.assert_speedup(
        candidate=partial(submission.run, "process_all", sources, str(target), workers=submission.workers),
        baseline=partial(submission.baseline, "process_all_serially", sources, str(target)),
        workers=submission.workers,
        at_least=1.5,
    )
