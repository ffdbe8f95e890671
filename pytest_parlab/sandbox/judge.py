"""The judge's side: starts a host, asks it for calls with a deadline each, and clears everything away afterwards.

The host's word is data. That it answered, when it answered, what the kernel says its tree cost and what it left
running are the judge's own observations.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from multiprocessing import connection
from pathlib import Path
from typing import Any

from pytest_parlab.errors import NotPlainData, SubmissionDied, SubmissionError, SubmissionTimeout
from pytest_parlab.sandbox import channel as wire
from pytest_parlab.sandbox.answers import how_it_ended, value_of
from pytest_parlab.sandbox.clearing import END_S, end_host
from pytest_parlab.sandbox.folder import OUTPUT_LIMIT, HostFolder
from pytest_parlab.sandbox.guard import guard
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.sandbox.order import Ending, Order
from pytest_parlab.sandbox.whereabouts import whereabouts
from pytest_parlab.trace.merge import merge
from pytest_parlab.trace.records import now_ns
from pytest_parlab.trace.session import make_directory, remove_directory

START_S = 30.0
"""How long an interpreter may take to start on a busy machine, and a module to be imported."""
LOOK_S = 0.1
"""How often a waiting judge looks whether the host still lives and how much it has printed."""
BACKSTOP_S = 5.0
"""How long after its deadline a host is killed even if the judge is stuck in reading or writing a frame."""
START = "import sys; from pytest_parlab.sandbox.host import main; main(sys.argv[1])"


class HostProcess:
    """One host, from start to clean-up. Call `load` first and `remove` at the end.

    Args:
        order: What it is to load.

    Raises:
        SubmissionError: A file of the submission cannot be read.
    """

    def __init__(self, order: Order) -> None:
        from pytest_parlab.machine.tree import Watcher, become_subreaper  # noqa: PLC0415 - psutil

        become_subreaper()
        self._order = order
        self._started_ns = now_ns()
        self._ending: Ending | None = None
        self._busy = False
        self._watcher = Watcher()
        self._watcher.__enter__()
        self._folder = HostFolder(order)
        self._watch = self._folder.path / "watch"
        try:
            self._watch = make_directory()
            guard.watch(self._folder.path, self._watch)
            self._process, self._channel = self._start()
        except BaseException:
            self._forget()
            raise

    def _start(self) -> tuple[subprocess.Popen[bytes], Any]:
        channel, there = connection.Pipe()
        word, extra = wire.lend(there)
        try:
            with self._folder.output.open("wb") as output:
                return subprocess.Popen(
                    [sys.executable, "-I", "-B", "-c", START, word],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=self._folder.work,
                    env=self._folder.environment(),
                    start_new_session=True,
                    **extra,
                ), channel
        except BaseException:
            channel.close()
            raise
        finally:
            there.close()

    @property
    def pid(self) -> int:
        """Process id of the host."""
        return self._process.pid

    @property
    def over(self) -> bool:
        """It has ended and answers no more."""
        return self._ending is not None

    def load(self, *, deadline_s: float = START_S) -> None:
        """Import the submission's module.

        Raises:
            SubmissionRaised: The module raised while it was imported (a syntax error included).
            SubmissionDied: The host ended while it was loading.
            SubmissionTimeout: Loading took longer than `deadline_s`.
        """
        order = self._order
        request = {
            "load": order.module.stem if order.module else "",
            "scenarios": order.scenarios.stem if order.scenarios else "",
            "folder": str(self._folder.work),
            "names": self._folder.names,
            "stacks": str(self._folder.stacks),
            "start_method": order.start_method,
            "watch": str(self._watch) if order.watched else "",
        }
        try:
            self._ask(request, deadline_s, f"{order.shown or 'the host'} while it was being imported")
        except SubmissionError as error:
            error.loading = True
            self.end()
            raise

    def call(
        self,
        name: str,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        scenario: bool = False,
        deadline_s: float = 10.0,
        meeting: str = "",
        explore: Mapping[str, Any] | None = None,
    ) -> Any:
        """Make one call in the host.

        Args:
            name: Name of a function of the module, or of the scenarios.
            args: Positional arguments, plain data.
            kwargs: Keyword arguments, plain data.
            scenario: It is a function of the scenarios; it gets the module first.
            deadline_s: Seconds until the host's whole tree is ended.
            meeting: Address of a meeting that tasks are to attend.
            explore: How to make it under many schedules, see `explored`; the value is then what was found.

        Returns:
            The function's value, plain data.

        Raises:
            SubmissionRaised: The function raised.
            SubmissionError: There is no such function, or it does not take these arguments.
            SubmissionTimeout: No answer before the deadline.
            SubmissionDied: The host ended instead of answering.
            NotPlainData: An argument or the value is not plain data.
        """
        kwargs = dict(kwargs or {})
        for number, argument in enumerate(args, start=1):
            wire.check_plain(argument, f"argument {number} of {name}")
        for key, argument in kwargs.items():
            wire.check_plain(argument, f"the argument {key} of {name}")
        request = {"call": name, "args": args, "kwargs": kwargs, "scenario": scenario, "meeting": meeting}
        return self._ask(request | {"explore": dict(explore or {})}, deadline_s, name)

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
        frame = wire.pack(request, f"what {what} was given", checked=True)
        with self._backstop(deadline_s + BACKSTOP_S):
            self._busy = True
            try:
                self._channel.send_bytes(frame)
            except OSError:
                raise self._died(what) from None
            answer = self._answer(deadline_s, what)
            self._busy = False
        return value_of(answer, what)

    @contextlib.contextmanager
    def _backstop(self, seconds: float) -> Iterator[None]:
        """Kill the host if this block takes too long: it may have left the judge with half a frame."""
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _answer(self, deadline_s: float, what: str) -> Any:
        end = time.monotonic() + deadline_s
        while True:
            if connection.wait([self._channel], timeout=max(min(LOOK_S, end - time.monotonic()), 0)):
                try:
                    return wire.receive(self._channel)
                except (EOFError, ConnectionError):
                    raise self._died(what) from None
                except NotPlainData as error:
                    self.end()
                    raise SubmissionDied(f"{what}: {error}") from None
            if self._process.poll() is not None and not connection.wait([self._channel], timeout=0):
                raise self._died(what)
            if self._folder.printed_bytes() > OUTPUT_LIMIT:
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
        text = stacks.request(tree, self._folder.stacks, wait_s=1.0)
        where = whereabouts(text, host=self.pid, rename=self._folder.names)
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
        return SubmissionDied(f"{what}: the process that runs your code {how_it_ended(code)}")

    def new_output(self) -> str:
        """What the submission has printed since the last time."""
        return self._folder.new_output()

    def end(self) -> Ending:
        """End the host and everything that it started; what was left running is noted first."""
        if self._ending is not None:
            return self._ending
        self._ending = ending = Ending()
        try:
            left = tuple(process for process in self._watcher.left() if process.pid != self.pid)
            ending.left = tuple(map(str, left))
            if not left and not self._busy:
                self._let_go()
        finally:
            end_host(self._process, self._watcher)
            self._channel.close()
        try:
            ending.trace = merge(self._watch, started_ns=self._started_ns, rename=self._folder.rename)
        finally:
            remove_directory(self._watch)
        return ending

    def _let_go(self) -> None:
        try:
            wire.send(self._channel, {"end": True})
            self._process.wait(END_S)
        except (OSError, subprocess.TimeoutExpired):
            return

    def remove(self) -> None:
        """End the host and remove its private folder; its output is gone with it."""
        try:
            self.end()
        finally:
            self._forget()

    def _forget(self) -> None:
        remove_directory(self._watch)
        self._folder.remove()
        guard.forget(self._folder.path)


def _delay_s(pid: int) -> float | None:
    """Seconds that a process's first thread was ready to run without a core; None where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None
