"""What the benchmark of the detector prints, and when it says that a promise is broken."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable

import pytest

from tests.benchmarks import detection
from tests.twins.marks import Pair
from tests.twins.scoring import RunFailed, Twin, twins
from tests.twins.tables import HELD_OUT

Find = Callable[..., frozenset[Pair]]


def everything(twin: Twin, _method: str, *, serialised: bool = False) -> frozenset[Pair]:
    return twin.expected


def nothing(_twin: Twin, _method: str, *, serialised: bool = False) -> frozenset[Pair]:
    return frozenset()


def invented(twin: Twin, _method: str, *, serialised: bool = False) -> frozenset[Pair]:
    return frozenset({Pair((f"{twin.path.name}:1", f"{twin.path.name}:2"), "lost-update")})


def broken(_twin: Twin, _method: str, *, serialised: bool = False) -> frozenset[Pair]:
    raise RunFailed("Process-1: ValueError: no use")


@pytest.fixture
def finding(monkeypatch: pytest.MonkeyPatch) -> Callable[[Find], None]:
    """Puts something else in the place of the detector."""
    return lambda find: monkeypatch.setattr(detection, "found_in", find)


def test_a_perfect_detector_keeps_the_promise_in_both_runs_and_both_halves(finding: Callable[[Find], None]) -> None:
    finding(everything)
    lines = list(detection.detection(per_kind=False))
    assert all(line.kept for line in lines)
    assert [line.text[:36].split() for line in lines] == [
        ["fork,", run, *half.split()] for run in ("free", "serialised") for half in ("all", "development", "held out")
    ]
    pairs = sum(len(twin.expected) for twin in twins("racy"))
    assert f"recall 1.000 ({pairs:3}/{pairs:3})   precision 1.000 ({pairs:3}/{pairs:3})" in lines[0].text
    assert lines[0].text.endswith(f"with kind 1.000 / 1.000   n = {len(twins('racy')) + len(twins('clean'))} runs")


@pytest.mark.parametrize("find", [nothing, invented])
def test_a_detector_that_misses_or_invents_breaks_it(finding: Callable[[Find], None], find: Find) -> None:
    finding(find)
    assert not any(line.kept for line in detection.detection(per_kind=False))


def test_a_run_that_failed_breaks_the_promise_and_is_counted(finding: Callable[[Find], None]) -> None:
    finding(broken)
    line = next(detection.detection())
    programs = len(twins("racy")) + len(twins("clean"))
    assert (line.kept, line.text.endswith(f"n = {programs} runs, {programs} failed")) == (False, True)


def test_what_is_wrong_is_named_for_the_development_half_only(finding: Callable[[Find], None]) -> None:
    finding(nothing)
    text = "\n".join(line.text for line in detection.detection(missed=True))
    assert "racy/account_class: - lost-update account_class.py:" in text
    assert not [name for name in HELD_OUT if f"{name}:" in text]


def test_each_kind_has_a_line_of_its_own(finding: Callable[[Find], None]) -> None:
    finding(everything)
    kinds = [line.text.split()[0] for line in detection.detection() if "fork" not in line.text]
    assert kinds == ["lost-update", "unprotected-access", "inconsistent-lock", "unserialisable"] * 2


def test_reports_on_clean_programs_are_counted_over_all_runs(finding: Callable[[Find], None]) -> None:
    programs = len([twin for twin in twins("clean") if "fork" in twin.methods])
    finding(nothing)
    [line] = detection.clean_reports(("fork",), 3)
    assert (line.kept, line.text) == (True, f"{'fork':22} 0 reports in 3 runs of {programs} clean programs")
    finding(invented)
    first, *named = detection.clean_reports(("fork",), 2, missed=True)
    assert (first.kept, first.text.split()[1]) == (False, str(2 * programs))
    assert [line.text.strip() for line in named] == [
        f"{twin.name}: 2 reports in 2 runs" for twin in twins("clean") if not twin.held_out
    ]
    finding(broken)
    [line] = detection.clean_reports(("fork",), 1)
    assert (line.kept, line.text.endswith(f", {programs} runs failed")) == (False, True)


def test_the_exit_status_tells_whether_the_promise_is_kept(
    finding: Callable[[Find], None], capsys: pytest.CaptureFixture[str]
) -> None:
    finding(everything)
    assert detection.main([]) == 0
    finding(nothing)
    assert detection.main([]) == 1
    assert detection.main(["--clean-runs", "2", "--methods", ",".join(multiprocessing.get_all_start_methods())]) == 0
    assert "<- the promise is broken" in capsys.readouterr().out


def test_an_unknown_start_method_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        detection.main(["--methods", "fork,fax"])
    assert "there is no start method fax here" in capsys.readouterr().err
