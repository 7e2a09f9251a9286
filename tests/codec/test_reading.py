"""Reading: every recorded event becomes its model, also where it lacks something; JSON below it.

Every recorded answer: tests/generator/test_generated_alone.py. Anything wrong: mutations of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import dify_workflow_api.models as models
import httpx
import pytest
from dify_workflow import UnreadableAnswer, WorkflowStreamEvent
from dify_workflow._api.api_responses import ApiResponse
from dify_workflow._api.results import from_detail
from dify_workflow._codec import jsonio
from dify_workflow._codec.jsonio import as_object, decode, normalised_run
from dify_workflow._runs.state import RunState
from dify_workflow_api.events import EVENTS
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_models import ANSWERS, RECORDED, holds
from wire_archive import exchange, exchanges


def test_every_recorded_event_becomes_its_model() -> None:
    streamed = [event for item in exchanges() if item.is_stream for event in item.events()]
    assert len({event["event"] for event in streamed}) > 15
    for raw in streamed:
        event = WorkflowStreamEvent(raw["event"], raw)
        model, key = EVENTS[raw["event"]]
        data: Any = event.data
        assert type(data) is getattr(models, model), raw
        assert holds(data.to_dict(), raw[key] if key else raw), raw
        assert event.data is data  # decoded once


def test_outputs_as_json_text_become_an_object() -> None:
    assert as_object('{"a": [1]}') == {"a": [1]}
    assert as_object('{"a": "\ud800"}') == {"a": "\ud800"}
    assert as_object(None) == as_object("") == as_object("null") == {}
    for other in ({"a": 1}, [1], "no json", "\ud800", "[" * 100_000):
        assert as_object(other) == other


def test_dates_as_text_become_unix_seconds_in_any_zone(elsewhere: None) -> None:
    for text in ("Sun, 22 Nov 2026 09:15:42 -0000", "Sun, 22 Nov 2026 17:15:42 +0800"):
        run = normalised_run({"created_at": text, "finished_at": text})
        assert run == {"created_at": 1795338942, "finished_at": 1795338942, "outputs": {}}


BAD_DATES = ["soon", "", "Sun, 99 Nov 2026", "Sun, 06 Nov 1994 08:49:37 +9999999999999999999"]


@pytest.mark.parametrize("text", [*BAD_DATES, "Sun, 06 Nov 9999999999999999999 08:49:37 GMT"])
def test_a_date_that_is_none_makes_the_answer_unreadable(text: str) -> None:
    raw = exchange("1.14.2", "detail/partial").json() | {"created_at": text}
    with pytest.raises(UnreadableAnswer):
        from_detail(ApiResponse(200, httpx.Headers(), json.dumps(raw).encode()))


# Lists that there must be.
NEEDED = {
    *(("AppParameters", "user_input_form"), ("BlockingRunResult", "data")),
    *(
        ("WorkflowLogPage", "data"),
        ("HumanInputForm", "inputs"),
        ("HumanInputForm", "user_actions"),
    ),
}


def test_what_is_null_or_left_out_becomes_none_and_hides_nothing_else() -> None:
    by_model = {name: item.json() for item, name in ANSWERS}
    assert by_model.keys() == RECORDED
    needed = set()
    for name, raw in by_model.items():
        whole = decode(name, raw).to_dict()
        for key in raw:
            rest = {other: value for other, value in raw.items() if other != key}
            for body in filter(None, (rest, raw | {key: None})):
                try:
                    assert decode(name, body).to_dict() == {**whole, key: None}, key
                except TypeError:
                    needed.add((name, key))
    assert needed == NEEDED


def test_reading_changes_no_original() -> None:
    raw = {"data": {"id": "a", "reasons": [{"form_id": "f"}]}}
    before = json.dumps(raw)
    (reason,) = decode("BlockingRunResult", raw).data.reasons
    assert json.dumps(raw) == before
    assert (reason.type_, reason.form_id) == (None, "f")


NO_EVENTS: list[Any] = [None, True, 5, -1.5, "text", "", [], [None], ["text"], [[]], {}, {"a": {}}]
NO_EVENTS += [{"event": None}, {"event": 5}, {"event": ["a"]}]


@pytest.mark.parametrize("raw", NO_EVENTS, ids=repr)
def test_what_is_no_event_at_all_breaks_nothing(raw: Any) -> None:
    """First live, then in a replay that sends it twice."""
    line = b"data: " + json.dumps(raw).encode() + b"\n\n"
    state = RunState()
    state.feed(line)
    state.interrupted()
    state.connect(replaying=True)
    state.feed(line + line)
    assert not state.over
    assert {(repr(event.data), event.event) for event in state.ready} <= {(repr(raw), "")}


# JSON, with orjson and without.

TEXTS = [
    *(b"12345678901234567890", b"-12345678901234567890", b"1234567890123456789012345678901234"),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"-0", b"1e400"),
    *(b"0.1234567890123456789", b"[0.0012345678901234567, 12345678901234567890]", b"1.5", b"1e5"),
    *(b'"\\ud800"', b'"\\ud83d\\ude00"', b"NaN", b"Infinity", b'{"a": 1, "a": 2}', b" [] "),
    *('"\u2028\x85"'.encode(), b"\xef\xbb\xbf{}", b"", b"{", b"[1,]", b"'a'", b"01", b"\xff"),
    *(b'"\x00"', b"nul", b"[" * 100_000),
]


def decoded(text: bytes, loads: Callable[[bytes], Any]) -> str:
    """The value with its types, or that there is none."""
    try:
        return repr(loads(text))
    except (ValueError, RecursionError):
        return "no JSON"


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:30]))
def test_json_is_the_same_with_orjson_and_without(
    text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decoded(text, jsonio.loads) == decoded(text, json.loads)
    if len(text) < 19:
        assert decoded(text, jsonio.loads_short) == decoded(text, json.loads)
    monkeypatch.setattr(jsonio, "_orjson_loads", None)
    for loads in (jsonio.loads, jsonio.loads_short):
        assert decoded(text, loads) == decoded(text, json.loads)


@settings(deadline=None, max_examples=150)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_any_json_is_the_same_with_orjson_and_without(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert repr(jsonio.loads(text)) == repr(json.loads(text)) == repr(value)


def test_the_fast_reader_is_there_to_be_tested() -> None:
    assert jsonio._orjson_loads is not None
    assert math.isnan(jsonio.loads(b"NaN"))
