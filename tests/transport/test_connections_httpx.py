"""How httpx is used: a client of the caller, and what is set below one of ours."""

from __future__ import annotations

import socket
from typing import Any, get_args

import httpx
import pytest
from dify_workflow import DifyError, InvalidArgument, RequestTimedOut
from facade import Kind, answered, both, both_by_both, client, close_given, given_client
from recorded_runs import run_streams
from replay_server import Reply, Request
from slow_runs import RUN, freed, slow_runs
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
