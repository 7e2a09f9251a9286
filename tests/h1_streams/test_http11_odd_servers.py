"""What servers, systems and other people's programs really did to connections."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import h1_streams.async_connection
import h1_streams.connection
import httpx
import pytest
import trio
from dify_workflow._clients._async.io import AsyncRouter
from dify_workflow._transport.pools import TransportSettings
from facade import Kind, answered, both
from places import TLS
from raw_http import Peer, RawServer, Way, answers, asked, ways
from replay_reply import chunked, head
from replay_server import ReplayServer, Reply, Sleep
from slow_runs import RUN
from tunnel import trusting

# Malformed framing behind a whole run.


@both
def test_events_before_malformed_framing_are_delivered(kind: Kind) -> None:
    framing = [("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")]
    sent = b"".join(step for step in chunked(RUN.frames()) if isinstance(step, bytes))
    with answered(kind, Reply((head(200, framing) + sent + b"ZZ\r\n",))) as (server, dify):
        assert [event.raw for event in dify.run_workflow_stream({})] == RUN.events()
        assert dify.run_workflow({}).status == "succeeded"
        assert len(server.requests) == 2


# A surplus response in a TLS record of its own.


class Records:
    """A server of TLS, or within the TLS of a proxy, whose records are known."""

    def __init__(self, peer: Any, *, below: Records | None = None) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "server.pem")
        self._receive: Any = below.read if below else lambda: peer._socket.recv(65_536)
        self._sent: Any = below.send if below else peer.send
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._perform(self._tls.do_handshake)
        self._flush()

    def _perform(self, step: Any, *given: Any) -> Any:
        while True:
            try:
                return step(*given)
            except ssl.SSLWantReadError:
                self._flush()
                if not (data := self._receive()):
                    raise ConnectionError from None
                self._incoming.write(data)

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._sent(self._outgoing.read())

    def read(self) -> bytes:
        try:
            data: bytes = self._perform(self._tls.read, 65_536)
        except ssl.SSLError:
            raise ConnectionError from None
        return data

    def request(self) -> bytes:
        found = b""
        while not found.endswith(b"\r\n\r\n"):
            if not (data := self.read()):
                raise ConnectionError
            found += data
        return found

    def send(self, *records: bytes) -> None:
        """Send records in one segment."""
        for record in records:
            self._tls.write(record)
        self._flush()


def said(text: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text)


@ways
@pytest.mark.parametrize("through_proxy", [False, True])
def test_a_surplus_response_in_a_record_of_its_own_is_never_taken(
    way: Way, through_proxy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(peer: Peer) -> None:
        records = Records(peer)
        if through_proxy:
            assert records.request().startswith(b"CONNECT")
            records.send(b"HTTP/1.1 200 OK\r\n\r\n")
            records = Records(peer, below=records)
        records.request()
        records.send(said(b"first"), said(b"STALE"))
        records.request()  # which would be on the connection of the surplus
        records.send(said(b"second on the same"))

    for module in (h1_streams.connection, h1_streams.async_connection):
        monkeypatch.setattr(module, "proxy_context", trusting)
    with RawServer(serve) as server:
        url = server.url.replace("http", "https")
        options: dict[str, Any] = {"proxy": url} if through_proxy else {}
        get = [httpx.Request("GET", url) for _ in range(2)]
        found = asked(way, get, verify=trusting(), **options)
        assert [response["body"] for response in found] == [b"first", b"first"]
        assert server.connections == 2


# Threads.


@pytest.mark.long
def test_one_client_in_several_runs_of_trio_at_once() -> None:
    limits = httpx.Limits(max_connections=2, max_keepalive_connections=2)
    with RawServer(answers(said(b"ok"))) as server:
        shared = httpx.AsyncClient(
            transport=AsyncRouter(TransportSettings(limits=limits)), timeout=10
        )
        found: list[str] = []

        async def ask() -> None:
            for _ in range(20):
                found.append((await shared.get(server.url)).text)

        async def main() -> None:
            async with trio.open_nursery() as nursery:
                for _ in range(4):
                    nursery.start_soon(ask)

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(trio.run, [main] * 6))
        assert found == ["ok"] * 6 * 4 * 20
        router: Any = shared._transport
        assert router._loops == {}  # their sockets are closed with each run


# A process that is stopped (Ctrl-Z, a debugger, a frozen container) for longer than it may wait.

STOPPED = """
import asyncio, os, sys, httpx
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow
options = {"base_url": sys.argv[1], "api_key": "a", "timeout": httpx.Timeout(5, read=1.0)}
def main():
    with DifyWorkflow(**options) as dify, dify.run_workflow_stream({}) as stream:
        print(next(stream).event, flush=True)
        print(stream.result().status, stream.recovered)
async def amain():
    async with AsyncDifyWorkflow(**options) as dify, dify.run_workflow_stream({}) as stream:
        print((await anext(stream)).event, flush=True)
        print((await stream.result()).status, stream.recovered)
{"sync": main, "trio": lambda: __import__("trio").run(amain)}.get(
    sys.argv[2], lambda: asyncio.run(amain()))()
"""


@pytest.mark.sample(1)
@ways
@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing is stopped on Windows")
def test_a_stopped_process_that_wakes_with_bytes_in_its_socket_has_not_been_silent(
    way: Way,
) -> None:
    first, *others = RUN.frames()[1:]
    reply = Reply.stream(first, Sleep(0.3), *others)
    with ReplayServer([reply]) as server:
        command = [sys.executable, "-W", "ignore", "-c", STOPPED, server.url, way]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "workflow_started\n"
            os.kill(child.pid, signal.SIGSTOP)
            threading.Event().wait(1.5)
            os.kill(child.pid, signal.SIGCONT)
            assert child.stdout.read() == "succeeded False\n"
        assert len(server.requests) == 1


# A body that somebody has read, or put something in front of.


class Tee(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, stream: Any, seen: list[bytes]) -> None:
        self._stream, self._seen = stream, seen

    def __iter__(self) -> Iterator[bytes]:
        for data in self._stream:
            self._seen.append(data)
            yield data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._stream:
            self._seen.append(data)
            yield data

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


@both
@pytest.mark.parametrize("way", ["read", "begun", "replaced", "replaced below"])
def test_a_body_is_read_from_where_it_is_now(
    kind: Kind, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    begun: list[Any] = []
    below = way == "replaced below"
    if kind == "sync":
        owner: Any = httpx.HTTPTransport if below else httpx.Client
    else:
        owner = httpx.AsyncHTTPTransport if below else httpx.AsyncClient
    name = ("handle_request" if kind == "sync" else "handle_async_request") if below else "send"
    original = getattr(owner, name)

    async def change(response: httpx.Response) -> None:
        if way == "read":
            seen.append(response.read() if kind == "sync" else await response.aread())
        elif way == "begun":
            parts: Any = response.stream
            begun.append(iter(parts) if kind == "sync" else aiter(parts))
            seen.append(next(begun[0]) if kind == "sync" else await anext(begun[0]))
        else:
            response.stream = Tee(response.stream, seen)

    def patched(self: Any, *args: Any, **kwargs: Any) -> Any:
        response = original(self, *args, **kwargs)
        asyncio.run(change(response))
        return response

    async def async_patched(self: Any, *args: Any, **kwargs: Any) -> Any:
        response = await original(self, *args, **kwargs)
        await change(response)
        return response

    monkeypatch.setattr(owner, name, patched if kind == "sync" else async_patched)
    ping, *frames = RUN.frames()
    reply = Reply.stream(ping, Sleep(0.05), *frames)
    with answered(kind, reply) as (_, dify):
        assert [event.raw for event in dify.run_workflow_stream({})] == RUN.events()
    whole = b"".join(seen)
    assert whole == (ping if way == "begun" else b"".join(RUN.frames()))
