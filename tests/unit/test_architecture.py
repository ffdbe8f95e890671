"""The house keeps its walls: who imports whom, how large a module is, and what loading costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_parlab

PACKAGE = Path(pytest_parlab.__file__).parent
LONGEST = 300
"""Lines of a module; more than one concept otherwise."""
STANDARD = frozenset(sys.stdlib_module_names)

OWN: dict[str, set[str]] = {
    "trace": set(),
    "machine": set(),
    "instrument": {"trace"},
    "analysis": {"trace"},
    "explore": {"trace", "instrument", "analysis"},
    "sandbox": {"trace", "instrument", "explore", "machine"},
    "grading": {"analysis"},
    "report": {"trace", "analysis", "explore", "grading"},
    "plugin": {"trace", "machine", "instrument", "analysis", "explore", "sandbox", "grading", "report"},
    "cli": {"grading", "report", "machine"},
}
"""For each package, which others it may import; `errors` is open to all."""
OTHERS: dict[str, set[str]] = {
    "machine": {"psutil"},
    "sandbox": {"psutil"},
    "report": {"rich"},
    "cli": {"rich", "psutil"},
    "plugin": {"pytest", "psutil", "rich"},
}
"""Packages from elsewhere, beside the standard library."""
HEAVY = ("psutil", "rich", "PIL", "joblib", "numpy", "multiprocessing", "concurrent", "asyncio", "tomllib", "ctypes")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer(path: Path) -> str:
    """The package of a module; empty for one at the top."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""
            if node.module == "pytest_parlab":
                yield from (f"pytest_parlab.{alias.name}" for alias in node.names)


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", modules(), ids=named)
def test_a_module_imports_only_from_the_floors_below(path: Path) -> None:
    own = layer(path)
    for name in imported(path):
        top, _, rest = name.partition(".")
        if top != "pytest_parlab":
            assert top in STANDARD | OTHERS.get(own, set()) | {"__future__"}, f"{named(path)} imports {name}"
            continue
        floor = rest.partition(".")[0]
        if own in ("", floor) or floor in ("", "errors"):
            continue
        if (PACKAGE / floor).is_dir():
            assert floor in OWN[own], f"{named(path)} imports {name}"


def test_grading_does_not_know_the_sandbox_and_the_report_only_results_of_grading() -> None:
    for path in modules():
        if layer(path) == "report":
            names = [name for name in imported(path) if name.startswith("pytest_parlab.grading")]
            assert set(names) <= {"pytest_parlab.grading.results"}, named(path)


def test_the_report_knows_what_a_search_gives_and_not_how_it_is_made() -> None:
    for path in modules():
        if layer(path) == "report":
            names = {name for name in imported(path) if name.startswith("pytest_parlab.explore")}
            assert names <= {"pytest_parlab.explore.exploration", "pytest_parlab.explore.overwriting"}, named(path)


def test_only_the_plugin_imports_pytest() -> None:
    users = {layer(path) for path in modules() if any(name.partition(".")[0] == "pytest" for name in imported(path))}
    assert users == {"plugin"}


def test_only_the_instrument_and_the_trace_know_no_errors_of_ours_by_need() -> None:
    """`errors` is a leaf: it imports nothing of ours."""
    assert [name for name in imported(PACKAGE / "errors.py") if name.startswith("pytest_parlab")] == []


@pytest.mark.parametrize("path", [path for path in modules() if named(path) != "trace/model.py"], ids=named)
def test_a_module_is_not_too_long(path: Path) -> None:
    """The model of a trace alone is longer: it is a list of facts, each with its fields explained."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", modules(), ids=named)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_every_package_of_the_table_is_there_and_no_other() -> None:
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()} == set(OWN)


def loaded_by(statement: str, *, before: str = "pass") -> set[str]:
    """The top-level modules that a statement loads in a fresh interpreter."""
    program = f"import sys\n{before}\nknown = set(sys.modules)\n{statement}\nprint(*(set(sys.modules) - known))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert not loaded_by("import pytest_parlab") & {*HEAVY, "pytest", "_pytest"}


def test_loading_the_plugin_imports_nothing_heavy_that_pytest_has_not() -> None:
    loaded = loaded_by("import pytest_parlab.plugin.hooks", before="import pytest")
    assert not loaded & set(HEAVY)
    assert "pytest_parlab" in loaded
