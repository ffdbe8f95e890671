"""What it costs to have pytest-parlab installed."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.side_by_side import Line, in_turn, python

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 11
MOST_S = 0.030
FILES, TESTS = 40, 25


def package_import() -> Iterator[Line]:
    """`import pytest_parlab` imports neither pytest nor Pillow, and costs little."""
    heavy = (
        "import sys, pytest_parlab; print(*sorted({'pytest', '_pytest', 'PIL', 'rich', 'psutil'} & set(sys.modules)))"
    )
    found = python("-c", heavy).split()
    yield Line(f"heavy modules imported with it: {', '.join(found) or 'none'} (promised: none)", kept=not found)
    times = in_turn(partial(python, "-c", "pass"), partial(python, "-c", "import pytest_parlab"), ROUNDS)
    yield Line(
        f"python -c 'import pytest_parlab' over 'pass': {times.difference_s * 1e3:+.1f} ms, x{times.ratio:.2f}"
    )


def plugin_on_unrelated_suite() -> Iterator[Line]:
    """`pytest --collect-only` of a suite that does not use it, with and without `-p no:parlab`."""
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder)
        (suite / "pytest.ini").write_text("[pytest]\n")
        for number in range(FILES):
            tests = "\n".join(f"def test_{n}():\n    assert {n} + 1 == {n + 1}\n" for n in range(TESTS))
            (suite / f"test_{number}.py").write_text(tests)
        collect = ("-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider")
        without = partial(python, *collect, "-p", "no:parlab", directory=suite)
        times = in_turn(without, partial(python, *collect, directory=suite), ROUNDS)
    text = (
        f"{FILES * TESTS} tests: {times.difference_s * 1e3:+.1f} ms, x{times.ratio:.3f} "
        f"(promised: at most {MOST_S * 1e3:.0f} ms)"
    )
    yield Line(text, kept=times.difference_s <= MOST_S)
