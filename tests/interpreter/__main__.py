"""Runs CPython's own suites without hooks and with them, and prints every test that does not come out the same.

``python -m tests.interpreter [fork spawn forkserver futures]`` with the interpreter that is in question.

Each group of tests runs in a process of its own. A test that stands still is ended with everything that it started,
counts as hung, and the group goes on behind it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.interpreter.exceptions import EXCEPTIONS
from tests.interpreter.one_suite import GROUPS

ROOT = Path(__file__).resolve().parents[2]
SUITES = ("fork", "spawn", "forkserver", "futures")
STANDSTILL_S = 150.0
"""A test that takes longer has hung: the longest of the suites needs about 40 s."""
NOT_SHIPPED = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One group of a suite, with or without hooks.

    Attributes:
        outcomes: Test to outcome.
        reasons: Test to traceback or reason.
        output: What the run printed.
    """

    outcomes: dict[str, str]
    reasons: dict[str, str]
    output: str


def run(suite: str, group: str, *, hooked: bool, only: list[str], folder: Path) -> Run | None:
    """Run a group to its end, over crashes and hangs; None if this interpreter came without the suite."""
    name = f"{suite}-{group}-{'hooked' if hooked else 'plain'}"
    file, log = folder / f"{name}.jsonl", folder / f"{name}.log"
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.interpreter.one_suite", suite, group, str(file)]
    command += ["--hooked"] if hooked else []
    command += ["--only", *only] if only else []
    with log.open("a") as output:
        while True:
            before = _lines(file)
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            hung = _stands_still(process, file)
            if process.returncode == NOT_SHIPPED:
                return None
            if process.returncode == 0 or _lines(file) == before:
                break
            _note(file, "hung" if hung else f"ended the process with {process.returncode}")
    return _read(file, log)


def _stands_still(process: subprocess.Popen[bytes], file: Path) -> bool:
    """Wait for a run; True if it had to be ended because nothing came any more."""
    seen, since = 0, time.monotonic()
    while process.poll() is None:
        size = file.stat().st_size if file.exists() else 0
        if size != seen:
            seen, since = size, time.monotonic()
        if time.monotonic() - since > STANDSTILL_S:
            process.send_signal(signal.SIGUSR1)  # its stacks go to the log
            time.sleep(1)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.1)
    return False


def _lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def _note(file: Path, outcome: str) -> None:
    last = _lines(file)[-1]
    if last["outcome"] == "begun":
        with file.open("a") as outcomes:
            print(json.dumps({**last, "outcome": outcome}), file=outcomes)


def _read(file: Path, log: Path) -> Run:
    outcomes: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for line in _lines(file):
        if outcomes.get(line["test"], "begun") in {"begun", "passed"}:  # an error in its clean-up comes after
            outcomes[line["test"]] = line["outcome"]
            reasons[line["test"]] = line["why"]
    return Run(outcomes, reasons, log.read_text(errors="replace"))


def differences(plain: Run, hooked: Run) -> list[str]:
    """The tests that come out differently and are not among the exceptions, each with what was said."""
    found = []
    for test in sorted(plain.outcomes | hooked.outcomes):
        before, after = plain.outcomes.get(test, "absent"), hooked.outcomes.get(test, "absent")
        if before == after:
            continue
        expected = next((reason for name, reason in EXCEPTIONS.items() if test.endswith(name)), "")
        if expected:
            found.append(f"expected: {test}: {before} -> {after}: {expected}")
        else:
            found.append(f"DIFFERENT: {test}: {before} -> {after}\n{hooked.reasons.get(test, '')}")
    return found


def main() -> int:
    """Run the suites that are asked for; 1 if a test comes out differently for no known reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", default=list(SUITES))
    parser.add_argument("--groups", nargs="*", default=list(GROUPS))
    parser.add_argument("--only", nargs="*", default=[], help="parts of the names of tests")
    parser.add_argument("--folder", type=Path, help="where outcomes and logs are kept")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="suites-"))
    folder.mkdir(parents=True, exist_ok=True)
    bad = 0
    for suite in arguments.suites:
        for group in ["all"] if suite == "futures" else arguments.groups:
            began = time.monotonic()
            plain, hooked = (
                run(suite, group, hooked=hooked, only=arguments.only, folder=folder) for hooked in (False, True)
            )
            if plain is None or hooked is None:
                print(f"{suite} {group}: this interpreter came without it", flush=True)
                continue
            found = differences(plain, hooked)
            bad += sum(line.startswith("DIFFERENT") for line in found)
            print(
                f"{suite} {group}: {len(plain.outcomes)} tests, {len(found)} different, "
                f"{time.monotonic() - began:.0f} s",
                *found,
                *(line for line in hooked.output.splitlines() if line.startswith("trace:")),
                sep="\n  ",
                flush=True,
            )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
