"""A host's private folder: copies of the files that it may load, its home, its temporary files, what it prints.

```
parlab-host-JUDGE-xxxxxxxx/     work/ the module and the scenarios     output.txt  what the whole tree prints
                                home/ t/  $HOME and $TMPDIR            stacks.txt  stacks at a deadline
```
All of it goes with the host, so nothing that the submission forgets stays on the disk. The path stands in the
environment of every process of the host: that is how the guard finds them when the judge is gone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from pytest_parlab.errors import SubmissionError
from pytest_parlab.sandbox.order import Order

PREFIX = "parlab-host-"
OUTPUT_LIMIT = 16 * 1024 * 1024
"""Bytes that a host may print before it is stopped."""
SHOWN_LIMIT = 100_000
"""Bytes of them that a person gets to see at a time."""
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "PARLAB_CORES", "TZ")
"""What a host gets of the environment; the rest, secrets included, is not its business."""
TEMPORARY_VARIABLES = ("TMPDIR", "TEMP", "TMP")
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
SOCKET_NAME = "/pymp-12345678/listener-12345678"
"""What multiprocessing adds to the temporary folder for a socket."""
SOCKET_PATH_LIMIT = 100
"""Bytes that the path of a socket may have everywhere (104 on macOS, 108 on Linux)."""


class HostFolder:
    """The private folder of one host.

    Args:
        order: What the host is to load.

    Attributes:
        path: The folder.
        work: Where the copies lie; the host's working directory.
        names: Path of a copy to the path by which its reader knows it.
        output: File that the host's whole tree prints into.
        stacks: File for the stacks of hanging processes.

    Raises:
        SubmissionError: A file cannot be read.
        OSError: There is no room for a folder.
    """

    def __init__(self, order: Order) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.work = self.path / "work"
        self.names: dict[str, str] = {}
        self.output = self.path / "output.txt"
        self.stacks = self.path / "stacks.txt"
        self._read = 0
        try:
            for name in ("work", "home", "t"):
                (self.path / name).mkdir()
            self._copy(order.module, order.shown)
            self._copy(order.scenarios, order.shown_scenarios)
        except BaseException:
            self.remove()
            raise

    def _copy(self, source: Path | None, shown: str) -> None:
        if source is None:
            return
        copy = self.work / source.name
        try:
            shutil.copyfile(source, copy)
        except OSError as error:
            raise SubmissionError(f"{shown or source} cannot be read: {error.strerror or error}.") from error
        self.names[str(copy)] = shown or str(source)

    def rename(self, path: str) -> str:
        """The path by which the reader knows a file of the host."""
        return self.names.get(path, path)

    def environment(self) -> dict[str, str]:
        """The environment of the host."""
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        kept.update({name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")})
        temporary = str(self.path / "t")
        if len(os.fsencode(temporary + SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            kept.update(dict.fromkeys(TEMPORARY_VARIABLES, temporary))
        else:
            kept.update({name: os.environ[name] for name in TEMPORARY_VARIABLES if name in os.environ})
        return kept | dict.fromkeys(ONE_THREAD, "1") | {"HOME": str(self.path / "home"), "PYTHONUTF8": "1"}

    def printed_bytes(self) -> int:
        """How much the host has printed so far."""
        try:
            return self.output.stat().st_size
        except OSError:
            return 0

    def new_output(self) -> str:
        """What the host has printed since the last time; of very much, the beginning and the end."""
        try:
            with self.output.open("rb") as output:
                end = output.seek(0, os.SEEK_END)
                output.seek(self._read)
                data = output.read(min(end - self._read, SHOWN_LIMIT))
                left_out = end - output.tell()
                if left_out > 0:
                    rest = min(left_out, SHOWN_LIMIT // 10)
                    output.seek(end - rest)
                    data += f"\n[{left_out - rest} bytes are left out here]\n".encode() + output.read(rest)
        except OSError:
            return ""
        self._read = end
        text = data.decode("utf-8", "replace")
        for copy, shown in self.names.items():
            text = text.replace(copy, shown)
        return text

    def remove(self) -> None:
        """Remove the folder and everything in it; files without permissions too."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self.path.exists():
            for folder, _, _ in os.walk(self.path):
                with contextlib.suppress(OSError):  # gone meanwhile
                    Path(folder).chmod(0o700)
            shutil.rmtree(self.path, ignore_errors=True)
