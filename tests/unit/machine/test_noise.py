from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_parlab.machine import noise, spinners
from pytest_parlab.machine.noise import Load, Snapshot

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def shot(
    time_s: float, busy_s: float, steal_s: float = 0.0, spare: float = 0.0, throttled: int | None = 0
) -> Snapshot:
    return Snapshot(
        time_ns=int(time_s * 1e9),
        processors=2,
        spare=spare,
        busy_s=busy_s,
        steal_s=steal_s,
        throttled_periods=throttled,
    )


def test_what_others_used_is_what_the_machine_did_beyond_our_own_work() -> None:
    load = noise.load_between(shot(0, 100), shot(2, 103), own_cpu_s=2.0)
    assert load == Load(foreign_cores=0.5, steal=0.0, throttled=False, wall_s=2.0)


def test_an_idle_machine_has_no_foreign_load_even_if_counters_are_coarse() -> None:
    assert noise.load_between(shot(0, 100), shot(2, 101.99), own_cpu_s=2.0).foreign_cores == 0.0


def test_neighbours_on_cores_that_the_quota_withholds_do_not_disturb() -> None:
    assert noise.load_between(shot(0, 0), shot(1, 2.25, spare=1.0), own_cpu_s=1.0).foreign_cores == 0.25


def test_steal_is_a_share_of_all_processors() -> None:
    assert noise.load_between(shot(0, 0), shot(1, 1, steal_s=0.5), own_cpu_s=1.0).steal == 0.25


def test_throttling_is_noticed_and_unknown_stays_unknown() -> None:
    assert noise.load_between(shot(0, 0, throttled=3), shot(1, 0, throttled=4), 0.0).throttled is True
    assert noise.load_between(shot(0, 0, throttled=3), shot(1, 0, throttled=None), 0.0).throttled is None


def test_two_snapshots_at_the_same_moment_do_not_divide_by_zero() -> None:
    assert noise.load_between(shot(0, 0), shot(0, 0), 0.0).foreign_cores == 0.0


def test_a_snapshot_of_this_machine_advances() -> None:
    first = noise.snapshot()
    second = noise.snapshot()
    assert second.time_ns >= first.time_ns
    assert second.busy_s >= first.busy_s > 0
    assert first.processors >= 1


def test_counters_come_from_the_processors_open_to_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {1}, raising=False)
    (tmp_path / "proc").mkdir()
    ones = " ".join(str(TICK) for _ in range(7))  # user nice system idle iowait irq softirq, one second each
    text = f"cpu 9 9 9 9 9 9 9 9 0 0\ncpu0 7 7 7 7 7 7 7 7 0 0\ncpu1 {ones} {3 * TICK} 0 0\nintr 5\n"
    (tmp_path / "proc/stat").write_text(text)
    seen = noise.snapshot(tmp_path)
    assert (seen.processors, seen.busy_s, seen.steal_s, seen.throttled_periods) == (1, 5.0, 3.0, None)


def test_without_proc_psutil_tells() -> None:
    processors, busy_s, steal_s = noise.counters_portable()
    assert processors >= 1
    assert busy_s > 0
    assert steal_s >= 0


def test_a_machine_without_proc_is_asked_through_psutil(tmp_path: Path) -> None:
    assert noise.snapshot(tmp_path).busy_s > 0


def test_throttled_periods_are_read_from_both_generations(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/a\n")
    (tmp_path / "proc/self/mountinfo").write_text("1 2 0:1 / /groups rw - cgroup2 cgroup2 rw\n")
    (tmp_path / "groups/a").mkdir(parents=True)
    (tmp_path / "groups/a/cpu.stat").write_text("usage_usec 5\nnr_periods 9\nnr_throttled 4\nthrottled_usec 77\n")
    (tmp_path / "groups/a/cpu.max").write_text("50000 100000\n")
    assert noise.throttled_periods(tmp_path) == 4
    seen = noise.snapshot(tmp_path)
    assert seen.throttled_periods == 4
    assert seen.spare == seen.processors - 0.5


def test_one_worker_has_a_capacity_of_one() -> None:
    assert noise.capacity(1) == 1.0
    assert noise.capacity(0) == 0.0


def test_capacity_is_measured_once_and_lies_between_nothing_and_the_number_of_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(noise, "_capacities", {})
    measured = noise.capacity(2)
    assert 0.0 < measured <= 2.0
    monkeypatch.setattr(noise, "spin_together", None)
    assert noise.capacity(2) == measured


def test_capacity_compares_with_the_less_disturbed_of_two_single_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "spin_together", lambda _rounds: [50.0, 150.0, 100.0])
    assert noise.measure_capacity(2) == 1.5
    monkeypatch.setattr(noise, "spin_together", lambda _rounds: [50.0, 250.0, 100.0])
    assert noise.measure_capacity(2) == 2.0
    monkeypatch.setattr(noise, "spin_together", lambda _rounds: [0.0, 0.0, 0.0])
    assert noise.measure_capacity(2) == 0.0


def test_a_spinner_that_dies_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spinners, "LOOP", "import sys; sys.exit(3)")
    with pytest.raises(OSError, match="a spinning helper process ended early"):
        spinners.spin_together([(1, 0.01)])
