"""What `find` does with the detectors' answers, and what the catalogue promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pytest_parlab.analysis.mistakes as package
from pytest_parlab.analysis.mistakes import Question, catalogue, detected, find
from pytest_parlab.trace.model import Site
from tests.unit.analysis.builder import PATH, TraceBuilder, at


def test_what_explains_most_comes_first() -> None:
    trace = TraceBuilder()
    trace.group(closed=False, joined=False)
    trace.process(joined=20, exit_code=1, error="ValueError: 3")
    assert [mistake.code for mistake in find(trace.build())] == ["PL103", "PL407"]


def test_an_empty_trace_shows_no_mistake() -> None:
    assert find(TraceBuilder().build()) == ()
    assert find(TraceBuilder().build(processes=(), strands=()), Question(workers=2)) == ()


def test_code_that_is_not_judged_is_left_out() -> None:
    trace = TraceBuilder()
    trace.group(site=at(3, path="scenarios.py"), closed=False, joined=False)
    assert find(trace.build(), Question(user_paths=(PATH,))) == ()
    assert len(find(trace.build(), Question(user_paths=("scenarios.py",)))) == 1


def test_a_mistake_is_placed_at_the_innermost_judged_line() -> None:
    trace = TraceBuilder()
    own = ("library/helpers.py", 40, "help")
    site = Site(*own, stack=(own, (PATH, 8, "run")))
    trace.group(site=site, closed=False, joined=False)
    [mistake] = find(trace.build(), Question(user_paths=(PATH,)))
    assert (mistake.path, mistake.line) == (PATH, 8)
    [mistake] = find(trace.build(), Question(user_paths=("library",)))
    assert (mistake.path, mistake.line) == ("library/helpers.py", 40)


def test_one_line_has_each_mistake_once() -> None:
    trace = TraceBuilder()
    for _ in range(3):
        trace.group(closed=False, joined=False)
    assert len(find(trace.build())) == 1


def test_a_mistake_reads_as_code_title_place_and_message() -> None:
    trace = TraceBuilder()
    trace.group(joined=False)
    assert str(find(trace.build())[0]) == (
        "PL407 pool not closed and joined at lesson.py:5\n  This Pool was closed but not joined: nobody waited until "
        "its 2 workers had ended. Call join() after close()."
    )


def test_every_code_is_well_formed_and_every_detector_has_a_title() -> None:
    assert all(re.fullmatch(r"PL[1-6]\d\d", code) for code in catalogue)
    assert list(catalogue) == sorted(catalogue)
    assert detected <= set(catalogue)


def test_every_code_with_a_weight_is_found_by_some_detector() -> None:
    folder = Path(package.__file__).parent
    used = {code for path in folder.glob("*.py") if path.stem != "codes" for code in _codes_given(path)}
    assert used == detected


def _codes_given(path: Path) -> list[str]:
    return re.findall(r"found\(\s*\"(PL\d+)\"", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", sorted(detected))
def test_every_detector_has_its_twins(code: str) -> None:
    """Each detector's tests name its code as a heading, before the bug and its look-alikes."""
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    section = re.search(rf"^# {code}\n(.*?)(?=^# PL|\Z)", tests, re.MULTILINE | re.DOTALL)
    assert section is not None
    assert len(re.findall(r"== \[\]", section[1])) >= 2
