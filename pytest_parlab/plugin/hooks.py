"""What pytest calls. Everything heavy is imported where it is needed, so an unrelated suite hardly notices us."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.errors import ParlabError, Undecided, UsageError
from pytest_parlab.plugin.fixtures import (
    core_scaling,
    parlab_start_method,
    queue_inspector,
    race_detector,
    submission,
    timed_executor,
)
from pytest_parlab.plugin.keys import BUDGETS, EXERCISE, PROBLEM, REPEAT, RUN, SETTINGS
from pytest_parlab.plugin.options import LAST_SEED, OPTIONS, START_METHODS, resolve

__all__ = [
    "core_scaling",
    "parlab_start_method",
    "queue_inspector",
    "race_detector",
    "submission",
    "timed_executor",
]

COURSE = "parlab-course"
"""Name of the plugin that grades."""
MARKERS = (
    "parlab_task(n): this test checks task n of its exercise",
    "parlab_cores(n): this test needs n usable cores; with fewer it is undecided",
    "parlab_start_methods(*names): run this test once under each of these start methods",
)
TASK_LETTERS = {"failed": "F", "error": "E", "not-started": "n", "undecided": "u"}
TASK_WORDS = {"failed": "not right", "error": "not loaded", "not-started": "not started", "undecided": "undecided"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer every setting as an option and as an ini key."""
    group = parser.getgroup("parlab", "parallel code (pytest-parlab)")
    for option in OPTIONS:
        group.addoption(
            option.flag, dest=option.key, metavar=option.values.replace(", ", "|"), default=None, help=option.help
        )
        parser.addini(option.key, option.help, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Settle the settings and get ready to grade."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    cache = getattr(config, "cache", None)
    given = {option.key: config.getoption(option.key) for option in OPTIONS}
    worker_seed = getattr(config, "workerinput", {}).get("parlab_seed")
    if worker_seed is not None:
        given["parlab_seed"] = str(worker_seed)
    try:
        settings = resolve(
            given,
            {option.key: str(config.getini(option.key) or "") for option in OPTIONS},
            ini_folder=config.rootpath if config.inipath is None else config.inipath.parent,
            last_seed=None if cache is None else cache.get(LAST_SEED, None),
        )
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[SETTINGS] = settings
    config.stash[BUDGETS] = {}
    config.option.parlab_images = settings.images


def pytest_unconfigure() -> None:
    """Let the guard of the hosts go, if there were any."""
    module = sys.modules.get("pytest_parlab.sandbox.guard")
    if module is not None:
        module.guard.dismiss()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a worker of pytest-xdist the seed of this run, and collect here what the workers grade."""
    node.workerinput["parlab_seed"] = node.config.stash[SETTINGS].seed
    if not node.config.pluginmanager.has_plugin(COURSE):
        from pytest_parlab.plugin.course import Course  # noqa: PLC0415 - only where tests are distributed

        node.config.pluginmanager.register(Course(node.config), COURSE)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Learn from a worker of pytest-xdist how to repeat its tests."""
    repeat = getattr(node, "workeroutput", {}).get("parlab_repeat", [])
    if repeat:
        _keep_seed(node.config)
        node.config.stash[REPEAT] = repeat


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked with ``parlab_start_methods`` once under each that this system has."""
    marker = metafunc.definition.get_closest_marker("parlab_start_methods")
    if marker is None:
        return
    import multiprocessing  # noqa: PLC0415 - only where it is asked for

    wrong = [name for name in marker.args if name not in START_METHODS[1:]]
    if wrong or not marker.args:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: parlab_start_methods({', '.join(map(repr, marker.args))}) "
            f"is not possible: use one or more of {', '.join(START_METHODS[1:])}"
        )
    names = [name for name in marker.args if name in multiprocessing.get_all_start_methods()]
    if "parlab_start_method" not in metafunc.fixturenames:
        metafunc.fixturenames.append("parlab_start_method")
    metafunc.parametrize("parlab_start_method", names, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Find out which tests belong to exercises; grade if there are any."""
    folders: dict[Path, bool] = {}
    for item in items:
        folder = item.path.parent
        if folder not in folders:
            folders[folder] = (folder / "exercise.toml").is_file()
    if not any(folders.values()):
        return
    from pytest_parlab.plugin.course import Course  # noqa: PLC0415 - only where there is an exercise

    course = Course(config)
    course.enrol(items, [folder for folder, is_exercise in folders.items() if is_exercise])
    config.pluginmanager.register(course, COURSE)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep the seed where it matters, and have it told."""
    config, items = session.config, session.items
    if not any(name in getattr(item, "fixturenames", ()) for item in items for name in __all__):
        return
    settings = config.stash[SETTINGS]
    method = settings.start_method or "the system's default"
    lines = [f"parlab: repeat with --parlab-seed={settings.seed}; start method: {method}"]
    if any(EXERCISE in item.stash for item in items):
        from pytest_parlab.plugin.promises import promises  # noqa: PLC0415

        lines += [f"parlab: {promise}" for promise in promises(settings)]
    config.stash[REPEAT] = lines
    worker_output = getattr(config, "workeroutput", None)
    if worker_output is not None:
        worker_output["parlab_repeat"] = lines
    else:
        _keep_seed(config)


def _keep_seed(config: pytest.Config) -> None:
    if getattr(config, "cache", None) is not None:
        config.cache.set(LAST_SEED, config.stash[SETTINGS].seed)


@pytest.hookimpl(trylast=True)
def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say how to repeat this run."""
    lines = config.stash.get(REPEAT, [])
    config.stash[REPEAT] = []
    return lines


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Stop before a test that cannot be judged here."""
    problem = item.stash.get(PROBLEM, None)
    if problem is not None:
        raise UsageError(problem)
    marker = item.get_closest_marker("parlab_cores")
    if marker is None:
        return
    from pytest_parlab.machine.cores import usable_cores  # noqa: PLC0415 - only where it is asked for

    wanted, cores = _cores_of(marker, item), usable_cores()
    if cores < wanted:
        raise Undecided(
            f"this test needs {wanted:g} usable cores and this machine gives {cores:g}; run it where there are more"
        )


def _cores_of(marker: pytest.Mark, item: pytest.Item) -> float:
    match marker.args:
        case (int() | float() as wanted,) if wanted > 0:
            return float(wanted)
    raise UsageError(f"{item.nodeid}: parlab_cores needs one number above 0, for example parlab_cores(2)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn our verdicts into pytest's outcomes, and keep what the grading needs."""
    if call.excinfo is not None and isinstance(call.excinfo.value, ParlabError):
        from pytest_parlab.plugin.tracebacks import without_own_frames  # noqa: PLC0415 - failures of ours only

        call.excinfo = without_own_frames(call.excinfo)
    report = yield
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, Undecided):
        report.outcome = "skipped"
        path, line, _ = item.location
        report.longrepr = (path, line or 0, f"undecided: {error}")
        report.parlab_undecided = True  # type: ignore[attr-defined]
    elif isinstance(error, ParlabError) and EXERCISE not in item.stash:
        report.longrepr = f"{type(error).__name__}: {error}" if isinstance(error, UsageError) else report.longrepr
        report.parlab_problem = PROBLEM in item.stash  # type: ignore[attr-defined]
    if call.when == "call" and RUN in item.stash and item.stash[RUN].explored:
        _tell_explored(item, report)
    if EXERCISE in item.stash and (call.when == "call" or (call.when == "setup" and not report.passed)):
        from pytest_parlab.plugin.outcomes import outcome_of  # noqa: PLC0415 - only for exercises

        report.parlab = outcome_of(item, error, report)  # type: ignore[attr-defined]
    return report


def _tell_explored(item: pytest.Item, report: pytest.TestReport) -> None:
    """Let a test's report show what its searches through schedules have found: all of it if the test failed."""
    from pytest_parlab.plugin.explorations import told  # noqa: PLC0415 - few tests explore

    explored = item.stash[RUN].explored
    report.parlab_explored = [one.line for one in explored]  # type: ignore[attr-defined]
    if report.failed:
        report.sections.append(("Explored schedules", told(explored)))


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Show undecided tests and unsolved tasks as what they are: neither passed nor a wall of tracebacks."""
    if getattr(report, "parlab_undecided", False) and not hasattr(report, "parlab"):
        return "undecided", "u", "UNDECIDED"
    if getattr(report, "parlab_problem", False):
        return "cannot be graded", "E", "CANNOT BE GRADED"  # the summary says why, once
    outcome = getattr(report, "parlab", None)
    if outcome is None or outcome["state"] == "passed":
        return None
    state = outcome["state"]
    return TASK_WORDS[state], TASK_LETTERS[state], TASK_WORDS[state].upper()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List what was undecided, with the reason, in any suite; after a distributed run say how to repeat it.

    If asked for more, also what searches through schedules have shown in tests that passed.
    """
    for line in config.stash.get(REPEAT, []):
        terminalreporter.write_line(line)
    passed = [report for report in terminalreporter.stats.get("passed", []) if hasattr(report, "parlab_explored")]
    if passed and config.get_verbosity() > 0:
        terminalreporter.section("explored schedules")
        for report in passed:
            for line in report.parlab_explored:
                terminalreporter.write_line(f"{report.nodeid}: {line}")
    undecided = [report for report in terminalreporter.stats.get("undecided", []) if not hasattr(report, "parlab")]
    if undecided:
        terminalreporter.section("undecided")
        for report in undecided:
            terminalreporter.write_line(f"{report.nodeid}: {report.longrepr[2]}")
