"""Where a program goes on only if a counter has come to a value: small sources, and what only looks like them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_parlab.trace.decisions import is_used_once, stretches_behind
from tests.unit.trace.test_purposes import places_of

Ask = Callable[[str], str]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """What stands behind the marked expression of a source, several stretches with a bar between them."""

    def ask(source: str) -> str:
        text, begin, end = places_of(source)
        path = tmp_path / f"source{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text, encoding="utf-8")
        lines = text.splitlines(keepends=True)
        offsets = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
        found = stretches_behind(str(path), begin, end)
        return "|".join(
            text[offsets[one.begin[0] - 1] + one.begin[1] : offsets[one.end[0] - 1] + one.end[1]] for one in found
        )

    return ask


BEHIND = {
    "an if": ("if <<n.value>> == 0:\n go()\n", "go()"),
    "the other way round": ("if 0 == <<n.value>>:\n go()\n", "go()"),
    "two lines": ("if <<n.value>> == 0:\n go()\n stop()\n", "go()\n stop()"),
    "nothing left": ("if not <<n.value>>:\n go()\n", "go()"),
    "an else": ("if <<n.value>> != 0:\n pass\nelse:\n go()\n", "go()"),
    "an else of a bare value": ("if <<n.value>>:\n pass\nelse:\n go()\n", "go()"),
    "an elif": ("if <<n.value>> != 0:\n pass\nelif late:\n go()\n", "elif late:\n go()"),
    "an item": ("if <<n[0]>> == len(parts):\n go()\n", "go()"),
    "a method": ("if <<n.get()>> == self.size:\n go()\n", "go()"),
    "an and": ("if quick and <<n.value>> == 0:\n go()\n", "go()"),
    "an or that fails": ("if late or <<n.value>> != 0:\n pass\nelse:\n go()\n", "go()"),
    "an expression": ("x = go() if <<n.value>> == 0 else None\n", "go()"),
    "the others leave": ("def f():\n if <<n.value>>:\n  return\n go()\n stop()\n", "go()\n stop()"),
    "the others leave a block": ("def f():\n with a:\n  if <<n.value>> != 0:\n   return\n go()\n", "go()"),
    "the others go on": ("for x in y:\n if <<n.value>> != 0:\n  continue\n go()\n", "go()"),
    "a case": ("match a:\n case 1:\n  x = 1\n case 2:\n  if <<n.value>> == 0:\n   go()\n", "go()"),
    "a handler": ("try:\n x = 1\nexcept E:\n if <<n.value>> == 0:\n  go()\n", "go()"),
    "a last part": ("try:\n x = 1\nfinally:\n if <<n.value>> == 0:\n  go()\n", "go()"),
    "a class": ("class A:\n def f(self):\n  if <<n.value>> == 0:\n   go()\n", "go()"),
    "a loop": ("while a:\n if <<n.value>> == 0:\n  go()\n", "go()"),
    "a name": ("def f():\n last = <<n.value>> == 0\n if last:\n  go()\n", "go()"),
    "a name and a not": ("def f():\n more = <<n.value>> != 0\n if not more:\n  go()\n", "go()"),
    "a name for the value": ("def f():\n left = <<n.value>>\n if left == 0:\n  go()\n", "go()"),
    "a name for the value alone": ("def f():\n left = <<n.value>>\n if not left:\n  go()\n", "go()"),
    "a function": ("def last():\n return <<n.value>> == 0\ndef f():\n if last():\n  go()\n", "go()"),
    "a method that says so": (
        "class A:\n def last(self):\n  with l:\n   return <<n.value>> == 0\nx = A().last()\nif x:\n go()\n",
        "go()",
    ),
}
NOT_BEHIND = {
    "another comparison": "if <<n.value>> > 0:\n go()\n",
    "a comparison of two": "if 0 == <<n.value>> == m:\n go()\n",
    "the else": "if <<n.value>> != 0:\n go()\n",
    "an or": "if late or <<n.value>> == 0:\n go()\n",
    "an and that fails": "if late and <<n.value>> != 0:\n pass\nelse:\n go()\n",
    "what changes": "if <<n.value>> == m.value:\n go()\n",
    "an item that changes": "if <<n.value>> == m[0]:\n go()\n",
    "a call that may change": "if <<n.value>> == limit():\n go()\n",
    "a part of a sum": "if <<n.value>> + 1 == 5:\n go()\n",
    "a while": "while <<n.value>> == 0:\n go()\n",
    "a name that has two values": "def f():\n last = <<n.value>> == 0\n if late:\n  last = True\n if last:\n  go()\n",
    "a name of a parameter": "def f(last):\n last = <<n.value>> == 0\n if last:\n  go()\n",
    "a global name": "def f():\n global last\n last = <<n.value>> == 0\n if last:\n  go()\n",
    "a name of another function": "def f():\n last = <<n.value>> == 0\nif last:\n go()\n",
    "a name in another function": "def f():\n last = <<n.value>> == 0\ndef g():\n if last:\n  go()\n",
    "a function that is called twice": "def l():\n return <<n.value>> == 0\nif l():\n go()\nif l():\n stop()\n",
    "a function that returns more": "def l():\n if late:\n  return True\n return <<n.value>> == 0\nif l():\n go()\n",
    "a function of another module": "import m\ndef f():\n return <<n.value>> == 0\nif m.f():\n go()\n",
    "what comes after a condition": "if <<n.value>> == 0:\n pass\nif late:\n go()\n",
    "an error": "if <<n.value>> != 0:\n raise ValueError\ngo()\n",
    "a name that stands for itself": "def f():\n a = b\n b = a\n if a:\n  go(<<n.value>>)\n",
}


@pytest.mark.parametrize("name", BEHIND)
def test_what_stands_behind_a_comparison_is_found(ask: Ask, name: str) -> None:
    source, behind = BEHIND[name]
    assert ask(source) == behind


@pytest.mark.parametrize("name", NOT_BEHIND)
def test_what_does_not_depend_on_it_is_not(ask: Ask, name: str) -> None:
    assert "go()" not in ask(NOT_BEHIND[name])


def test_the_rest_of_a_block_and_of_those_around_it_stand_behind_a_return(ask: Ask) -> None:
    source = "def f():\n with a:\n  if <<n.value>>:\n   return\n  go()\n stop()\n"
    assert ask(source) == "go()|stop()"


def test_a_return_in_a_loop_says_nothing_of_what_comes_after_the_loop(ask: Ask) -> None:
    source = "def f():\n for x in y:\n  if <<n.value>>:\n   return\n  go()\n stop()\n"
    assert ask(source) == "go()"


@pytest.mark.parametrize("source", ["if <<n.value>> == 0:\n go(\n", None])
def test_what_cannot_be_read_has_nothing_behind_it(tmp_path: Path, source: str | None) -> None:
    path = tmp_path / "source.py"
    if source is not None:
        path.write_text(source.replace("<<", "").replace(">>", ""), encoding="utf-8")
    assert stretches_behind(str(path), (1, 3), (1, 10)) == ()
    assert not is_used_once(str(path), "go")


@pytest.mark.parametrize(
    ("source", "once"),
    [
        ("def go():\n pass\ngo()\n", True),
        ("class A:\n def go(self):\n  pass\nA().go()\n", True),
        ("import heapq\ndef go():\n heapq.go()\ngo()\n", True),
        ("def go():\n pass\ngo()\ngo()\n", False),
        ("def go():\n pass\ngo()\nstart(target=go)\n", False),
        ("def go():\n pass\ngo()\nother.go()\n", False),
        ("def go():\n pass\n", False),
    ],
)
def test_a_function_is_used_once_or_not(tmp_path: Path, source: str, once: bool) -> None:  # noqa: FBT001
    path = tmp_path / "source.py"
    path.write_text(source, encoding="utf-8")
    assert is_used_once(str(path), "go") is once
