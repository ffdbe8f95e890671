"""The order of steps in which a race goes wrong, with the value before it written as n."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pytest_parlab.analysis.races_model import Step
from pytest_parlab.analysis.updates import Update
from pytest_parlab.trace.model import Access


def interleaving_of(
    whole: Update, other: Update, names: tuple[str, str], result: Callable[[Update], str]
) -> Iterator[Step]:
    """The steps of a race.

    Args:
        whole: The side that goes wrong.
        other: The side that comes in between.
        names: How their processes are called.
        result: What an update makes of n, as text.
    """
    one, two = names
    match whole.pattern:
        case "update" if other.pattern == "update":
            mine, theirs = result(whole), result(other)
            yield _step(one, "reads n", whole.begin, "n")
            yield _step(two, "reads n", other.begin, "n")
            yield _step(one, f"writes {mine}", whole.write, mine)
            yield _step(two, f"writes {theirs}", other.write, theirs, "step 3 is overwritten")
        case "update" if other.write.kind == "write":
            mine = result(whole)
            yield _step(one, "reads n", whole.begin, "n")
            yield _step(two, "writes m", other.write, "m")
            yield _step(one, f"writes {mine}", whole.write, mine, "step 2 is overwritten")
        case "reads":
            yield _step(one, "reads n", whole.begin, "n")
            yield _step(two, "writes m", other.write, "m")
            yield _step(one, "reads m", whole.write, "m", "not what step 1 saw")
        case "writes":
            yield _step(one, "writes m", whole.begin, "m")
            yield _step(two, "reads m", other.write, "m", "half of an update")
            yield _step(one, "writes k", whole.write, "k")
        case "write-back":
            yield _step(one, "writes m", whole.begin, "m")
            yield _step(two, "writes k", other.write, "k")
            yield _step(one, "reads k", whole.write, "k", "not what step 1 wrote")
        case "read":
            yield _step(one, "reads n", whole.write, "n", "or m, if step 2 comes first")
            yield _step(two, "writes m", other.write, "m")
        case _:
            yield _step(one, "writes m", whole.write, "m")
            yield _step(two, "writes k", other.write, "k", "or m, if step 1 comes last")


def _step(process: str, action: str, access: Access, value: str, note: str = "") -> Step:
    return Step(process, action, access.site.path, access.site.line, value, note)
