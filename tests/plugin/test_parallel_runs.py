"""Tests that use the detector, run in several workers of pytest-xdist at once."""

from __future__ import annotations

import pytest

PROGRAM = """
    import multiprocessing

    import pytest

    def add(value, lock):
        if lock is None:
            value.value += 1
        else:
            with lock:
                value.value += 1

    def run(method, locked):
        context = multiprocessing.get_context(method)
        value, lock = context.Value("i", 0), context.Lock() if locked else None
        processes = [context.Process(target=add, args=(value, lock)) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()

    @pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
    @pytest.mark.parametrize("number", range(2))
    def test_clean(race_detector, method, number):
        with race_detector.watch() as report:
            run(method, True)
        assert len(report.trace.processes) == 3

    @pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
    def test_racy(race_detector, method):
        with race_detector.watch(check=False) as report:
            run(method, False)
        assert {race.kind for race in report.races} == {"lost-update"}
"""


def test_workers_of_xdist_each_watch_their_own(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(test_parallel=PROGRAM)
    result = pytester.runpytest_subprocess("-n", "2", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3 * result.parseoutcomes()["passed"] // 3)
    assert result.ret == 0
