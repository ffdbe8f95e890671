"""Where the control groups of this process are: the directories whose CPU limits bind it, innermost first.

Linux has two generations of control groups, and both may be mounted at once. A limit anywhere on the way from the
process's own group to the mount point binds, so every ancestor counts. Elsewhere there are no groups to find.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Version = Literal[1, 2]

FILE_SYSTEM: dict[Version, str] = {1: "cgroup", 2: "cgroup2"}


def cpu_groups(version: Version, root: Path = Path("/")) -> tuple[Path, ...]:
    """List the directories of this process's CPU control group and of all its ancestors.

    Args:
        version: Generation of control groups.
        root: Where ``proc`` and the mount points are looked for; tests give a fixture directory.

    Returns:
        Existing directories, innermost first; empty if there are none or they cannot be read.
    """
    own = _own_path(version, root)
    if own is None:
        return ()
    found: dict[Path, None] = {}
    for mounted_path, mount_point in _mounts(version, root):
        top = root / mount_point.lstrip("/")
        for directory in (_inside(top, mounted_path, own), top):
            while directory.is_relative_to(top):
                if directory.is_dir():
                    found[directory] = None
                if directory == top:
                    break
                directory = directory.parent  # noqa: PLW2901 -- the walk upwards is what the loop is for
    return tuple(sorted(found, key=lambda directory: -len(directory.parts)))


def read_text(path: Path) -> str:
    """Read a small text file; the empty string if it is not there or cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _own_path(version: Version, root: Path) -> str | None:
    """The path of this process's group inside its hierarchy, from ``/proc/self/cgroup`` (``id:controllers:path``)."""
    for line in read_text(root / "proc/self/cgroup").splitlines():
        _number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if (version == 1 and "cpu" in controllers.split(",")) or (version == 2 and line.startswith("0::")):  # noqa: PLR2004
            return path
    return None


def _mounts(version: Version, root: Path) -> list[tuple[str, str]]:
    """The mounts of one generation, from ``/proc/self/mountinfo``: (path inside the hierarchy, mount point)."""
    mounts: list[tuple[str, str]] = []
    for line in read_text(root / "proc/self/mountinfo").splitlines():
        mount, separator, system = line.partition(" - ")
        mount_fields, system_fields = mount.split(), system.split()
        if not separator or len(mount_fields) < 5 or len(system_fields) < 3:  # noqa: PLR2004 -- proc(5) names the fields
            continue
        if system_fields[0] != FILE_SYSTEM[version] or (version == 1 and "cpu" not in system_fields[2].split(",")):
            continue
        mounts.append((_plain(mount_fields[3]), _plain(mount_fields[4])))
    return mounts


def _plain(field: str) -> str:
    r"""Undo the octal escapes of mountinfo (a space is written ``\040``)."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field


def _inside(top: Path, mounted_path: str, own: str) -> Path:
    """The directory of the group below the mount point; the mount point itself where the group is outside of it."""
    if mounted_path != "/" and (own == mounted_path or own.startswith(mounted_path + "/")):
        own = own[len(mounted_path) :]  # a container sees its own group as the top of the mount
    if ".." in own.split("/"):
        return top
    return top / own.lstrip("/")
