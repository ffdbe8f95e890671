"""What the operating system tells of the calling thread: how long it was ready to run and no core was free."""

from __future__ import annotations

import os
import threading
from pathlib import Path

SCHEDSTAT = Path("/proc/thread-self/schedstat")

_opened = threading.local()


class _OpenFile:
    """A file that is closed, without a warning, when its thread ends."""

    def __init__(self, path: Path) -> None:
        self.pid = os.getpid()
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except OSError:
            self._descriptor = -1

    def read(self) -> bytes:
        """What the file says now.

        Raises:
            OSError: It could not be opened or is gone.
        """
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return os.read(self._descriptor, 96)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def run_queue_delay_ns(path: Path = SCHEDSTAT) -> int | None:
    """Nanoseconds that the calling thread has spent runnable without a core; None where the system does not tell.

    Source: the second field of ``/proc/<pid>/schedstat`` (Linux, sched-stats). The file is kept open per thread: it
    then keeps naming this thread and costs one read.
    """
    file: _OpenFile | None = getattr(_opened, "file", None)
    if file is None or file.pid != os.getpid() or file.path != path:
        file = _opened.file = _OpenFile(path)
    try:
        return int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
