"""Many requests at once: a pool never closes a connection that one of them has taken."""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import attrs
import httpcore
import httpx
import pytest
from facade import Kind, both
from h1_streams.connection import Connection
from h1_streams.state import Route
from raw_http import LONGEST, Peer, RawServer, in_loop, own_client

PATHS = [f"/{'x' * (number % 7)}{number}" for number in range(200)]
FEW = [httpx.Limits(max_connections=2), httpx.Limits(max_keepalive_connections=3)]


class Echo:
    """Answers each request with its path."""

    def __init__(self) -> None:
        self.pause = False  # between the head and the body, until there may be `more`
        self.more = threading.Event()

    def __call__(self, peer: Peer) -> None:
        while sent := peer.request():
            path = sent.split()[1]
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(path))
            assert not self.pause or self.more.wait(LONGEST)
            peer.send(path)


@pytest.fixture
def nervous() -> Iterator[None]:
    """Threads take turns all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.long
@both
@pytest.mark.parametrize("limits", FEW, ids=["a small pool", "few that are kept"])
def test_few_connections_are_shared(kind: Kind, limits: httpx.Limits, nervous: None) -> None:
    async def main(client: httpx.AsyncClient) -> list[str]:
        found = await asyncio.gather(*[client.get(server.url + path) for path in PATHS])
        return [response.text for response in found]

    with RawServer(Echo()) as server:
        if kind == "async":
            assert in_loop(main, limits=limits) == PATHS
        else:
            with own_client(limits=limits) as client, ThreadPoolExecutor(12) as pool:
                found = pool.map(lambda path: client.get(server.url + path).text, PATHS)
                assert list(found) == PATHS


# What a pool may do between two steps of a request in another thread.


def read(response: httpcore.Response) -> bytes:
    body: bytes = response.read()
    response.close()
    return body


@attrs.frozen
class Used:
    """A connection that is idle after a request, and the next request."""

    connection: Connection
    request: httpcore.Request
    echo: Echo

    def take(self) -> httpcore.Response:
        return self.connection.handle_request(self.request)


@pytest.fixture
def used() -> Iterator[Used]:
    """In the end its socket is closed."""
    with RawServer(echo := Echo()) as server:
        origin = httpcore.Origin(b"http", b"127.0.0.1", server.port)
        connection = Connection(Route(origin, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)), 1.0, [])
        request = httpcore.Request("GET", f"{server.url}/a", headers=[("Host", "a")])
        used = Used(connection, request, echo)
        assert read(used.take()) == b"/a"
        assert connection.is_idle()
        assert connection.is_available()
        yield used
        assert connection.is_closed()
        server.wait_closed(LONGEST)


def test_one_that_is_taken_while_it_is_looked_at_has_not_expired(used: Used) -> None:
    """What is readable then is an answer."""
    stream, taken = used.connection._stream, []

    class Looked:
        def __getattr__(self, name: str) -> Any:
            return getattr(stream, name)

        def get_extra_info(self, info: str) -> Any:
            if info == "is_readable":
                with suppress(httpcore.ConnectionNotAvailable):  # it asks the pool for another one
                    taken.append(used.take())
                return True
            return stream.get_extra_info(info)

    used.connection._stream = Looked()
    expired = used.connection.has_expired()
    assert expired != bool(taken)
    if expired:
        with pytest.raises(httpcore.ConnectionNotAvailable):
            used.take()
    used.connection.close()
    for response in taken:
        assert read(response) == b"/a"


def test_one_that_is_taken_before_the_pool_closes_it_ends_with_its_answer(used: Used) -> None:
    used.echo.pause = True
    response = used.take()
    used.connection.close()
    assert not used.connection.is_available()
    used.echo.more.set()
    assert read(response) == b"/a"


@pytest.mark.parametrize("moment", ["before", "meanwhile"])
def test_one_that_the_pool_closes_is_not_taken(used: Used, moment: str) -> None:
    take = used.connection._take

    def taken_as_it_is_closed() -> None:
        take()
        used.connection.close()

    if moment == "before":
        used.connection.close()
    else:
        used.connection._take = taken_as_it_is_closed  # type: ignore[method-assign]
    with pytest.raises(httpcore.ConnectionNotAvailable):
        used.take()


def test_one_that_was_just_made_has_not_expired() -> None:
    """Though nobody has taken it yet: somebody is about to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    fresh = Connection(Route(httpcore.Origin(b"http", b"127.0.0.1", 1), context), 1.0, [])
    fresh._turn = None  # type: ignore[assignment]  # nobody who looks at it may take its turn
    assert not fresh.has_expired()
    assert not fresh.is_idle()
    assert not fresh.is_closed()
