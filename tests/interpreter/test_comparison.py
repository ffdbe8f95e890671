"""The comparison of CPython's suites with and without hooks runs them, over crashes and hangs, and misses nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.interpreter import __main__ as comparison
from tests.interpreter.__main__ import Run, differences
from tests.interpreter.exceptions import EXCEPTIONS

ROOT = Path(__file__).resolve().parents[2]


def test_a_test_that_comes_out_differently_is_shown_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Run({"a.one": "passed", "a.two": "passed", "a.three": "passed"}, {}, "")
    hooked = Run({"a.one": "passed", "a.two": "failed", "a.four": "passed"}, {"a.two": "1 != 2"}, "")
    assert differences(plain, hooked) == [
        "DIFFERENT: a.four: absent -> passed\n",
        "DIFFERENT: a.three: passed -> absent\n",
        "DIFFERENT: a.two: passed -> failed\n1 != 2",
    ]
    monkeypatch.setitem(EXCEPTIONS, "two", "it looks at what hooks replace")
    assert differences(plain, hooked)[2] == "expected: a.two: passed -> failed: it looks at what hooks replace"
    assert differences(plain, plain) == []


def test_a_test_that_stands_still_is_ended_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "STANDSTILL_S", 0.5)
    outcomes = tmp_path / "outcomes"
    outcomes.write_text('{"test": "a", "outcome": "begun", "why": ""}\n')
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    assert comparison._stands_still(process, outcomes)
    comparison._note(outcomes, "hung")
    assert comparison._read(outcomes, outcomes).outcomes == {"a": "hung"}


def test_a_part_of_a_suite_comes_out_the_same(tmp_path: Path) -> None:
    pytest.importorskip("test._test_multiprocessing", reason="this interpreter came without its tests")
    command = [sys.executable, "-m", "tests.interpreter", "fork", "--groups", "processes", "--only", "TestLock"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("fork processes: 3 tests, 0 different, ")
    assert "trace: " in done.stdout
