"""What a host does with modules that load, fail, print, lie and die."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from pytest_parlab.errors import SubmissionDied, SubmissionError, SubmissionRaised
from pytest_parlab.sandbox import folder
from tests.sandbox.hosts import LONG_S, SHOWN, hosting, order_of, started


def load_error(tmp_path: Path, source: str | bytes) -> SubmissionError:
    """What loading a module ends in."""
    with started(order_of(tmp_path, source)) as host:
        with pytest.raises(SubmissionError) as caught:
            host.load(deadline_s=LONG_S)
        assert caught.value.loading
        assert host.over
    return caught.value


def test_an_error_comes_back_with_the_learners_own_lines(tmp_path: Path) -> None:
    source = """
        def outer(n):
            return inner(n)

        def inner(n):
            return 1 / n
    """
    with hosting(tmp_path, source) as host:
        with pytest.raises(SubmissionRaised) as caught:
            host.call("outer", (0,))
        assert host.call("outer", (2,)) == 0.5
    error = caught.value
    assert (error.kind, error.message) == ("ZeroDivisionError", "division by zero")
    assert (error.path, error.line) == (SHOWN, 6)
    assert str(error) == dedent(
        f"""\
        Traceback (most recent call last):
          File "{SHOWN}", line 3, in outer
            return inner(n)
          File "{SHOWN}", line 6, in inner
            return 1 / n
        ZeroDivisionError: division by zero"""
    )


def test_what_led_to_an_error_is_told_too(tmp_path: Path) -> None:
    source = """
        def chained():
            try:
                {}["a"]
            except KeyError as error:
                raise RuntimeError("no a") from error
    """
    with hosting(tmp_path, source) as host, pytest.raises(SubmissionRaised) as caught:
        host.call("chained")
    text = str(caught.value)
    assert text.index("KeyError: 'a'") < text.index("RuntimeError: no a")


@pytest.mark.parametrize("start_method", ["fork", "spawn", "forkserver"])
def test_an_error_in_a_worker_names_the_learners_line_there(tmp_path: Path, start_method: str) -> None:
    source = """
        from multiprocessing import Pool

        def fail(n):
            raise ValueError(n)

        def use_pool():
            with Pool(1) as pool:
                return pool.map(fail, [7])
    """
    with hosting(tmp_path, source, start_method=start_method) as host, pytest.raises(SubmissionRaised) as caught:
        host.call("use_pool")
    text = str(caught.value)
    assert (caught.value.path, caught.value.line) == (SHOWN, 5)
    assert "In the worker process (most recent call last):" in text
    assert f'File "{SHOWN}", line 5, in fail' in text
    assert f'File "{SHOWN}", line 9, in use_pool' in text
    assert "multiprocessing/pool.py" not in text


@pytest.mark.parametrize(
    ("statement", "kind", "message"),
    [
        ("sys.exit(3)", "SystemExit", "3"),
        ("sys.exit()", "SystemExit", ""),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("raise GeneratorExit", "GeneratorExit", ""),
        ("input('name? ')", "EOFError", "EOF when reading a line"),
        ("raise ValueError('\\ud800')", "ValueError", "\\ud800"),
        ("raise Rude", "Rude", "(its text cannot be made: SystemExit)"),
        ("raise ExceptionGroup('two', [ValueError(1), KeyError(2)])", "ExceptionGroup", "two (2 sub-exceptions)"),
        ("assert 1 == 2, 'not equal'", "AssertionError", "not equal"),
        ("def f(): f()\n    f()", "RecursionError", "maximum recursion depth exceeded"),
    ],
)
def test_whatever_is_raised_is_told(tmp_path: Path, statement: str, kind: str, message: str) -> None:
    source = f"""
import sys

class Rude(Exception):
    def __str__(self):
        sys.exit(1)

def function():
    {statement}

def after():
    return "still here"
"""
    with hosting(tmp_path, source) as host:
        with pytest.raises(SubmissionRaised) as caught:
            host.call("function")
        assert host.call("after") == "still here"
    assert (caught.value.kind, caught.value.message) == (kind, message)


def test_an_endless_text_is_cut(tmp_path: Path) -> None:
    with (
        hosting(tmp_path, "def f(): raise ValueError('x' * 10**7)") as host,
        pytest.raises(SubmissionRaised) as caught,
    ):
        host.call("f")
    assert len(str(caught.value)) < 50_000
    assert "9980000 characters are left out here" in caught.value.message


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("os._exit(0)", "ended with exit code 0 before it gave an answer. Return from the function instead"),
        ("os._exit(3)", "ended with exit code 3 before it gave an answer"),
        ("os.kill(os.getpid(), 11)", "was ended by signal 11 (SIGSEGV) before it gave an answer."),
        ("os.kill(os.getpid(), 9)", "was ended by signal 9 (SIGKILL) before it gave an answer."),
        ("os.closerange(3, 1000)\n    time.sleep(60)", "closed its connection. Leave the file descriptors alone"),
    ],
)
def test_a_host_that_dies_is_no_answer(tmp_path: Path, statement: str, text: str) -> None:
    with hosting(tmp_path, f"import os, time\ndef f():\n    {statement}\n") as host:
        with pytest.raises(SubmissionDied) as caught:
            host.call("f", deadline_s=LONG_S)
        assert host.over
    assert str(caught.value).startswith(f"f: the process that runs your code {text}")


BROKEN: dict[str, tuple[str | bytes, str, str, int | None]] = {
    "syntax": ("x = 1\ndef f(:\n    pass\n", "SyntaxError", "invalid syntax", 2),
    "indentation": ("def f():\nreturn 1\n", "IndentationError", "expected an indented block", 2),
    "tabs": ("if 1:\n\tx = 1\n        y = 2\n", "TabError", "inconsistent use of tabs", 3),
    "name": ("x = 1\n\nundefined_name\n", "NameError", "undefined_name", 3),
    "import": ("import no_such_module_at_all\n", "ModuleNotFoundError", "no_such_module_at_all", 1),
    "exit": ("import sys\nsys.exit(2)\n", "SystemExit", "2", 2),
    "encoding": (b'x = "\xe4\xf6"\n', "SyntaxError", "utf-8", None),
    "unknown encoding": (b"# coding: klingon\n", "SyntaxError", "klingon", None),
    "zero byte": (b"x = 1\x00\n", "SyntaxError", "null bytes", None),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_module_that_does_not_import_says_where(tmp_path: Path, name: str) -> None:
    source, kind, message, line = BROKEN[name]
    error = load_error(tmp_path, source.encode() if isinstance(source, str) else source)
    assert isinstance(error, SubmissionRaised)
    assert error.kind == kind
    assert message in error.message
    if line is not None:
        assert (error.path, error.line) == (SHOWN, line)
        assert f'File "{SHOWN}", line {line}' in str(error)
    assert "parlab-host-" not in str(error)


def test_a_module_that_ends_the_process_says_so(tmp_path: Path) -> None:
    error = load_error(tmp_path, "import os\nos._exit(0)\n")
    assert isinstance(error, SubmissionDied)
    assert str(error).startswith(f"{SHOWN} while it was being imported: the process that runs your code ended with")


def test_a_module_with_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    with started(order_of(tmp_path, "\ufeffdef f(): return 1\n".encode())) as host:
        host.load(deadline_s=LONG_S)
        assert host.call("f") == 1


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so the refusal is made here."""

    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    order = order_of(tmp_path, "x = 1")
    monkeypatch.setattr(shutil, "copyfile", refuse)
    before = set(Path(tempfile.gettempdir()).glob(f"parlab-host-{os.getpid()}-*"))
    with pytest.raises(SubmissionError) as caught, started(order):
        pass
    assert str(caught.value) == f"{SHOWN} cannot be read: Permission denied."
    assert set(Path(tempfile.gettempdir()).glob(f"parlab-host-{os.getpid()}-*")) == before


def test_calls_that_cannot_be_made_say_what_is_there(tmp_path: Path) -> None:
    source = """
        from os.path import join
        number = 5

        def first(items, workers):
            return items

        def second(*, only):
            return only
    """
    texts = {}
    with hosting(tmp_path, source) as host:
        for name, args, kwargs in (
            ("missing", (), {}),
            ("number", (), {}),
            ("first", ([1],), {"processes": 2}),
            ("first", (1, 2, 3), {}),
            ("second", (1,), {}),
        ):
            with pytest.raises(SubmissionError) as caught:
                host.call(name, args, kwargs)
            texts[name, len(args)] = str(caught.value)
        assert host.call("first", ([1],), {"workers": 2}) == [1]
    there = f"{SHOWN} has no function 'missing'; it has first, second."
    assert texts["missing", 0] == there
    assert texts["number", 0] == there.replace("missing", "number")
    assert texts["first", 1] == (
        "first(items, workers) cannot be called as the exercise asks (missing a required argument: 'workers'); "
        "the exercise gives 1 by position, processes=. Put the parameters back as in the stub."
    )
    assert "too many positional arguments" in texts["first", 3]
    assert texts["second", 1].startswith("second(*, only) cannot be called")


def test_a_module_without_any_function_says_so(tmp_path: Path) -> None:
    with hosting(tmp_path, "") as host, pytest.raises(SubmissionError, match="it has no function at all"):
        host.call("f")


def test_scenarios_get_the_module_and_are_named_as_the_exercises_own(tmp_path: Path) -> None:
    scenarios = """
        def use(module, number):
            return module.double(number)

        def fail(module):
            raise ValueError("in the scenario")
    """
    with hosting(tmp_path, "def double(n): return 2 * n", scenarios) as host:
        assert host.call("use", (4,), scenario=True) == 8
        with pytest.raises(SubmissionError, match=re.escape("scenarios.py has no function 'other'.")):
            host.call("other", scenario=True)
        with pytest.raises(SubmissionRaised) as caught:
            host.call("fail", scenario=True)
    assert (caught.value.path, caught.value.line) == ("exercises/scenarios.py", 6)


def test_what_is_printed_at_import_in_calls_and_in_children_is_shown(tmp_path: Path) -> None:
    source = """
        import sys
        from multiprocessing import Process
        print("at import", __file__)

        def f():
            print("in the call")
            print("on standard error", file=sys.stderr)
            child = Process(target=print, args=("in a child",))
            child.start()
            child.join()
    """
    with hosting(tmp_path, source) as host:
        assert host.new_output() == f"at import {SHOWN}\n"
        host.call("f")
        output = host.new_output()
        assert set(output.splitlines()) == {"in the call", "on standard error", "in a child"}
        assert host.new_output() == ""


def test_of_very_much_output_the_beginning_and_the_end_are_shown(tmp_path: Path) -> None:
    with hosting(tmp_path, "def f():\n    print('a' * 300_000)\n    print('the end')\n") as host:
        host.call("f")
        output = host.new_output()
    assert output.startswith("aaaa")
    assert output.endswith("a\nthe end\n")
    assert "bytes are left out here]" in output
    assert len(output) < 120_000


@pytest.mark.parametrize("replacement", ["None", "object()", "open(1, 'w')"])
def test_a_replaced_standard_output_does_not_stop_the_host(tmp_path: Path, replacement: str) -> None:
    source = f"import sys\ndef f():\n    sys.stdout = {replacement}\n    sys.stderr = None\n    return 5\n"
    with hosting(tmp_path, source) as host:
        assert host.call("f") == 5
        assert host.call("f") == 5


def test_the_host_has_a_place_of_its_own_and_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    source = """
        import os, sys, tempfile
        from pathlib import Path

        def look():
            tempfile.mkstemp()
            Path.home().joinpath("note").write_text("x")
            return dict(os.environ), os.getcwd(), tempfile.gettempdir(), sys.argv

        def wander():
            os.chdir("/")
            os.environ["PATH"] = ""
            return sorted(os.listdir(os.path.dirname(__file__)))
    """
    with hosting(tmp_path, source) as host:
        private = host._folder.path
        environment, where, temporary, arguments = host.call("look")
        assert host.call("wander") == ["lesson.py"]
        assert host.call("wander") == ["lesson.py"]
    assert "SECRET_TOKEN" not in environment
    assert not any("SECRET" in argument for argument in arguments)
    assert Path(where) == private / "work"
    assert Path(environment["HOME"]).parent == private
    assert Path(temporary).parent == private, "temporary files go with the host"
    assert environment["OMP_NUM_THREADS"] == "1"


def test_a_long_temporary_path_leaves_room_for_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket in a private folder there would have too long a name; the folder of the judge is used."""
    long = tmp_path / ("x" * 60)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", None)
    made = folder.HostFolder(order_of(tmp_path, "x = 1"))
    try:
        assert made.environment()["TMPDIR"] == str(long)
    finally:
        made.remove()
        monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_folder_that_was_locked_is_removed_all_the_same(tmp_path: Path) -> None:
    made = folder.HostFolder(order_of(tmp_path, "x = 1"))
    (made.work / "locked").mkdir()
    (made.work / "locked" / "file").touch()
    (made.work / "locked").chmod(0)
    made.remove()
    assert not made.path.exists()
