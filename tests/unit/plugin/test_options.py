"""Where a setting's value comes from, and what a bad one says."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.errors import UsageError
from pytest_parlab.plugin.options import OPTIONS, SEED_LIMIT, Option, resolve, table

GOOD: dict[str, tuple[str, Any]] = {
    "isolation": ("none", "none"),
    "start-method": ("spawn", "spawn"),
    "workers": ("3", 3),
    "seed": ("7", 7),
}
OTHER = {"isolation": "process", "start-method": "default", "workers": "5", "seed": "8"}


def option_of(stem: str) -> Option:
    return next(option for option in OPTIONS if option.stem == stem)


def settled(**where: Any) -> Any:
    return resolve(where.pop("given", {}), where.pop("ini", {}), environment=where.pop("environment", {}), **where)


def test_every_stem_has_one_spelling_of_each_kind() -> None:
    option = option_of("start-method")
    names = (option.flag, option.key, option.variable)
    assert names == ("--parlab-start-method", "parlab_start_method", "PARLAB_START_METHOD")
    assert [one.stem for one in OPTIONS] == [
        "submission",
        "isolation",
        "start-method",
        "workers",
        "seed",
        "results",
        "images",
    ]


def test_nothing_set_means_the_defaults_and_a_seed_by_chance() -> None:
    settings = settled()
    assert (settings.submission, settings.isolation, settings.start_method) == (None, "process", "")
    assert (settings.workers, settings.results, settings.images) == (2, None, None)
    assert 0 <= settings.seed < SEED_LIMIT
    assert settings.sources == {}


@pytest.mark.parametrize("stem", GOOD)
def test_the_command_line_wins_over_the_environment_and_that_over_the_ini_file(stem: str) -> None:
    option, (text, value), other = option_of(stem), GOOD[stem], OTHER[stem]
    name = option.key.removeprefix("parlab_")
    ini, variable, flag = {option.key: other}, {option.variable: other}, {option.key: other}
    assert getattr(settled(ini={option.key: text}), name) == value
    assert getattr(settled(ini=ini, environment={option.variable: text}), name) == value
    assert getattr(settled(ini=ini, environment=variable, given={option.key: text}), name) == value
    sources = settled(ini=ini, environment=variable, given=flag).sources
    assert sources == {stem: f"the command line option {option.flag}"}
    assert settled(ini=ini, environment=variable).sources == {stem: f"the environment variable {option.variable}"}
    assert settled(ini=ini).sources == {stem: f"the ini key {option.key}"}


@pytest.mark.parametrize("stem", [option.stem for option in OPTIONS])
def test_an_empty_variable_or_ini_value_is_not_set(stem: str) -> None:
    option = option_of(stem)
    assert settled(environment={option.variable: ""}, ini={option.key: ""}).sources == {}


def bad_values(tmp_path: Path) -> list[tuple[str, str, str]]:
    """Stem, text, and what the message says after "is not possible: "."""
    file = tmp_path / "file"
    file.touch()
    seeds = "use a whole number from 0 to 4294967295, or 'last' for the seed of the last run"
    return [
        ("isolation", "thread", "use one of process, none"),
        ("start-method", "clone", "use one of default, fork, spawn, forkserver"),
        ("workers", "0", "use a whole number from 2 to 1024"),
        ("workers", "two", "use a whole number from 2 to 1024"),
        ("workers", "-1", "use a whole number from 2 to 1024"),
        ("workers", "1.5", "use a whole number from 2 to 1024"),
        ("workers", "1025", "use a whole number from 2 to 1024"),
        ("seed", "-1", seeds),
        ("seed", str(SEED_LIMIT), seeds),
        ("seed", "first", seeds),
        ("submission", str(tmp_path / "none"), "there is no such folder"),
        ("submission", str(file), "that is a file; use a folder"),
        ("images", str(tmp_path / "none"), "there is no such folder"),
        ("results", str(tmp_path), "that is a folder; use the name of a file to write"),
        ("results", str(tmp_path / "no" / "r"), f"the folder {tmp_path / 'no'} does not exist; make it first"),
    ]


@pytest.mark.parametrize("number", range(15))
def test_a_bad_value_names_itself_its_source_and_what_would_work(number: int, tmp_path: Path) -> None:
    stem, text, why = bad_values(tmp_path)[number]
    option = option_of(stem)
    for where, source in (
        ({"given": {option.key: text}}, f"the command line option {option.flag}"),
        ({"environment": {option.variable: text}}, f"the environment variable {option.variable}"),
        ({"ini": {option.key: text}}, f"the ini key {option.key}"),
    ):
        with pytest.raises(UsageError) as caught:
            settled(**where)
        assert str(caught.value) == f"{text!r} from {source} is not possible: {why}"


@pytest.mark.parametrize(
    ("stem", "why"),
    [("submission", "it is empty; use a folder"), ("results", "it is empty; use the name of a file to write")],
)
def test_an_empty_path_on_the_command_line_is_not_the_current_folder(stem: str, why: str) -> None:
    """As it happens with an unset shell variable."""
    with pytest.raises(UsageError, match=why):
        settled(given={option_of(stem).key: " "})


def test_a_start_method_that_the_system_has_not_says_which_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    with pytest.raises(
        UsageError, match=r"'fork' from the environment variable .* not possible: this system has spawn"
    ):
        settled(environment={"PARLAB_START_METHOD": "fork"})
    assert settled(environment={"PARLAB_START_METHOD": "spawn"}).start_method == "spawn"
    assert settled(environment={"PARLAB_START_METHOD": "default"}).start_method == ""


def test_the_last_seed_is_used_if_there_is_one() -> None:
    assert settled(given={"parlab_seed": "last"}, last_seed=5).seed == 5


@pytest.mark.parametrize("kept", [None, "5", -1, SEED_LIMIT, True, [5]])
def test_without_a_last_seed_it_says_so(kept: object) -> None:
    """What pytest's cache holds may be anything."""
    with pytest.raises(UsageError) as caught:
        settled(environment={"PARLAB_SEED": "last"}, last_seed=kept)
    assert str(caught.value) == (
        "'last' from the environment variable PARLAB_SEED cannot be used: no earlier run left a seed; use a number"
    )


def test_a_path_in_the_ini_file_is_seen_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "handed_in").mkdir()
    monkeypatch.chdir("/")
    ini = {"parlab_submission": "handed_in", "parlab_results": "results.json"}
    settings = settled(ini=ini, ini_folder=tmp_path)
    assert settings.submission == tmp_path / "handed_in"
    assert settings.results == tmp_path / "results.json"


def test_a_path_is_kept_when_the_current_folder_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "handed_in").mkdir()
    monkeypatch.chdir(tmp_path)
    assert settled(given={"parlab_submission": "handed_in"}).submission == tmp_path / "handed_in"


def test_the_table_has_a_row_for_every_option() -> None:
    rows = table().splitlines()
    assert rows[0] == "| option | values | meaning |"
    assert len(rows) == len(OPTIONS) + 2
    [row] = [row for row in rows if "isolation" in row]
    option = option_of("isolation")
    assert row == f"| `--parlab-isolation` | process, none | {option.help} |"
