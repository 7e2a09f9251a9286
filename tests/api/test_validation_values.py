"""Python values as inputs: what is sent for them, and which cannot be sent."""

from __future__ import annotations

import math
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import (
    InvalidArgument,
    WorkflowRunRequest,
)
from facade import Kind, both, client
from form_apps import (
    AT,
    DOC,
    App,
    Attrs,
    Colour,
    Model,
    Plain,
    Word,
    each_mode,
    run,
)

# Python values on the wire.

EAST = timezone(timedelta(hours=8))


VALUES: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (12345678901234567890, 12345678901234567890),
    (0.1, 0.1),
    ("\u2028 😀 \0", "\u2028 😀 \0"),
    (AT, "2026-11-22T12:00:05+00:00"),
    (datetime(2026, 11, 22, 20, 0, 5, 1, tzinfo=EAST), "2026-11-22T20:00:05.000001+08:00"),
    (datetime(2026, 11, 22), "2026-11-22T00:00:00"),
    (date(2026, 11, 22), "2026-11-22"),
    (time(12, 30), "12:30:00"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Decimal("1.50"), "1.50"),
    (Colour.ONE, 1),
    (Word.A, "a"),
    ((1, (2,)), [1, [2]]),
    ({3}, [3]),
    (frozenset([4]), [4]),
    ({"a": {"b": AT}}, {"a": {"b": "2026-11-22T12:00:05+00:00"}}),
    (Plain(2), {"a": 2}),
    (Attrs(3), {"a": 3}),
    (Model(a=4), {"a": 4}),
    ([Plain(5)], [{"a": 5}]),
    (
        DOC,
        {"type": "document", "transfer_method": "remote_url", "url": "https://example.com/a.pdf"},
    ),
]


@both
@each_mode
def test_python_values_have_stated_forms(kind: Kind, mode: str) -> None:
    with App() as server, client(kind, server.url) as dify:
        run(dify, mode, {f"n{n}": given for n, (given, _) in enumerate(VALUES)})
        sent = server.requests[0].json()["inputs"]
    assert [sent[f"n{n}"] for n in range(len(VALUES))] == [expected for _, expected in VALUES]


def circle() -> list[Any]:
    made: list[Any] = []
    made.append({"a": made})
    return made


def deep() -> Any:
    value: Any = 1
    for _ in range(10_000):
        value = [value]
    return value


REFUSED: list[tuple[Any, str]] = [
    (math.nan, ""),
    (math.inf, ""),
    ([1, {"a": -math.inf}], "[1].a"),
    (Decimal("NaN"), ""),
    (Decimal("-Infinity"), ""),
    ("\ud800", ""),
    (["x\udfff"], "[0]"),
    ({"\ud800": 1}, ""),
    (Path("a/b.txt"), ""),
    ({1: 2}, ""),
    ({"a": {None: 1}}, ".a"),
    (b"x", ""),
    (bytearray(b"x"), ""),
    (memoryview(b"x"), ""),
    (object(), ""),
    (object, ""),
    (Plain, ""),
    (len, ""),
    (1j, ""),
    (Fraction(1, 2), ""),
    (iter([1]), ""),
    ([(1, Plain({"a": [math.nan]}))], "[0][1].a.a[0]"),  # type: ignore[arg-type]
    (10**5000, ""),
]


@both
@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_cannot_be_sent_is_refused_with_its_place(kind: Kind, number: int) -> None:
    value, where = REFUSED[number]
    with App() as server, client(kind, server.url) as dify:
        for given in ({"inputs": {"v": value}}, {"inputs": {}, "files": [value]}):
            with pytest.raises(InvalidArgument) as caught:
                dify.run_workflow(WorkflowRunRequest(**given))
            place = f"files[0]{where}" if "files" in given else f"inputs.v{where}"
            assert caught.value.field == place
        assert server.requests == []


@pytest.mark.parametrize("make", [circle, deep])
def test_what_has_no_end_is_refused(make: Any) -> None:
    with App() as server, client("sync", server.url) as dify:
        with pytest.raises(InvalidArgument, match="nested"):
            dify.run_workflow({"v": make()})
        assert server.requests == []
