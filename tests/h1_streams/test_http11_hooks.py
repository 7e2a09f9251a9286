"""What is put around httpx and httpcore is seen, and what is not as expected is left alone."""

from __future__ import annotations

import sys
from typing import Any

import httpcore
import httpx
import pytest
from dify_workflow import WorkflowRunRequest
from dify_workflow._clients._sync.io import Router
from dify_workflow._transport import pools
from dify_workflow._transport.pools import TransportSettings
from facade import Kind, answered, both, client
from h1_streams.async_connection import AsyncConnection
from h1_streams.connection import Connection
from h1_streams.connection_handle import ConnectionHandle
from replay_server import Reply, Request
from slow_runs import RUN
from wire_archive import exchange

BLOCKING = exchange("1.14.2", "run/empty_blocking")


def dify_server(request: Request) -> Reply:
    if request.json()["response_mode"] == "blocking":
        return Reply.of(BLOCKING)
    return Reply.of(RUN)


def use(dify: Any) -> None:
    """Make a plain request, and open a stream."""
    dify.run_workflow(WorkflowRunRequest(inputs={}, response_mode="blocking"))
    assert len(list(dify.run_workflow_stream({}))) == len(RUN.events())


@both
def test_an_answer_in_place_of_a_connection(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """As mocks of httpcore give it: without our body, and without any connection."""

    def answer(self: Any, request: httpcore.Request) -> httpcore.Response:
        headers = [(b"content-type", b"text/event-stream"), (b"x-version", b"1.14.2")]
        return httpcore.Response(200, headers=headers, content=RUN_BODY)

    async def async_answer(self: Any, request: httpcore.Request) -> httpcore.Response:
        return answer(self, request)

    monkeypatch.setattr(httpcore.ConnectionPool, "handle_request", answer)
    monkeypatch.setattr(httpcore.AsyncConnectionPool, "handle_async_request", async_answer)
    with client(kind, "http://dify.test/v1") as dify, dify.run_workflow_stream({}) as stream:
        first = next(stream)
        assert not stream._connection.resumable
        assert [event.raw for event in (first, *stream)] == RUN.events()


RUN_BODY = b"".join(RUN.frames())


# Where connections come from.


def settings(proxy: str | None = None) -> pools.TransportSettings:
    return pools.TransportSettings(False, proxy, None)


def put_in(transport: Any, proxy: str | None, url: str = "http://dify.test") -> None:
    settings(proxy).connect_by(transport, httpx.URL(url), Connection, ConnectionHandle())


ORIGIN = httpcore.Origin(b"http", b"dify.test", 80)


@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:1", "https://127.0.0.1:1"])
def test_the_pools_of_httpx_make_our_connections(proxy: str | None) -> None:
    transport = httpx.HTTPTransport(**settings(proxy).arguments(httpx.URL("http://a"), own=True))
    put_in(transport, proxy)
    assert isinstance(transport._pool.create_connection(ORIGIN), Connection)
    again = Router(TransportSettings(proxy=proxy))._transport(httpx.URL("http://dify.test"))[0]
    assert isinstance(again._pool.create_connection(ORIGIN), Connection)


class Socks:
    """A pool as for a SOCKS proxy, for which httpx needs another package."""

    def create_connection(self, origin: httpcore.Origin) -> str:
        return "its own"


class Wrapped:
    """A transport whose pool is `_pool`."""

    def __init__(self, pool: object) -> None:
        self._pool = pool


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_left_to_httpcore(scheme: str) -> None:
    transport = Wrapped(Socks())
    put_in(transport, f"{scheme}://127.0.0.1:1")
    assert transport._pool.create_connection(ORIGIN) == "its own"  # type: ignore[attr-defined]
    put_in(transport, None)
    assert isinstance(transport._pool.create_connection(ORIGIN), Connection)  # type: ignore[attr-defined]


@both
def test_a_pool_that_cannot_be_given_connections_is_left_alone(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hidden:
        """A pool of which only requests are seen."""

        def __init__(self, pool: Any) -> None:
            self.handle_request = getattr(pool, "handle_request", None)
            self.handle_async_request = getattr(pool, "handle_async_request", None)
            self.close = getattr(pool, "close", None)
            self.aclose = getattr(pool, "aclose", None)

    owner = httpx.HTTPTransport if kind == "sync" else httpx.AsyncHTTPTransport
    original: Any = owner.__init__

    def make(self: Any, **options: Any) -> None:
        original(self, **options)
        self._pool = Hidden(self._pool) if hidden else self._pool

    def fail(*_: object) -> None:
        raise AssertionError("one of our connections was made")

    monkeypatch.setattr(owner, "__init__", make)
    for hidden in (False, True):
        with answered(kind, dify_server) as (_, dify):
            if hidden:
                monkeypatch.setattr(Connection, "__init__", fail)
                monkeypatch.setattr(AsyncConnection, "__init__", fail)
            use(dify)


def test_httpcore_is_imported_when_the_first_connection_is_made() -> None:
    """Importing it takes as long as all of this package."""
    import subprocess

    code = "import sys, dify_workflow._transport.pools; print('httpcore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
