"""Reading: every recorded answer and event of every version becomes its model."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import dify_workflow_api.models as models
import httpx
import pytest
from dify_workflow import WorkflowStreamEvent, errors
from dify_workflow._api.api_responses import ApiResponse
from dify_workflow._api.results import from_detail
from dify_workflow._codec.jsonio import as_object, decode, normalised_run
from dify_workflow_api.events import EVENTS
from recorded_models import ANSWERS, RECORDED, STREAMED, holds, model_of
from wire_archive import VERSIONS, exchange, exchanges


def test_every_recorded_answer_becomes_its_model() -> None:
    assert {name for _, name in ANSWERS} == RECORDED
    for item, name in ANSWERS:
        answer = ApiResponse(item.status, httpx.Headers(item.headers), item.body)
        made = answer.decode(partial(decode, name))
        assert type(made) is getattr(models, name), item
        assert holds(made.to_dict(), item.json()), item


def test_every_recorded_event_becomes_its_model() -> None:
    assert len({event["event"] for event in STREAMED}) > 15
    for raw in STREAMED:
        event = WorkflowStreamEvent(raw["event"], raw)
        model, key = EVENTS[raw["event"]]
        data: Any = event.data
        assert type(data) is getattr(models, model), raw
        assert holds(data.to_dict(), raw[key] if key else raw), raw
        assert event.data is data  # decoded once


def test_the_events_of_older_servers_are_read_too() -> None:
    unread: set[tuple[str, str]] = set()
    for version in VERSIONS:
        for item in exchanges(version):
            for raw in item.events() if item.is_stream else ():
                data = WorkflowStreamEvent(raw["event"], raw).data
                if isinstance(data, dict):
                    unread.add((version, raw["event"]))
    assert not unread


def test_outputs_as_json_text_become_an_object() -> None:
    assert as_object('{"a": [1]}') == {"a": [1]}
    assert as_object({"a": 1}) == {"a": 1}
    assert as_object(None) == as_object("") == as_object("null") == {}
    assert as_object("no json") == "no json"
    assert as_object("\ud800") == "\ud800"
    assert as_object('{"a": "\ud800"}') == {"a": "\ud800"}
    assert as_object("[" * 100_000) == "[" * 100_000
    assert as_object([1]) == [1]


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own zone is not UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


def test_dates_as_text_become_unix_seconds_in_any_zone(elsewhere: None) -> None:
    for text in ("Sun, 22 Nov 2026 09:15:42 -0000", "Sun, 22 Nov 2026 17:15:42 +0800"):
        run = normalised_run({"created_at": text, "finished_at": None})
        assert run == {"created_at": 1795338942, "finished_at": None, "outputs": {}}


def test_every_recorded_detail_has_todays_form(elsewhere: None) -> None:
    count = 0
    for item in exchanges():
        if model_of(item) == "WorkflowRunDetail" and item.json().get("id"):
            found = from_detail(ApiResponse(200, httpx.Headers(item.headers), item.body))
            assert type(found.data) is models.WorkflowRunDetail
            assert isinstance(found.data.created_at, int), item
            now = email.utils.parsedate_to_datetime(item.header("date") or "").timestamp()
            assert 0 <= now - found.data.created_at < 43_200, item
            assert isinstance(found.data.finished_at, int | None), item
            assert isinstance(found.outputs, dict), item
            assert isinstance(found.inputs, dict), item
            assert found.raw == item.json()
            count += 1
    assert count > 60


BAD_DATES = ["soon", "", "Sun, 99 Nov 2026", "Sun, 06 Nov 1994 08:49:37 +9999999999999999999"]


@pytest.mark.parametrize("text", [*BAD_DATES, "Sun, 06 Nov 9999999999999999999 08:49:37 GMT"])
def test_a_date_that_is_none_makes_the_answer_unreadable(text: str) -> None:
    raw = exchange("1.14.2", "detail/partial").json() | {"created_at": text}
    with pytest.raises(errors.UnreadableAnswer):
        from_detail(ApiResponse(200, httpx.Headers(), json.dumps(raw).encode()))


def test_reading_something_else_than_an_object_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="is not a mapping"):
        decode("StopResult", [])
