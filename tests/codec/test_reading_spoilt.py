"""Answers and events with anything wrong: read, or unreadable, and never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import dify_workflow_api.models as models
import httpx
import pytest
from dify_workflow import WorkflowStreamEvent, errors
from dify_workflow._api.api_responses import ApiResponse
from dify_workflow._api.logs import log_entry
from dify_workflow._api.results import from_blocking, from_detail, from_stop
from dify_workflow._codec.jsonio import decode
from dify_workflow._runs.state import RunState
from dify_workflow_api.events import EVENTS
from recorded_models import ANSWERS, RECORDED, STREAMED

# Answers with one thing wrong, wherever it is.

WRONG: list[Any] = [None, True, 5, -1.5, "text", "", [], [None], ["text"], [[]], {}, {"a": {}}]


def spoilt(value: Any) -> Iterator[Any]:
    """The value with one key dropped, null, of another type, or one unknown added; everywhere."""
    yield from (wrong for wrong in WRONG if type(wrong) is not type(value))
    if isinstance(value, dict):
        yield {**value, "a_new_key": {"of": ["a newer server"]}}
        for key, item in value.items():
            rest = {name: other for name, other in value.items() if name != key}
            yield rest
            yield from ({**value, key: wrong} for wrong in spoilt(item))
    elif isinstance(value, list):
        for index, item in enumerate(value[:2]):
            for wrong in spoilt(item):
                yield [*value[:index], wrong, *value[index + 1 :]]


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


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_an_answer_with_anything_wrong_is_read_or_unreadable(name: str) -> None:
    count = 0
    for raw in samples([item.json() for item, model in ANSWERS if model == name], 2):
        for wrong in spoilt(raw):
            answer = ApiResponse(200, httpx.Headers(), json.dumps(wrong).encode())
            count += 1
            try:
                made = answer.decode(partial(decode, name))
            except errors.UnreadableAnswer:
                continue
            assert type(made) is getattr(models, name)
            assert made.to_dict().keys() >= wrong.keys()
    assert count > 20


RESULTS: list[tuple[str, Callable[[ApiResponse], Any]]] = [
    ("WorkflowRunDetail", from_detail),
    ("BlockingRunResult", lambda answer: from_blocking(answer, "somebody")),
    ("StopResult", from_stop),
    ("WorkflowLogPage", lambda answer: answer.decode(lambda raw: [*map(log_entry, raw["data"])])),
]


@pytest.mark.parametrize(("name", "result"), RESULTS, ids=[name for name, _ in RESULTS])
def test_a_result_of_an_answer_with_anything_wrong_is_one_or_unreadable(
    name: str, result: Callable[[ApiResponse], Any]
) -> None:
    for raw in samples([item.json() for item, model in ANSWERS if model == name], 2):
        assert result(ApiResponse(200, httpx.Headers(), json.dumps(raw).encode())) is not None
        for wrong in spoilt(raw):
            answer = ApiResponse(200, httpx.Headers(), json.dumps(wrong).encode())
            try:
                made = result(answer)
            except (errors.UnreadableAnswer, errors.NotFound) as error:
                assert type(error) is errors.UnreadableAnswer or wrong.get("id") is None  # noqa: PT017
                continue
            repr(made)


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


# Events with one thing wrong.


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


@pytest.mark.parametrize("name", sorted({event["event"] for event in STREAMED}))
def test_an_event_with_anything_wrong_is_still_an_event(name: str) -> None:
    same = [event for event in STREAMED if event["event"] == name]
    for raw in samples(sorted(same, key=lambda event: -len(json.dumps(event))), 2):
        for wrong in spoilt(raw):
            if not isinstance(wrong, dict):
                continue
            event = WorkflowStreamEvent(name, wrong)
            assert isinstance(event.data, dict | getattr(models, EVENTS[name][0]))
            assert isinstance(event.message, str)
            repr(event)
            for state in in_runs(wrong):
                for met in state.ready:
                    assert met.data is not None
                    assert isinstance(met.event, str)
                    assert isinstance(met.status, str)
                assert isinstance(state.run_id, str | None)
                assert isinstance(state.task_id, str | None)


@pytest.mark.parametrize("raw", [*WRONG, {"event": None}, {"event": 5}, {"event": ["a"]}], ids=repr)
def test_what_is_no_event_at_all_breaks_nothing(raw: Any) -> None:
    for state in in_runs(raw):
        assert not state.over
        for event in state.ready:
            assert event.data == raw
            assert event.event == ""
