"""The results file: its layout, and what is said about one that is not as it must be."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.errors import ParlabError, UsageError
from pytest_parlab.grading.results import (
    STATES,
    ExerciseResult,
    MistakeResult,
    Results,
    TaskResult,
    TestResult,
)

RESULTS = Results(
    submission="solutions",
    seed=42,
    started="2026-01-31T12:00:00+00:00",
    seconds=2.5,
    machine={"cores": 2, "system": "Linux"},
    promises=("The code ran in a process of its own.",),
    points=3,
    max_points=5,
    exercises=(
        ExerciseResult(
            slug="02_join",
            title="Join",
            state="failed",
            points=3,
            max_points=5,
            seconds=1.25,
            error="",
            tasks=(
                TaskResult(1, "Join every child", "passed", 3, 3),
                TaskResult(
                    id=2,
                    title="Read the exit code",
                    state="failed",
                    points=0,
                    max_points=2,
                    undecided="",
                    mistakes=(MistakeResult("PL103", "nobody looked", "join.py", 12, "Exit code 1 was not read."),),
                    tests=(TestResult("test_join.py::test_exit_code", "failed", 0.25, "assert 0 == 1", "hello\n"),),
                ),
            ),
        ),
    ),
)

PLAIN = {
    "schema": 1,
    "submission": "solutions",
    "seed": 42,
    "started": "2026-01-31T12:00:00+00:00",
    "seconds": 2.5,
    "machine": {"cores": 2, "system": "Linux"},
    "promises": ["The code ran in a process of its own."],
    "points": 3,
    "max_points": 5,
    "exercises": [
        {
            "slug": "02_join",
            "title": "Join",
            "state": "failed",
            "points": 3,
            "max_points": 5,
            "seconds": 1.25,
            "error": "",
            "tasks": [
                {
                    "id": 1,
                    "title": "Join every child",
                    "state": "passed",
                    "points": 3,
                    "max_points": 3,
                    "undecided": "",
                    "mistakes": [],
                    "tests": [],
                },
                {
                    "id": 2,
                    "title": "Read the exit code",
                    "state": "failed",
                    "points": 0,
                    "max_points": 2,
                    "undecided": "",
                    "mistakes": [
                        {
                            "code": "PL103",
                            "title": "nobody looked",
                            "path": "join.py",
                            "line": 12,
                            "message": "Exit code 1 was not read.",
                        }
                    ],
                    "tests": [
                        {
                            "nodeid": "test_join.py::test_exit_code",
                            "state": "failed",
                            "seconds": 0.25,
                            "message": "assert 0 == 1",
                            "output": "hello\n",
                        }
                    ],
                },
            ],
        }
    ],
}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def plain() -> Any:
    """A copy of the plain data that may be changed."""
    return json.loads(json.dumps(PLAIN))


def test_the_layout_is_the_published_one() -> None:
    assert json.loads(RESULTS.to_json()) == PLAIN


def test_plain_data_give_the_same_facts_back() -> None:
    assert Results.from_dict(plain()) == RESULTS
    assert Results.from_dict(RESULTS.to_dict() | {"promises": list(RESULTS.promises)} | plain()) == RESULTS


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    RESULTS.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == RESULTS
    assert names(tmp_path) == ["results.json"]


def test_an_older_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text("x" * 100_000, encoding="utf-8")
    RESULTS.write(path)
    assert Results.read(path) == RESULTS


def test_text_of_a_submission_cannot_make_the_file_unreadable(tmp_path: Path) -> None:
    test = TestResult("t", "failed", output="\ud800\x00\x1b[2J \N{SNOWMAN}")
    task = TaskResult(1, "", "failed", 0, 1, tests=(test,))
    results = Results("", 0, "", 0.0, 0, 1, exercises=(ExerciseResult("01_a", "", "failed", 0, 1, tasks=(task,)),))
    results.write(tmp_path / "results.json")
    assert (tmp_path / "results.json").read_bytes().isascii()
    assert Results.read(tmp_path / "results.json") == results


def test_fields_of_a_later_version_are_ignored() -> None:
    data = plain()
    data["colour"] = "blue"
    data["exercises"][0]["tasks"][1]["tests"][0]["attempts"] = 2
    assert Results.from_dict(data) == RESULTS


def test_a_mistake_may_have_no_place() -> None:
    data = plain()
    data["exercises"][0]["tasks"][1]["mistakes"][0].update(path=None, line=None)
    [mistake] = Results.from_dict(data).exercises[0].tasks[1].mistakes
    assert (mistake.path, mistake.line) == (None, None)


def test_open_points_are_those_of_undecided_tasks() -> None:
    tasks = tuple(TaskResult(n, "", state, 0, 10**n) for n, state in enumerate(STATES))
    exercise = ExerciseResult("01_a", "", "failed", 0, 11111, tasks=tasks)
    assert Results("", 0, "", 0.0, 0, 11111, exercises=(exercise,)).open_points == 10 ** STATES.index("undecided")


DAMAGED = "the file is damaged or was changed by hand: make it again with --parlab-results"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, ": key 'schema' is 2; this version of pytest-parlab reads schema 1"),
        ({"seed": "x"}, ": key 'seed' is \"x\", text; write a whole number of at least 0, such as seed = 0"),
        (
            {"seconds": -1},
            ": key 'seconds' is -1, a whole number; write a number of at least 0, such as seconds = 0",
        ),
        (
            {"points": 3.0},
            ": key 'points' is 3.0, a decimal number; write a whole number of at least 0, such as points = 0",
        ),
        ({"points": 6}, f": key 'points' is 6, more than max_points; {DAMAGED}"),
        ({"machine": []}, f": key 'machine' is [], a list; {DAMAGED}"),
        ({"exercises": {}}, f": key 'exercises' is a table; {DAMAGED}"),
        ({"exercises": [1]}, f": key 'exercises' is [1], a list; {DAMAGED}"),
    ],
)
def test_a_wrong_value_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Results.from_dict(plain() | change, source="r.json")
    assert str(caught.value) == "r.json" + message


def test_a_wrong_value_deep_inside_is_named_with_its_place() -> None:
    data = plain()
    data["exercises"][0]["tasks"][1]["tests"][0]["state"] = "maybe"
    del data["exercises"][0]["tasks"][0]["title"]
    with pytest.raises(UsageError) as caught:
        Results.from_dict(data, source="r.json")
    assert str(caught.value) == (
        "r.json has 2 mistakes:\n"
        "  key 'title' of exercise 1, task 1 is missing; write title = \"Cube every number\"\n"
        "  key 'state' of exercise 1, task 2, test 1 is \"maybe\"; "
        "the states are passed, failed, not-started, undecided, error"
    )


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^r: is not a results file; give a file written by --parlab-results$"):
        Results.from_json("[1]", source="r")


def test_what_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"r: is not JSON \(.*line 1.*\); give a file written by --parlab-results$"):
        Results.read(tmp_path / "r")


def test_what_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b'"\xff"')
    with pytest.raises(UsageError, match=r"byte 1 is not UTF-8; write it again with pytest --parlab-results=.*r$"):
        Results.read(tmp_path / "r")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no such file; write it with pytest --parlab-results=.*r$"):
        Results.read(tmp_path / "r")


@pytest.mark.skipif(os.name == "nt", reason="Windows calls this a missing permission")
def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"this is a folder; give the file in it that pytest --parlab-results"):
        Results.read(tmp_path)


def test_an_unreadable_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(UsageError, match=r"^r: cannot be read \(Permission denied\); check its permissions$"):
        Results.read(Path("r"))


def unwritten(path: Path) -> str:
    """What `write` says; it leaves nothing behind in the folder."""
    folder = path.parent
    before = names(folder) if folder.is_dir() else None
    with pytest.raises(ParlabError) as caught:
        RESULTS.write(path)
    assert (names(folder) if folder.is_dir() else None) == before
    return f"{type(caught.value).__name__}: {caught.value}".replace(str(path), "FILE").replace(str(folder), "FOLDER")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert unwritten(tmp_path / "none" / "r.json") == (
        "UsageError: the results cannot be written to FILE: "
        "the folder FOLDER does not exist; create it or give another file"
    )


def test_a_folder_is_not_replaced_by_the_results(tmp_path: Path) -> None:
    (tmp_path / "r.json").mkdir()
    assert unwritten(tmp_path / "r.json") == (
        "UsageError: the results cannot be written to FILE: it is a folder; give the name of a file in it"
    )


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert unwritten(tmp_path / "file" / "r.json") == (
        "UsageError: the results cannot be written to FILE: FOLDER is not a folder; "
        "give a file in a folder that exists"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows limits whole paths instead")
def test_a_name_that_is_too_long_is_named(tmp_path: Path) -> None:
    assert unwritten(tmp_path / ("r" * 300)).endswith("the name is too long; give a shorter one")


def failing_fsync(monkeypatch: pytest.MonkeyPatch, number: int, text: str) -> None:
    def fail(_: int) -> None:
        raise OSError(number, text)

    monkeypatch.setattr(os, "fsync", fail)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.json"
    path.write_text("old", encoding="utf-8")
    failing_fsync(monkeypatch, errno.ENOSPC, "No space left on device")
    assert unwritten(path) == (
        "ParlabError: the results cannot be written to FILE: No space left on device; nothing was changed there"
    )
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_must_not_be_written_to_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    failing_fsync(monkeypatch, number, "refused")
    assert unwritten(tmp_path / "r.json") == (
        "UsageError: the results cannot be written to FILE: "
        "writing in FOLDER is not allowed; give a file in a folder of your own"
    )


def test_an_interrupt_while_writing_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        RESULTS.write(tmp_path / "r.json")
    assert names(tmp_path) == []


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_a_machine_that_json_cannot_say_is_refused(tmp_path: Path, value: object) -> None:
    results = Results("", 0, "", 0.0, 0, 0, machine={"cores": value})
    with pytest.raises(ParlabError, match=r"^the results cannot be written as JSON: "):
        results.write(tmp_path / "r.json")
    assert names(tmp_path) == []
