"""What a success that is no labelled stream means for the run that was asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dify_workflow import (
    InvalidParam,
    ResponseTooLarge,
    RunOutcomeUnknown,
    ServerError,
    TooManyRequests,
    UnreadableAnswer,
)
from facade import API_KEY, Kind, answered, both
from posting import HTML, STREAM, modes, post, start
from replay_reply import head
from replay_server import Close, Reply
from wire_archive import exchange

BLOCKING = exchange("1.14.2", "run/empty_blocking").json()
RUN_ID, TASK_ID = BLOCKING["workflow_run_id"], BLOCKING["task_id"]
VERSION = (("X-Version", "1.14.2"),)
NOBODY = Reply.html(200, HTML)  # to whatever is asked


def success(body: Any, kind: str = "application/json", *, cut: int = 0) -> Reply:
    """A 200 with this body, of which the last bytes may be missing."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    media = [("Content-Type", kind)] * bool(kind)
    whole = head(200, [("Content-Length", str(len(text))), *media])
    return Reply.raw(whole + text[: len(text) - cut], *[Close()] * bool(cut))


def posted(kind: Kind, reply: Reply, others: Reply | None = None, mode: str = "events") -> Any:
    """What comes of a run whose one POST is answered so: its events, or the exception."""
    seen = post(kind, mode, [reply], others)
    assert seen.posts == 1
    return seen.outcome


LABELS = ["", "Text/Event-Stream", "text/plain", "application/octet-stream", "application/json"]


@both
@pytest.mark.parametrize("label", LABELS)
def test_a_stream_is_known_by_its_bytes(kind: Kind, label: str) -> None:
    for before in (b"", b"\xef\xbb\xbf", b"\r\n \n", b": hello\n\n", b"event: ping\n\n"):
        events = posted(kind, success(before + STREAM.body, label))
        told = [event.event for event in events]
        assert told == [event["event"] for event in STREAM.events() if event["event"] != "ping"]


@both
@pytest.mark.parametrize("label", [*LABELS, "text/event-stream"])
def test_the_blocking_form_is_the_result(kind: Kind, label: str) -> None:
    (end,) = posted(kind, success(BLOCKING, label))
    assert (end.event, end.status, end.id) == ("workflow_finished", "succeeded", RUN_ID)
    assert (end.task_id, end.data.outputs) == (TASK_ID, BLOCKING["data"]["outputs"])


def running(status: Any) -> dict[str, Any]:
    return {**BLOCKING, "data": {**BLOCKING["data"], "status": status, "finished_at": None}}


NO_RESULT: dict[str, Reply] = {
    "running": success(running("running")),
    "no status": success(running(None)),
    "no data": success({"workflow_run_id": RUN_ID, "task_id": TASK_ID}),
    "an error with an id": success({"code": "x", "message": "y", "workflow_run_id": RUN_ID}),
    "cut": success(BLOCKING, cut=40),
    "lines of JSON": success(json.dumps(running("running")).encode() * 2, ""),
    "a list": success([running("running")], "text/plain"),
}


@both
@pytest.mark.parametrize("reply", NO_RESULT.values(), ids=NO_RESULT)
def test_a_run_that_is_named_is_followed(kind: Kind, reply: Reply) -> None:
    """It is asked for by its id; here nobody may ask."""
    refused = Reply.json(403, {"code": "forbidden", "message": "no", "status": 403}, VERSION)
    outcome = posted(kind, reply, refused)
    assert type(outcome) is RunOutcomeUnknown
    assert outcome.run_id == RUN_ID


ERRORS: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"code": "invalid_param", "message": "text is required", "status": 400}, InvalidParam),
    ({"code": "too_many_requests", "message": "busy", "status": 429}, TooManyRequests),
    ({"code": "internal_server_error", "message": "", "status": 500}, ServerError),
    ({"event": "error", "code": "invalid_param", "message": "no", "status": 400}, InvalidParam),
]


@both
@pytest.mark.parametrize(("body", "expected"), ERRORS)
@modes
def test_an_error_under_a_success_is_raised_and_not_retried(
    kind: Kind, mode: str, body: dict[str, Any], expected: Any
) -> None:
    error = posted(kind, success({**body, "key": API_KEY}), mode=mode)
    assert type(error) is expected
    assert "application/json" in str(error)
    assert body["code"] in str(error)
    assert API_KEY not in str(error) + error.body + error.message


UNREADABLE = {
    "html": success(HTML.encode(), "text/html"),
    "text": success(b"upstream sent no data", "text/plain"),
    "other json": success({"ok": True}),
    "other error": success({"code": 500, "msg": "upstream"}),
    "nothing": success(b"", ""),
}


@both
@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_may_have_started_a_run_where_there_is_a_dify(
    kind: Kind, name: str
) -> None:
    unknown, none = (posted(kind, UNREADABLE[name], others) for others in (None, NOBODY))
    assert type(unknown) is RunOutcomeUnknown
    assert type(unknown.__cause__) is UnreadableAnswer
    assert "200" in str(unknown)
    assert type(none) is UnreadableAnswer
    assert ("base_url" in none.hint) == (name not in ("other json", "other error"))


@both
def test_a_blocking_answer_that_cannot_be_read_is_unknown(kind: Kind) -> None:
    for reply in (success(BLOCKING, cut=40), NO_RESULT["no data"], NO_RESULT["lines of JSON"]):
        error = posted(kind, reply, mode="blocking")
        assert (type(error), error.run_id) == (RunOutcomeUnknown, RUN_ID)


@both
@pytest.mark.parametrize("mode", ["stream", "blocking"])
def test_a_result_larger_than_the_bound_names_its_run(kind: Kind, mode: str) -> None:
    body = {**BLOCKING, "data": {**BLOCKING["data"], "outputs": {"text": "x" * 100_000}}}
    gone = Reply.json(404, {"code": "not_found", "message": "no", "status": 404}, VERSION)
    replies = [success(body), *[gone] * 3]
    options: dict[str, Any] = {"max_response_bytes": 50_000, "deadline": 1.0}
    with answered(kind, *replies, **options) as (_, dify):
        error = start(dify, mode)
    assert isinstance(error, RunOutcomeUnknown)
    assert error.run_id == RUN_ID
    assert mode == "stream" or type(error.__cause__) is ResponseTooLarge
