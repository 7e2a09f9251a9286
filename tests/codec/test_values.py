"""Inputs: Python values become JSON by the stated rules, or are refused with their place."""

from __future__ import annotations

import collections
import enum
import io
import json
import math
import types
from collections.abc import Callable
from datetime import date, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

import pytest
from dify_workflow import InvalidArgument
from dify_workflow._codec.jsonio import decode, to_json
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_values import (
    ID,
    NOON,
    Colour,
    Frozen,
    Level,
    Mode,
    NaTType,
    NAType,
    Number,
    Order,
    Pair,
    Point,
    Pydantic,
    Scalar,
    Size,
    Text,
    Unknown,
    circle,
)

# What JSON has itself: test_any_value_can_be_sent_or_is_refused.
RULES: list[tuple[Any, Any]] = [
    ("你好\u2028\x00😀", "你好\u2028\x00😀"),
    # Times: ISO 8601.
    (NOON, "2026-11-22T12:30:01.000005+00:00"),
    (NOON.replace(tzinfo=None, microsecond=0), "2026-11-22T12:30:01"),
    (NOON.astimezone(timezone(timedelta(hours=8))), "2026-11-22T20:30:01.000005+08:00"),
    (date(2026, 11, 22), "2026-11-22"),
    (time(12, 30), "12:30:00"),
    # As text.
    (ID, "12345678-1234-5678-1234-567812345678"),
    (Decimal("1.50"), "1.50"),
    # Numbers of numpy's.
    (Scalar("i", 5), 5),
    (Scalar("u", 5), 5),
    (Scalar("f", 1.5), 1.5),
    (Scalar("b", 1), True),
    (Scalar("M", "2026-11-22T12:30"), "2026-11-22T12:30"),
    # Enums: their values.
    (Colour.RED, "red"),
    (Colour.PAIR, [1, 2]),
    (Level.HIGH, 3),
    (Mode.FAST, "fast"),
    (Size.BIG, "big"),
    ({Mode.FAST: 1, Size.BIG: 2}, {"fast": 1, "big": 2}),
    # Lists.
    ((1, (2,)), [1, [2]]),
    ({"only"}, ["only"]),
    (frozenset([1]), [1]),
    (Pair(1, 2), [1, 2]),
    # Objects.
    (types.MappingProxyType({"a": 1}), {"a": 1}),
    (collections.OrderedDict(a=1), {"a": 1}),
    (Point(1), {"x": 1, "y": None}),
    (Point(1, Point(2, {3})), {"x": 1, "y": {"x": 2, "y": [3]}}),
    (Order("a", [Point(1)]), {"name": "a", "points": [{"x": 1, "y": None}]}),
    (Pydantic(), {"mode": "json", "nested": {"a": [1]}}),
    # Subclasses: what they hold, not what they show.
    (Text("real"), "real"),
    ({Text("real"): 1}, {"real": 1}),
    (Number(5), 5),
]


@pytest.mark.parametrize(("value", "expected"), RULES, ids=repr)
def test_a_value_becomes_json_by_its_rule(value: Any, expected: Any) -> None:
    made = to_json(value, "inputs")
    assert (made, type(made)) == (expected, type(expected))
    assert only_json_types(to_json({"a": [value]}, "inputs"))
    assert json.loads(json.dumps(made)) == expected


def only_json_types(value: Any) -> bool:
    if type(value) is dict:
        return all(type(key) is str and only_json_types(item) for key, item in value.items())
    if type(value) is list:
        return all(map(only_json_types, value))
    return type(value) in (type(None), bool, int, float, str)


def test_what_was_given_is_not_changed() -> None:
    given = {"a": [1, {"b": (2,)}]}
    to_json(given, "inputs")["a"][1]["b"].append(3)
    assert given == {"a": [1, {"b": (2,)}]}


MISSING: list[Any] = [Decimal("nan"), Decimal("snan"), NaTType(1, 1, 1), NAType()]
MISSING += [Scalar("f", None), Scalar("M", None)]
OTHERS: list[Any] = [Scalar("c", 1), Unknown(), Frozen(), range(3), {"a": 1}.values(), 1j]
OTHERS += [(item for item in [1]), Fraction(1, 2), timedelta(1)]
REFUSED: list[tuple[Any, str]] = [
    (math.nan, "nan is a missing value; give None"),
    *((value, "is a missing value") for value in MISSING),
    (decode("UploadedFile", {"id": "a"}), "WorkflowFile.from_upload"),
    *((value, f"{value} has no JSON form") for value in (math.inf, -math.inf)),
    ("a\ud800b", "lone surrogate"),
    (PurePosixPath("a"), "from_path"),
    *((value, "WorkflowFile.from_bytes") for value in (b"a", bytearray(b"a"), memoryview(b"a"))),
    (enum.Enum("Raw", {"A": b"a"}).A, "WorkflowFile.from_bytes"),  # type: ignore[attr-defined]
    (io.BytesIO(b"a"), "WorkflowFile.from_path"),
    *((value, f"a {type(value).__name__} has no JSON form") for value in OTHERS),
    *(
        (it, f"the class {it.__name__} has no JSON form")
        for it in (Unknown, Point, Order, Pydantic)
    ),
    (len, "has no JSON form"),
    (10**5000, "digits"),
    *(({name: 2}, f"names must be text, not {name!r}") for name in (1, None, b"a")),
    ({"\udc00": 2}, "lone surrogate"),
]
PLACES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda value: value, "inputs"),
    (lambda value: {"a": value}, "inputs.a"),
    (lambda value: {"a": {"b c": value}}, "inputs.a.b c"),
    (lambda value: [0, value], "inputs[1]"),
    (lambda value: {"a": ({"b": [[value]]},)}, "inputs.a[0].b[0][0]"),
    (lambda value: Point(1, value), "inputs.y"),
    (lambda value: Order("a", [Point(1, [value])]), "inputs.points[0].y[0]"),
]


@pytest.mark.parametrize(
    ("value", "why"), REFUSED, ids=[type(value).__name__ for value, _ in REFUSED]
)
def test_what_has_no_json_form_is_refused_with_its_place(value: Any, why: str) -> None:
    for build, place in PLACES:
        with pytest.raises(InvalidArgument) as caught:
            to_json(build(value), "inputs")
        assert caught.value.field == place
        assert str(caught.value).startswith(f"{place}: ")
        assert why in str(caught.value)


BACK = Point(1)
BACK.y = {"back": [BACK]}


class Endless:
    def model_dump(self, *, mode: str) -> Any:
        return self


def deep(levels: int) -> Any:
    made: Any = 1
    for _ in range(levels):
        made = [made]
    return made


def test_a_value_that_holds_itself_is_refused() -> None:
    for value in (circle(), BACK, Endless(), deep(10_000)):
        with pytest.raises(InvalidArgument, match="inputs: it holds itself, or is nested too deep"):
            to_json({"a": value}, "inputs")


def test_what_is_accepted_can_be_sent_however_deep() -> None:
    for levels in range(50, 1_000, 50):
        try:
            made = to_json(deep(levels), "inputs")
        except InvalidArgument:
            break
        json.dumps(made)
    assert levels > 100


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
        | st.tuples(inner)
    ),
    max_leaves=12,
)


@pytest.mark.long
@settings(deadline=None, max_examples=150)
@given(json_values)
def test_any_value_can_be_sent_or_is_refused(value: Any) -> None:
    try:
        made = to_json(value, "inputs")
    except InvalidArgument as error:
        field = error.field or ""
    else:
        field = "inputs"
        assert repr(json.loads(json.dumps(value, allow_nan=False))) == repr(made)
    assert field.startswith("inputs")
