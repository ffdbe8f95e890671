"""What the source says about a line: is it in a loop, does it change a loop variable, does it swallow an exception.

Only files in `Question.sources` can be asked about. Every function answers None where the source is not known.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from pytest_parlab.analysis.mistakes.facts import Frame, frames, is_judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_parlab.analysis.mistakes.base import Question
    from pytest_parlab.trace.model import Site

_Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@lru_cache(maxsize=64)
def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def _tree(path: str, question: Question) -> ast.Module | None:
    source = question.sources.get(path)
    return None if source is None or not is_judged(path, question) else _parsed(source)


def _spans(node: ast.AST, line: int, column: int) -> bool:
    """Whether the node holds the place; a column of -1 stands for any column of the line."""
    first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    if first is None or last is None or not first <= line <= last:
        return False
    if column < 0:
        return True
    after_begin = line > first or column >= getattr(node, "col_offset", 0)
    before_end = line < last or column < getattr(node, "end_col_offset", column + 1)
    return after_begin and before_end


def _repeated_and_once(node: ast.AST) -> tuple[list[ast.AST], list[ast.AST]] | None:
    """The parts of a loop that run once per round, and the parts that run once in all; None if it is no loop."""
    if isinstance(node, ast.For | ast.AsyncFor):
        return [*node.body], [node.iter]
    if isinstance(node, ast.While):
        return [node.test, *node.body], []
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return _parts_of_comprehension(node)
    return None


def _parts_of_comprehension(node: _Comprehension) -> tuple[list[ast.AST], list[ast.AST]]:
    first, *others = node.generators
    results: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    conditions: list[ast.AST] = [*first.ifs]
    return [*results, *conditions, *others, *(part.iter for part in others)], [first.iter]


def _loops_around(tree: ast.Module, line: int, column: int) -> Iterator[ast.AST]:
    """The loops whose repeated part holds the place.

    Where only the line is known and the loop's head stands on it too, the answer would be a guess: no loop.
    """
    for node in ast.walk(tree):
        parts = _repeated_and_once(node)
        if parts is None:
            continue
        repeated, once = parts
        if any(_spans(part, line, column) for part in repeated) and not any(
            _spans(part, line, column) for part in once
        ):
            yield node


def _innermost_function(tree: ast.Module, line: int) -> ast.AST:
    """The function that holds the line, or the module: a loop around a `def` does not repeat its body."""
    inner: ast.AST = tree
    for node in ast.walk(tree):  # outer functions come before inner ones
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            inner = node
    return inner


def _loops_of_frame(frame: Frame, column: int, question: Question) -> list[ast.AST] | None:
    path, line, _ = frame
    tree = _tree(path, question)
    if tree is None:
        return None
    inside = set(map(id, ast.walk(_innermost_function(tree, line))))
    return [loop for loop in _loops_around(tree, line, column) if id(loop) in inside]


def _loops(site: Site, question: Question) -> list[list[ast.AST] | None]:
    chain = frames(site)
    columns = [site.column, *(-1 for _ in chain[1:])]
    return [_loops_of_frame(frame, column, question) for frame, column in zip(chain, columns, strict=True)]


def in_a_loop(site: Site, question: Question) -> bool | None:
    """Tell whether the site, or a call that led to it, is repeated by a loop of the judged code."""
    answers = _loops(site, question)
    if any(answers):
        return True
    return None if all(answer is None for answer in answers) else False


def in_one_loop(first: Site, second: Site, question: Question) -> bool | None:
    """Tell whether one loop of the judged code repeats both sites."""
    here, there = _loops(first, question), _loops(second, question)
    if all(loops is None for loops in here) or all(loops is None for loops in there):
        return None
    seen = {id(loop) for loops in here for loop in loops or ()}
    return any(id(loop) in seen for loops in there for loop in loops or ())


def in_a_while(site: Site, question: Question) -> bool | None:
    """Tell whether a ``while`` loop repeats the site: it waits for a change by looking again."""
    answers = _loops(site, question)
    if any(isinstance(loop, ast.While) for loops in answers for loop in loops or ()):
        return True
    return None if all(answer is None for answer in answers) else False


def _names(target: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def changed_loop_variable(site: Site, question: Question) -> tuple[str, int] | None:
    """The loop variable that is changed and never used again, and the line of the change.

    The loop is the ``for`` whose head is at `site`. A variable that is used after its change (added to a sum,
    stored, printed) is honest work on a copy, and the answer is None.
    """
    tree = _tree(site.path, question)
    if tree is None:
        return None
    for node in ast.walk(tree):
        # Where a loop fetches its next element, some interpreters give the whole loop as the place: no columns.
        if isinstance(node, ast.For) and node.lineno <= site.line <= (node.iter.end_lineno or node.lineno):
            for name in sorted(_names(node.target)):
                line = _changed_in_vain(name, node.body)
                if line is not None:
                    return name, line
    return None


def _changed_in_vain(name: str, body: Iterable[ast.stmt]) -> int | None:
    """First line at which `name` gets a new value, if nothing but such changes reads it afterwards; else None."""
    inside = [node for statement in body for node in ast.walk(statement)]
    changes = [node for node in inside if isinstance(node, ast.AugAssign | ast.Assign) and _assigned(node) == name]
    own_reads = {id(node) for change in changes for node in ast.walk(change)}
    first = min((change.lineno for change in changes), default=None)
    has_inner_loop = any(_repeated_and_once(node) for node in inside)
    for node in inside:
        is_read = isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        # In an inner loop a line above comes after as well.
        comes_after = has_inner_loop or (first is not None and getattr(node, "lineno", first) >= first)
        if is_read and id(node) not in own_reads and comes_after:
            return None
    return first


def _assigned(node: ast.AugAssign | ast.Assign) -> str | None:
    """The one plain name that a statement gives a value, or None."""
    targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
    only = targets[0]
    return only.id if len(targets) == 1 and isinstance(only, ast.Name) else None


def assigns_a_constant(site: Site, question: Question) -> bool | None:
    """Tell whether the statement at the site writes a constant, such as ``found.value = 1``."""
    tree = _tree(site.path, question)
    if tree is None:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _spans(node, site.line, site.column):
            return isinstance(node.value, ast.Constant)
    return False


def called_target(path: str, question: Question) -> int | None:
    """Line of a ``target=work(...)`` in the file, where the function is called instead of named; None if none."""
    tree = _tree(path, question)
    if tree is None:
        return None
    targets = (
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for argument in node.keywords
        if argument.arg == "target"
    )
    return next((value.lineno for value in targets if isinstance(value, ast.Call)), None)


def call_has_arguments(site: Site, method: str, question: Question) -> bool | None:
    """Tell whether ``.method(...)`` is called with any argument on the line of the site."""
    tree = _tree(site.path, question)
    if tree is None:
        return None
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == method
        and _spans(node, site.line, site.column)
        and bool(node.args or node.keywords)
        for node in ast.walk(tree)
    )


def gives_keyword(site: Site, keyword: str, question: Question) -> bool | None:
    """Tell whether a call at the site gives this keyword argument."""
    tree = _tree(site.path, question)
    if tree is None:
        return None
    return any(
        isinstance(node, ast.Call)
        and _spans(node, site.line, site.column)
        and any(argument.arg == keyword for argument in node.keywords)
        for node in ast.walk(tree)
    )


def swallowing_handler(site: Site, question: Question) -> int | None:
    """Line of the ``except`` around the site that catches every exception and does nothing, or None.

    A handler that does anything at all may note what failed: that is no swallowing.
    """
    for path, line, _ in frames(site):
        tree = _tree(path, question)
        if tree is None:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Try) and any(_spans(part, line, -1) for part in node.body):
                for handler in node.handlers:
                    if _catches_all(handler) and all(map(_does_nothing, handler.body)):
                        return handler.lineno
    return None


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(n, ast.Name) and n.id in {"Exception", "BaseException"} for n in ast.walk(handler.type))


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass | ast.Continue | ast.Break)
