"""Answers and events that lack something, or are none. (Anything wrong: mutations of them.)"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dify_workflow._codec.jsonio import decode
from dify_workflow._runs.state import RunState
from recorded_models import ANSWERS, RECORDED

WRONG: list[Any] = [None, True, 5, -1.5, "text", "", [], [None], ["text"], [[]], {}, {"a": {}}]


def samples(values: list[Any], most: int) -> list[Any]:
    """A few of the values, each with another set of keys, lists in them cut to two."""
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(shape(value), json.loads(json.dumps(value), object_hook=shortened))
    return list(found.values())[:most]


def shortened(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item[:2] if isinstance(item, list) else item for key, item in value.items()}


def shape(value: Any) -> str:
    if isinstance(value, dict):
        return str(sorted((key, type(item).__name__) for key, item in value.items()))
    return type(value).__name__


def test_what_a_server_leaves_out_becomes_none() -> None:
    for name in RECORDED:
        for raw in samples([item.json() for item, model in ANSWERS if model == name], 2):
            whole = decode(name, raw).to_dict()
            for key, value in raw.items():
                if len(raw) > 1 and not isinstance(value, dict | list):
                    rest = {other: value for other, value in raw.items() if other != key}
                    assert decode(name, rest).to_dict() == {**whole, key: None}, key


def test_reading_changes_no_original() -> None:
    raw = {"data": {"id": "a", "reasons": [{"form_id": "f"}]}}
    before = json.dumps(raw)
    made = decode("BlockingRunResult", raw)
    assert json.dumps(raw) == before
    assert made.data.reasons[0].type_ is None
    assert made.data.reasons[0].form_id == "f"


def in_runs(raw: Any) -> Iterator[RunState]:
    """Runs that met this event: first live, then in a replay that sends it twice."""
    line = b"data: " + json.dumps(raw).encode() + b"\n\n"
    live = RunState()
    live.feed(line)
    yield live
    again = RunState()
    again.feed(line)
    if not again.over:
        again.interrupted()
        again.connect(replaying=True)
        again.feed(line + line)
    yield again


@pytest.mark.parametrize("raw", [*WRONG, {"event": None}, {"event": 5}, {"event": ["a"]}], ids=repr)
def test_what_is_no_event_at_all_breaks_nothing(raw: Any) -> None:
    for state in in_runs(raw):
        assert not state.over
        for event in state.ready:
            assert event.data == raw
            assert event.event == ""
