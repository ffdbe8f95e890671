"""Reads and writes are paired to updates as the source has them."""

from __future__ import annotations

from dataclasses import replace

from pytest_parlab.analysis.updates import runs_by_cell, updates_of
from tests.unit.analysis.builder import TraceBuilder, at


def updates(builder: TraceBuilder) -> list[tuple[bool, bool]]:
    """For each update of the trace: whether it has a read, and whether it is one expression."""
    return [(update.read is not None, update.augmented) for update in updates_of(list(builder.build().accesses))]


def test_a_read_and_a_write_of_one_function_belong_together() -> None:
    builder = TraceBuilder()
    block = builder.block()
    builder.access("read", 0, block, line=3)
    builder.access("write", 0, block, line=5)
    assert updates(builder) == [(True, False)]


def test_the_same_expression_is_an_augmented_assignment() -> None:
    builder = TraceBuilder()
    site = replace(at(3, column=4), end_column=16)
    builder.update(0, builder.block(), site=site)
    assert updates(builder) == [(True, True)]


def test_a_read_elsewhere_belongs_to_no_write_here() -> None:
    builder = TraceBuilder()
    block = builder.block()
    builder.access("read", 0, block, site=at(3, function="look"))
    builder.access("write", 0, block, site=at(9, function="change"))
    assert updates(builder) == [(False, False)]


def test_a_read_belongs_to_one_write_only_and_the_last_one_counts() -> None:
    builder = TraceBuilder()
    block = builder.block()
    for kind in ("read", "read", "write", "write"):
        builder.access(kind, 0, block)
    assert updates(builder) == [(True, False), (False, False)]


def test_a_read_without_a_write_is_no_update() -> None:
    builder = TraceBuilder()
    builder.access("read", 0, builder.block())
    assert updates(builder) == []


def test_protection_is_what_was_held_all_the_way() -> None:
    builder = TraceBuilder()
    block, lock, other = builder.block(), builder.lock(), builder.lock()
    whole = builder.hold(lock, 0, 1, 9)
    builder.access("read", 0, block, locks=[whole, builder.hold(other, 0, 2, 3)])
    builder.access("write", 0, block, locks=[whole, builder.hold(other, 0, 4, 5)])
    [update] = updates_of(list(builder.build().accesses))
    assert update.protection == {lock}


def test_equal_updates_are_folded_and_cells_of_one_strand_left_out() -> None:
    builder = TraceBuilder()
    child, block, lonely = builder.process(), builder.block(), builder.block()
    for _ in range(5):
        builder.update(0, block)
        builder.update(0, lonely)
    builder.update(child, block)
    runs = runs_by_cell(builder.build())
    assert set(runs) == {(block, 0)}
    assert {strand: [len(run.updates) for run in own] for strand, own in runs[block, 0].items()} == {
        0: [5],
        child: [1],
    }
