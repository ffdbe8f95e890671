"""PL4xx: pools and executors that are made, fed, asked and closed in the wrong way."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_parlab.analysis.intervals import most_at_once
from pytest_parlab.analysis.mistakes.facts import (
    busy,
    counted,
    duration,
    found,
    line_of,
    listed,
    tasks_by_group,
)
from pytest_parlab.analysis.mistakes.source import gives_keyword, in_a_loop, swallowing_handler
from pytest_parlab.trace.model import Group, Site, Task, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_parlab.analysis.mistakes.base import Detector, Mistake, Question

# Pools of one line that show "one per item" without the source, and tasks that show "one at a time".
_SERIES = 3
# A task that used less than this may be too small to be worth sharing; nanoseconds.
_WORTH_SHARING_NS = 50_000_000
# Closed but not joined: the workers end, but nobody waited until they had.
_WEIGHT_OF_NOT_JOINED = 0.1
_NAMES = {
    "pool": "Pool",
    "thread-pool": "ThreadPool",
    "process": "ProcessPoolExecutor",
    "thread": "ThreadPoolExecutor",
}


def pool_per_item(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL401: one line makes pools again and again."""
    tasks = tasks_by_group(trace)
    series: dict[tuple[int, str, int], list[Group]] = defaultdict(list)
    for group in trace.groups:
        if group.site is not None:
            series[group.process, group.site.path, group.site.line].append(group)
    for groups in series.values():
        site = groups[0].site
        if len(groups) < 2 or site is None:  # noqa: PLR2004
            continue
        looped = in_a_loop(site, question)
        one_item_each = all(sum(task.items for task in tasks.get(group.id, [])) == 1 for group in groups)
        if looped or (looped is None and len(groups) >= _SERIES and one_item_each):
            done = sum(len(tasks.get(group.id, [])) for group in groups)
            yield found(
                "PL401",
                site,
                f"{len(groups)} {_NAMES[groups[0].kind]}s were made here, one after another, for "
                f"{counted(done, 'task', 'tasks')} in all: each starts its {groups[0].workers} workers anew. Make "
                "one before the loop, and give it all the work.",
                question,
            )


def asked_right_after_submit(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL402: each task's result is asked for before the next task is handed over."""
    groups = {group.id: group for group in trace.groups}
    for group_id, tasks in tasks_by_group(trace).items():
        group = groups.get(group_id)
        if (group is not None and group.workers < 2) or question.workers == 1 or len(tasks) < _SERIES:  # noqa: PLR2004
            continue
        one_per_call = len({task.call for task in tasks}) == len(tasks)
        lines = {(task.submit_site.path, task.submit_site.line) for task in tasks if task.submit_site is not None}
        one_by_one = all(
            one.retrieved_ns is not None and one.retrieved_ns <= following.submitted_ns
            for one, following in pairwise(tasks)
        )
        if one_per_call and len(lines) == 1 and one_by_one and most_at_once(busy(tasks)) <= 1:
            asked = tasks[0].retrieve_site
            yield found(
                "PL402",
                asked or tasks[0].submit_site,
                f"{len(tasks)} tasks were submitted ({line_of(tasks[0].submit_site)}), and the result of each was "
                f"asked for ({line_of(asked)}) before the next was submitted, so one worker worked and the others "
                "waited. Submit all tasks first and keep what submit returns; ask for the results afterwards.",
                question,
            )


def one_worker_does_it_all(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL405: all the work went to one worker, by one giant task or by a pool of one."""
    groups = {group.id: group for group in trace.groups}
    by_group = tasks_by_group(trace)
    wanted = question.workers or 0
    most_workers = max((groups[number].workers for number in by_group if number in groups), default=0)
    for group_id, tasks in by_group.items():
        group = groups.get(group_id)
        if group is None:
            continue
        only = tasks[0]
        if wanted > 1 and most_workers == 1 and sum(task.items for task in tasks) > 1:
            yield found(
                "PL405",
                group.site,
                f"This {_NAMES[group.kind]} has 1 worker, where {wanted} were asked for, and it ran all "
                f"{counted(len(tasks), 'task', 'tasks')}. Pass the number of workers that the function is given.",
                question,
            )
        elif len(tasks) == 1 and group.workers > 1 and only.items > 1:
            yield found(
                "PL405",
                only.submit_site or group.site,
                f"All {only.items} items went out as one chunk, to one of {group.workers} workers; the others had "
                "nothing to do. Choose a chunk size of at most the number of items divided by the number of "
                "workers, or leave it out.",
                question,
            )
        elif len(trace.tasks) == 1 and wanted > 1 and only.cpu_ns >= _WORTH_SHARING_NS:
            yield found(
                "PL405",
                only.submit_site or group.site,
                f"One task held all the work ({duration(only.cpu_ns)} of CPU time), where {wanted} workers were "
                "asked for: one task runs in one worker. Cut the work into at least as many tasks as workers.",
                question,
            )


def not_closed(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL407: a pool was left open, or was closed and never waited for."""
    if question.cut_short:
        return
    tasks = tasks_by_group(trace)
    for group in trace.groups:
        if (group.closed and group.joined) or _is_stuck(tasks.get(group.id, [])):
            continue
        name = _NAMES[group.kind]
        verb = "close() and join()" if group.kind in {"pool", "thread-pool"} else "shutdown()"
        if not group.closed:
            message = (
                f"This {name} of {counted(group.workers, 'worker', 'workers')} was never closed: its workers stay "
                f"until the program ends. Use it in a `with` block, or call {verb} when its work is done."
            )
            yield found("PL407", group.site, message, question)
        elif group.kind == "pool":
            message = (
                f"This {name} was closed but not joined: nobody waited until its "
                f"{counted(group.workers, 'worker', 'workers')} had ended. Call join() after close()."
            )
            yield found("PL407", group.site, message, question, _WEIGHT_OF_NOT_JOINED)


def _is_stuck(tasks: list[Task]) -> bool:
    """Somebody still waits for a result, so the run did not come to the place where the pool would be closed."""
    return any(task.retrieved_ns is not None and task.finished_ns is None for task in tasks)


def error_never_seen(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL408: a task raised, and no exception of its pool was ever asked for."""
    for tasks in tasks_by_group(trace).values():
        failed = [task for task in tasks if task.error and not _has_error_callback(task, question)]
        if not failed:
            continue
        first = failed[0]
        # The first exception that is raised ends the collecting; the others need not be asked for.
        if all(task.retrieved_ns is None for task in failed):
            yield found(
                "PL408",
                first.submit_site,
                f"{len(failed)} of {counted(len(tasks), 'task', 'tasks')} raised ({_errors(failed)}), and nobody "
                "asked for the result, which is where the exception would appear. Call get() or result() on "
                "everything that was submitted.",
                question,
            )
        elif question.expected_errors:
            yield from _swallowed(failed, question)


def _has_error_callback(task: Task, question: Question) -> bool:
    site = task.submit_site
    return site is not None and bool(gives_keyword(site, "error_callback", question))


def _swallowed(failed: list[Task], question: Question) -> Iterator[Mistake]:
    for task in failed:
        handler = swallowing_handler(task.retrieve_site, question) if task.retrieve_site is not None else None
        if handler is not None and task.retrieve_site is not None:
            site = Site(task.retrieve_site.path, handler, task.retrieve_site.function)
            yield found(
                "PL408",
                site,
                f"A task raised {task.error}, and the `except` in line {handler} caught it and told nobody, so the "
                "caller takes a part of the answer for the whole. Let it rise, or raise an exception of your own "
                "from it.",
                question,
            )
            return


def _errors(failed: list[Task]) -> str:
    return listed(dict.fromkeys(task.error for task in failed), limit=2)


DETECTORS: tuple[Detector, ...] = (
    pool_per_item,
    asked_right_after_submit,
    one_worker_does_it_all,
    not_closed,
    error_never_seen,
)
