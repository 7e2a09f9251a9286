"""A run is posted once, and again only after an answer that surely started none."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from dify_workflow import (
    AppUnavailable,
    ConnectionFailed,
    GatewayError,
    InvalidParam,
    QuotaExceeded,
    RequestTimedOut,
    RunOutcomeUnknown,
    ServerError,
    TooManyRequests,
)
from facade import Kind, both
from posting import (
    BLOCKING,
    HTML,
    OVER_QUOTA,
    STREAM,
    TOO_MANY,
    TOO_MANY_TODAY,
    UNKNOWN_500,
    gateway,
    modes,
    post,
)
from replay_server import Close, Reply, Reset, Sleep
from wire_archive import Exchange, exchange

HEAD = STREAM.head
PING, STARTED = b"event: ping\n\n", STREAM.frames()[1]


@both
@modes
@pytest.mark.parametrize("busy", [TOO_MANY, TOO_MANY_TODAY], ids=["429", "400"])
def test_after_too_many_requests_it_is_posted_again(kind: Kind, mode: str, busy: Reply) -> None:
    for refused in (1, 3):
        posted = post(kind, mode, [busy] * refused)
        assert (posted.outcome, len(posted.pauses)) == ("succeeded", refused)
        assert posted.posts == refused + 1
    too_often = post(kind, mode, [busy] * 4)
    assert (type(too_often.outcome), len(too_often.pauses)) == (TooManyRequests, 3)
    assert too_often.posts == 4


# The server's answer to the first POST, by a name, and what is raised after this one POST.
DEFINITE: dict[str, tuple[Reply | Exchange, type[Exception]]] = {
    "429 quota": (OVER_QUOTA, QuotaExceeded),
    "500 of Dify": (UNKNOWN_500, ServerError),
    "500 internal": (exchange("1.14.2", "errors/bad_number_type_blocking"), ServerError),
    "400": (exchange("1.14.2", "errors/missing_required_blocking"), InvalidParam),
    "400 not published": (exchange("1.14.2", "errors/run_unpublished_blocking"), AppUnavailable),
}


@both
@modes
@pytest.mark.parametrize("name", DEFINITE)
def test_after_an_error_of_dify_it_is_not_posted_again(kind: Kind, mode: str, name: str) -> None:
    reply, expected = DEFINITE[name]
    posted = post(kind, mode, [Reply.of(reply) if isinstance(reply, Exchange) else reply])
    assert (posted.posts, type(posted.outcome), posted.pauses) == (1, expected, [])


ALL, STREAMED = ("stream", "result", "blocking"), ("stream", "result")
CUT = Reply.of(BLOCKING, split=50, stop_after=1, end=Sleep(0.1)).steps
SHORT: dict[str, Any] = {"timeout": httpx.Timeout(5.0, read=0.2)}
LONGER: dict[str, Any] = {"timeout": httpx.Timeout(5.0, read=1.0)}  # the head comes within it
NOT_HTTP = httpx.RemoteProtocolError
# What happens to the first POST, in which modes of a run, what caused the doubt, and options.
UNCLEAR: dict[str, tuple[tuple[str, ...], Reply, type[Exception] | None, dict[str, Any]]] = {
    **{f"{status}": (ALL, gateway(status), GatewayError, {}) for status in (502, 503, 504, 524)},
    "500 of a proxy": (ALL, gateway(500), GatewayError, {}),
    "502, try again": (ALL, Reply.html(502, HTML, [("Retry-After", "1")]), GatewayError, {}),
    "reset before any byte": (ALL, Reply.raw(Reset()), ConnectionFailed, {}),
    "closed before any byte": (ALL, Reply.raw(Close()), ConnectionFailed, {}),
    "reset in the head": (ALL, Reply.raw(HEAD[:40], Sleep(0.1), Reset()), ConnectionFailed, {}),
    "not HTTP": (ALL, Reply.raw(b"SSH-2.0-x\r\n\r\n", Close()), ConnectionFailed, {}),
    "silence": (ALL, Reply.raw(Sleep(60)), RequestTimedOut, SHORT),
    "closed in the body": (("blocking",), Reply.raw(*CUT, Close()), ConnectionFailed, {}),
    "reset in the body": (("blocking",), Reply.raw(*CUT, Reset()), ConnectionFailed, {}),
    # From here on a stream has begun, and not its first event.
    "reset": (STREAMED, Reply.raw(HEAD, Sleep(0.1), Reset()), httpx.ReadError, {}),
    "closed": (STREAMED, Reply.raw(HEAD, Close()), NOT_HTTP, {}),
    "end": (STREAMED, Reply.stream(), None, {}),
    "end after a ping": (STREAMED, Reply.stream(PING), None, {}),
    "reset after a ping": (STREAMED, Reply.stream(PING, Sleep(0.1), Reset()), httpx.ReadError, {}),
    "end in the first event": (STREAMED, Reply.stream(PING, STARTED[:45]), None, {}),
    "closed in a chunk": (STREAMED, Reply.raw(HEAD, b"ff\r\nda", Close()), NOT_HTTP, {}),
    "no chunk": (STREAMED, Reply.raw(HEAD, b"<html>\r\n", Close()), NOT_HTTP, {}),
    "silence in a stream": (STREAMED, Reply.stream(Sleep(60)), httpx.ReadTimeout, LONGER),
    "silence after a ping": (STREAMED, Reply.stream(PING, Sleep(60)), httpx.ReadTimeout, LONGER),
}


@both
@pytest.mark.parametrize(
    ("name", "mode"), [(name, mode) for name, (modes, *_) in UNCLEAR.items() for mode in modes]
)
def test_after_an_unclear_answer_it_is_not_posted_again(kind: Kind, name: str, mode: str) -> None:
    _, reply, cause, options = UNCLEAR[name]
    posted = post(kind, mode, [reply], **options)
    error = posted.outcome
    assert posted.posts == 1
    assert type(error) is RunOutcomeUnknown
    assert (error.run_id, error.user, error.candidates) == (None, "dify-workflow", ())
    assert error.__cause__ is None if cause is None else type(error.__cause__) is cause
