"""Hooks in `multiprocessing.Process`: start, the child's own life, join, and who looked whether it has ended."""

from __future__ import annotations

import multiprocessing
import os
import time
import weakref
from collections.abc import Callable
from functools import wraps
from multiprocessing.process import BaseProcess
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.attendance import attend_if_called
from pytest_parlab.instrument.forks import starts_with
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.sites import qualified_name
from pytest_parlab.instrument.tracebacks import error_text, without_hooks
from pytest_parlab.trace.records import Kind, now_ns

_ROLES = {
    "multiprocessing.pool": "worker",
    "concurrent.futures.process": "worker",
    "multiprocessing.managers": "helper",
}
"""Module of a process's target to its role; everything else was started by the user's code."""

started: weakref.WeakSet[BaseProcess] = weakref.WeakSet()
"""The processes that were started here under a watch, or in a process that this one was forked from."""
_DIGITS = 4


def install(patches: Patches) -> None:
    """Hook the process class; every context's process derives from it."""
    own: dict[str, Any] = dict(vars(BaseProcess))
    patches.replace(BaseProcess, "start", _start(own["start"]))
    patches.replace(BaseProcess, "_bootstrap", _bootstrap(own["_bootstrap"]))
    patches.replace(BaseProcess, "join", _join(own["join"]))
    patches.replace(BaseProcess, "is_alive", _is_alive(own["is_alive"]))
    patches.replace(BaseProcess, "close", _close(own["close"]))
    patches.replace(BaseProcess, "exitcode", property(_exitcode(own["exitcode"].fget), doc=own["exitcode"].__doc__))


def role_of(process: BaseProcess) -> str:
    """What a process is for, told from the function that it runs."""
    target = getattr(process, "_target", None)
    return _ROLES.get(getattr(target, "__module__", ""), "process")


def method_of(process: BaseProcess) -> str:
    """How a process is about to be started."""
    own: str | None = getattr(process, "_start_method", None)
    return own or multiprocessing.get_start_method()


def _packed(record: recorder.Recorder, process: BaseProcess) -> int:
    """Who a child will be, in 32 bits of its ring's header; 0 if it does not fit.

    Most children differ in the number that their names end in. The number of what they share is in the lower half.
    """
    prefix, _, number = process.name.rpartition("-")
    if not number.isdecimal() or number[0] == "0" or len(number) > _DIGITS:
        prefix, number = process.name, "0"
    target = getattr(process, "_target", None)
    shared = record.name("\t".join((prefix, qualified_name(target or type(process).run), role_of(process))))
    return shared | int(number) << 16 if shared < 1 << 16 else 0


def _start(original: Callable[[BaseProcess], None]) -> Callable[[BaseProcess], None]:
    @wraps(original)
    def start(self: BaseProcess) -> None:
        record = recorder.active
        if record is None:
            return original(self)
        token = record.new_id()
        record.write(Kind.PROCESS_START, token, now_ns(), record.caller())
        method = method_of(self)
        who = _packed(record, self) if method == "fork" else 0
        if who:
            starts_with(token, who)
        else:
            target = getattr(self, "_target", None)  # gone once it has started
            facts = {"name": self.name, "target": qualified_name(target or type(self).run), "role": role_of(self)}
            record.describe("child", token, **facts, method=method)
            if method == "fork":
                starts_with(token, 0)
        self._parlab_token = token  # type: ignore[attr-defined]
        started.add(self)
        try:
            original(self)
        except BaseException as error:
            without_hooks(error)
            raise
        if method != "fork":  # the ring of a forked child bears its token, and what is done here holds up both
            _tell_pid(record, self, self.pid or 0)
        return None

    return start


def _bootstrap(original: Callable[..., int]) -> Callable[..., int]:
    @wraps(original)
    def _bootstrap(self: BaseProcess, *args: Any, **kwargs: Any) -> int:
        record = recorder.active
        if record is None:
            return original(self, *args, **kwargs)
        cpu_ns = time.process_time_ns()
        self.run = _recorded_run(self, record)  # type: ignore[method-assign]
        try:
            return original(self, *args, **kwargs)
        finally:
            record.finish()
            record.write(Kind.PROCESS_END, time.process_time_ns() - cpu_ns, now_ns())

    return _bootstrap


def _recorded_run(process: BaseProcess, record: recorder.Recorder) -> Callable[[], None]:
    run = process.run

    def recorded_run() -> None:
        if role_of(process) == "process":
            attend_if_called()
        try:
            run()
        except SystemExit:
            raise
        except BaseException as error:
            record.describe("process-error", os.getpid(), text=error_text(error))
            without_hooks(error)  # the interpreter prints the rest for the user to read
            raise

    return recorded_run


def _tell_pid(record: recorder.Recorder, process: BaseProcess, pid: int) -> None:
    """Say once which process a start has become, for it may have been killed before it could say so itself."""
    token = vars(process).pop("_parlab_token", 0)
    if token:
        record.write(Kind.PROCESS_STARTED, token, pid)


def saw_end(process: BaseProcess, popen: Any = None) -> None:
    """Note that the calling code knows the process to have ended, if it has.

    Args:
        process: Which.
        popen: Its system part, where the process itself has let go of it.
    """
    record = recorder.active
    code = getattr(popen or getattr(process, "_popen", None), "returncode", None)
    if record is None or code is None:
        return
    seen_by: set[int] = vars(process).setdefault("_parlab_end_seen", set())
    thread = record.here().number
    if thread not in seen_by:  # once for each thread, for a loop may go on asking
        seen_by.add(thread)
        pid = (popen or process).pid or 0
        _tell_pid(record, process, pid)
        site = record.caller()  # none where the library cleans up for itself: that is not the user's join
        record.write(Kind.END_SEEN, pid | (code & 0xFFFF) << 32, now_ns(), site)


def _join(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def join(self: BaseProcess, timeout: float | None = None) -> None:
        record = recorder.active
        if record is not None and getattr(self, "_popen", None) is not None:
            _tell_pid(record, self, self.pid or 0)
            record.write(Kind.JOIN_CALLED, self.pid or 0, now_ns(), record.caller())
        original(self, timeout)
        saw_end(self)

    return join


def _is_alive(original: Callable[[BaseProcess], bool]) -> Callable[[BaseProcess], bool]:
    @wraps(original)
    def is_alive(self: BaseProcess) -> bool:
        alive = original(self)
        if not alive:
            saw_end(self)
        return alive

    return is_alive


def _close(original: Callable[[BaseProcess], None]) -> Callable[[BaseProcess], None]:
    @wraps(original)
    def close(self: BaseProcess) -> None:
        popen = getattr(self, "_popen", None)
        original(self)  # refuses while it runs
        if popen is not None:
            saw_end(self, popen)

    return close


def _exitcode(original: Any) -> Callable[[BaseProcess], int | None]:
    @wraps(original)
    def exitcode(self: BaseProcess) -> int | None:
        code: int | None = original(self)
        record = recorder.active
        if record is not None and code is not None and record.sites.called_by_user():
            record.write(Kind.EXIT_CODE_READ, self.pid or 0, now_ns(), record.caller())
            saw_end(self)
        return code

    return exitcode
