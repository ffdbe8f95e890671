"""Updates that a checker may see half of, or in an order that nobody thought of."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.schedules.running import run, wrong

START, DEPOSIT, WITHDRAWAL = 1, 2, 4


def _book(balance: Any, amount: int, done: Any, lock: Any) -> None:
    with lock:
        balance.value += amount
        done.value = 1


def _audit(balance: Any, deposited: Any, withdrawn: Any, lock: Any) -> None:
    with lock:
        if deposited.value and withdrawn.value and balance.value != START - DEPOSIT - WITHDRAWAL:
            wrong()


def account(context: Any) -> int:
    """The auditor takes the deposit off the balance instead of adding it; it shows if the audit is after both."""
    lock = context.Lock()
    balance = context.Value("i", START)
    deposited, withdrawn = context.Value("b", 0), context.Value("b", 0)
    run(
        context.Process(target=_audit, args=(balance, deposited, withdrawn, lock)),
        context.Process(target=_book, args=(balance, DEPOSIT, deposited, lock)),
        context.Process(target=_book, args=(balance, -WITHDRAWAL, withdrawn, lock)),
    )
    return int(balance.value)


def _raise_by(data: Any, amount: int, lock: Any) -> None:
    with lock:
        data.value += amount


def _expect_less_than(limit: int, data: Any, lock: Any) -> None:
    with lock:
        if data.value >= limit:
            wrong()


def lazy01(context: Any) -> int:
    """A checker counts on being there before at least one of two updates; it may come after both."""
    lock, data = context.Lock(), context.Value("i", 0)
    run(
        context.Process(target=_raise_by, args=(data, 1, lock)),
        context.Process(target=_raise_by, args=(data, 2, lock)),
        context.Process(target=_expect_less_than, args=(3, data, lock)),
    )
    return int(data.value)


def _set(a: Any, b: Any) -> None:
    a.value = 1
    b.value = -1


def _check(a: Any, b: Any) -> None:
    if not ((a.value == 0 and b.value == 0) or (a.value == 1 and b.value == -1)):
        wrong()


def _reorder(context: Any, setters: int, checkers: int) -> tuple[int, int]:
    a, b = context.Value("i", 0), context.Value("i", 0)
    run(
        *(context.Process(target=_set, args=(a, b)) for _ in range(setters)),
        *(context.Process(target=_check, args=(a, b)) for _ in range(checkers)),
    )
    return int(a.value), int(b.value)


def reorder_3(context: Any) -> tuple[int, int]:
    """Two setters write a and then b, and a checker sees the first a of all before the first b."""
    return _reorder(context, 2, 1)


def reorder_4(context: Any) -> tuple[int, int]:
    """The same with three setters."""
    return _reorder(context, 3, 1)


def reorder_5(context: Any) -> tuple[int, int]:
    """The same with four setters."""
    return _reorder(context, 4, 1)


def reorder_10(context: Any) -> tuple[int, int]:
    """The same with nine setters."""
    return _reorder(context, 9, 1)


def reorder_20(context: Any) -> tuple[int, int]:
    """The same with ten setters and ten checkers."""
    return _reorder(context, 10, 10)


def _first_stage(first: Any, second: Any, first_lock: Any, second_lock: Any) -> None:
    with first_lock:
        first.value = 1
    with second_lock:
        second.value = first.value + 1


def _look_at_both(first: Any, second: Any, first_lock: Any, second_lock: Any) -> None:
    with first_lock:
        seen = first.value
        if seen == 0:
            return
        seen = first.value
    with second_lock:
        behind = second.value
    if behind != seen + 1:
        wrong()


def _two_stages(context: Any, writers: int) -> int:
    first, second = context.Value("i", 0), context.Value("i", 0)
    shared = (first, second, context.Lock(), context.Lock())
    run(
        *(context.Process(target=_first_stage, args=shared) for _ in range(writers)),
        context.Process(target=_look_at_both, args=shared),
    )
    return int(second.value)


def twostage(context: Any) -> int:
    """Two cells that belong together have a lock each: between the two a reader sees one new and one old."""
    return _two_stages(context, 1)


def twostage_20(context: Any) -> int:
    """The same with nineteen writers."""
    return _two_stages(context, 19)


def _pass_on(cells: Any, source: int, target: int, done: Any, lock: Any) -> None:
    with lock:
        cells[target] = (cells[source] + 1) % 4 if target == 0 else cells[source]
        done[target] = 1


def _compare(cells: Any, done: Any, lock: Any) -> None:
    with lock:
        if done[0] and done[1] and done[2] and not (cells[0] == cells[1] and cells[1] == cells[2]):
            wrong()


def token_ring(context: Any) -> list[int]:
    """Three processes copy round a ring, and a checker takes all for equal once each has copied: in any order."""
    cells, done, lock = context.Array("i", [1, 2, 1]), context.Array("b", 3), context.Lock()
    run(
        *(context.Process(target=_pass_on, args=(cells, (at - 1) % 3, at, done, lock)) for at in range(3)),
        context.Process(target=_compare, args=(cells, done, lock)),
    )
    return list(cells)
