from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_parlab.errors import UsageError
from pytest_parlab.machine import cores
from pytest_parlab.machine.cgroups import cpu_groups, read_text

MOUNT_V1 = "32 31 0:29 {inside} /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
MOUNT_V2 = "41 31 0:38 {inside} /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"


def machine(root: Path, *, own: str, mounts: str, files: dict[str, str]) -> Path:
    files = {"proc/self/cgroup": own, "proc/self/mountinfo": mounts, **files}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def machine_v2(root: Path, files: dict[str, str], own: str = "/a/b", inside: str = "/") -> Path:
    files = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    return machine(root, own=f"0::{own}\n", mounts=MOUNT_V2.format(inside=inside), files=files)


def machine_v1(root: Path, groups: dict[str, tuple[str, str]], own: str = "/a/b", inside: str = "/") -> Path:
    files = {}
    for name, (quota, period) in groups.items():
        files[f"sys/fs/cgroup/cpu/{name}/cpu.cfs_quota_us"] = quota
        files[f"sys/fs/cgroup/cpu/{name}/cpu.cfs_period_us"] = period
    return machine(
        root, own=f"5:memory:/x\n4:cpu,cpuacct:{own}\n", mounts=MOUNT_V1.format(inside=inside), files=files
    )


def test_a_version_2_quota_may_be_a_fraction_of_a_core(tmp_path: Path) -> None:
    assert cores.quota_v2(machine_v2(tmp_path, {"a/b/cpu.max": "50000 100000\n"})) == 0.5


def test_the_smallest_quota_of_all_version_2_ancestors_binds(tmp_path: Path) -> None:
    files = {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "150000 100000\n", "cpu.max": "400000 100000\n"}
    assert cores.quota_v2(machine_v2(tmp_path, files)) == 1.5


def test_an_empty_or_broken_version_2_file_is_ignored(tmp_path: Path) -> None:
    files = {"a/b/cpu.max": "", "a/cpu.max": "rubbish 0\n", "cpu.max": "200000 0\n"}
    assert cores.quota_v2(machine_v2(tmp_path, files)) is None


def test_a_version_2_group_without_limit_has_no_quota(tmp_path: Path) -> None:
    assert cores.quota_v2(machine_v2(tmp_path, {"a/b/cpu.max": "max 100000\n"})) is None


def test_a_container_finds_its_own_group_at_the_top_of_the_mount(tmp_path: Path) -> None:
    root = machine_v2(tmp_path, {"cpu.max": "250000 100000\n"}, own="/docker/abc", inside="/docker/abc")
    assert cores.quota_v2(root) == 2.5


def test_a_group_outside_of_the_mount_leaves_the_limit_of_the_mount(tmp_path: Path) -> None:
    root = machine_v2(tmp_path, {"cpu.max": "100000 100000\n"}, own="/../other")
    assert cores.quota_v2(root) == 1.0


def test_a_group_that_is_not_there_leaves_the_limits_of_its_ancestors(tmp_path: Path) -> None:
    root = machine_v2(tmp_path, {"a/cpu.max": "100000 100000\n"}, own="/a/gone")
    assert cores.quota_v2(root) == 1.0


def test_the_smallest_quota_of_all_version_1_ancestors_binds(tmp_path: Path) -> None:
    groups = {"a/b": ("-1", "100000"), "a": ("75000", "50000"), ".": ("-1", "100000")}
    assert cores.quota_v1(machine_v1(tmp_path, groups)) == 1.5


def test_a_broken_version_1_file_is_ignored(tmp_path: Path) -> None:
    groups = {"a/b": ("", ""), "a": ("100000", "0"), ".": ("many", "few")}
    assert cores.quota_v1(machine_v1(tmp_path, groups)) is None


def test_a_version_1_container_finds_its_own_group(tmp_path: Path) -> None:
    root = machine_v1(tmp_path, {".": ("300000", "100000")}, own="/docker/abc", inside="/docker/abc")
    assert cores.quota_v1(root) == 3.0


def test_a_mount_point_with_a_blank_is_understood(tmp_path: Path) -> None:
    mounts = "41 31 0:38 / /my\\040groups rw - cgroup2 cgroup2 rw\n"
    root = machine(tmp_path, own="0::/\n", mounts=mounts, files={"my groups/cpu.max": "100000 100000"})
    assert cores.quota_v2(root) == 1.0


@pytest.mark.parametrize("mountinfo", ["", "short\n", "1 2 3 - cgroup2\n"])
def test_a_machine_without_control_groups_has_no_quota(tmp_path: Path, mountinfo: str) -> None:
    root = machine(tmp_path, own="0::/\n4:cpu:/\n", mounts=mountinfo, files={})
    assert (cores.quota_v1(root), cores.quota_v2(root)) == (None, None)


def test_a_machine_without_proc_has_no_quota(tmp_path: Path) -> None:
    assert (cores.quota_v1(tmp_path), cores.quota_v2(tmp_path)) == (None, None)
    assert cpu_groups(2, tmp_path) == ()
    assert not read_text(tmp_path / "nothing")


def test_the_smallest_source_decides(tmp_path: Path) -> None:
    root = machine_v2(tmp_path, {"a/b/cpu.max": "20000 100000\n"})
    assert cores.usable_cores(root, {}) == 0.2
    assert cores.usable_cores(tmp_path / "none", {}) == cores.affinity_cores()


def test_every_source_says_where_it_comes_from(tmp_path: Path) -> None:
    root = machine_v2(tmp_path, {"cpu.max": "100000 100000\n"})
    sources = [reading.source for reading in cores.readings(root, {})]
    assert sources == ["processors open to this process", "quota of a control group (version 2)"]
    assert cores.readings(root, {"PARLAB_CORES": "3"}) == (cores.Reading(3.0, "environment variable PARLAB_CORES"),)


def test_affinity_counts_the_processors_open_to_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 3, 5}, raising=False)
    assert cores.affinity_cores() == 3.0


def test_without_affinity_all_processors_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert cores.affinity_cores() == 6.0
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores.affinity_cores() == 1.0


def test_a_forbidden_affinity_falls_back_to_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int) -> set[int]:
        raise PermissionError

    monkeypatch.setattr(os, "sched_getaffinity", forbidden, raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 4, raising=False)
    assert cores.affinity_cores() == 4.0


def test_the_override_replaces_every_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = machine_v2(tmp_path, {"cpu.max": "20000 100000\n"})
    assert cores.usable_cores(root, {"PARLAB_CORES": " 7.5 "}) == 7.5
    monkeypatch.setenv("PARLAB_CORES", "12")
    assert cores.usable_cores() == 12.0


def test_an_empty_override_is_none() -> None:
    assert cores.override_cores({"PARLAB_CORES": ""}) is None
    assert cores.override_cores({}) is None


@pytest.mark.parametrize("text", ["two", "0", "-1", "nan", "inf", "2 cores"])
def test_a_bad_override_names_the_variable_and_what_would_work(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        cores.usable_cores(environment={"PARLAB_CORES": text})
    assert str(caught.value) == (
        f"The environment variable PARLAB_CORES is {text!r}, which is not a number of cores above 0. "
        "Set it to a number, for example PARLAB_CORES=2 or PARLAB_CORES=0.5, or unset it to ask the machine."
    )
