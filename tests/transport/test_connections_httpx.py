"""How httpx is used: a client of the caller, what is set below ours, and what is given back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_args

import httpx
import pytest
from dify_workflow import (
    DifyError,
    InvalidArgument,
    InvalidParam,
    RequestTimedOut,
    ServerError,
    TooManyRequests,
    WorkflowRunRequest,
)
from facade import Kind, answered, both, both_by_both, client, close_given, given_client
from recorded_runs import run_streams
from replay_server import ReplayServer, Reply, Request
from slow_runs import FOREVER, NODE_STARTED, PING, RUN, RUN_ID, STARTED, Odd, freed, slow_runs
from wire_archive import exchange

DETAIL = exchange("1.14.2", "detail/empty")
ENDED = [item for item in run_streams("1.14.2") if item.events()[-1]["event"] != "error"]


@both
def test_keep_alive_of_tcp_is_on_for_streams(kind: Kind) -> None:
    with slow_runs(kind) as (_, _, dify), dify.run_workflow_stream({}) as stream:
        next(stream)
        response = stream._connection._response
        connection = response.extensions["network_stream"].get_extra_info("socket")
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60


@both_by_both
@pytest.mark.parametrize("item", ENDED[::9], ids=lambda item: item.case)
def test_connections_of_both_kinds_give_the_same(kind: Kind, item: Any) -> None:
    with answered(kind, Reply.of(item, hold_open=60)) as (server, dify):
        with dify.run_workflow_stream({}) as stream:
            first = next(stream)
            assert stream._connection.resumable == (kind in get_args(Kind)[:2])
            assert [event.raw for event in (first, *stream)] == item.events()
        assert dify.run_workflow({}).raw == item.events()[-1]
        with dify.run_workflow_stream({}) as stream:
            next(stream)
        dify.close()
        assert freed(server, dify)


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


@both
def test_connections_are_of_two_kinds(kind: Kind) -> None:
    with (
        pytest.raises(InvalidArgument, match='"httpx"'),
        client(kind, "http://a", connections="h11"),
    ):
        pass


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


ROUNDS = 10
ONE = httpx.Limits(max_connections=1)
IN_TIME = httpx.Timeout(10.0, pool=2.0)  # a connection that is not given back is seen by `pool`
BLOCKING = WorkflowRunRequest(inputs={}, response_mode="blocking")
ERROR_EVENT = exchange("1.14.2", "errors/missing_required_streaming")

ANSWERS: dict[str, Reply] = {
    "429": Reply.json(429, {"code": "too_many_requests", "message": "x", "status": 429}),
    "500": Reply.json(500, {"code": "unknown", "message": "x", "status": 500}),
    "error event": Reply.of(ERROR_EVENT, hold_open=60),
    "left": Reply.stream(PING, STARTED, NODE_STARTED, FOREVER),
    "fine": Reply.of(RUN, hold_open=60),
}


class Server:
    """The handler: answers runs as it is told."""

    def __init__(self) -> None:
        self.mood = "fine"

    def __call__(self, request: Request) -> Reply:
        if request.method == "GET":
            detail = Reply.of(exchange("1.14.2", "detail/empty"))
            return detail if self.mood == "fine" else ANSWERS[self.mood]
        if self.mood == "fine" and request.json()["response_mode"] == "blocking":
            return Reply.of(exchange("1.14.2", "run/empty_blocking"))
        return ANSWERS[self.mood]


def _fails(call: Callable[[], Any], expected: type[Exception]) -> None:
    with pytest.raises(expected):
        call()


def _breaks(dify: Any) -> None:
    with dify.run_workflow_stream({}) as stream:
        for _ in stream:
            break


def _raises(dify: Any) -> None:
    with dify.run_workflow_stream({}) as stream:
        for _ in stream:
            raise Odd


def _is_cancelled(dify: Any) -> None:
    """Cancelled where there are tasks, else closed before its end and without a `with`."""
    if (runner := getattr(dify, "_runner", None)) is None:
        next(stream := dify.run_workflow_stream({}))
        stream.close()
        return

    async def main() -> None:
        started = asyncio.Event()

        async def read() -> None:
            async for _ in dify._inner.run_workflow_stream({}):
                started.set()

        task = asyncio.create_task(read())
        await started.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    runner.run(main())


# Each thing that goes wrong: the server's mood, and what the client does.
WRONG: list[tuple[str, Callable[[Any], None]]] = [
    ("429", lambda dify: _fails(lambda: dify.run_workflow({}), TooManyRequests)),
    ("429", lambda dify: _fails(lambda: dify.run_workflow(BLOCKING), TooManyRequests)),
    ("500", lambda dify: _fails(lambda: list(dify.run_workflow_stream({})), ServerError)),
    ("500", lambda dify: _fails(lambda: dify.info(RUN_ID), ServerError)),
    ("error event", lambda dify: _fails(lambda: dify.run_workflow({}), InvalidParam)),
    ("left", _breaks),
    ("left", lambda dify: _fails(lambda: _raises(dify), Odd)),
    ("left", _is_cancelled),
]


@contextmanager
def one_connection(kind: Kind, given: bool, url: str) -> Iterator[Any]:
    """Give a client of one connection: over our own transport, or over a client of the caller."""
    options: dict[str, Any] = {"timeout": IN_TIME, "max_retries": 0}
    options |= {"http_client": given_client(kind, limits=ONE)} if given else {"limits": ONE}
    with client(kind, url, **options) as dify:
        yield dify
        if given:
            close_given(options["http_client"], dify)


@pytest.mark.long
@pytest.mark.sample(2)
@both
@pytest.mark.parametrize("given", [False, True], ids=["our transport", "given client"])
def test_a_pool_of_one_connection_stays_usable(kind: Kind, given: bool) -> None:
    server_side = Server()
    with ReplayServer(server_side) as server:
        with one_connection(kind, given, server.url) as dify:
            for _ in range(ROUNDS):
                for server_side.mood, go_wrong in WRONG:
                    go_wrong(dify)
            server_side.mood = "fine"
            for _ in range(3):
                assert dify.run_workflow({}).status == "succeeded"
                assert dify.run_workflow(BLOCKING).status == "succeeded"
                assert dify.info(RUN_ID).status == "succeeded"
                assert len(list(dify.run_workflow_stream({}))) == len(RUN.events())
        assert freed(server, None)
    assert len(server.requests) == ROUNDS * len(WRONG) + 12
