"""Posting a run over connections that cannot be made, time out, or were idle."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from dify_workflow import ConnectionFailed, RequestTimedOut, RunOutcomeUnknown
from dify_workflow._transport import pools
from facade import Kind, answered, both, both_by_both, client, mocked
from pauses import recorded_pauses
from posting import BLOCKING, STREAM, modes, start
from replay_server import ReplayServer, Reply, Request, Reset
from wire_archive import exchange


@both_by_both
@modes
def test_a_refused_connection_is_tried_again(kind: Kind, mode: str) -> None:
    with recorded_pauses() as pauses, client(kind, "http://127.0.0.1:9") as dify:
        for options in ({}, {"max_retries": 0}):
            assert type(start(dify, mode, **options)) is ConnectionFailed
            assert len(pauses) == 3


def posted(kind: Kind, mode: str, failures: list[Exception]) -> tuple[int, int, Any]:
    """Run over a client of httpx that fails so and then works: posts, pauses, the outcome."""
    sent, waiting = [], iter(failures)

    def handler(request: httpx.Request) -> httpx.Response:
        for failure in waiting:
            raise failure
        sent.append(request)
        done = BLOCKING if b'"blocking"' in request.content else STREAM
        return httpx.Response(done.status, headers=done.headers, content=done.body)

    http = mocked(kind, handler)
    with recorded_pauses() as pauses, client(kind, "http://dify.test", http_client=http) as dify:
        outcome = start(dify, mode)
    return len(sent), len(pauses), outcome


UNSENT = [httpx.ConnectTimeout, httpx.ConnectError, httpx.PoolTimeout, httpx.ProxyError]


@both
@modes
@pytest.mark.parametrize("failure", UNSENT)
def test_what_failed_to_connect_is_tried_again(
    kind: Kind, mode: str, failure: type[httpx.TransportError]
) -> None:
    timed_out = issubclass(failure, httpx.TimeoutException)
    for failures in (1, 3):
        assert posted(kind, mode, [failure("no")] * failures) == (1, failures, "succeeded")
    sent, pauses, outcome = posted(kind, mode, [failure("no")] * 4)
    assert (sent, pauses) == (0, 3)
    assert type(outcome) is (RequestTimedOut if timed_out else ConnectionFailed)
    assert type(outcome.__cause__) is failure


SENT = [httpx.ReadError, httpx.ReadTimeout, httpx.WriteError, httpx.WriteTimeout]


@both
@pytest.mark.parametrize("failure", [*SENT, httpx.RemoteProtocolError, httpx.CloseError])
def test_what_may_have_been_sent_is_not_sent_again(
    kind: Kind, failure: type[httpx.TransportError]
) -> None:
    sent, pauses, outcome = posted(kind, "blocking", [failure("no")])
    assert (sent, pauses, type(outcome)) == (0, 0, RunOutcomeUnknown)


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
        used = [(request.connection, request.nth) for request in server.requests]
    assert used == [(1, 1), (1, 2)]


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
    pooled = [(1, nth) for nth in range(1, 8)]  # blocking runs, and the detail of each run
    assert [one for one in used if one[0] == 1] == pooled
    assert [one for one in used if one[0] != 1] == [(2, 1), (3, 1), (4, 1)]
