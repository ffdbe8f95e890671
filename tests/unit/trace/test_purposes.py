"""What an access is for, by its place in small sources: each purpose beside what only looks like it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest

from pytest_parlab.trace.purposes import Purpose, polls, purpose_of
from pytest_parlab.trace.syntax import Place

Ask = Callable[..., Purpose]


def places_of(source: str) -> tuple[str, Place, Place]:
    """A source without the marks ``<<`` and ``>>`` around one expression, and where that begins and ends."""
    before, _, rest = source.partition("<<")
    within, _, after = rest.partition(">>")
    return before + within + after, place_after(before), place_after(before + within)


def place_after(text: str) -> Place:
    return text.count("\n") + 1, len(text.rpartition("\n")[2].encode())


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """What the marked expression of a source is for."""

    def ask(source: str, encoding: str = "utf-8", ending: str = "\n") -> Purpose:
        text, begin, end = places_of(source)
        path = tmp_path / f"source{len(list(tmp_path.iterdir()))}.py"
        path.write_bytes(text.replace("\n", ending).encode(encoding))
        return purpose_of(str(path), begin, end)

    return ask


POLLING = {
    "a while": "while not <<done.value>>:\n pass\n",
    "a while with work": "while not <<done.value>>:\n work(data)\n n = n + 1\n",
    "a while with an else": "while <<left.value>> > 0:\n pass\nelse:\n go()\n",
    "an and": "while n < 5 and not <<done.value>>:\n n += 1\n",
    "an item": "while not <<done[3]>>:\n pass\n",
    "a method": "while not <<done.get()>>:\n pass\n",
    "a generator in a while": "while not all(<<flag.value>> for flag in flags):\n pass\n",
    "a walrus": "while (seen := <<done.value>>) == 0:\n pass\n",
    "an if that breaks": "while True:\n if <<done.value>>:\n  break\n",
    "an if that says so and breaks": "while True:\n if <<done.value>>:\n  print('done')\n  break\n",
    "an if that returns": "def work(items):\n for item in items:\n  if <<stop.value>>:\n   return\n",
    "a loop over an iterator": "async def f():\n async for item in s:\n  if <<stop.value>>:\n   break\n",
    "a loop inside a loop": "for step in steps:\n while <<turn.value>> != me:\n  pass\n turn.value = you\n",
    "a loop in a function in a loop": "for i in n:\n def f():\n  while <<done.value>>:\n   pass\n",
    "the first of two checks": "if not <<ready.value>>:\n with lock:\n  if not ready.value:\n   make()\n",
    "the second of two checks": "if not ready.value:\n with lock:\n  if not <<ready.value>>:\n   make()\n",
    "two checks, written with other spaces": "if not <<a[0]>>:\n with l:\n  if not a[ 0 ]:\n   f()\n",
    "two checks with more under the lock": "if <<a.x>>:\n with l:\n  f()\n  if a.x:\n   g()\n",
    "two checks that set it": "if not <<a.x>>:\n with l:\n  if not a.x:\n   a.x = 1\n",
    "something else is changed": "while not <<done.value>>:\n count.value += 1\n other.done.value = 1\n",
}
NOT_POLLING = {
    "an if": "if <<done.value>>:\n pass\n",
    "an if in a loop that goes on": "while True:\n if <<done.value>>:\n  count += 1\n",
    "an if that breaks first": "while True:\n if <<done.value>>:\n  if other: break\n  count += 1\n",
    "an if that returns outside a loop": "def f():\n if <<done.value>>:\n  return\n",
    "the body of a while": "while not done.value:\n <<done.value>>\n",
    "what a for goes over": "for i in range(<<n.value>>):\n pass\n",
    "an if in a function in a loop": "for i in n:\n def f():\n  if <<done.value>>:\n   return\n",
    "an if in a method in a loop": "for i in n:\n class C:\n  def f(self):\n   if <<a.b>>:\n    return\n",
    "a loop that counts it up": "while <<n.value>> < 5:\n n.value += 1\n",
    "a loop that sets it": "while <<n.value>> < 5:\n n.value = n.value + 1\n",
    "a loop that sets it among others": "while <<n.value>> < 5:\n n.value, m = m, 1\n",
    "a loop that sets it deep inside": "while <<n.value>> < 5:\n if m:\n  for i in n:\n   n.value = i\n",
    "a loop that sets it with other spaces": "while <<a[0]>> < 5:\n a[ 0 ] -= 1\n",
    "an if that breaks in a loop that sets it": "while True:\n if <<n.value>> > 5:\n  break\n n.value += 1\n",
    "two checks of two things": "if not <<a.x>>:\n with l:\n  if not b.x:\n   f()\n",
    "two checks with nothing held": "if not <<a.x>>:\n if True:\n  if not a.x:\n   f()\n",
    "two checks with something in between": "if not <<a.x>>:\n f()\n with l:\n  if not a.x:\n   f()\n",
    "the first of two checks of a count": "if <<a.x>> < 3:\n with l:\n  if a.x < 3:\n   a.x += 1\n",
    "the second of two checks of a count": "if a.x < 3:\n with l:\n  if <<a.x>> < 3:\n   a.x += 1\n",
}


@pytest.mark.parametrize("source", POLLING.values(), ids=POLLING)
def test_what_decides_when_a_loop_ends_polls(ask: Ask, source: str) -> None:
    assert Purpose.POLLS in ask(source)


@pytest.mark.parametrize("source", NOT_POLLING.values(), ids=NOT_POLLING)
def test_what_does_not_decide_it_or_is_changed_there_does_not_poll(ask: Ask, source: str) -> None:
    assert Purpose.POLLS not in ask(source)


OTHERS = {
    "an if checks": ("if <<a.value>> > 3:\n pass\n", Purpose.CHECKS),
    "an elif checks": ("if b:\n pass\nelif <<a.value>>:\n pass\n", Purpose.CHECKS),
    "an if in an expression checks": ("b = 1 if <<a.value>> else 2\n", Purpose.CHECKS),
    "an assert checks": ("assert <<a.value>> == 1, text\n", Purpose.CHECKS),
    "a maximum checks": ("best = max(<<a.value>>, found)\n", Purpose.CHECKS),
    "a minimum of a module checks": ("best = numpy.min(<<a.value>>, found)\n", Purpose.CHECKS),
    "the text of an assert does not check": ("assert ok, <<a.value>>\n", Purpose.NONE),
    "the branches of an if do not check": ("b = <<a.value>> if ok else 2\n", Purpose.NONE),
    "the body of an if does not check": ("if ok:\n b = <<a.value>>\n", Purpose.NONE),
    "print displays": ("print('now', <<a.value>>)\n", Purpose.DISPLAYS),
    "print in a text displays": ("print(f'now {<<a.value>>}')\n", Purpose.DISPLAYS),
    "a logger displays": ("log.info('now %d', <<a.value>>)\n", Purpose.DISPLAYS),
    "a stream displays": ("sys.stdout.write(str(<<a.value>>))\n", Purpose.DISPLAYS),
    "a print whose result is kept does not display": ("it = print(<<a.value>>)\n", Purpose.NONE),
    "any other function does not display": ("send(<<a.value>>)\n", Purpose.NONE),
    "a constant": ("<<a.value>> = 1\n", Purpose.CONSTANT),
    "a negative constant": ("<<a.value>> = -1\n", Purpose.CONSTANT),
    "a constant for two": ("b.value = <<a.value>> = None\n", Purpose.CONSTANT),
    "a constant for an item": ("<<a[i]>> = True\n", Purpose.CONSTANT),
    "its own opposite is no constant": ("<<a.value>> = not a.value\n", Purpose.NONE),
    "its own negative is no constant": ("<<a.value>> = -a.value\n", Purpose.NONE),
    "a name is no constant": ("<<a.value>> = one\n", Purpose.NONE),
    "adding a constant assigns none": ("<<a.value>> += 1\n", Purpose.STEPS),
    "a method alters": ("<<a.append(1)>>\n", Purpose.ALTERS),
    "taking the first alters": ("x = <<a.pop(0)>>\n", Purpose.ALTERS),
    "sorting does not alter what others have found": ("<<a.sort()>>\n", Purpose.NONE),
    "a function of that name alters nothing": ("<<pop(a)>>\n", Purpose.NONE),
    "taking a constant away steps": ("<<a.value>> -= 2\n", Purpose.STEPS),
    "an item steps": ("<<a[0]>> += 1\n", Purpose.STEPS),
    "adding what is not known does not": ("<<a.value>> += n\n", Purpose.NONE),
    "multiplying does not": ("<<a.value>> *= 2\n", Purpose.NONE),
    "what is added does not": ("n += <<a.value>>\n", Purpose.NONE),
    "a for loops": ("for i in n:\n <<a.value>> += i\n", Purpose.LOOPS),
    "a while loops": ("while i < 3:\n b = <<a.value>>\n", Purpose.LOOPS),
    "a list is built in a loop": ("b = [<<a.value>> for i in n]\n", Purpose.LOOPS),
    "a dictionary is built in a loop": ("b = {i: <<a.value>> for i in n}\n", Purpose.LOOPS),
    "a set is built in a loop": ("b = {<<a.value>> for i in n}\n", Purpose.LOOPS),
    "a sum runs in a loop": ("b = sum(<<a.value>> for i in n)\n", Purpose.LOOPS),
    "what comes after a loop does not loop": ("for i in n:\n pass\nb = <<a.value>>\n", Purpose.NONE),
    "several at once": (
        "for i in n:\n print(1 if <<a.value>> else 2)\n",
        Purpose.CHECKS | Purpose.DISPLAYS | Purpose.LOOPS,
    ),
    "nothing of it all": ("b = <<a.value>>\n", Purpose.NONE),
}


@pytest.mark.parametrize(("source", "purpose"), OTHERS.values(), ids=OTHERS)
def test_every_purpose_and_what_only_looks_like_it(ask: Ask, source: str, purpose: Purpose) -> None:
    assert ask(source) == purpose


def test_columns_are_bytes_so_that_text_of_any_language_may_come_before(ask: Ask) -> None:
    assert Purpose.DISPLAYS in ask("print('größe', '大きさ', <<a.value>>); send(a.value)\n")
    assert ask("print('größe', '大きさ', a.value); send(<<a.value>>)\n") == Purpose.NONE
    changed = "while größe['ä'] and <<zähler.value>> < 3:\n 'ü'; zähler.value += 1\n"
    assert Purpose.POLLS not in ask(changed)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig"])
def test_a_source_may_be_encoded_as_it_likes(ask: Ask, encoding: str) -> None:
    cookie = "# coding: latin-1\n" if encoding == "latin-1" else ""
    flag = "while 'größe' in t and not <<done.value>>: pass\n"
    count = "while 'größe' in t and <<n.value>> < 3: n.value += 1\n"
    assert Purpose.POLLS in ask(cookie + flag, encoding)
    assert Purpose.POLLS not in ask(cookie + count, encoding)


def test_an_expression_may_go_over_several_lines(ask: Ask) -> None:
    condition = "while (\n n > 3\n and not <<flags\n [\n  0\n ]>>\n):\n"
    assert Purpose.POLLS in ask(condition + "    pass\n")
    assert Purpose.POLLS not in ask(condition + "    flags[0] += 1\n")
    assert ask("print(\n <<a.value>>,\n)\n") == Purpose.DISPLAYS


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_they_like(ask: Ask, ending: str) -> None:
    assert ask("if a:\n pass\nprint(\n <<a.value>>)\n", ending=ending) == Purpose.DISPLAYS
    count = "while (n\n  .value < 3 and <<n\n  .value>> < 5):\n n\\\n  .value += 1\n"
    assert Purpose.POLLS not in ask(count.replace("\\\n  ", ""), ending=ending)


def test_nothing_is_known_of_a_source_that_cannot_be_read(tmp_path: Path) -> None:
    broken, zero = tmp_path / "broken.py", tmp_path / "zero.py"
    broken.write_text("while a.value\n pass\n")
    zero.write_bytes(b"while a.value:\0\n pass\n")
    for path in (broken, zero, tmp_path, tmp_path / "absent.py", "<stdin>", "", "a\0b"):
        assert purpose_of(str(path), (1, 6), (1, 13)) == Purpose.NONE


def test_nothing_is_known_of_a_source_that_is_nested_too_deeply(ask: Ask) -> None:
    """The program under test must not pay for it with an error."""
    assert ask(f"while <<a.value>>:\n pass\nb = {' + '.join(['1'] * 100_000)}\n") == Purpose.NONE


def test_a_long_sum_is_a_deep_tree_and_no_reason_to_know_nothing(ask: Ask) -> None:
    total = " + ".join(["b.value"] * 800)
    assert Purpose.POLLS in ask(f"while <<a.value>>:\n print({total})\n")
    assert Purpose.POLLS not in ask(f"while <<a.value>>:\n a.value = {total}\n")


def test_a_place_that_is_not_in_the_source_is_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "short.py"
    path.write_text("while a.value: pass\n")
    assert purpose_of(str(path), (90, 6), (91, 13)) == Purpose.NONE


def test_a_source_that_was_written_again_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "again.py"
    for second, (text, found) in enumerate([("print(a.value)", Purpose.DISPLAYS), ("drill(a.value)", Purpose.NONE)]):
        path.write_text(text)
        os.utime(path, (second, second))
        assert purpose_of(str(path), (1, 6), (1, 13)) == found


def test_what_the_compiler_warns_of_is_none_of_the_readers_business(ask: Ask) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        purpose = ask("pattern = '\\d'\nprint(<<a.value>>)\n")
    assert (purpose, caught) == (Purpose.DISPLAYS, [])
    assert ask("pattern = '\\d'\nprint(<<a.value>>)\n") == Purpose.DISPLAYS  # warnings are errors here


def code_of(source: str, name: str = "f") -> CodeType:
    """The code of a function in a source; `name` may be of what is inside it."""
    todo = [compile(source, "<none>", "exec")]
    while todo:
        code = todo.pop()
        if code.co_name == name:
            return code
        todo += [one for one in code.co_consts if isinstance(one, CodeType)]
    raise LookupError(name)


ENDLESS = "def f():\n while not <<done.value>>:\n  pass\n"
NESTED = "def f():\n while not any(<<flag.value>> for flag in flags):\n  pass\n"
TWICE = "def f():\n if not <<a.x>>:\n  with l:\n   if not a.x:\n    f()\n"


@pytest.mark.parametrize(
    ("source", "name"),
    [(ENDLESS, "f"), (TWICE, "f"), (ENDLESS.replace("def f", "def g"), "g"), (NESTED, "<genexpr>")],
)
def test_the_code_that_an_expression_is_in_polls(tmp_path: Path, source: str, name: str) -> None:
    text, begin, end = places_of(source)
    path = tmp_path / "polls.py"
    path.write_text(text)
    code = code_of(text, name).replace(co_filename=str(path))
    assert polls(code, begin, end)
    assert not polls(code, (-1, -1), (-1, -1)), "the interpreter does not know where"


def test_code_that_never_goes_back_is_not_even_read(tmp_path: Path) -> None:
    """It is decided by the code object: the source says something else here, and is not asked."""
    text, begin, end = places_of(ENDLESS)
    path = tmp_path / "polls.py"
    path.write_text(text)
    straight = code_of("def f():\n return done.value\n").replace(co_filename=str(path))
    assert not polls(straight, begin, end)
