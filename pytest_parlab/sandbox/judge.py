"""The judge's side: starts a host, asks it for calls with a deadline each, and clears everything away afterwards.

The host's word is data. That it answered, when it answered, what the kernel says its tree cost and what it left
running are the judge's own observations.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from typing import Any

from pytest_parlab.errors import NotPlainData, SubmissionDied, SubmissionError, SubmissionRaised, SubmissionTimeout
from pytest_parlab.sandbox import channel as wire
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.sandbox.whereabouts import whereabouts
from pytest_parlab.trace.merge import merge
from pytest_parlab.trace.model import Trace
from pytest_parlab.trace.records import now_ns
from pytest_parlab.trace.session import make_directory, remove_directory

START_S = 30.0
"""How long an interpreter may take to start on a busy machine, and a module to be imported."""
END_S = 2.0
"""How long a host may take to exit by itself when all is done."""
LOOK_S = 0.1
"""How often a waiting judge looks whether the host still lives and how much it has printed."""
OUTPUT_LIMIT = 16 * 1024 * 1024
"""Bytes that a host may print before it is stopped."""
START = "import sys; from pytest_parlab.sandbox.host import main; main(sys.argv[1])"
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "PARLAB_CORES", "TZ")
"""What a host gets of the environment; the rest, secrets included, is not its business."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Order:
    """What a host is to load.

    Attributes:
        module: The submission's module file; None for a host that runs scenarios alone.
        shown: The path by which its reader knows it.
        scenarios: The exercise's ``scenarios.py``; None if it has none.
        shown_scenarios: The path by which its reader knows that.
        start_method: Default start method of `multiprocessing` in the host; empty for the system's.
    """

    module: Path | None
    shown: str = ""
    scenarios: Path | None = None
    shown_scenarios: str = ""
    start_method: str = ""


@dataclass(slots=True)
class Ending:
    """What was there when a host was done with.

    Attributes:
        trace: What the host's processes did.
        left: Commands and pids of processes that were still running, as text.
    """

    trace: Trace = field(default_factory=lambda: Trace(0, 0))
    left: tuple[str, ...] = ()


class HostProcess:
    """One host, from start to clean-up.

    Args:
        order: What it is to load.

    Raises:
        SubmissionRaised: The module raised while it was imported (a syntax error included).
        SubmissionDied: The host ended while it was loading.
        SubmissionTimeout: Loading took longer than `START_S`.
    """

    def __init__(self, order: Order, *, load_s: float = START_S) -> None:
        from pytest_parlab.machine.tree import Watcher, become_subreaper  # noqa: PLC0415 - psutil

        become_subreaper()
        self.folder = Path(tempfile.mkdtemp(prefix=f"parlab-host-{os.getpid()}-"))
        self.watch = make_directory()
        self._order = order
        self._names: dict[str, str] = {}
        self._output = self.folder / "output.txt"
        self._read = 0
        self._started_ns = now_ns()
        self._ending: Ending | None = None
        self._busy = False
        self._watcher = Watcher()
        self._watcher.__enter__()
        self._channel, there = connection.Pipe()
        self._stdout = self._output.open("wb")
        word, extra = wire.lend(there)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", START, word],
            stdin=subprocess.DEVNULL,
            stdout=self._stdout,
            stderr=subprocess.STDOUT,
            cwd=self._work_folder(),
            env=_environment(self.folder),
            start_new_session=True,
            **extra,
        )
        there.close()
        try:
            self._load(load_s)
        except SubmissionError as error:
            error.loading = True
            self.end()
            raise
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """Process id of the host."""
        return self._process.pid

    def _work_folder(self) -> Path:
        """A private folder with copies of just the files that the exercise names."""
        work = self.folder / "work"
        work.mkdir()
        for source, shown in (
            (self._order.module, self._order.shown),
            (self._order.scenarios, self._order.shown_scenarios),
        ):
            if source is not None:
                copy = work / source.name
                shutil.copyfile(source, copy)
                self._names[str(copy)] = shown or str(source)
        return work

    def _load(self, load_s: float) -> None:
        order = self._order
        request = {
            "load": order.module.stem if order.module else "",
            "scenarios": order.scenarios.stem if order.scenarios else "",
            "folder": str(self.folder / "work"),
            "names": self._names,
            "stacks": str(self.folder / "stacks.txt"),
            "start_method": order.start_method,
            "watch": str(self.watch),
        }
        self._ask(request, load_s, f"{order.shown or 'the host'} while it was being imported")

    def rename(self, path: str) -> str:
        """The path by which the reader knows a file of the host."""
        return self._names.get(path, path)

    def call(
        self,
        name: str,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        scenario: bool = False,
        deadline_s: float = 10.0,
        meeting: str = "",
    ) -> Any:
        """Make one call in the host.

        Args:
            name: Name of a function of the module, or of the scenarios.
            args: Positional arguments, plain data.
            kwargs: Keyword arguments, plain data.
            scenario: It is a function of the scenarios; it gets the module first.
            deadline_s: Seconds until the host's whole tree is ended.
            meeting: Address of a meeting that tasks are to attend.

        Returns:
            The function's value, plain data.

        Raises:
            SubmissionRaised: The function raised.
            SubmissionError: There is no such function, or it does not take these arguments.
            SubmissionTimeout: No answer before the deadline.
            SubmissionDied: The host ended instead of answering.
            NotPlainData: An argument or the value is not plain data.
        """
        request = {"call": name, "args": args, "kwargs": dict(kwargs or {}), "scenario": scenario, "meeting": meeting}
        return self._ask(request, deadline_s, name)

    def measured_call(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], **how: Any) -> MeasuredRun:
        """Make one call and end the host: wall time by this process's clock, CPU time by the kernel's books."""
        from pytest_parlab.machine import accounting  # noqa: PLC0415 - psutil

        cpu_before, delay_before = accounting.tree_cpu_s(self.pid), _delay_s(self.pid)
        began = time.perf_counter()
        value = self.call(name, args, kwargs, **how)
        wall_s = time.perf_counter() - began
        delay_after = _delay_s(self.pid)
        cpu_s = accounting.tree_cpu_s(self.pid) - cpu_before
        known = delay_before is not None and delay_after is not None
        delay_s = (delay_after or 0.0) - (delay_before or 0.0) if known else None
        return MeasuredRun(value, wall_s, cpu_s, self.end().trace, delay_s)

    def _ask(self, request: dict[str, Any], deadline_s: float, what: str) -> Any:
        try:
            wire.send(self._channel, request, f"the arguments of {what}")
        except (BrokenPipeError, ConnectionError):
            raise self._died(what) from None
        self._busy = True
        answer = self._answer(deadline_s, what)
        self._busy = False
        if "raised" in answer:
            told = answer["raised"]
            raise SubmissionRaised(
                told["kind"], told["message"], told["traceback"], path=told["path"], line=told["line"]
            )
        if "refused" in answer:
            raise SubmissionError(f"{answer['refused']}.")
        if "unsendable" in answer:
            raise NotPlainData(f"The result of {what} cannot be used: {answer['unsendable']}")
        return answer.get("value")

    def _answer(self, deadline_s: float, what: str) -> dict[str, Any]:
        end = time.monotonic() + deadline_s
        while True:
            ready = connection.wait([self._channel], timeout=max(min(LOOK_S, end - time.monotonic()), 0))
            if ready:
                try:
                    answer = wire.receive(self._channel)
                except (EOFError, ConnectionError):
                    raise self._died(what) from None
                if not isinstance(answer, dict):
                    raise SubmissionDied(f"{what}: the host sent something that is no answer.")
                return answer
            if self._process.poll() is not None and not connection.wait([self._channel], timeout=0):
                raise self._died(what)
            if self._size() > OUTPUT_LIMIT:
                self.end()
                raise SubmissionTimeout(
                    f"{what} printed more than {OUTPUT_LIMIT // 2**20} MiB and was stopped. "
                    "Look for a print in a loop that never ends."
                )
            if time.monotonic() >= end:
                raise self._late(deadline_s, what)
            self._watcher.look()

    def _late(self, deadline_s: float, what: str) -> SubmissionTimeout:
        from pytest_parlab.machine import stacks  # noqa: PLC0415 - only where something hangs
        from pytest_parlab.machine.tree import descendants  # noqa: PLC0415

        tree = [self.pid, *(process.pid for process in descendants(self.pid))]
        text = stacks.request(tree, self.folder / "stacks.txt", wait_s=1.0)
        where = whereabouts(text, host=self.pid, rename=self._names)
        self.end()
        return SubmissionTimeout(
            f"{what} did not answer within {deadline_s:g} s. It was stopped, with every process that it had started."
            + (f"\nWhere they were:\n{where}" if where else "")
        )

    def _died(self, what: str) -> SubmissionDied:
        try:
            code: int | None = self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            code = None
        self.end()
        if code is None:
            how = "closed its connection"
        elif code < 0:
            how = f"was ended by signal {-code}"
        else:
            how = f"ended with exit code {code}"
        return SubmissionDied(
            f"{what}: the process that runs your code {how} before it gave an answer. "
            "Return from the function instead of calling os._exit, and let errors be raised as exceptions."
        )

    def _size(self) -> int:
        try:
            return self._output.stat().st_size
        except OSError:
            return 0

    def new_output(self) -> str:
        """What the submission has printed since the last time."""
        try:
            with self._output.open("rb") as output:
                output.seek(self._read)
                data = output.read(OUTPUT_LIMIT)
        except OSError:
            return ""
        self._read += len(data)
        text = data.decode("utf-8", "replace")
        for copy, shown in self._names.items():
            text = text.replace(copy, shown)
        return text

    def end(self) -> Ending:
        """End the host and everything that it started; what was left running is noted first."""
        if self._ending is not None:
            return self._ending
        self._ending = ending = Ending()
        from pytest_parlab.machine.tree import end_tree  # noqa: PLC0415 - psutil

        left = tuple(process for process in self._watcher.left() if process.pid != self.pid)
        ending.left = tuple(str(process) for process in left)
        try:
            if not left and not self._busy:
                self._let_go()
        finally:
            if self._process.poll() is None:
                end_tree(self.pid, grace_s=0.0)
                self._process.wait(END_S)
            self._watcher.left()  # lets the host's own resource tracker clear up and go
            self._watcher.sweep()
            self._channel.close()
            self._stdout.close()
        ending.trace = merge(self.watch, started_ns=self._started_ns, rename=self.rename)
        remove_directory(self.watch)
        return ending

    def _let_go(self) -> None:
        try:
            wire.send(self._channel, {"end": True})
            self._process.wait(END_S)
        except (OSError, subprocess.TimeoutExpired):
            return

    def remove(self) -> None:
        """Remove the host's private folder; its output is gone with it."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def _environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    kept.update({name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")})
    return kept | dict.fromkeys(ONE_THREAD, "1") | {"HOME": str(home), "PYTHONUTF8": "1"}


def _delay_s(pid: int) -> float | None:
    """Seconds that a process's first thread was ready to run without a core; None where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None
