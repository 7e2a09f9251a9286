"""A run is posted once, and again only after an answer that surely started none."""

from __future__ import annotations

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
from facade import Kind, answered, both
from posting import (
    BLOCKING,
    HTML,
    OVER_QUOTA,
    STREAM,
    TOO_MANY,
    TOO_MANY_TODAY,
    UNKNOWN_500,
    Posted,
    gateway,
    modes,
    post,
    start,
)
from replay_server import Close, Reply, Request, Reset, Sleep
from wire_archive import exchange

HEAD = STREAM.head


@both
@modes
@pytest.mark.parametrize("busy", [TOO_MANY, TOO_MANY_TODAY], ids=["429", "400"])
def test_after_too_many_requests_it_is_posted_again(kind: Kind, mode: str, busy: Reply) -> None:
    once = post(kind, mode, [busy])
    assert (once.posts, once.outcome) == (2, "succeeded")
    assert len(once.pauses) == 1
    thrice = post(kind, mode, [busy] * 3)
    assert (thrice.posts, thrice.outcome) == (4, "succeeded")
    too_often = post(kind, mode, [busy] * 4)
    assert (too_often.posts, type(too_often.outcome)) == (4, TooManyRequests)
    assert len(too_often.pauses) == 3


# The server's answer to the first POST, by a name, and what is raised after this one POST.
DEFINITE: dict[str, tuple[Reply, type[Exception]]] = {
    "429 quota": (OVER_QUOTA, QuotaExceeded),
    "500 of Dify": (UNKNOWN_500, ServerError),
    "500 internal": (Reply.of(exchange("1.14.2", "errors/bad_number_type_blocking")), ServerError),
    "400": (Reply.of(exchange("1.14.2", "errors/missing_required_blocking")), InvalidParam),
    "400 not published": (
        Reply.of(exchange("1.14.2", "errors/run_unpublished_blocking")),
        AppUnavailable,
    ),
}


@both
@modes
@pytest.mark.parametrize("name", DEFINITE)
def test_after_an_error_of_dify_it_is_not_posted_again(kind: Kind, mode: str, name: str) -> None:
    reply, expected = DEFINITE[name]
    posted = post(kind, mode, [reply])
    assert (posted.posts, type(posted.outcome)) == (1, expected)
    assert posted.pauses == []


# What happens to the first POST, and what caused the doubt, for a stream and for one request.
UNCLEAR: dict[str, tuple[Reply, type[Exception] | None, type[Exception]]] = {
    "502": (gateway(502), GatewayError, GatewayError),
    "503": (gateway(503), GatewayError, GatewayError),
    "504": (gateway(504), GatewayError, GatewayError),
    "524": (gateway(524), GatewayError, GatewayError),
    "500 of a proxy": (gateway(500), GatewayError, GatewayError),
    "502 with Retry-After": (
        Reply.html(502, HTML, [("Retry-After", "1")]),
        GatewayError,
        GatewayError,
    ),
    "reset before any byte": (Reply.raw(Reset()), ConnectionFailed, ConnectionFailed),
    "closed before any byte": (Reply.raw(Close()), ConnectionFailed, ConnectionFailed),
    "reset inside the head": (
        Reply.raw(HEAD[:40], Sleep(0.1), Reset()),
        ConnectionFailed,
        ConnectionFailed,
    ),
    "not HTTP": (Reply.raw(b"SSH-2.0-x\r\n\r\n", Close()), ConnectionFailed, ConnectionFailed),
}


def check_unknown(posted: Posted, cause: type[Exception] | None) -> None:
    error = posted.outcome
    assert posted.posts == 1
    assert type(error) is RunOutcomeUnknown
    assert (error.run_id, error.user, error.candidates) == (None, "dify-workflow", ())
    assert error.__cause__ is None if cause is None else type(error.__cause__) is cause


@both
@modes
@pytest.mark.parametrize("name", UNCLEAR)
def test_after_an_unclear_answer_it_is_not_posted_again(kind: Kind, mode: str, name: str) -> None:
    reply, streamed, plain = UNCLEAR[name]
    check_unknown(post(kind, mode, [reply]), plain if mode == "blocking" else streamed)


PING = b"event: ping\n\n"
STARTED = STREAM.frames()[1]
assert STARTED.startswith(b'data: {"event":"workflow_started"')

CUT_STREAMS: dict[str, tuple[Reply, type[Exception] | None]] = {
    "reset after the head": (Reply.raw(HEAD, Sleep(0.1), Reset()), httpx.ReadError),
    "closed after the head": (Reply.raw(HEAD, Close()), httpx.RemoteProtocolError),
    "end after the head": (Reply.stream(), None),
    "end after a ping": (Reply.stream(PING), None),
    "reset after a ping": (Reply.stream(PING, Sleep(0.1), Reset()), httpx.ReadError),
    "end inside the first event": (Reply.stream(PING, STARTED[:45]), None),
    "closed inside a chunk": (Reply.raw(HEAD, b"ff\r\nda", Close()), httpx.RemoteProtocolError),
    "not a chunk": (Reply.raw(HEAD, b"<html>\r\n", Close()), httpx.RemoteProtocolError),
}


@both
@pytest.mark.parametrize("mode", ["stream", "result"])
@pytest.mark.parametrize("name", CUT_STREAMS)
def test_a_stream_cut_before_its_first_event_is_not_posted_again(
    kind: Kind, mode: str, name: str
) -> None:
    reply, cause = CUT_STREAMS[name]
    check_unknown(post(kind, mode, [reply]), cause)


@both
def test_a_blocking_answer_cut_inside_its_body_is_not_posted_again(kind: Kind) -> None:
    for end in (Close(), Reset()):
        cut = Reply.raw(*Reply.of(BLOCKING, split=50, stop_after=1, end=Sleep(0.1)).steps, end)
        check_unknown(post(kind, "blocking", [cut]), ConnectionFailed)


@both
@modes
def test_a_read_time_out_is_not_posted_again(kind: Kind, mode: str) -> None:
    timeout = httpx.Timeout(5.0, read=0.2)
    posted = post(kind, mode, [Reply.raw(Sleep(60))], timeout=timeout)
    check_unknown(posted, RequestTimedOut)


@both
@pytest.mark.parametrize("mode", ["stream", "result"])
def test_silence_after_the_head_is_not_posted_again(kind: Kind, mode: str) -> None:
    timeout = httpx.Timeout(5.0, read=1.0)  # the head comes within it
    for steps in ((), (PING,)):
        posted = post(kind, mode, [Reply.stream(*steps, Sleep(60))], timeout=timeout)
        check_unknown(posted, httpx.ReadTimeout)


@both
@pytest.mark.parametrize("mode", ["stream", "result"])
def test_a_stream_cut_after_its_start_is_followed_and_not_posted_again(
    kind: Kind, mode: str
) -> None:
    def handler(request: Request) -> Reply:
        if request.method == "POST":
            return Reply.of(STREAM, stop_after=3)
        assert request.path.endswith("/events")
        return Reply.of(STREAM, hold_open=60)

    with answered(kind, handler) as (server, dify):
        assert start(dify, mode) == "succeeded"
        assert [request.method for request in server.requests] == ["POST", "GET"]
