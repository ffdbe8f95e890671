"""The command line of `parlab`: which words it takes, and what its exit status means.

Exit status: 0 if what was asked for was shown, 2 if it was asked for in the wrong way.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_parlab import __version__
from pytest_parlab.errors import ParlabError

if TYPE_CHECKING:
    from collections.abc import Sequence

BAD_USE = 2
"""Exit status where an argument, a file or a setting is not as it must be; argparse uses the same."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The words after ``parlab``; those of the command line if None.

    Returns:
        The exit status: 0 or 2.
    """
    chosen = _parser().parse_args(arguments)
    try:
        print(_text(chosen, unicode=_speaks_unicode()))  # noqa: T201 - this is what the command is for
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us (head, a pager) has seen enough. Python would complain again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ParlabError as error:
        print(f"parlab: {error}", file=sys.stderr)  # noqa: T201 - the same
        return BAD_USE
    return 0


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _text(chosen: argparse.Namespace, *, unicode: bool) -> str:
    # Each command imports what it needs when it is chosen: `parlab hint` shall not wait for psutil.
    if chosen.command == "explain":
        from pytest_parlab.cli.explain import explanation  # noqa: PLC0415

        return explanation(chosen.code)
    if chosen.command == "hint":
        from pytest_parlab.cli.hint import hint_text  # noqa: PLC0415

        return hint_text(chosen.task, chosen.number, chosen.exercises, unicode=unicode)
    if chosen.command == "show":
        from pytest_parlab.cli.show import shown_results  # noqa: PLC0415

        return shown_results(chosen.results, chosen.exercises, unicode=unicode)
    from pytest_parlab.cli.machine import machine_text  # noqa: PLC0415

    return machine_text()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parlab",
        description="Helps with the pytest-parlab course: mistakes explained, hints, results, and what this machine "
        "can measure.",
    )
    parser.add_argument("--version", action="version", version=f"pytest-parlab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    explain = commands.add_parser("explain", help="explain a mistake by its code, or list every code")
    explain.add_argument("code", nargs="?", metavar="CODE", help="for example PL201; left out: list every code")

    hint = commands.add_parser("hint", help="show one hint for a task of an exercise")
    hint.add_argument("task", nargs="?", metavar="TASK", help="for example 02.1; left out: list all")
    hint.add_argument("number", nargs="?", metavar="N", type=int, default=1, help="which hint (default: 1)")
    _add_exercises(hint)

    show = commands.add_parser("show", help="show a results file written by pytest --parlab-results=FILE")
    show.add_argument("results", metavar="FILE", type=Path, help="the results file")
    _add_exercises(show)

    commands.add_parser("machine", help="say what this machine can measure")
    return parser


def _add_exercises(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--exercises",
        metavar="DIR",
        default="exercises",
        help="folder that holds the exercises (default: exercises)",
    )
