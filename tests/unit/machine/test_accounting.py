from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_parlab.machine import accounting, table

from .programs import line_of, program

BURN = """
import os, subprocess, sys, time
def burn():
    while time.process_time() < 0.2:
        pass
"""
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_a_living_tree_counts_with_the_children_that_it_waited_for() -> None:
    code = BURN + (
        "burn()\n"
        "subprocess.run([sys.executable, '-c', sys.argv[1] + 'burn()'], check=True)\n"
        "child = subprocess.Popen([sys.executable, '-c', sys.argv[1] + 'burn(); print(1, flush=True); input()'],"
        " stdin=subprocess.PIPE)\n"
        "sys.stdin.readline()\n"
    )
    with program(code, BURN) as root:
        assert line_of(root) == "1"
        assert accounting.tree_cpu_s(root.pid) >= 0.57  # three times 0.2 s, less the kernel's rounding to ticks


def test_our_own_tree_can_be_asked_for() -> None:
    assert accounting.tree_cpu_s(os.getpid()) >= accounting.process_cpu_s(os.getpid()) * 0.5 > 0


def test_no_such_process_used_nothing() -> None:
    with program("pass") as gone:
        gone.wait()
    assert accounting.tree_cpu_s(gone.pid) == 0.0
    assert accounting.process_cpu_s(gone.pid) == 0.0
    assert accounting.process_cpu_s_portable(gone.pid) == 0.0
    assert accounting.reaped_cpu_s(gone.pid) == 0.0
    assert accounting.reaped_cpu_s_portable(gone.pid) == 0.0


def test_the_portable_way_agrees_within_its_ticks() -> None:
    with program(BURN + "burn(); print(1, flush=True); input()") as process:
        line_of(process)
        exact = accounting.process_cpu_s(process.pid)
        assert exact >= 0.2
        assert accounting.process_cpu_s_portable(process.pid) == pytest.approx(exact, abs=0.05)
        assert accounting.reaped_cpu_s_portable(process.pid) == 0.0


def test_a_tree_that_never_stands_still_is_read_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def restless() -> dict[int, int]:
        looks.append(1)
        return {1: 0, 10_000_000 + len(looks): 1}

    monkeypatch.setattr(accounting, "parents", restless)
    accounting.tree_cpu_s(1)
    assert len(looks) == 2 * accounting.ATTEMPTS


def test_the_process_table_knows_our_parent() -> None:
    assert table.parents()[os.getpid()] == os.getppid()
    assert table.parents_portable()[os.getpid()] == os.getppid()


@linux_only
def test_a_proc_that_cannot_be_read_is_replaced_by_psutil(tmp_path: Path) -> None:
    assert table.parents(tmp_path / "none")[os.getpid()] == os.getppid()


def test_descendants_come_after_their_parents_and_loops_end() -> None:
    processes = {0: 0, 1: 0, 2: 1, 3: 2, 4: 1, 9: 8, 8: 9}
    assert table.descend(processes, [1]) == [2, 4, 3]
    assert table.descend(processes, [8]) == [9]
    assert table.descend(processes, [77]) == []


def test_a_command_with_blanks_and_brackets_does_not_shift_the_fields() -> None:
    assert table.stat_fields("12 (a) b (c)) S 7 8") == ["S", "7", "8"]
