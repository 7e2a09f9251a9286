"""How httpx is used: a client of the caller, what is set below ours, and what is given back."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable
from typing import Any, get_args

import httpx
import pytest
from dify_workflow import (
    DifyError,
    InvalidParam,
    RequestTimedOut,
    ServerError,
    TooManyRequests,
)
from facade import Kind, answered, both, both_by_both, close_given, given_client
from replay_server import Reply, Request
from slow_runs import FOREVER, NODE_STARTED, PING, RUN, RUN_ID, STARTED, Odd, freed, slow_runs
from wire_archive import exchange

DETAIL = exchange("1.14.2", "detail/empty")


@both_by_both
def test_keep_alive_of_tcp_is_on_for_streams(kind: Kind) -> None:
    with slow_runs(kind) as (_, _, dify), dify.run_workflow_stream({}) as stream:
        next(stream)
        assert stream._connection.resumable == (kind in get_args(Kind)[:2])
        response = stream._connection._response
        connection = response.extensions["network_stream"].get_extra_info("socket")
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60


@both_by_both
def test_what_is_lost_with_connections_of_httpx(kind: Kind) -> None:
    """A wait for the result ends a silent stream, when the silence has lasted as long as it may."""
    exact = kind in get_args(Kind)[:2]
    times = httpx.Timeout(5, read=0.5)
    with (
        slow_runs(kind, timeout=times) as (_, server, dify),
        dify.run_workflow_stream({}) as stream,
    ):
        next(stream)
        with pytest.raises(RequestTimedOut):
            stream.result(0.05)
        assert server.open_connections == 1 if exact else freed(server, dify)


@both_by_both
def test_a_cookie_of_one_answer_goes_out_with_no_other_request(kind: Kind) -> None:
    """They may be of another user, with another key."""
    answer = Reply.json(200, DETAIL.json(), [("Set-Cookie", "session=of-somebody; Path=/")])
    with answered(kind, answer) as (server, dify):
        dify.info("a")
        dify.with_options(api_key="app-another").info("a")
        assert ["cookie" in request.headers for request in server.requests] == [False, False]


@both
def test_a_client_of_httpx_is_used_and_not_closed(kind: Kind) -> None:
    seen: list[str] = []

    def note(one: httpx.Request | httpx.Response) -> None:
        seen.append(one.url.path if isinstance(one, httpx.Request) else str(one.status_code))

    async def async_note(one: httpx.Request | httpx.Response) -> None:
        note(one)

    hook = note if kind == "sync" else async_note
    hooks = {"request": [hook], "response": [hook]}
    more: Any = {"headers": {"X-Mine": "1"}, "follow_redirects": True, "timeout": 0.001}
    http = given_client(kind, event_hooks=hooks, **more)

    def handler(request: Request) -> Reply:
        return Reply.of(RUN if request.method == "POST" else DETAIL)

    with answered(kind, handler, http_client=http) as (server, dify):
        copy = dify.with_options(user="u")
        assert len(list(copy.run_workflow_stream({}))) == len(RUN.events())
        assert dify.info("b").status == "succeeded"
        assert seen == ["/v1/workflows/run", "200", "/v1/workflows/run/b", "200"]
        assert {request.headers["x-mine"] for request in server.requests} == {"1"}
        dify.close()
        assert not http.is_closed
        with pytest.raises(DifyError, match="closed"):
            dify.info("b")
        close_given(http, dify)


# Whatever goes wrong with a request or a stream, its connection is given back.

ONE = httpx.Limits(max_connections=1)
IN_TIME = httpx.Timeout(10.0, pool=2.0)  # a connection that is not given back is seen by `pool`
FAILING = str(uuid.UUID(int=500))
# What a run is answered with, as its inputs say, and a question for one, as its id does.
ANSWERS: dict[str, Reply] = {
    "429": Reply.json(429, {"code": "too_many_requests", "message": "x", "status": 429}),
    "error event": Reply.of(exchange("1.14.2", "errors/missing_required_streaming"), hold_open=60),
    "left": Reply.stream(PING, STARTED, NODE_STARTED, FOREVER),
    "streaming": Reply.of(RUN, hold_open=60),
    "blocking": Reply.of(exchange("1.14.2", "run/empty_blocking")),
    RUN_ID: Reply.of(DETAIL),
    FAILING: Reply.json(500, {"code": "unknown", "message": "x", "status": 500}),
}


def as_asked(request: Request) -> Reply:
    if request.method == "GET":
        return ANSWERS[request.path.rpartition("/")[2]]
    return ANSWERS[request.json()["inputs"].get("how") or request.json()["response_mode"]]


def _leaves(dify: Any) -> None:
    with dify.run_workflow_stream({"how": "left"}) as stream:
        for _ in stream:
            raise Odd


WRONG: list[tuple[type[Exception], Callable[[Any], Any]]] = [
    (TooManyRequests, lambda dify: dify.run_workflow({"how": "429"})),
    (TooManyRequests, lambda dify: dify.run_workflow({"how": "429"}, response_mode="blocking")),
    (ServerError, lambda dify: list(dify.run_workflow_stream({"how": FAILING}))),
    (ServerError, lambda dify: dify.info(FAILING)),
    (InvalidParam, lambda dify: dify.run_workflow({"how": "error event"})),
    (Odd, _leaves),
]


@pytest.mark.long
@pytest.mark.sample(2)
@both
@pytest.mark.parametrize("given", [False, True], ids=["our transport", "given client"])
def test_a_pool_of_one_connection_stays_usable(kind: Kind, given: bool) -> None:
    http = given_client(kind, limits=ONE) if given else None
    limits: dict[str, Any] = {"http_client": http} if given else {"limits": ONE}
    with answered(kind, as_asked, timeout=IN_TIME, max_retries=0, **limits) as (server, dify):
        for _ in range(10):
            for expected, go_wrong in WRONG:
                with pytest.raises(expected):
                    go_wrong(dify)
        for _ in range(3):
            assert dify.run_workflow({}).status == "succeeded"
            assert dify.run_workflow({}, response_mode="blocking").status == "succeeded"
            assert dify.info(RUN_ID).status == "succeeded"
            assert len(list(dify.run_workflow_stream({}))) == len(RUN.events())
        dify.close()
        if http is not None:
            close_given(http, dify)
        assert freed(server, dify)
    assert len(server.requests) == 10 * len(WRONG) + 12
