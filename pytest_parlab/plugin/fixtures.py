"""The fixtures. Each imports what it needs when a test asks for it, so that loading the plugin costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_parlab.errors import UsageError
from pytest_parlab.plugin.keys import BUDGETS, CLEARED, EXERCISE, RUN, SETTINGS

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

    _clear_stale(request.config)
    run: TestRun = request.node.stash.setdefault(RUN, TestRun(request.config.invocation_params.dir))
    return run


def _clear_stale(config: pytest.Config) -> None:
    """Clear away, once per run, what earlier runs left that were killed."""
    if not config.stash.get(CLEARED, False):
        config.stash[CLEARED] = True
        from pytest_parlab.sandbox.clearing import clear_stale  # noqa: PLC0415

        clear_stale()


test_run.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def parlab_start_method(request: pytest.FixtureRequest) -> Iterator[str]:
    """How the code under test starts processes: as the option says, or each way of ``parlab_start_methods``."""
    method = str(getattr(request, "param", request.config.stash[SETTINGS].start_method))
    if not method:
        yield method
        return
    import multiprocessing  # noqa: PLC0415

    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(method, force=True)
    yield method
    multiprocessing.set_start_method(before, force=True)


@pytest.fixture
def submission(request: pytest.FixtureRequest, parlab_start_method: str) -> Iterator[Submission]:
    """The learner's module behind a process boundary: ``submission.cube_all(range(10), workers=2)``."""
    from pytest_parlab.plugin.budget import Budget  # noqa: PLC0415
    from pytest_parlab.plugin.hosts import Hosts  # noqa: PLC0415
    from pytest_parlab.plugin.local import LocalHosts  # noqa: PLC0415
    from pytest_parlab.plugin.orders import order_for  # noqa: PLC0415
    from pytest_parlab.plugin.submission import Submission  # noqa: PLC0415

    config, node = request.config, request.node
    settings = config.stash[SETTINGS]
    exercise = node.stash.get(EXERCISE, None)
    if exercise is None:
        raise UsageError(
            f"the fixture 'submission' is for the tests of an exercise; there is no exercise.toml beside {node.path}"
        )
    order = order_for(exercise, settings, root=config.invocation_params.dir, start_method=parlab_start_method)
    budget = config.stash[BUDGETS].setdefault(exercise.directory, Budget(exercise.seconds))
    hosts = (LocalHosts if settings.isolation == "none" else Hosts)(order, budget)
    test_run(request).hosts.append(hosts)
    yield Submission(hosts, workers=settings.workers)
    hosts.finish()


@pytest.fixture
def race_detector(request: pytest.FixtureRequest, parlab_start_method: str) -> RaceDetector:  # noqa: ARG001
    """Finds races between processes: ``with race_detector.watch(): ...``, ``race_detector.explore(function, 2)``."""
    from pytest_parlab.plugin.race_detector import RaceDetector  # noqa: PLC0415

    return RaceDetector(test_run(request), seed=request.config.stash[SETTINGS].seed)


@pytest.fixture
def queue_inspector(request: pytest.FixtureRequest, parlab_start_method: str) -> QueueInspector:  # noqa: ARG001
    """Counts what goes through queues: ``with queue_inspector.watch() as report: ...``."""
    from pytest_parlab.plugin.queue_inspector import QueueInspector  # noqa: PLC0415

    return QueueInspector(test_run(request))


@pytest.fixture
def timed_executor(request: pytest.FixtureRequest, parlab_start_method: str) -> Iterator[TimedExecutors]:  # noqa: ARG001
    """Make executors that keep books of their tasks, for a `with` block each."""
    from pytest_parlab.plugin.timed_executor import TimedExecutors  # noqa: PLC0415

    test_run(request)
    executors = TimedExecutors()
    yield executors
    executors.close()


@pytest.fixture
def core_scaling(request: pytest.FixtureRequest, parlab_start_method: str) -> CoreScaling:  # noqa: ARG001
    """Measures whether parallel code is faster: ``core_scaling.assert_speedup(candidate=..., baseline=..., ...)``."""
    from pytest_parlab.plugin.core_scaling import CoreScaling  # noqa: PLC0415

    test_run(request)
    return CoreScaling(seed=request.config.stash[SETTINGS].seed)
