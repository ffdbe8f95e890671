"""Hand many items to a few worker processes and get the results back in order."""

from __future__ import annotations

from multiprocessing import Pool
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # only the annotations need these names
    from collections.abc import Callable, Iterable


def map_in_parallel(function: Callable[[Any], Any], items: Iterable[Any], workers: int) -> list[Any]:
    """Compute ``function(item)`` for every item in `workers` processes.

    Args:
        function: What to compute; the workers import it, so it stands at the top level of a module.
        items: What to compute it for.
        workers: How many processes share the work.

    Returns:
        The results, in the order of `items`. No process is left.

    Raises:
        Exception: What `function` raised for an item.
    """
    # One pool for all items: making the processes is what costs. The with block ends them, also after an error.
    with Pool(workers) as pool:
        results = pool.map(function, items)
        # An orderly end: no more work comes, and every worker has ended before we go on.
        pool.close()
        pool.join()
    return results


def apply_each(function: Callable[[Any], Any], items: Iterable[Any], workers: int) -> list[Any]:
    """Compute ``function(item)`` for every item in `workers` processes, each item as a task of its own.

    Args:
        function: What to compute; the workers import it, so it stands at the top level of a module.
        items: What to compute it for.
        workers: How many processes share the work.

    Returns:
        The results, in the order of `items`. No process is left, also if an exception was raised.

    Raises:
        Exception: What `function` raised for an item, the first one in the order of `items`.
    """
    with Pool(workers) as pool:
        # All are handed over before the first result is asked for: get waits, and nobody else would have work.
        answers = [pool.apply_async(function, (item,)) for item in items]
        pool.close()
        # get also raises here what the function raised there. An answer that nobody gets keeps its exception.
        results = [answer.get() for answer in answers]
        pool.join()
    return results
