"""A server of raw bytes, and one request to it over our connections or over httpcore's own."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Literal

import httpx
import pytest
import trio
from dify_workflow._clients._async.io import AsyncRouter
from dify_workflow._clients._sync.io import Router
from dify_workflow._transport.pools import TransportSettings
from replay_server import Listener

Way = Literal["sync", "asyncio", "trio"]

ways = pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
loops = pytest.mark.parametrize("way", ["sync", "asyncio"])

LONGEST = 60.0  # s until a test gives up; never waited for
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, number: int, log: list[bytes]) -> None:
        self._socket = connection
        self.number = number
        self._log = log
        connection.settimeout(LONGEST)

    def head(self) -> bytes:
        """Read the head of a request and no byte more; b"" when the client has closed instead."""
        found = b""
        while not found.endswith(b"\r\n\r\n"):
            byte = self._socket.recv(1)
            if not byte:
                return b""
            found += byte
        return found

    def request(self) -> bytes:
        """Read a request, log and return it; b"" when the client has closed instead."""
        head = self.head()
        if not head:
            return b""
        body, fields = b"", head.lower()
        if b"\r\ntransfer-encoding: chunked" in fields:
            while not body.endswith(b"0\r\n\r\n"):
                body += self._chunk()
        elif b"\r\ncontent-length: " in fields:
            body = self._exactly(int(fields.partition(b"\r\ncontent-length: ")[2].split()[0]))
        self._log.append(head + body)
        return head + body

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._socket.sendall(piece)

    def gone(self) -> bool:
        """Wait for the client to close, whatever it has sent before."""
        with suppress(ConnectionError):
            while self._socket.recv(65_536):
                pass
        return True

    def reset(self) -> None:
        """Close at once, with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._socket.close()

    def _chunk(self) -> bytes:
        line = b""
        while not line.endswith(b"\r\n"):
            line += self._exactly(1)
        return line + self._exactly(int(line, 16) + 2)

    def _exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            data = self._socket.recv(size - len(found))
            assert data, "the client has closed inside the body"
            found += data
        return bytes(found)


class RawServer(Listener):
    """Each connection is served by `serve`, in a thread, and closed after it."""

    def __init__(self, serve: Callable[[Peer], object]) -> None:
        super().__init__()
        self.requests: list[bytes] = []
        self._by = serve

    def _serve(self, sock: socket.socket, number: int) -> None:
        self._by(Peer(sock, number, self.requests))


def answers(*said: bytes) -> Callable[[Peer], None]:
    """Answer each request with the next of these, the last one again and again."""
    left = list(said)

    def serve(peer: Peer) -> None:
        while peer.request():
            peer.send(left.pop(0) if len(left) > 1 else left[0])

    return serve


def once(*pieces: bytes, reset: bool = False) -> Callable[[Peer], None]:
    """Serve connections: answer their first request with these bytes, and close them."""

    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(*pieces)
        if reset:
            peer.reset()

    return serve


@contextmanager
def full_server() -> Iterator[str]:
    """Give the address of a server that accepts nobody, and has no place for another connection."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def plain(options: dict[str, Any]) -> dict[str, Any]:
    """Options of a transport, with TLS settings that cost nothing to make."""
    return {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)} | options


def outcome_of(response: httpx.Response) -> dict[str, Any]:
    """All that a response says."""
    return {
        "status": response.status_code,
        "reason": response.extensions["reason_phrase"],
        "version": response.extensions["http_version"],
        "headers": response.headers.raw,
        "body": response.content,
    }


def asked(
    way: Way, requests: httpx.Request | Iterable[httpx.Request], *, own: bool = True, **options: Any
) -> list[Any]:
    """Send requests in turn, by `own` connections or httpcore's; return outcomes or failures.

    Of the answer to one with the extension `left`, so many pieces are read.
    """
    given = [requests] if isinstance(requests, httpx.Request) else requests
    settings = TransportSettings(**options) if own else None
    if way == "sync":
        transport: Any = Router(settings) if settings else httpx.HTTPTransport(**plain(options))
        return asyncio.run(_asked(given, httpx.Client(transport=transport)))
    transport = AsyncRouter(settings) if settings else httpx.AsyncHTTPTransport(**plain(options))
    run: Any = asyncio.run if way == "asyncio" else lambda main: trio.run(lambda: main)
    found: list[Any] = run(_asked(given, httpx.AsyncClient(transport=transport)))
    return found


class Odd(Exception):
    """Raised by the code that makes a body."""


async def _asked(requests: Iterable[httpx.Request], client: Any) -> list[Any]:
    """Use a client of either kind: the sync one waits by itself."""
    said: list[Any] = []
    is_sync = isinstance(client, httpx.Client)
    for request in requests:
        left = request.extensions.get("left")
        try:
            response = client.send(request, stream=left is not None)
            response = response if is_sync else await response
            if left is None:
                said.append(outcome_of(response))
                continue
            pieces = response.iter_raw() if is_sync else response.aiter_raw()
            for _ in range(left):
                next(pieces) if is_sync else await anext(pieces)
            response.close() if is_sync else await response.aclose()
        except (httpx.HTTPError, Odd) as error:
            said.append(type(error))
    client.close() if is_sync else await client.aclose()
    return said


def own_client(timeout: Any = LONGEST, **options: Any) -> httpx.Client:
    """Make a client over our connections."""
    return httpx.Client(transport=Router(TransportSettings(**options)), timeout=timeout)


def in_loop(main: Callable[[httpx.AsyncClient], Awaitable[Any]], **options: Any) -> Any:
    """Run a test in an event loop, with an async client over our connections."""

    async def run() -> Any:
        transport = AsyncRouter(TransportSettings(**options))
        async with httpx.AsyncClient(transport=transport, timeout=LONGEST) as client:
            return await main(client)

    return asyncio.run(run())
