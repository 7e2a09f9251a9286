"""An `error` event raises what the same failure raises over plain HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dify_workflow import APIError, InvalidParam, QuotaExceeded, ServerError, TooManyRequests
from dify_workflow._runs.state import RunState
from error_answers import CODES, ERRORS, answer_of, recorded
from recorded_runs import is_run
from wire_archive import Exchange, exchanges

ANY = ".*"
IN_STREAM = [
    (item, event)
    for item in exchanges()
    if item.is_stream and is_run(item)
    for event in item.events()
    if event["event"] == "error"
]
# The blocking twin of each recorded failure, where there is one.
TWINS: dict[str, str] = {
    "errors/bad_select_streaming": "1.13.2/errors/bad_select_blocking",
    "errors/bad_number_type_streaming": "1.14.2/errors/bad_number_type_blocking",
    "errors/missing_required_streaming": "1.14.2/errors/missing_required_blocking",
    "files/run_wrong_user_streaming": "1.14.2/files/run_wrong_user_blocking",
    "run/badgraph_streaming": "1.14.2/run/badgraph_blocking",
    "run/badllm_streaming": "1.13.2/run/badllm_blocking",
}


def in_stream(event: dict[str, Any]) -> APIError:
    state = RunState()
    state.feed(b"event: ping\n\ndata: " + json.dumps(event).encode() + b"\n\n")
    assert state.over
    assert not state.ready
    assert state.failure is not None
    return state.failure


@pytest.mark.parametrize(("item", "event"), IN_STREAM, ids=str)
def test_a_recorded_error_in_a_stream_is_that_of_its_blocking_twin(
    item: Exchange, event: dict[str, Any]
) -> None:
    error = in_stream(event)
    twin = answer_of(recorded(TWINS[item.case])).error()
    assert type(error) is type(twin)
    assert error.message == event["message"]
    assert error.hint == twin.hint
    assert "in the stream" in str(error)
    if type(error) is not ServerError:
        assert (error.status_code, error.code) == (twin.status_code, twin.code)


def test_every_refusal_of_inputs_is_one_in_a_stream_too() -> None:
    """A worker says the text of the HTTP error alone, with status 500."""
    texts = {
        item.json()["message"]
        for item in ERRORS
        if item.case.startswith(("errors/bad_", "errors/missing_", "errors/too_", "files/run_"))
        and item.status == 400
        and item.json().get("code") == "invalid_param"
    } - {"Invalid input type"}
    assert len(texts) > 12
    for text in texts:
        error = in_stream({"event": "error", "message": text, "status": 500})
        assert type(error) is InvalidParam, text
        assert (error.status_code, error.code) == (400, "invalid_param"), text


# Codes that say no more than their status does.
BY_STATUS = {"invalid_param", "invalid_form_data", "bad_request", "bad_request_key_error"}
BY_STATUS |= {"filename_not_exists_error", "no_file_uploaded", "file_not_found", "a_new_code"}
BY_STATUS |= {"method_not_allowed", "unsupported_media_type"}


def test_a_code_counts_more_than_a_status() -> None:
    for _, code, kind in CODES:
        error = in_stream({"event": "error", "code": code, "message": "m", "status": 500})
        assert type(error) is (ServerError if code in BY_STATUS else kind), code


GARBAGE: list[tuple[dict[str, Any], type[APIError], int, str | None]] = [
    ({}, ServerError, 500, None),
    ({"message": None, "code": None, "status": None}, ServerError, 500, None),
    ({"message": {"a": [1]}, "code": ["b"], "status": {"c": 1}}, ServerError, 500, None),
    ({"message": "m", "status": "400", "code": 5}, ServerError, 500, None),
    ({"message": "m", "status": True}, ServerError, 500, None),
    ({"message": "m", "status": 200}, ServerError, 500, None),
    ({"message": "m", "status": 400, "code": "invalid_param"}, InvalidParam, 400, "invalid_param"),
    ({"message": "m", "status": 429}, TooManyRequests, 429, None),
    ({"message": "Too many requests. ...", "status": 500}, TooManyRequests, 500, None),
    ({"message": "\ud800", "status": 400, "code": "\ud800"}, InvalidParam, 400, "\ud800"),
    ({"status": 400, "code": "provider_quota_exceeded"}, QuotaExceeded, 400, ANY),
    ({"data": {"message": "m"}, "workflow_run_id": 5, "task_id": []}, ServerError, 500, None),
]


@pytest.mark.parametrize(("fields", "kind", "status", "code"), GARBAGE)
def test_an_error_event_of_any_form_is_an_error(
    fields: dict[str, Any], kind: type[APIError], status: int, code: str | None
) -> None:
    error = in_stream({"event": "error", **fields})
    assert type(error) is kind
    assert error.status_code == status
    assert code in (error.code, ANY)
    assert isinstance(error.message, str)
    assert json.loads(error.body)["event"] == "error"


def test_an_error_event_with_deep_garbage_is_an_error() -> None:
    for depth in range(100, 1_100, 50):
        state = RunState()
        deep = b"[" * depth + b"]" * depth
        state.feed(b'data: {"event": "error", "message": "m", "a": ' + deep + b"}\n\n")
        if state.over:  # else it was too deep to be read, and skipped
            assert isinstance(state.failure, ServerError), depth
        else:
            assert not state.text_complete, depth
    assert depth > 1_000
