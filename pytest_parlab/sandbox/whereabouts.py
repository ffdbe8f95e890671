"""Where each process of a hanging submission was: the learner's lines out of the stacks that faulthandler wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PROCESS = re.compile(r"^Process (\d+)$")
_FRAME = re.compile(r'^\s*File "(?P<path>.+)", line (?P<line>\d+) in (?P<function>.+)$')
_LIBRARY = re.compile(r"(?:multiprocessing|concurrent/futures)/(\w+)\.py$")


def whereabouts(stacks: str, *, host: int, rename: Mapping[str, str]) -> str:
    """Shorten stacks to one line per process: its innermost line in the learner's files, and what it waits in.

    Args:
        stacks: Text of `machine.stacks.request`: a line ``Process PID`` before each process's stacks.
        host: Pid of the host.
        rename: Path of a file in the host to the path that the learner knows.

    Returns:
        One line per process, indented; empty if nothing is known.
    """
    lines: list[str] = []
    who, inside, done = "", "", True
    for text in stacks.splitlines():
        if process := _PROCESS.match(text.strip()):
            pid = int(process[1])
            who, inside, done = ("your function" if pid == host else f"process {pid}"), "", False
        elif (frame := _FRAME.match(text)) and not done:
            if frame["path"] in rename:
                waits = f", waiting in {inside}" if inside else ""
                lines.append(f"  {who}: {rename[frame['path']]}:{frame['line']} in {frame['function']}{waits}")
                done = True
            elif not inside and (module := _LIBRARY.search(frame["path"])):
                inside = f"multiprocessing's {module[1]}.{frame['function']}"
    return "\n".join(lines)
