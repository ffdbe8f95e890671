"""The helpers that every picture shares."""

from __future__ import annotations

import pytest

from pytest_parlab.report.axis import Axis, chart
from pytest_parlab.report.text import (
    base,
    clamped,
    columns,
    counted,
    cut,
    data_size,
    duration,
    first_line,
    packed,
    place,
    plain,
    shortened,
    wrapped,
)

MS = 1_000_000


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1000, "1 us"),
        (350_000, "350 us"),
        (999_400, "999 us"),
        (999_600, "1 ms"),
        (20 * MS, "20 ms"),
        (1_234_567, "1.23 ms"),
        (999_600_000, "1 s"),
        (1_250 * MS, "1.25 s"),
        (3_600_000 * MS, "3600 s"),
    ],
)
def test_durations_have_three_digits(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (12 * 1024**2, "12 MiB"),
        (3 * 1024**3, "3.0 GiB"),
    ],
)
def test_sizes_have_a_unit(size: int, text: str) -> None:
    assert data_size(size) == text


def test_things_are_counted() -> None:
    assert counted(0, "task") == "0 tasks"
    assert counted(1, "process", "processes") == "1 process"
    assert counted(2, "process", "processes") == "2 processes"


def test_places_are_named() -> None:
    assert place("bank.py", 21) == "bank.py:21"
    assert place("bank.py", None) == "bank.py"
    assert place(None, None) == ""
    assert (base("/a/b.py"), base("C:\\a\\b.py"), base("b.py")) == ("b.py", "b.py", "b.py")


def test_long_texts_are_cut() -> None:
    assert shortened("ForkPoolWorker-123", 18) == "ForkPoolWorker-123"
    assert shortened("ForkPoolWorker-123", 12) == "ForkP..r-123"
    assert cut("a long sentence", 15) == "a long sentence"
    assert cut("a long sentence", 10) == "a long..."


def test_the_first_line_is_the_first_with_text() -> None:
    assert first_line("\n  \n one \n two") == "one"
    assert first_line(" \n") == ""


def test_text_is_wrapped_but_a_path_is_not_broken() -> None:
    path = "/a/very/long/path/that/does/not/fit.py:12"
    assert wrapped(f"see {path} now", 20, indent="- ", hanging="  ") == ["- see", f"  {path}", "  now"]


def test_wrapping_keeps_lines_and_their_indentation() -> None:
    assert wrapped("if a:\n    b\n\nc\n", 20, indent="| ") == ["| if a:", "|     b", "", "| c"]
    assert wrapped("", 20) == []


def test_items_are_packed_and_not_broken() -> None:
    assert packed(["-- starting", "== running", "x failed"], 24) == ["-- starting, == running,", "x failed"]
    assert packed([], 10) == []


def test_columns_are_aligned() -> None:
    assert columns([["a", "1"], ["bcd", "20"]], right=frozenset({1})) == ["a     1", "bcd  20"]
    assert columns([]) == []


def test_what_could_steer_a_terminal_becomes_visible() -> None:
    assert plain("a\x1b[1m\r\nb\tc\x00\u202e\ud800é", unicode=True) == "a\\x1b[1m\nb   c\\x00\\u202e\\ud800é"
    assert plain("é\N{SNOWMAN}", unicode=False) == r"\xe9\u2603"
    assert plain("two\nlines", unicode=False) == "two\nlines"


def test_widths_stay_readable() -> None:
    assert [clamped(width) for width in (0, 50, 78, 100, 1000)] == [50, 50, 78, 100, 100]


@pytest.mark.parametrize(
    ("span", "unit", "labels"),
    [
        (1, "us", "0"),
        (1500, "us", "0            0.5          1"),
        (40_000, "us", "0         10        20        30"),
        (200 * MS, "ms", "0         50        100       150"),
        (1_999 * MS, "ms", "0         500       1000      1500"),
        (2_000 * MS, "s", "0         0.5       1         1.5      2"),
        (90_000 * MS, "s", "0                     50"),
    ],
)
def test_the_axis_has_round_labels(span: int, unit: str, labels: str) -> None:
    axis = Axis(1_000, 1_000 + span, 40)
    assert (axis.unit, axis.labels()) == (unit, labels)


def test_moments_outside_fall_on_the_edges() -> None:
    axis = Axis(100, 200, 10)
    assert [axis.column(moment) for moment in (0, 100, 109, 110, 199, 200, 999)] == [0, 0, 0, 1, 9, 9, 9]


def test_a_peak_inside_one_column_is_not_lost() -> None:
    lines = chart([(0, 1), (41, 9), (42, 1)], Axis(0, 100, 10), unicode=False, height=3)
    assert lines == [
        "        9 |    #",
        "        6 |    #",
        "        3 |    #",
        "          +----------",
        "time in us 0",
    ]


def test_an_empty_series_is_an_empty_chart() -> None:
    assert chart([], Axis(0, 100, 10), unicode=False) == [
        "        1 |",
        "          +----------",
        "time in us 0",
    ]


def test_a_chart_may_end_above_its_largest_number() -> None:
    assert chart([(0, 1)], Axis(0, 100, 10), unicode=False, maximum=2)[:2] == ["        2 |", "        1 |##########"]
