"""Posting a run over connections that cannot be made, time out, or were idle."""

from __future__ import annotations

import socket
import time
from typing import Any

import httpx
import pytest
from dify_workflow import ConnectionFailed, RequestTimedOut, RunOutcomeUnknown
from dify_workflow._transport import pools
from facade import Kind, answered, both_by_both, client, mocked
from pauses import recorded_pauses
from posting import BLOCKING, STREAM, modes, start
from replay_server import ReplayServer, Reply, Request, Reset
from wire_archive import exchange


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@both_by_both
@modes
def test_a_refused_connection_is_tried_again(kind: Kind, mode: str) -> None:
    url = f"http://127.0.0.1:{_free_port()}"
    with recorded_pauses() as pauses, client(kind, url) as dify:
        assert type(start(dify, mode)) is ConnectionFailed
        assert len(pauses) == 3
        assert type(start(dify, mode, max_retries=0)) is ConnectionFailed
        assert len(pauses) == 3


def _mock(kind: Kind, failures: list[Exception], sent: list[httpx.Request]) -> Any:
    """An httpx client whose connections fail like this in turn, and then work."""
    waiting = iter(failures)

    def handler(request: httpx.Request) -> httpx.Response:
        for failure in waiting:
            raise failure
        sent.append(request)
        done = BLOCKING if b'"blocking"' in request.content else STREAM
        return httpx.Response(done.status, headers=done.headers, content=done.body)

    return mocked(kind, handler)


UNSENT = [httpx.ConnectTimeout, httpx.ConnectError, httpx.PoolTimeout, httpx.ProxyError]


@both_by_both
@modes
@pytest.mark.parametrize("failure", UNSENT)
def test_what_failed_to_connect_is_tried_again(
    kind: Kind, mode: str, failure: type[httpx.TransportError]
) -> None:
    timed_out = issubclass(failure, httpx.TimeoutException)
    for failures, posts in ((1, 1), (3, 1), (4, 0)):
        sent: list[httpx.Request] = []
        http = _mock(kind, [failure("no")] * failures, sent)
        with (
            recorded_pauses() as pauses,
            client(kind, "http://dify.test", http_client=http) as dify,
        ):
            outcome = start(dify, mode)
        assert len(pauses) == min(failures, 3)
        assert len(sent) == posts
        if posts:
            assert outcome == "succeeded"
        else:
            assert type(outcome) is (RequestTimedOut if timed_out else ConnectionFailed)
            assert type(outcome.__cause__) is failure


SENT = [httpx.ReadError, httpx.ReadTimeout, httpx.WriteError, httpx.WriteTimeout]


@both_by_both
@pytest.mark.parametrize("failure", [*SENT, httpx.RemoteProtocolError, httpx.CloseError])
def test_what_may_have_been_sent_is_not_sent_again(
    kind: Kind, failure: type[httpx.TransportError]
) -> None:
    sent: list[httpx.Request] = []
    http = _mock(kind, [failure("no")], sent)
    with client(kind, "http://dify.test", http_client=http) as dify:
        assert type(start(dify, "blocking")) is RunOutcomeUnknown
    assert sent == []  # the mock saw the first one only


@both_by_both
def test_a_pooled_connection_that_the_server_has_closed_is_not_used(kind: Kind) -> None:
    """gunicorn closes what was idle for 2 s."""
    with (
        ReplayServer([Reply.of(BLOCKING)], idle_close=0.25) as server,
        client(kind, server) as dify,
    ):
        for number in range(1, 3):
            assert start(dify, "blocking") == "succeeded"
            server.wait_closed()
            assert (server.connections, len(server.requests)) == (number, number)


@both_by_both
def test_a_post_on_a_pooled_connection_that_breaks_is_not_posted_again(kind: Kind) -> None:
    def handler(request: Request) -> Reply:
        return Reply.of(BLOCKING) if request.nth == 1 else Reply.raw(Reset())

    with answered(kind, handler) as (server, dify):
        assert start(dify, "blocking") == "succeeded"
        assert type(start(dify, "blocking")) is RunOutcomeUnknown
        assert [(request.connection, request.nth) for request in server.requests] == [
            (1, 1),
            (1, 2),
        ]


@both_by_both
def test_a_post_uses_no_connection_that_was_idle_for_long(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pools._KEEPALIVE_EXPIRY <= 1.0  # half of gunicorn's
    monkeypatch.setattr(pools, "_KEEPALIVE_EXPIRY", 0.02)
    with answered(kind, Reply.of(BLOCKING)) as (server, dify):
        assert start(dify, "blocking") == "succeeded"
        time.sleep(0.05)
        assert start(dify, "blocking") == "succeeded"
        assert [request.connection for request in server.requests] == [1, 2]


@both_by_both
def test_a_stream_never_uses_a_pooled_connection(kind: Kind) -> None:
    def handler(request: Request) -> Reply:
        if request.method == "GET":
            return Reply.of(exchange("1.14.2", "detail/empty"))
        return Reply.of(STREAM if request.json()["response_mode"] == "streaming" else BLOCKING)

    with answered(kind, handler) as (server, dify):
        for mode in ("blocking", "stream", "blocking", "result", "stream"):
            assert start(dify, mode) == "succeeded"
            dify.info("x")
        used = [(request.connection, request.nth) for request in server.requests]
    assert used == [
        *((1, 1), (1, 2)),
        *((2, 1), (1, 3)),
        *((1, 4), (1, 5)),
        *((3, 1), (1, 6)),
        *((4, 1), (1, 7)),
    ]
