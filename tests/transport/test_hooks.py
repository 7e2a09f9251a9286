"""What is put around httpx and httpcore is seen, and what is not as expected is left alone.

Layers of httpx are left out only where nobody looks into them: each hook sees each request.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from types import SimpleNamespace
from typing import Any

import http_hooks
import httpcore
import httpx
import pytest
from dify_workflow._transport.pools import TracedConnection, TransportSettings
from facade import Kind, both, client, close_given, given_client, run_reply
from h1_streams.connection import Connection
from h1_streams.connection_handle import ConnectionHandle
from http_hooks import HOOKS, OF_A_CLIENT, OF_A_PROXY
from replay_server import ReplayServer, Reply
from slow_runs import RUN


@both
@pytest.mark.parametrize("name", [*HOOKS, *OF_A_CLIENT, *OF_A_PROXY])
def test_a_hook_that_comes_after_the_first_run_sees_each_request(kind: Kind, name: str) -> None:
    seen: list[Any] = []
    with ReplayServer(run_reply) as server:
        proxy = server.url if name in OF_A_PROXY else None
        with client(kind, server, proxy=proxy) as dify:
            calls = (dify.run_workflow, partial(dify.run_workflow, response_mode="blocking"))
            for hook in (None, (HOOKS | OF_A_CLIENT | OF_A_PROXY)[name], None):
                undo = hook(seen, dify._connections()) if hook else lambda: None
                try:
                    counts = [http_hooks.run(seen, call) for call in calls]
                finally:
                    undo()
                assert counts == ([1, 1] if hook else [0, 0])


@both
def test_the_steps_of_httpcore_are_told_over_a_client_that_is_given(kind: Kind) -> None:
    seen: list[str] = []

    def trace(event: str, _: Any) -> None:
        if event == "http11.receive_response_headers.complete":
            seen.append(event)

    async def async_trace(event: str, info: Any) -> None:
        trace(event, info)

    def hook(request: httpx.Request) -> None:
        request.extensions["trace"] = trace if kind == "sync" else async_trace

    async def async_hook(request: httpx.Request) -> None:
        hook(request)

    http = given_client(kind, event_hooks={"request": [hook if kind == "sync" else async_hook]})
    with ReplayServer(run_reply) as server, client(kind, server, http_client=http) as dify:
        for mode in ("streaming", "blocking"):
            dify.run_workflow({}, response_mode=mode)
        close_given(http, dify)
    assert len(seen) == 2


@pytest.mark.long
@pytest.mark.sample(3)
@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_that_was_there_before_the_import_sees_each_request(name: str) -> None:
    with ReplayServer([Reply.of(RUN)]) as server:
        command = [sys.executable, http_hooks.__file__, server.url, name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == "1 1\n", done.stderr


@both
def test_an_answer_in_place_of_a_connection(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """As mocks of httpcore give it: without our body, and without any connection."""

    def answer(self: Any, request: httpcore.Request) -> httpcore.Response:
        headers = [(b"content-type", b"text/event-stream"), (b"x-version", b"1.14.2")]
        return httpcore.Response(200, headers=headers, content=b"".join(RUN.frames()))

    async def async_answer(self: Any, request: httpcore.Request) -> httpcore.Response:
        return answer(self, request)

    monkeypatch.setattr(httpcore.ConnectionPool, "handle_request", answer)
    monkeypatch.setattr(httpcore.AsyncConnectionPool, "handle_async_request", async_answer)
    with client(kind, "http://dify.test/v1") as dify, dify.run_workflow_stream({}) as stream:
        first = next(stream)
        assert not stream._connection.resumable
        assert [event.raw for event in (first, *stream)] == RUN.events()


class Socks:
    """A pool as for a SOCKS proxy, for which httpx needs another package."""

    def create_connection(self, origin: httpcore.Origin) -> None:
        """As httpcore does."""


@pytest.mark.parametrize(
    ("pool", "proxy"),
    [
        (Socks(), "socks5://127.0.0.1:1"),
        (Socks(), "socks5h://127.0.0.1:1"),
        (SimpleNamespace(), None),
    ],
    ids=["socks5", "socks5h", "a pool of which nothing is known"],
)
def test_connections_are_left_to_httpcore(pool: Any, proxy: str | None) -> None:
    settings, url = TransportSettings(False, proxy), httpx.URL("http://dify.test")
    transport = SimpleNamespace(_pool=pool)
    seen = settings.connect_by(transport, url, Connection, ConnectionHandle())
    assert isinstance(seen, TracedConnection)
    assert not vars(pool)  # it makes what it made


@pytest.mark.long
def test_httpcore_is_imported_when_the_first_connection_is_made() -> None:
    """Importing it takes as long as all of this package."""
    code = "import sys, dify_workflow._transport.pools; print('httpcore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
