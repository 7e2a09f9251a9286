"""Inputs: Python values become JSON by the stated rules."""

from __future__ import annotations

import collections
import json
import types
from datetime import date, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from dify_workflow._codec.jsonio import to_json
from odd_values import (
    ID,
    NOON,
    Colour,
    Level,
    Mode,
    Number,
    Order,
    Pair,
    Point,
    Pydantic,
    Scalar,
    Size,
    Text,
)

RULES: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    ("", ""),
    ("你好\u2028\x00😀", "你好\u2028\x00😀"),
    (0, 0),
    (-1, -1),
    (12345678901234567890, 12345678901234567890),
    (1.5, 1.5),
    (1e300, 1e300),
    ([], []),
    ({}, {}),
    ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
    ({"": 1}, {"": 1}),
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
    assert made == expected
    assert only_json_types(to_json({"a": [value]}, "inputs"))
    assert type(made) is type(expected)
    assert json.loads(json.dumps(made)) == expected


def only_json_types(value: Any) -> bool:
    if isinstance(value, dict):
        return type(value) is dict and all(
            type(key) is str and only_json_types(item) for key, item in value.items()
        )
    if isinstance(value, list):
        return type(value) is list and all(map(only_json_types, value))
    return type(value) in (type(None), bool, int, float, str)


def test_what_was_given_is_not_changed() -> None:
    given = {"a": [1, {"b": (2,)}]}
    to_json(given, "inputs")["a"][1]["b"].append(3)
    assert given == {"a": [1, {"b": (2,)}]}
