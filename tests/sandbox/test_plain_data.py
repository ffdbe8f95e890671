"""What crosses the boundary is exact built-in data, and everything else is refused with its place and type."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis.strategies import (
    binary,
    booleans,
    characters,
    complex_numbers,
    dictionaries,
    floats,
    frozensets,
    integers,
    lists,
    none,
    recursive,
    text,
    tuples,
)

from pytest_parlab.errors import NotPlainData
from pytest_parlab.sandbox import channel
from pytest_parlab.sandbox.judge import HostProcess
from tests.sandbox.hosts import hosting

exclude_surrogates = characters(codec="utf-8")
PLAIN: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    -(2**64),
    10**4000,
    -(10**4000),
    -(2**31) - 1,
    2**63 - 1,
    -(2**63),
    0.0,
    -0.0,
    1e308,
    math.inf,
    -math.inf,
    math.nan,
    1 - 2j,
    complex(math.nan, -0.0),
    "",
    "äöü €",
    "a\x00b",
    b"",
    bytes(range(256)),
    [],
    (),
    {},
    set(),
    frozenset(),
    [1, [2, (3, {4, 5}, frozenset({6}))]],
    {"a": {1: None, (2, 3): [b"x"]}, None: 1, 1.5: 2, frozenset({1}): 3},
)

HOSTILE = """
    import types
    from collections import OrderedDict, namedtuple

    class Whole(int):
        pass

    class Equal:
        __array__ = lambda self: [1]
        def __eq__(self, other):
            return True
        def __hash__(self):
            return 1
        def __reduce__(self):
            return (print, ("unpickled",))

    class Chameleon(type):
        def __eq__(cls, other):
            return True
        def __hash__(cls):
            return hash(int)

    class Everything(metaclass=Chameleon):
        __module__ = 7

    class FixedWidth:
        dtype = "int64"
        __module__ = "numpy"
        def __int__(self):
            return 1
        __index__ = __int__

    def deep(levels):
        value = 1
        for _ in range(levels):
            value = [value]
        return value

    def endless():
        value = []
        value.append(value)
        return value

    VALUES = {
        "whole": lambda: Whole(1),
        "equal": lambda: {"result": [0, Equal()]},
        "key": lambda: {Equal(): 1},
        "element": lambda: {Equal()},
        "everything": lambda: Everything(),
        "fixed": lambda: [FixedWidth()],
        "ordered": lambda: OrderedDict(a=1),
        "named": lambda: namedtuple("Point", "x y")(1, 2),
        "generator": lambda: (number for number in ()),
        "range": lambda: range(3),
        "function": lambda: deep,
        "module": lambda: types,
        "exception": lambda: ValueError("x"),
        "bytearray": lambda: bytearray(b"x"),
        "deep": lambda: deep(101),
        "endless": endless,
        "large": lambda: bytes(65 * 2**20),
        "half": lambda: "\\ud800",
    }

    def give(name):
        return VALUES[name]()

    def nested(levels):
        return deep(levels)

    def echo(value, *, word=None):
        return value if word is None else word
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with hosting(tmp_path_factory.mktemp("plain"), HOSTILE) as started:
        yield started


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: f"{type(value).__name__} {str(value)[:12]!a}")
def test_plain_data_comes_back_as_it_went(host: HostProcess, value: Any) -> None:
    for answer in (host.call("echo", (value,)), host.call("echo", (None,), {"word": value})):
        assert type(answer) is type(value)
        assert repr(answer) == repr(value)


REFUSED = {
    "whole": "the result is of type lesson.Whole",
    "equal": "the result['result'][1] is of type lesson.Equal",
    "key": "a key of the result is of type lesson.Equal",
    "element": "an element of the result is of type lesson.Equal",
    "everything": "Everything",
    "fixed": "the result[0] is of type numpy.FixedWidth",
    "ordered": "the result is of type collections.OrderedDict",
    "named": "the result is of type lesson.Point",
    "generator": "the result is of type generator",
    "range": "the result is of type range",
    "function": "the result is of type function",
    "module": "the result is of type module",
    "exception": "the result is of type ValueError",
    "bytearray": "the result is of type bytearray",
    "deep": "the result is nested deeper than 100 levels",
    "endless": "the result is nested deeper than 100 levels (or contains itself)",
    "large": "the result takes 65 MiB as data; at most 64 MiB can be sent. Make it smaller, or write it to a file.",
    "half": "the result cannot be sent: there is half a character in a text ('utf-8' codec can't encode",
}


@pytest.mark.parametrize(("name", "text"), REFUSED.items())
def test_other_results_are_refused_by_place_and_type(host: HostProcess, name: str, text: str) -> None:
    with pytest.raises(NotPlainData) as caught:
        host.call("give", (name,))
    assert text in str(caught.value)
    assert str(caught.value).startswith("The result of give cannot be used: ")
    assert host.call("echo", (1,)) == 1, "the host goes on"


def test_a_hundred_levels_are_fine(host: HostProcess) -> None:
    value = host.call("nested", (100,))
    for _ in range(100):
        [value] = value
    assert value == 1


class Whole(int):
    pass


class Point(NamedTuple):
    x: int


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Whole(1), "argument 2 of echo is of type tests.sandbox.test_plain_data.Whole"),
        ([{"a": OrderedDict()}], "argument 2 of echo[0]['a'] is of type collections.OrderedDict"),
        (Point(1), "argument 2 of echo is of type tests.sandbox.test_plain_data.Point"),
        (print, "argument 2 of echo is of type builtin_function_or_method"),
        (range(3), "argument 2 of echo is of type range"),
    ],
    ids=["subclass", "inside", "namedtuple", "function", "range"],
)
def test_arguments_are_refused_in_the_same_way(host: HostProcess, value: Any, text: str) -> None:
    with pytest.raises(NotPlainData) as caught:
        host.call("echo", (1, value))
    assert str(caught.value).startswith(text)
    assert "only plain data can cross between processes: None, bool, int" in str(caught.value)


def test_a_keyword_argument_is_named(host: HostProcess) -> None:
    with pytest.raises(NotPlainData, match="the argument word of echo is of type range"):
        host.call("echo", (1,), {"word": range(2)})


def test_a_frame_of_garbage_is_not_read() -> None:
    with pytest.raises(NotPlainData, match="could not be read"):
        channel.unpack(b"\x00garbage")


def test_what_was_read_is_checked_again() -> None:
    """The other side may send more levels than it may make."""
    frame = b"l\x00\x00\x00\x01" * 5000 + b"N"
    with pytest.raises(NotPlainData, match="an answer could not be read: it is nested deeper than 103 levels"):
        channel.unpack(frame)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (b"", "it is cut short"),
        (b"i\x00", "it is cut short"),
        (b"NN", "something follows the end"),
        (b"?", "the tag b'?' is not known"),
        (b"l\xff\xff\xff\xff", "a count is larger than what is left"),
        (b"u\x00\x00\x00\x01\xff", "'utf-8' codec can't decode"),
        (b"s\x00\x00\x00\x01l\x00\x00\x00\x00", "unhashable type"),
    ],
)
def test_a_forged_frame_costs_nothing(frame: bytes, text: str) -> None:
    """A count is believed only if so much can follow: five bytes must not make the reader fill the memory."""
    with pytest.raises(NotPlainData) as caught:
        channel.unpack(frame)
    assert str(caught.value).startswith(f"an answer could not be read: {text}")


def test_a_type_that_was_not_checked_is_not_sent() -> None:
    with pytest.raises(TypeError, match="range is not plain data"):
        channel.pack([range(3)], checked=True)


@settings(deadline=None, database=None, derandomize=True)
@given(
    recursive(
        none() | booleans() | integers() | floats() | complex_numbers() | text(exclude_surrogates) | binary(),
        lambda inner: (
            lists(inner)
            | tuples(inner, inner)
            | dictionaries(text(exclude_surrogates), inner)
            | frozensets(integers(), max_size=1)
        ),
        max_leaves=10,
    )
)
def test_any_plain_data_survives(value: Any) -> None:
    assert repr(channel.unpack(channel.pack(value))) == repr(value)


def test_a_long_key_is_shortened_in_messages() -> None:
    with pytest.raises(NotPlainData) as caught:
        channel.check_plain({"k" * 100: object()})
    assert "the value['kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk...] is of type object" in str(caught.value)
