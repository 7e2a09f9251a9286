"""A request that is cancelled closes its connection, wherever it was, and the pool goes on."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import anyio
import httpx
import pytest
from dify_workflow._clients._async.io import AsyncRouter
from dify_workflow._transport.pools import TransportSettings
from raw_http import LONGEST, OK, Peer, RawServer, answers, full_server, in_loop
from tunnel import trusting

ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Stuck:
    """Answers each GET; for a POST stops, after what it says, until the client has gone."""

    def __init__(self, said: bytes) -> None:
        self._said = said
        self.waits = threading.Event()

    def __call__(self, peer: Peer) -> None:
        while (head := peer.head()).startswith(b"GET"):
            peer.send(OK)
        if head:
            peer.send(self._said)
            self.waits.set()
            peer.gone()


async def cancelled(
    work: Coroutine[Any, Any, object], begun: threading.Event | None = None
) -> None:
    """Begin to do something, and cancel it soon after it has `begun`."""
    task = asyncio.create_task(work)
    if begun is not None:
        await asyncio.to_thread(begun.wait, 4)
    await asyncio.sleep(0.02)  # what was said has come
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def endless() -> AsyncIterator[bytes]:
    """A body of which the second part does not come."""
    yield b"hello"
    await anyio.sleep_forever()


# Where a request is when it is cancelled, by what the server has said.
WHERE: dict[str, bytes] = {
    "between the parts of its body": b"",
    "waiting for the head": b"",
    "in the head": OK[:20],
    "waiting for the body": CHUNKED,
    "in the body": CHUNKED + b"5\r\nhel",
}


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
@pytest.mark.parametrize("fresh", [True, False], ids=["a new connection", "a used one"])
@pytest.mark.parametrize("where", WHERE)
def test_a_cancelled_request_closes_its_connection(where: str, fresh: bool, loop: str) -> None:
    stuck = Stuck(WHERE[where])

    async def main() -> None:
        async def post() -> None:
            content = endless() if where == "between the parts of its body" else b"hello"
            await client.post(server.url, content=content)

        transport = AsyncRouter(TransportSettings(limits=ONE))
        async with httpx.AsyncClient(transport=transport, timeout=LONGEST) as client:
            if not fresh:
                assert (await client.get(server.url)).content == b"ok"
            async with anyio.create_task_group() as group:
                group.start_soon(post)
                await anyio.to_thread.run_sync(stuck.waits.wait, LONGEST)
                await anyio.sleep(0.02)  # what was said has come
                group.cancel_scope.cancel()
            await anyio.to_thread.run_sync(server.wait_closed, LONGEST)
            for _ in range(2):
                assert (await client.get(server.url)).content == b"ok"

    with RawServer(stuck) as server:
        anyio.run(main, backend=loop)
        assert server.connections == 2


def cancelled_while(url: str, **options: Any) -> list[str]:
    """Cancel a request soon after it has begun to connect; return what was warned of."""

    async def main(client: httpx.AsyncClient) -> None:
        await cancelled(client.get(url))
        with pytest.raises(httpx.ConnectTimeout):  # and not PoolTimeout
            await client.get(url, timeout=httpx.Timeout(0.05, pool=1.0))

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        in_loop(main, limits=ONE, **options)
        gc.collect()
    return [str(warning.message) for warning in seen]


@pytest.mark.long
def test_cancelled_while_it_connects() -> None:
    with full_server() as url:
        assert cancelled_while(url) == []
    with RawServer(Peer.gone) as server:  # TLS that does not answer
        assert cancelled_while(server.url.replace("http:", "https:"), verify=trusting()) == []
        assert server.connections == 2


def test_cancelled_while_it_sends() -> None:
    """More than the server reads, and all the buffers on the way hold."""
    begun, left = threading.Event(), threading.Event()

    def serve(peer: Peer) -> None:
        if peer.head().startswith(b"POST"):
            begun.set()
            left.wait(LONGEST)
            peer.gone()
        else:
            peer.send(OK)

    async def main(client: httpx.AsyncClient) -> None:
        await cancelled(client.post(server.url, content=b"x" * 20_000_000), begun)
        left.set()
        await asyncio.to_thread(server.wait_closed, LONGEST)
        assert (await client.get(server.url)).content == b"ok"

    with RawServer(serve) as server:
        in_loop(main, limits=ONE)


def test_cancelled_when_its_turn_in_the_pool_has_just_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection was made, but it has not begun to use it; its place is soon free."""
    monkeypatch.setattr("dify_workflow._transport.pools._KEEPALIVE_EXPIRY", 0.05)

    async def main(client: httpx.AsyncClient) -> None:
        first = await client.send(httpx.Request("GET", server.url), stream=True)
        second = asyncio.create_task(client.get(server.url))
        await asyncio.sleep(0.01)
        await first.aclose()
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        await asyncio.sleep(0.1)
        timeout = httpx.Timeout(4.0, pool=2.0)
        assert (await client.get(server.url, timeout=timeout)).content == b"ok"

    with RawServer(answers(OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"))) as server:
        in_loop(main, limits=ONE)


def test_a_cancelled_read_of_a_stream_leaves_the_rest() -> None:
    """What comes later is not lost with the one who had waited for it."""
    more = threading.Event()

    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED)
        more.wait(LONGEST)
        peer.send(b"2\r\nok\r\n0\r\n\r\n")
        peer.gone()

    async def main(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", server.url) as response:
            body = response.extensions["h1_streams.body"]
            await cancelled(body.read(4.0))
            more.set()
            got = b""
            while (data := await body.read(4.0)) is not None:
                got += data
            assert got == b"ok"

    with RawServer(serve) as server:
        in_loop(main)
