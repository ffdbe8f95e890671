"""`parlab machine`: every sentence that it can say about a machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_parlab.analysis import pairs
from pytest_parlab.cli import machine, main
from pytest_parlab.machine import noise
from pytest_parlab.machine.cores import Reading
from pytest_parlab.machine.noise import Load

if TYPE_CHECKING:
    import pytest

QUIET = machine.Facts(
    system="Linux, CPython 3.12.1",
    processors=8,
    readings=(Reading(4.0, "processors open to this process"), Reading(2.5, "quota of a control group (version 2)")),
    load=Load(foreign_cores=0.03, steal=0.0, throttled=False, wall_s=0.5),
    capacity=1.97,
    start_methods=("forkserver", "fork", "spawn"),
)


def test_a_quiet_machine_measures_by_wall_time() -> None:
    assert machine.rendered(QUIET) == (
        "System:         Linux, CPython 3.12.1\n"
        "Processors:     8\n"
        "Usable cores:   2.5\n"
        "                4 by processors open to this process\n"
        "                2.5 by quota of a control group (version 2)\n"
        "Noise:          others used 0.03 cores, the hypervisor took 0.0%\n"
        "Capacity:       2 processes together do 1.97 times the work of one\n"
        "Start methods:  forkserver (default), fork, spawn\n"
        "\n"
        "Speedup tests:  by wall time, checked by replay: the machine is quiet and has 2 free cores"
    )


def verdict(facts: machine.Facts) -> str:
    return machine.rendered(facts).split("Speedup tests:  ")[1]


def test_a_busy_machine_measures_by_replay() -> None:
    assert verdict(replace(QUIET, load=replace(QUIET.load, foreign_cores=1.5))) == (
        "by replay, since other programs use 1.50 cores:\n"
        "                the run is recorded, and its time on free cores is computed from it.\n"
        "                A close result is undecided and costs no points. For wall time, end other programs."
    )


def test_a_machine_of_one_core_measures_by_replay() -> None:
    one = replace(QUIET, readings=(Reading(1.0, "environment variable PARLAB_CORES"),), capacity=1.0)
    assert verdict(one) == (
        "by replay, since only 1 core can be used here:\n"
        "                the run is recorded, and its time on free cores is computed from it.\n"
        "                A close result, and a test that needs more cores, is undecided and costs no points."
    )
    half = replace(one, readings=(Reading(0.5, "quota of a control group (version 1)"),))
    assert "since only 0.5 cores can be used here:" in verdict(half)


def test_every_other_disturbance_is_named() -> None:
    assert "since the hypervisor takes 5% of the time:" in verdict(
        replace(QUIET, load=replace(QUIET.load, steal=0.05))
    )
    assert "since 2 busy processes get only 1.20 times the work of one done:" in verdict(replace(QUIET, capacity=1.2))
    stopped = replace(QUIET, load=replace(QUIET.load, throttled=True))
    assert "since the CPU quota of this container stops us:" in verdict(stopped)
    assert "the hypervisor took 0.0%, and the quota stopped us\n" in machine.rendered(stopped)


def test_quiet_means_the_same_as_in_the_speedup_verdict() -> None:
    assert machine.CAPACITY_SHARE == pairs.QUIET_CAPACITY
    assert machine.FOREIGN_CORES == pairs.QUIET_FOREIGN_CORES
    assert machine.STEAL == pairs.QUIET_STEAL


def test_the_command_looks_at_this_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARLAB_CORES", "3")
    monkeypatch.setattr(noise, "capacity", float)
    monkeypatch.setattr(machine, "_LOOK_S", 0.0)
    assert main(["machine"]) == 0
    out = capsys.readouterr().out
    assert "\nUsable cores:   3\n                3 by environment variable PARLAB_CORES\n" in out
    assert "(default)" in out


def test_a_bad_override_is_bad_use(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PARLAB_CORES", "many")
    assert main(["machine"]) == 2
    assert capsys.readouterr().err.startswith("parlab: The environment variable PARLAB_CORES is 'many'")
