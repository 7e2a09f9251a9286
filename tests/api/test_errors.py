"""Errors: every answer that is none becomes the right exception, and says all that it says."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from dify_workflow import errors
from dify_workflow._api.api_responses import ApiResponse
from dify_workflow._api.results import from_detail
from dify_workflow._runs.state import RunState
from dify_workflow_api.operations import ERRORS as CLASSES
from error_answers import ERRORS, answer, answer_of
from wire_archive import exchange

# What messages mean, where the code alone does not say it: how they begin.
MESSAGES: dict[str, type[errors.APIError]] = {
    "Too many requests. Please try again later.": errors.TooManyRequests,
    "Workflow not published": errors.AppUnavailable,
    "Speech to text is not enabled": errors.AppUnavailable,
    "TTS is not enabled": errors.AppUnavailable,
    "3 validation errors for HttpRequestNodeData": errors.AppUnavailable,
    "Provider lab/none/none does not exist.": errors.ProviderError,
    "Input payload validation failed": errors.InvalidParam,  # 1.8 to 1.10, without a code
}


# What a code means, by the contract, and a status without a code that it names.
BY_CODE: dict[str, type[errors.APIError]] = {
    code: getattr(errors, name) for code, name in CLASSES.items()
}
BY_STATUS: dict[int, type[errors.APIError]] = {
    **dict.fromkeys((400, 402, 409, 418, 422), errors.InvalidParam),
    401: errors.AuthenticationError,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    405: errors.RouteNotFound,
    412: errors.FormClosed,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
    429: errors.TooManyRequests,
    **dict.fromkeys((500, 502, 503, 504), errors.ServerError),
}


def test_every_recorded_error_means_what_dify_means() -> None:
    seen = set()
    for item in ERRORS:
        error = answer_of(item).error()
        if item.content_type.startswith("text/html"):
            assert (item.status, type(error)) == (404, errors.RouteNotFound), item
            continue
        raw = item.json()
        begin = next((text for text in MESSAGES if raw["message"].startswith(text)), None)
        seen.add(begin)
        expected = BY_CODE.get(raw.get("code"), BY_STATUS[item.status])
        assert type(error) is MESSAGES.get(begin or "", expected), item
    assert seen == {None, *MESSAGES}


def test_a_code_counts_more_than_a_status() -> None:
    for status, by_status in BY_STATUS.items():
        for code, kind in {**BY_CODE, "a_new_code": by_status}.items():
            error = answer(status, {"code": code, "message": "m", "status": status}).error()
            assert (type(error), error.status_code) == (kind, status)
            assert (error.code, error.message) == (code, "m")


NOT_DIFY: dict[str, bytes] = {
    "html": b"<html><head><title>Error</title></head><body>Error</body></html>",
    "empty": b"",
    "blank": b" \r\n",
    "cut": b'{"code": "invalid_param", "mess',
    "not utf-8": b'{"code": "invalid_param", "message": "\xff\xfe"}',
    "gbk": "<html>错误</html>".encode("gbk"),
    "binary": bytes(range(256)),
    "deeply nested": b'{"code": ' + b"[" * 100_000,
    "deeply nested and complete": b'{"a": ' + b"[" * 3_000 + b"]" * 3_000 + b"}",
    "array": b'["invalid_param"]',
    "null": b"null",
    "empty object": b"{}",
    "of a fastapi proxy": b'{"detail": "Not Found"}',
    "of a gateway": b'{"message": "Endpoint request timed out"}',
    "of a gateway, with a request id": b'{"message": "no Route matched", "request_id": "1"}',
    "of a gateway, with a number": b'{"code": 10504, "message": "upstream timed out"}',
    "of a gateway, without a message": b'{"error": {"code": "timeout", "message": "slow"}}',
    "a huge number": b'{"code": ' + b"9" * 10_000 + b"}",
}
GATEWAY = [400, 402, 408, 418, 421, 425, 431, 451, 494, 495, 496, 497, 498, 499, 500, 501, 502]
GATEWAY += [503, 504, 505, 507, 508, 511, *range(520, 531), 598, 599]
NOT_DIFYS: dict[int, type[errors.APIError]] = dict.fromkeys(GATEWAY, errors.GatewayError)
NOT_DIFYS |= {status: BY_STATUS[status] for status in (401, 403, 405, 413, 415, 429)}
NOT_DIFYS[404] = errors.RouteNotFound


@pytest.mark.parametrize("body", NOT_DIFY.values(), ids=NOT_DIFY)
def test_an_answer_that_is_not_difys_is_judged_by_its_status(body: bytes) -> None:
    for status, kind in NOT_DIFYS.items():
        error = answer(status, body).error()
        assert type(error) is kind, status
        assert (error.status_code, error.code) == (status, None)
        assert str(status) in str(error)
        assert len(str(error)) < 400
        assert ("may still be working" in error.hint) == (status in (502, 503, 504, 524))
        assert error.hint in str(error)


def test_difys_error_without_a_message_is_still_difys() -> None:
    for body in ({"code": "invalid_param"}, {"code": "invalid_param", "message": None}):
        error = answer(400, body).error()
        assert type(error) is errors.InvalidParam
        assert (error.code, error.message) == ("invalid_param", "")
    assert type(answer(500, {"code": "unknown", "message": {"a": 1}}).error()) is errors.ServerError


def test_a_redirect_is_an_error_that_names_its_target() -> None:
    headers = {"location": "https://host.example/v1/workflows/run"}
    for status in (300, 301, 302, 303, 304, 307, 308):
        error = answer(status, NOT_DIFY["html"], headers).error()
        assert (type(error), error.status_code) == (errors.RedirectRefused, status)
        assert headers["location"] in str(error)
        assert "base_url" in error.hint
        assert type(answer(status).error()) is errors.RedirectRefused  # without a target


def test_a_success_that_cannot_be_read_is_unreadable() -> None:
    for body in NOT_DIFY.values():
        with pytest.raises(errors.UnreadableAnswer) as caught:
            from_detail(answer(200, body))
        assert caught.value.status_code == 200


def test_an_error_has_all_that_the_answer_says() -> None:
    headers = {"X-Trace-Id": "trace", "Retry-After": "3", "X-Version": "1.14.2"}
    body = {"code": "not_found", "message": "Workflow run not found.", "status": 404}
    error = ApiResponse(404, httpx.Headers(headers), json.dumps(body).encode(), "/a/path").error()
    assert (error.status_code, error.code) == (404, "not_found")
    assert error.message == "Workflow run not found."
    assert json.loads(error.body) == body
    assert error.headers["x-version"] == "1.14.2"
    assert (error.trace_id, error.retry_after, error.hint) == ("trace", 3.0, "")
    assert str(error) == "404 not_found: Workflow run not found. (/a/path)"
    nothing = answer(500).error()
    assert (nothing.code, nothing.trace_id, nothing.retry_after) == (None, None, None)
    assert (nothing.body, nothing.hint) == ("", "")


def test_the_body_is_text_and_a_long_one_is_cut() -> None:
    assert answer(500, b"\xff<html>").error().body == "\ufffd<html>"
    assert answer(500, "é".encode() * 50_000).error().body == "é" * 10_000
    error = answer(400, {"code": "invalid_param", "message": "m" * 50_000}).error()
    assert len(error.body) == 10_000
    assert len(str(error)) < 600
    assert error.message == "m" * 50_000


AFTER: dict[str, float | None] = {
    "0": 0.0,
    "3": 3.0,
    "1.5": 1.5,
    " 3 ": 3.0,
    "Sun, 06 Nov 1994 08:49:37 GMT": 0.0,
    "Sun, 06 Nov 1994 08:50:07 GMT": 30.0,
}
NO_TIMES = ["", "soon", "-3", "3 s", ".", "1.2.3", "\xb2", "nan", "inf"]
NO_TIMES += ["Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT"]
NO_TIMES += ["Sun, 06 Nov 9999999999999999999 08:49:37 GMT"]
NO_TIMES += ["Sun, 06 Nov 1994 08:49:37 +9999999999999999999"]


def test_retry_after_is_seconds_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 784111777.0)  # 06 Nov 1994 08:49:37 GMT
    for text, seconds in (AFTER | dict.fromkeys(NO_TIMES)).items():
        headers = httpx.Headers({"Retry-After": text}, encoding="latin-1")
        assert ApiResponse(429, headers, b"").error().retry_after == seconds, text


ONE_RUN = exchange("1.14.2", "limit/max2_third_streaming").json()
ONE_RUN["message"] = ONE_RUN["message"].replace("is 2.", "is 1.")
# What a hint says, or that there is none.
HINTS: list[tuple[ApiResponse, str]] = [
    (answer(404, NOT_DIFY["html"]), "Is base_url right? It should end in /v1"),
    (
        answer_of(exchange("1.12.1", "absent/events")),
        "This Dify (1.12.1) has no such route: is base_url right (it should end in /v1)",
    ),
    (answer_of(exchange("1.13.2", "errors/auth_wrong_key")), "app-"),
    (answer_of(exchange("1.14.2", "errors/run_chat_blocking")), "another mode"),
    (answer_of(exchange("1.14.2", "files/run_wrong_user_blocking")), "same user"),
    (answer_of(exchange("1.14.2", "limit/max2_third_streaming")), ""),
    (answer_of(exchange("1.13.2", "errors/bad_select_blocking")), ""),
    (answer_of(exchange("1.14.2", "errors/bad_file_blocking")), "Give a WorkflowFile, or a list"),
    (answer(400, ONE_RUN), "max_active_requests=1"),  # which refuses every stream
]


@pytest.mark.parametrize(("response", "words"), HINTS)
def test_hints_where_they_help(response: ApiResponse, words: str) -> None:
    error = response.error()
    assert words in error.hint
    assert bool(error.hint) == bool(words)
    assert error.hint in str(error)


# `error` events. Recorded ones beside their blocking twins: tests/promises/test_recordings.py.


def in_stream(event: dict[str, Any]) -> errors.APIError:
    state = RunState()
    state.feed(b"event: ping\n\ndata: " + json.dumps(event).encode() + b"\n\n")
    assert state.over
    assert not state.ready
    assert state.failure is not None
    return state.failure


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
        assert type(error) is errors.InvalidParam, text
        assert (error.status_code, error.code) == (400, "invalid_param"), text


def test_a_code_counts_in_a_stream_too() -> None:
    for code, kind in {**BY_CODE, "a_new_code": errors.ServerError}.items():
        error = in_stream({"event": "error", "code": code, "message": "m", "status": 500})
        assert type(error) is kind, code


# Fields of the event, and the class, status and code that they come to.
GARBAGE: list[tuple[dict[str, Any], type[errors.APIError], int, str | None]] = [
    *(
        (fields, errors.ServerError, 500, None)
        for fields in (
            {},
            {"message": None, "code": None, "status": None},
            {"message": {"a": [1]}, "code": ["b"], "status": {"c": 1}},
            {"message": "m", "status": "400", "code": 5},
            {"message": "m", "status": True},
            {"message": "m", "status": 200},
            {"data": {"message": "m"}, "workflow_run_id": 5, "task_id": []},
        )
    ),
    ({"status": 400, "code": "invalid_param"}, errors.InvalidParam, 400, "invalid_param"),
    ({"message": "m", "status": 429}, errors.TooManyRequests, 429, None),
    ({"message": "Too many requests. ...", "status": 500}, errors.TooManyRequests, 500, None),
    ({"message": "\ud800", "status": 400, "code": "\ud800"}, errors.InvalidParam, 400, "\ud800"),
]


@pytest.mark.parametrize(("fields", "kind", "status", "code"), GARBAGE)
def test_an_error_event_of_any_form_is_an_error(
    fields: dict[str, Any], kind: type[errors.APIError], status: int, code: str | None
) -> None:
    error = in_stream({"event": "error", **fields})
    assert (type(error), error.status_code, error.code) == (kind, status, code)
    assert isinstance(error.message, str)
    assert "in the stream" in str(error)
    assert json.loads(error.body)["event"] == "error"


def test_an_error_event_with_deep_garbage_is_an_error() -> None:
    for depth in range(100, 1_100, 50):
        state = RunState()
        deep = b"[" * depth + b"]" * depth
        state.feed(b'data: {"event": "error", "message": "m", "a": ' + deep + b"}\n\n")
        if state.over:  # else it was too deep to be read, and skipped
            assert isinstance(state.failure, errors.ServerError), depth
        else:
            assert not state.text_complete, depth
    assert depth > 1_000
