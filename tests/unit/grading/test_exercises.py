"""exercise.toml: what is read, and what is said about every mistake in it."""

from __future__ import annotations

import dataclasses
import errno
import os
from pathlib import Path

import pytest

from pytest_parlab.errors import UsageError
from pytest_parlab.grading.exercises import Exercise, ExerciseTask, Speedup, find, load

GOOD = """
schema = 1
title = "Share the work"
concept = "A pool hands items to a fixed set of worker processes."
after = []
seconds = 60
cores = 2

[speedup]
workers = 2
at_least = 1.4

[[task]]
id = 1
title = "Cube every number"
points = 4
hints = ["First hint.", "Second hint."]

[[task]]
id = 2
title = "Be faster"
points = 6
hints = ["Third hint."]
"""

SHORT = """
schema = 1
title = "One"
concept = "Two"
seconds = 5
[[task]]
id = 1
title = "Three"
points = 1
hints = ["Four"]
"""


def exercise(root: Path, text: str, name: str = "03_pool_map") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "exercise.toml").write_text(text, encoding="utf-8")
    return folder


def refusal(root: Path, text: str, name: str = "03_pool_map") -> str:
    """What `load` says about an exercise, with the temporary folder cut off."""
    with pytest.raises(UsageError) as caught:
        load(exercise(root, text, name))
    return str(caught.value).replace(f"{root}{os.sep}", "").replace(os.sep, "/")


def test_every_key_is_read(tmp_path: Path) -> None:
    folder = exercise(tmp_path, GOOD)
    assert load(folder) == Exercise(
        slug="03_pool_map",
        module="pool_map",
        directory=folder,
        title="Share the work",
        concept="A pool hands items to a fixed set of worker processes.",
        after=(),
        seconds=60.0,
        cores=2,
        speedup=Speedup(workers=2, at_least=1.4),
        tasks=(
            ExerciseTask(1, "Cube every number", 4, ("First hint.", "Second hint.")),
            ExerciseTask(2, "Be faster", 6, ("Third hint.",)),
        ),
    )


def test_number_and_points_follow_from_the_rest(tmp_path: Path) -> None:
    read = load(exercise(tmp_path, GOOD))
    assert (read.number, read.max_points) == ("03", 10)


def test_prerequisites_cores_and_speedup_may_be_left_out(tmp_path: Path) -> None:
    read = load(exercise(tmp_path, SHORT))
    assert (read.after, read.cores, read.speedup) == ((), 1, None)


def test_an_exercise_is_found_from_inside_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(exercise(tmp_path, SHORT))
    assert load(Path()).slug == "03_pool_map"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert load(exercise(tmp_path, "\ufeff" + SHORT)).title == "One"


def test_an_exercise_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        load(exercise(tmp_path, SHORT)).title = "Other"  # type: ignore[misc]


FILE = "03_pool_map/exercise.toml"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schema = 1\n", "", "key 'schema' is missing; write schema = 1"),
        (
            "schema = 1\n",
            "schema = 2\n",
            "key 'schema' is 2; this version of pytest-parlab reads schema = 1",
        ),
        (
            'title = "Share the work"\n',
            "",
            "key 'title' is missing; write title = \"Share the work\"",
        ),
        (
            'title = "Share the work"\n',
            'title = ""\n',
            'key \'title\' is "", text; write a text such as title = "Share the work"',
        ),
        ("concept =", "koncept =", None),
        (
            "after = []",
            'after = "02_join"',
            'key \'after\' is "02_join", text; write a list of texts, such as after = ["02_join"]',
        ),
        (
            "seconds = 60",
            "seconds = 0",
            "key 'seconds' is 0, a whole number; write a number above 0, such as seconds = 60",
        ),
        (
            "seconds = 60",
            "seconds = inf",
            "key 'seconds' is inf, a decimal number; write a number above 0, such as seconds = 60",
        ),
        (
            "seconds = 60",
            "seconds = true",
            "key 'seconds' is true; write a number above 0, such as seconds = 60",
        ),
        (
            "cores = 2",
            "cores = 1.5",
            "key 'cores' is 1.5, a decimal number; write a whole number of at least 1, such as cores = 2",
        ),
        (
            "workers = 2",
            "workers = 1",
            (
                "key 'workers' of [speedup] is 1, a whole number; "
                "write a whole number of at least 2, such as workers = 2"
            ),
        ),
        (
            "at_least = 1.4",
            "at_least = 3",
            "key 'at_least' of [speedup] is 3 with 2 workers; write at most 2",
        ),
        (
            "at_least = 1.4",
            "at_last = 1.4\nat_least = 1.4",
            "key 'at_last' of [speedup] is not a known key; did you mean 'at_least'?",
        ),
        (
            "points = 4",
            'points = "4"',
            "key 'points' of task 1 is \"4\", text; write a whole number of at least 1, such as points = 4",
        ),
        (
            "points = 6",
            "points = 0",
            "key 'points' of task 2 is 0, a whole number; write a whole number of at least 1, such as points = 4",
        ),
        (
            "id = 2",
            "id = 1",
            "key 'id' of task 2 is 1; tasks are numbered 1, 2, 3 in order: write id = 2",
        ),
        (
            'hints = ["Third hint."]',
            "hints = []",
            "key 'hints' of task 2 is an empty list; write at least one hint, such as hints = [\"First hint.\"]",
        ),
        (
            'hints = ["Third hint."]',
            "hints = [4]",
            (
                "key 'hints' of task 2 is [4], a list; "
                'write a list of texts, such as hints = ["First hint.", "Second hint."]'
            ),
        ),
        (
            "points = 6",
            "points = 6\nbonus = 1",
            "key 'bonus' of task 2 is not a known key; the keys here are hints, id, points, title",
        ),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_would_work(
    tmp_path: Path, old: str, new: str, message: str | None
) -> None:
    assert old in GOOD
    if message is None:  # one wrong name is a missing key and an unknown one
        message = (
            " has 2 mistakes:\n"
            "  key 'koncept' is not a known key; did you mean 'concept'?\n"
            "  key 'concept' is missing; "
            'write concept = "A pool hands items to a fixed set of worker processes."'
        )
    else:
        message = f": {message}"
    assert refusal(tmp_path, GOOD.replace(old, new)) == FILE + message


def test_an_exercise_without_a_task_is_refused(tmp_path: Path) -> None:
    works = "write one [[task]] table per task, with id, title, points and hints"
    head = SHORT.partition("[[task]]")[0]
    assert refusal(tmp_path / "a", head) == f"{FILE}: key 'task' is missing; {works}"
    assert refusal(tmp_path / "b", f"{head}task = []") == f"{FILE}: key 'task' is an empty list; {works}"
    assert refusal(tmp_path / "c", f"{head}[task]\nid = 1") == f"{FILE}: key 'task' is a table; {works}"


def test_a_speedup_that_is_no_table_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "speedup = 1.4\n" + SHORT) == (
        f"{FILE}: key 'speedup' is 1.4, a decimal number; write a [speedup] table with workers and at_least"
    )


def test_a_long_value_is_quoted_in_part(tmp_path: Path) -> None:
    text = refusal(tmp_path, SHORT.replace("seconds = 5", f'seconds = "{"5" * 500}"'))
    assert text == (f"{FILE}: key 'seconds' is \"{'5' * 56}..., text; write a number above 0, such as seconds = 60")


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    assert refusal(tmp_path, SHORT.replace("seconds = 5", 'seconds = "5"').replace("points", "point")) == (
        f"{FILE} has 3 mistakes:\n"
        "  key 'seconds' is \"5\", text; write a number above 0, such as seconds = 60\n"
        "  key 'point' of task 1 is not a known key; did you mean 'points'?\n"
        "  key 'points' of task 1 is missing; write points = 4"
    )


def test_a_newer_layout_is_one_mistake_and_not_many(tmp_path: Path) -> None:
    text = 'schema = 2\nname = "Share the work"\n'
    assert refusal(tmp_path, text) == (f"{FILE}: key 'schema' is 2; this version of pytest-parlab reads schema = 1")


def test_what_is_not_toml_is_refused_with_its_place(tmp_path: Path) -> None:
    text = refusal(tmp_path, "schema = 1\ntitle = Share\n")
    assert text.startswith(f"{FILE}: is not TOML (")
    assert "line 2" in text
    assert text.endswith("); correct the file at that place")


def test_what_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    folder = exercise(tmp_path, "")
    (folder / "exercise.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(UsageError, match=r"byte 9 is not UTF-8; save the file as UTF-8$"):
        load(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "03_pool_map"
    folder.mkdir()
    with pytest.raises(UsageError, match=r"exercise\.toml: there is no such file; every exercise has one$"):
        load(folder)


def test_an_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    folder = exercise(tmp_path, GOOD)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UsageError, match=r"cannot be read \(Permission denied\); check its permissions$"):
        load(folder)


@pytest.mark.parametrize("name", ["pool_map", "3_pool", "03-pool", "03_Pool", "03_", "03_pool map"])
def test_a_folder_that_is_not_named_like_an_exercise_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, SHORT, name) == (
        f"{name}: the folder's name {name!r} is not an exercise's; "
        "write two digits, an underscore and a name in lower case, such as 03_pool_map"
    )


def test_a_module_that_shadows_the_standard_library_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, SHORT, "03_queue") == (
        "03_queue: the module name 'queue' belongs to the standard library; choose another one, such as queue_lab"
    )


def test_a_module_that_is_a_keyword_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, SHORT, "03_lambda") == (
        "03_lambda: the module name 'lambda' belongs to Python's grammar; choose another one, such as lambda_lab"
    )


def test_exercises_are_found_in_order_and_other_folders_are_left_alone(tmp_path: Path) -> None:
    exercise(tmp_path, SHORT.replace("seconds", 'after = ["01_start"]\nseconds'), "02_join")
    exercise(tmp_path, SHORT, "01_start")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "README.md").touch()
    assert [each.slug for each in find(tmp_path)] == ["01_start", "02_join"]


def found_wrong(root: Path) -> str:
    with pytest.raises(UsageError) as caught:
        find(root)
    return str(caught.value).replace(f"{root}{os.sep}", "").replace(str(root), "HERE").replace(os.sep, "/")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert found_wrong(tmp_path / "exrcises") == (
        "HERE: there is no such folder; give the folder that holds the exercises"
    )


def test_a_folder_without_exercises_is_refused(tmp_path: Path) -> None:
    assert found_wrong(tmp_path) == (
        "HERE: no exercise here; give the folder whose folders hold an exercise.toml each"
    )


def test_two_exercises_cannot_share_a_number(tmp_path: Path) -> None:
    exercise(tmp_path, SHORT, "01_start")
    exercise(tmp_path, SHORT, "01_join")
    assert found_wrong(tmp_path) == "01_start: the number 01 is taken by 01_join; rename one of the two"


def test_two_exercises_cannot_share_a_module(tmp_path: Path) -> None:
    exercise(tmp_path, SHORT, "01_start")
    exercise(tmp_path, SHORT, "02_start")
    assert found_wrong(tmp_path) == "02_start: the module name start is taken by 01_start; rename one of the two"


def test_a_prerequisite_must_come_before(tmp_path: Path) -> None:
    exercise(tmp_path, SHORT, "01_start")
    exercise(tmp_path, SHORT.replace("seconds", 'after = ["01_strat", "lists"]\nseconds'), "02_join")
    assert found_wrong(tmp_path) == (
        "02_join/exercise.toml has 2 mistakes:\n"
        "  key 'after' names '01_strat', which is no earlier exercise; did you mean '01_start'?\n"
        "  key 'after' names 'lists', which is no earlier exercise; the exercises before this one are: 01_start"
    )


def test_the_first_exercise_has_no_prerequisite(tmp_path: Path) -> None:
    exercise(tmp_path, SHORT.replace("seconds", 'after = ["02_join"]\nseconds'), "01_start")
    assert found_wrong(tmp_path) == (
        "01_start/exercise.toml: key 'after' names '02_join', which is no earlier exercise; "
        "the exercises before this one are: none"
    )
