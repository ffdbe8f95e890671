"""Proof of parallelism without a clock: tasks block until enough different processes are blocked at the same time.

Serial code cannot complete a meeting of two, on any machine: the second task never begins while the first waits. ::

    with Meeting(parties=2, deadline_s=10) as meeting:
        ...  # start the code under test with PARLAB_MEETING=meeting.address; its tasks call attend(address)
    meeting.gathering.met

The judge owns the meeting; it runs in a helper process (`pytest_parlab.machine.place`), and the kernel vouches for
who came. It proves that processes were there at once, not what they did: measure the work too.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pytest_parlab.errors import Undecided, UsageError
from pytest_parlab.machine.helpers import end_helper, start_helper

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

VARIABLE = "PARLAB_MEETING"
"""Environment variable that carries the address to the tasks."""

QUIET_S = 0.6
"""How long the tree must sleep before the meeting gives up; a new process shows CPU time long before."""

PATH_BYTES = 100
"""Longest path of a Unix socket that works everywhere (108 bytes on Linux, 104 on macOS, with the closing zero)."""

ANSWER_S = 10.0
"""How long to wait for the helper to start or to report; it takes some milliseconds."""

START = """
import sys
sys.path.append(sys.argv.pop(1))
from pytest_parlab.machine.place import main
main(*sys.argv[1:])
"""
PACKAGES = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True, slots=True)
class Gathering:
    """What came of a meeting.

    Attributes:
        parties: How many different processes had to wait at once.
        met: They did.
        pids: The largest set of different processes that waited at once, in order of arrival.
        arrivals: How often a task came, late ones included.
        distinct_pids: How many different processes came, one after the other or at once.
        threads_of_one_process: Several threads of one process waited at once; they count as one.
        reason: Why it ended as it did, as one sentence for people.
    """

    parties: int
    met: bool
    pids: tuple[int, ...]
    arrivals: int
    distinct_pids: int
    threads_of_one_process: bool
    reason: str


class Meeting:
    """The judge's side of a meeting; a context manager.

    Args:
        parties: How many different processes must wait at once, at least 1.
        deadline_s: When to give up at the latest, seconds after entering.
        root: Process whose tree (itself included) can still send somebody; by default all descendants of this
            process. May be set later, once the process exists.
        quiet_s: How long that tree must sleep before nobody new is expected, seconds.
        directory: Where the socket is put, if the code under test sees no other; by default a private temporary
            directory. The directory that is made in it is removed in the end.

    Raises:
        UsageError: `parties` or a time is out of range.
    """

    def __init__(
        self,
        parties: int,
        deadline_s: float = 10.0,
        *,
        root: int | None = None,
        quiet_s: float = QUIET_S,
        directory: str | os.PathLike[str] | None = None,
    ) -> None:
        if parties < 1 or deadline_s <= 0 or quiet_s <= 0:
            raise UsageError(
                f"A meeting needs at least 1 party and times above 0 s; it was given parties={parties}, "
                f"deadline_s={deadline_s} and quiet_s={quiet_s}."
            )
        self.parties = parties
        self.deadline_s = deadline_s
        self.quiet_s = quiet_s
        self.address = ""
        """Where tasks come to, once the block is entered; for the environment variable PARLAB_MEETING."""
        self._directory = directory
        self._portable = sys.platform != "linux"
        self._root = root
        self._owner = os.getpid()
        self._helper: subprocess.Popen[bytes] | None = None
        self._private: Path | None = None
        self._gathering: Gathering | None = None

    @property
    def root(self) -> int | None:
        """Process whose tree is watched; None for all descendants of this process."""
        return self._root

    @root.setter
    def root(self, pid: int) -> None:
        self._root = pid
        self._order(f"root {pid}")

    @property
    def gathering(self) -> Gathering:
        """What came of it; closes the meeting if it is still open."""
        return self.close()

    def __enter__(self) -> Self:
        self._private, path = _socket_path(self._directory)
        try:
            self._helper = start_helper(self._command(path))
            self.address = _line(self._helper, ANSWER_S).strip()
            if not self.address:
                raise Undecided(
                    f"The helper process of the meeting did not start within {ANSWER_S:g} s, so it cannot be told "
                    "whether the tasks ran in parallel. Run the test again on a less busy machine."
                )
        except BaseException:
            self._end()
            raise
        if self._root is not None:
            self._order(f"root {self._root}")
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> Gathering:
        """End the meeting, let everybody go, remove the socket; returns what came of it. Calling again is fine."""
        if self._gathering is None:
            report: Mapping[str, object] = {}
            if os.getpid() == self._owner and self._helper is not None:
                self._order("close")
                with contextlib.suppress(ValueError):
                    report = json.loads(_line(self._helper, ANSWER_S))
                self._end()
            self._gathering = gathering_of(
                report, parties=self.parties, deadline_s=self.deadline_s, quiet_s=self.quiet_s
            )
        return self._gathering

    def _command(self, path: str) -> list[str]:
        flags = ["-I"] if self._portable else ["-I", "-S"]  # psutil needs the site packages
        numbers = [str(self.parties), str(self.deadline_s), str(self.quiet_s), str(self._owner)]
        return [sys.executable, *flags, "-c", START, PACKAGES, path, *numbers, "portable" if self._portable else ""]

    def _order(self, line: str) -> None:
        if self._helper is not None and self._helper.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # it has died; close() tells
                self._helper.stdin.write(line.encode() + b"\n")

    def _end(self) -> None:
        if self._helper is not None:
            end_helper(self._helper)
            self._helper = None
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)
            self._private = None


def gathering_of(report: Mapping[str, object], *, parties: int, deadline_s: float, quiet_s: float) -> Gathering:
    """Put the helper's report into words; an empty one means that the helper was ended by somebody else."""
    pids = report.get("pids", [])
    pids = tuple(pids) if isinstance(pids, list) else ()
    came = f"{len(pids)} of {parties} processes waited at once" if pids else f"none of {parties} processes came"
    if pids:
        came += f" (process {', '.join(map(str, pids))})"
    threads_of = report.get("threads_of")
    reasons = {
        "met": f"{len(pids)} different processes waited at once (process {', '.join(map(str, pids))})",
        "quiet": f"{came}, and nobody else could come: every process of the run slept for {quiet_s:g} s",
        "deadline": f"{came} within {deadline_s:g} s",
        "open": f"{came} before the run ended",
    }
    outcome = str(report.get("outcome", ""))
    reason = reasons.get(outcome, "the meeting was ended from outside, so it is not known who came")
    if threads_of is not None and outcome != "met":
        reason += f"; threads of one process (process {threads_of}) count once"
    return Gathering(
        parties=parties,
        met=outcome == "met",
        pids=pids,
        arrivals=_number(report.get("arrivals")),
        distinct_pids=_number(report.get("distinct")),
        threads_of_one_process=threads_of is not None,
        reason=reason,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _socket_path(directory: str | os.PathLike[str] | None) -> tuple[Path | None, str]:
    """Make a private directory whose path is short enough for a Unix socket; (None, "") where TCP must do."""
    if sys.platform == "win32" or not hasattr(socket, "AF_UNIX"):
        return None, ""
    for place in (directory, tempfile.gettempdir(), "/tmp"):  # noqa: S108 -- mkdtemp makes it private
        if place is None or len(os.fsencode(Path(place) / "parlab-12345678" / "meeting")) > PATH_BYTES:
            continue
        with contextlib.suppress(OSError):
            private = Path(tempfile.mkdtemp(prefix="parlab-", dir=Path(place).resolve()))
            return private, str(private / "meeting")
    return None, ""


def _line(helper: subprocess.Popen[bytes], wait_s: float) -> str:
    """Read one line of a helper's output; empty if it does not come in time."""
    if helper.stdout is None or helper.stdout.closed:
        return ""
    text = b""
    end = time.monotonic() + wait_s
    if sys.platform == "win32":  # a pipe cannot be waited for; the helper answers at once or dies
        return helper.stdout.readline().decode()
    with selectors.DefaultSelector() as selector:
        selector.register(helper.stdout, selectors.EVENT_READ)
        while not text.endswith(b"\n") and selector.select(max(0.0, end - time.monotonic())):
            piece = os.read(helper.stdout.fileno(), 4096)
            if not piece:
                break
            text += piece
    return text.decode("utf-8", "replace")
