"""What the operating system tells of the calling thread: how long it was ready to run and no core was free."""

from __future__ import annotations

import os
import threading
from pathlib import Path

SCHEDSTAT = Path("/proc/thread-self/schedstat")

_opened = threading.local()


def run_queue_delay_ns(path: Path = SCHEDSTAT) -> int | None:
    """Nanoseconds that the calling thread has spent runnable without a core; None where the system does not tell.

    Source: the second field of ``/proc/<pid>/schedstat`` (Linux, sched-stats). The file is kept open per thread: it
    then keeps naming this thread and costs one read.
    """
    if getattr(_opened, "pid", None) != os.getpid() or getattr(_opened, "path", None) != path:
        _opened.pid, _opened.path = os.getpid(), path
        try:
            _opened.file = path.open("rb", buffering=0)
        except OSError:
            _opened.file = None
    if _opened.file is None:
        return None
    try:
        _opened.file.seek(0)
        return int(_opened.file.read(96).split()[1])
    except (OSError, ValueError, IndexError):
        return None
