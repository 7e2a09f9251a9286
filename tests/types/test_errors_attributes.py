"""Errors say all that the answer says, and what to do about it."""

from __future__ import annotations

import json

import httpx
import pytest
from dify_workflow import TooManyRequests
from dify_workflow._api.api_responses import ApiResponse
from error_answers import NOT_DIFY, answer, answer_of, recorded
from wire_archive import exchange


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


def test_what_an_answer_does_not_say_is_none() -> None:
    error = answer(500).error()
    assert (error.code, error.trace_id, error.retry_after) == (None, None, None)
    assert (error.body, error.hint) == ("", "")


def test_a_long_body_is_cut() -> None:
    error = answer(500, "é".encode() * 50_000).error()
    assert error.body == "é" * 10_000
    error = answer(400, {"code": "invalid_param", "message": "m" * 50_000}).error()
    assert len(error.body) == 10_000
    assert len(str(error)) < 600
    assert error.message == "m" * 50_000


def test_the_body_is_text_whatever_its_bytes() -> None:
    assert answer(500, b"\xff<html>").error().body == "\ufffd<html>"


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("0.15.3/errors/no_inputs_streaming", "inputs: Missing required parameter in the JSON"),
        ("1.8.1/errors/inputs_null", "inputs: "),
        ("1.14.2/errors/no_inputs", "1 validation error for WorkflowRunPayload\ninputs\n"),
    ],
)
def test_the_message_names_the_parameter_in_every_version(case: str, message: str) -> None:
    error = answer_of(recorded(case)).error()
    assert error.code == "invalid_param"
    assert error.message.startswith(message)


AFTER: list[tuple[str, float | None]] = [
    ("0", 0.0),
    ("3", 3.0),
    ("1.5", 1.5),
    (" 3 ", 3.0),
    ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
    ("", None),
    ("soon", None),
    ("-3", None),
    ("3 s", None),
    (".", None),
    ("1.2.3", None),
    ("\xb2", None),
    ("nan", None),
    ("inf", None),
    ("Sun, 99 Nov 1994 08:49:37 GMT", None),
    ("Sun, 06 Nov 99999 08:49:37 GMT", None),
    ("Sun, 06 Nov 9999999999999999999 08:49:37 GMT", None),
    ("Sun, 06 Nov 1994 08:49:37 +9999999999999999999", None),
]


@pytest.mark.parametrize(("text", "seconds"), AFTER)
def test_retry_after_is_seconds_or_nothing(text: str, seconds: float | None) -> None:
    headers = httpx.Headers({"Retry-After": text}, encoding="latin-1")
    assert ApiResponse(429, headers, b"").error().retry_after == seconds


def test_retry_after_as_a_date_is_seconds_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 784111777.0)
    headers = {"Retry-After": "Sun, 06 Nov 1994 08:50:07 GMT"}
    assert answer(503, b"", headers).error().retry_after == 30.0


# Hints.


def test_an_html_404_asks_whether_the_base_url_is_right() -> None:
    error = answer(404, NOT_DIFY["html"]).error()
    assert error.hint == "Is base_url right? It should end in /v1"
    assert error.hint in str(error)


def test_an_html_404_of_dify_names_its_version_too() -> None:
    error = answer_of(exchange("1.12.1", "absent/events")).error()
    assert "1.12.1" in error.hint
    assert "/v1" in error.hint


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("1.13.2/errors/auth_wrong_key", "app-"),
        ("1.14.2/errors/run_chat_blocking", "another mode"),
        ("1.14.2/files/run_wrong_user_blocking", "same user"),
        ("1.14.2/limit/max2_third_streaming", ""),
        ("1.13.2/errors/bad_select_blocking", ""),
    ],
)
def test_hints_where_they_help(case: str, words: str) -> None:
    error = answer_of(recorded(case)).error()
    assert words in error.hint
    assert bool(error.hint) == bool(words)


def test_an_app_that_takes_one_run_refuses_every_stream_and_the_hint_says_so() -> None:
    raw = exchange("1.14.2", "limit/max2_third_streaming").json()
    raw["message"] = raw["message"].replace("is 2.", "is 1.")
    error = answer(400, raw).error()
    assert type(error) is TooManyRequests
    assert "max_active_requests=1" in error.hint
