"""The fixtures. Each imports what it needs when a test asks for it, so that loading the plugin costs nothing."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_parlab.errors import UsageError
from pytest_parlab.plugin.keys import BUDGETS, EXERCISE, RUN, SETTINGS

if TYPE_CHECKING:
    from pytest_parlab.plugin.core_scaling import CoreScaling
    from pytest_parlab.plugin.queue_inspector import QueueInspector
    from pytest_parlab.plugin.race_detector import RaceDetector
    from pytest_parlab.plugin.submission import Submission
    from pytest_parlab.plugin.timed_executor import TimedExecutors
    from pytest_parlab.plugin.watches import TestRun


def test_run(request: pytest.FixtureRequest) -> TestRun:
    """What the fixtures of this test share."""
    from pytest_parlab.plugin.watches import TestRun  # noqa: PLC0415 - only for tests that use a fixture of ours

    run: TestRun = request.node.stash.setdefault(RUN, TestRun(request.config.invocation_params.dir))
    return run


test_run.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def submission(request: pytest.FixtureRequest) -> Iterator[Submission]:
    """The learner's module behind a process boundary: ``submission.cube_all(range(10), workers=2)``."""
    from pytest_parlab.plugin.local import LocalSubmission  # noqa: PLC0415
    from pytest_parlab.plugin.orders import order_for  # noqa: PLC0415
    from pytest_parlab.plugin.submission import Budget, Submission  # noqa: PLC0415

    config, node = request.config, request.node
    settings = config.stash[SETTINGS]
    exercise = node.stash.get(EXERCISE, None)
    if exercise is None:
        raise UsageError(
            f"the fixture 'submission' is for the tests of an exercise; there is no exercise.toml beside {node.path}"
        )
    order = order_for(exercise, settings, root=config.invocation_params.dir)
    budget = config.stash[BUDGETS].setdefault(exercise.directory, Budget(exercise.seconds))
    kind = LocalSubmission if settings.isolation == "none" else Submission
    made = kind(order, budget, workers=settings.workers)
    test_run(request).submissions.append(made)
    yield made
    made.finish()


@pytest.fixture
def race_detector(request: pytest.FixtureRequest) -> RaceDetector:
    """Finds races between processes: ``with race_detector.watch(): ...``."""
    from pytest_parlab.plugin.race_detector import RaceDetector  # noqa: PLC0415

    return RaceDetector(test_run(request))


@pytest.fixture
def queue_inspector(request: pytest.FixtureRequest) -> QueueInspector:
    """Counts what goes through queues: ``with queue_inspector.watch() as report: ...``."""
    from pytest_parlab.plugin.queue_inspector import QueueInspector  # noqa: PLC0415

    return QueueInspector(test_run(request))


@pytest.fixture
def timed_executor() -> Iterator[TimedExecutors]:
    """Make executors that keep books of their tasks."""
    from pytest_parlab.plugin.timed_executor import TimedExecutors  # noqa: PLC0415

    executors = TimedExecutors()
    yield executors
    executors.close()


@pytest.fixture
def core_scaling(request: pytest.FixtureRequest) -> CoreScaling:
    """Measures whether parallel code is faster: ``core_scaling.assert_speedup(candidate=..., baseline=..., ...)``."""
    from pytest_parlab.plugin.core_scaling import CoreScaling  # noqa: PLC0415

    return CoreScaling(seed=request.config.stash[SETTINGS].seed)


@pytest.fixture
def parlab_start_method(request: pytest.FixtureRequest) -> Iterator[str]:
    """The start method of one run of a test marked with ``parlab_start_methods``."""
    method = str(request.param)
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(method, force=True)
    yield method
    multiprocessing.set_start_method(before, force=True)
