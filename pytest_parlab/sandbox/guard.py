"""The guard: a small process that clears a host away if the judge is killed before it can do so itself.

```
judge ----- pipe: which hosts there are -----> guard     waits; the end of the pipe means that the judge is gone
   +--- host                                             then: ends what bears the host's mark, removes its folders
          +--- the submission's processes
```
A judge that ends in order has forgotten all its hosts by then, so the guard has nothing to do.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from pathlib import Path

from pytest_parlab.machine.helpers import end_helper, start_helper

START = "from pytest_parlab.sandbox.guard_process import main; main()"


class Guard:
    """The judge's end of the pipe; the process is started with the first host."""

    def __init__(self) -> None:
        self._owner = 0
        self._helper: subprocess.Popen[bytes] | None = None

    def watch(self, folder: Path, watch: Path) -> None:
        """Clear these two away, and the processes that bear the folder's mark, should the judge be gone."""
        if self._owner != os.getpid() or self._helper is None or self._helper.poll() is not None:
            self.dismiss()
            self._owner = os.getpid()
            self._helper = start_helper([sys.executable, "-I", "-B", "-c", START])
            atexit.register(self.dismiss)
        self._tell({"watch": [str(folder), str(watch)]})

    def forget(self, folder: Path) -> None:
        """The host is gone and everything of it."""
        if self._owner == os.getpid():
            self._tell({"forget": str(folder)})

    def _tell(self, order: dict[str, object]) -> None:
        if self._helper is None or self._helper.stdin is None:
            return
        try:
            self._helper.stdin.write(json.dumps(order).encode() + b"\n")
        except (OSError, ValueError):  # it was killed: the next host gets a new one
            return

    def dismiss(self) -> None:
        """Let the guard go, and wait until it has."""
        helper, self._helper = self._helper, None
        if helper is not None and self._owner == os.getpid():
            atexit.unregister(self.dismiss)
            end_helper(helper)


guard = Guard()
"""One for this process."""
