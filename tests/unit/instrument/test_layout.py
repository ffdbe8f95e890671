"""Where the fields of a ctypes type begin and how they are named."""

from __future__ import annotations

import ctypes

from pytest_parlab.instrument.layout import NAMED_LEAVES, has_fields, leaves, shape
from tests.unit.instrument.raw_programs import Number, Point, Record, Small


def test_leaves_are_named_by_the_way_that_leads_to_them() -> None:
    assert dict(leaves(Point)) == {0: ".x", 8: ".y"}
    assert list(leaves(ctypes.c_int * 2)) == [(0, "[0]"), (4, "[1]")]
    assert list(leaves(ctypes.c_int)) == [(0, "")]
    record = {name: offset for offset, name in leaves(Record)}
    assert record == {
        ".x": 0,
        ".y": 8,
        ".name": Record.name.offset,
        ".point.x": 24,
        ".point.y": 32,
        **{f".history[{index}]": 40 + 4 * index for index in range(3)},
        ".count": 52,
        ".flag": 56,
        ".number.whole": 60,
        ".number.letters": 60,
        ".low": 64,
        ".high": 64,
        ".small": 68,
    }


def test_fields_that_share_their_bytes_share_a_name() -> None:
    assert shape(Number)["fields"] == [(0, ".whole and .letters")]
    assert (64, ".low and .high") in shape(Record)["fields"]


def test_a_shape_tells_elements_from_fields() -> None:
    assert shape(ctypes.c_int) == {"length": 1}
    assert shape(ctypes.c_int * 4) == {"length": 4}
    assert shape(Point) == {"length": 1, "fields": [(0, ".x"), (8, ".y")], "stride": 0}
    assert shape(Point * 3) == {"length": 3, "fields": [(0, ".x"), (8, ".y")], "stride": 16}
    assert shape((ctypes.c_int * 2) * 3) == {"length": 3, "fields": [(0, "[0]"), (4, "[1]")], "stride": 8}
    assert shape(Small * 2) == {"length": 2, "fields": [(0, "")], "stride": 4}
    assert not has_fields(Small)
    assert has_fields(Number)


def test_a_large_element_has_a_bounded_number_of_names() -> None:
    class Image(ctypes.Structure):
        _fields_ = (("pixels", ctypes.c_ubyte * 100_000),)

    assert len(shape(Image)["fields"]) == NAMED_LEAVES
