"""Every setting, once: the option, the ini key, the environment variable, the help text and the README's table.

A stem ``x-y`` is the option ``--parlab-x-y``, the ini key ``parlab_x_y`` and the environment variable ``PARLAB_X_Y``.
Precedence, low to high: ini, environment, command line. A setting remembers where its value came from, so that a bad
value can be traced.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_parlab.errors import UsageError

START_METHODS = ("default", "fork", "spawn", "forkserver")
SEED_LIMIT = 2**32
WORKER_LIMIT = 1024
LAST_SEED = "parlab/last_seed"
"""Where pytest's cache keeps the seed of the last run."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting.

    Attributes:
        stem: Its name, for example ``start-method``.
        values: What it takes, for people.
        help: What it means: one wording for the option, the ini key and the README.
        read: Turns the text into the value; raises ValueError with what would work.
        default: The value if nobody sets it.
        is_path: It names a file or folder; one in an ini file is seen from that file's folder.
    """

    stem: str
    values: str
    help: str
    read: Callable[[str], Any]
    default: Any
    is_path: bool = False

    @property
    def flag(self) -> str:
        """The command line option."""
        return f"--parlab-{self.stem}"

    @property
    def key(self) -> str:
        """The ini key, and the attribute of pytest's options."""
        return f"parlab_{self.stem.replace('-', '_')}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return self.key.upper()


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"use one of {', '.join(words)}")
        return text

    return read


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"use a whole number from {least} to {most}")
        return int(text)

    return read


def _seed(text: str) -> int | str:
    if text == "last":
        return text
    try:
        return _number(0, SEED_LIMIT - 1)(text)
    except ValueError as error:
        raise ValueError(f"{error}, or 'last' for the seed of the last run") from None


def _folder(text: str) -> Path:
    if not text.strip():
        raise ValueError("it is empty; use a folder")
    path = Path(text).expanduser()
    if not path.exists():
        raise ValueError("there is no such folder")
    if not path.is_dir():
        raise ValueError("that is a file; use a folder")
    return path.absolute()  # tests may change the current folder


def _result_path(text: str) -> Path:
    if not text.strip():
        raise ValueError("it is empty; use the name of a file to write")
    path = Path(text).expanduser().absolute()
    if path.is_dir():
        raise ValueError("that is a folder; use the name of a file to write")
    if not path.parent.is_dir():
        raise ValueError(f"the folder {path.parent} does not exist; make it first")
    return path


def _start_method(text: str) -> str:
    import multiprocessing  # noqa: PLC0415 - only where the setting is used

    method = _one_of(*START_METHODS)(text)
    available = multiprocessing.get_all_start_methods()
    if method != "default" and method not in available:
        raise ValueError(f"this system has {', '.join(available)}")
    return method


OPTIONS = (
    Option(
        "submission",
        "DIR",
        "grade the modules in DIR (laid out as exercises/ or solutions/) instead of the stubs",
        _folder,
        None,
        is_path=True,
    ),
    Option(
        "isolation",
        "process, none",
        "where the learner's code runs; none allows --pdb and trusts the code",
        _one_of("process", "none"),
        "process",
    ),
    Option(
        "start-method",
        "default, fork, spawn, forkserver",
        "how the code under test starts processes",
        _start_method,
        "default",
    ),
    Option("workers", "N", "worker count that the exercises ask for", _number(2, WORKER_LIMIT), 2),
    Option(
        "seed",
        "N, last",
        "seed of every schedule and input; printed at the start as the exact flag to repeat it",
        _seed,
        None,
    ),
    Option("results", "PATH", "write the results file", _result_path, None, is_path=True),
    Option(
        "images",
        "DIR",
        "use the pictures in DIR for the image exercise instead of the kit's own",
        _folder,
        None,
        is_path=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a run, resolved once.

    Attributes:
        submission: Folder with the modules to grade; None for the stubs.
        isolation: ``process`` or ``none``.
        start_method: Name of the start method; empty for the system's default.
        workers: Worker count that the exercises ask for.
        seed: Seed of every schedule and input.
        results: Where to write the results file; None for nowhere.
        images: Folder with the learner's own pictures; None for the kit's.
        sources: For each stem that was set, where its value came from.
    """

    submission: Path | None
    isolation: str
    start_method: str
    workers: int
    seed: int
    results: Path | None
    images: Path | None
    sources: Mapping[str, str]


def resolve(
    given: Mapping[str, str | None],
    ini: Mapping[str, str],
    *,
    environment: Mapping[str, str] | None = None,
    ini_folder: Path | None = None,
    last_seed: object = None,
) -> Settings:
    """Settle every setting from the command line, the environment and the ini file.

    Args:
        given: Ini key to the text given on the command line; None if it was not.
        ini: Ini key to the text in the ini file; empty if it is not there.
        environment: The environment; the process's own by default.
        ini_folder: Where paths in the ini file begin; the current folder by default.
        last_seed: Seed of the last run as it was kept; None if there was none.

    Raises:
        UsageError: A value is not possible; the text names the value, where it came from and what would work.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for option in OPTIONS:
        values[option.key.removeprefix("parlab_")] = option.default
        for text, source in (
            (given.get(option.key), f"the command line option {option.flag}"),
            (environment.get(option.variable) or None, f"the environment variable {option.variable}"),
            (_from_ini(option, ini.get(option.key), ini_folder), f"the ini key {option.key}"),
        ):
            if text is not None:
                sources[option.stem] = source
                values[option.key.removeprefix("parlab_")] = _read(option, text, source)
                break
    values["start_method"] = values["start_method"].replace("default", "")
    if values["seed"] == "last":
        if type(last_seed) is not int or not 0 <= last_seed < SEED_LIMIT:
            raise UsageError(
                f"'last' from {sources['seed']} cannot be used: no earlier run left a seed; use a number"
            )
        values["seed"] = last_seed
    elif values["seed"] is None:
        values["seed"] = random.SystemRandom().randrange(SEED_LIMIT)
    return Settings(**values, sources=sources)


def _from_ini(option: Option, text: str | None, folder: Path | None) -> str | None:
    if text and option.is_path and folder is not None:
        return str(folder / Path(text).expanduser())
    return text or None


def _read(option: Option, text: str, source: str) -> Any:
    try:
        return option.read(text)
    except ValueError as error:
        raise UsageError(f"{text!r} from {source} is not possible: {error}") from None


def table() -> str:
    """All settings as a Markdown table, as the README shows it."""
    rows = ["| option | values | meaning |", "|---|---|---|"]
    rows += [f"| `{option.flag}` | {option.values} | {option.help} |" for option in OPTIONS]
    return "\n".join(rows)
