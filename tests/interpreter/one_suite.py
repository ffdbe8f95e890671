# ruff: noqa: N802 - unittest names its methods so
"""Runs one of CPython's suites in this process and writes each test's outcome to a file as it comes.

``python -m tests.interpreter.one_suite SUITE GROUP OUTCOMES [--hooked] [--done FILE]``
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import signal
import sys
import time
import unittest
from collections.abc import Iterator
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from pytest_parlab.instrument import watching

GROUPS = ("processes", "threads", "manager", "misc")
"""Which part of the suite for multiprocessing: by what its tests use, as the shipped packages split it."""


class Outcomes(unittest.TextTestResult):
    """Writes a line when a test begins and one when it has ended: a run that hangs tells where."""

    def __init__(self, *args: Any, file: TextIO, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._file = file

    def _say(self, test: unittest.TestCase, outcome: str, why: str = "") -> None:
        line = {"test": test.id(), "outcome": outcome, "why": why[-3000:], "at": round(time.time(), 2)}
        print(json.dumps(line), file=self._file, flush=True)

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._say(test, "begun")

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self._say(test, "passed")

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._say(test, "error", self.errors[-1][1])

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._say(test, "failed", self.failures[-1][1])

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._say(test, "failed", str(err[1]))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._say(test, "skipped", reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self._say(test, "expected failure")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        super().addUnexpectedSuccess(test)
        self._say(test, "unexpected success")


def group_of(test: unittest.TestCase) -> str:
    """The part of the suite that a test belongs to."""
    name = type(test).__name__
    return next((group for group in GROUPS if name.startswith(f"With{group.capitalize()}")), "misc")


def flat(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    """The tests of nested suites, in order."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def load(suite: str, group: str) -> list[unittest.TestCase]:
    """The tests of a suite; ImportError if this interpreter came without it."""
    support: Any = import_module("test.support")
    support.use_resources = ()  # what `python -m test` does unless told otherwise
    loader = unittest.defaultTestLoader
    if suite == "futures":
        shipped = import_module("test.test_concurrent_futures")
        if hasattr(shipped, "__path__"):
            names = sorted(path.stem for path in Path(shipped.__path__[0]).glob("test_*.py"))
            return list(flat(loader.loadTestsFromNames([f"{shipped.__name__}.{name}" for name in names])))
        return list(flat(loader.loadTestsFromModule(shipped)))
    found = flat(loader.loadTestsFromName(f"tests.interpreter.by_{suite}"))
    return [test for test in found if group_of(test) == group]


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("suite", choices=("fork", "spawn", "forkserver", "futures"))
    parser.add_argument("group", choices=(*GROUPS, "all"))
    parser.add_argument("outcomes", type=Path)
    parser.add_argument("--hooked", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    known = arguments.outcomes.read_text().splitlines() if arguments.outcomes.exists() else []
    done = {json.loads(line)["test"] for line in known}
    try:
        tests = load(arguments.suite, arguments.group)
    except ImportError as error:
        print(f"not shipped: {error}")
        return 3
    if arguments.only:
        tests = [test for test in tests if any(part in test.id() for part in arguments.only)]
    tests = [test for test in tests if test.id() not in done]
    pid = os.getpid()
    with arguments.outcomes.open("a") as file:
        runner = unittest.TextTestRunner(
            resultclass=lambda *args, **kwargs: Outcomes(*args, file=file, **kwargs), verbosity=2
        )
        watch = watching() if arguments.hooked else None
        with watch or nullcontext():
            runner.run(unittest.TestSuite(tests))
        if watch is not None and os.getpid() == pid:
            trace = watch.trace
            print(
                f"trace: {len(trace.processes)} processes, {len(trace.accesses)} accesses, "
                f"{len(trace.tasks)} tasks, truncated {trace.truncated}, problems {trace.problems}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
