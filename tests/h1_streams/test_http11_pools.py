"""Many requests at once: a pool never closes a connection that one of them has taken."""

from __future__ import annotations

import asyncio
import itertools
import queue
import ssl
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore
import httpx
import pytest
from h1_streams.connection import Connection
from h1_streams.state import Route
from raw_http import LONGEST, Peer, RawServer, in_loop, own_client

PATHS = [f"/{'x' * (number % 7)}{number}" for number in range(200)]
FEW = [httpx.Limits(max_connections=2), httpx.Limits(max_keepalive_connections=3)]


class Echo:
    """Answers each request with its path."""

    def __init__(self) -> None:
        self.gone: queue.Queue[int] = queue.Queue()
        self.pause = False  # between the head and the body, until there may be `more`
        self.more = threading.Event()

    def __call__(self, peer: Peer) -> None:
        while sent := peer.request():
            path = sent.split()[1]
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(path))
            assert not self.pause or self.more.wait(LONGEST)
            peer.send(path)
        self.gone.put(peer.number)


@pytest.fixture
def nervous() -> Iterator[None]:
    """Threads take turns all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.long
@pytest.mark.parametrize("limits", FEW, ids=["a small pool", "few that are kept"])
def test_threads_that_share_few_connections(limits: httpx.Limits, nervous: None) -> None:
    with (
        RawServer(Echo()) as server,
        own_client(limits=limits) as client,
        ThreadPoolExecutor(12) as pool,
    ):
        assert list(pool.map(lambda path: client.get(server.url + path).text, PATHS)) == PATHS


@pytest.mark.long
@pytest.mark.parametrize("limits", FEW, ids=["a small pool", "few that are kept"])
def test_tasks_that_share_few_connections(limits: httpx.Limits) -> None:
    async def main(client: httpx.AsyncClient) -> list[str]:
        async def work(paths: list[str]) -> list[str]:
            return [(await client.get(server.url + path)).text for path in paths]

        answers = await asyncio.gather(*[work(PATHS[at::12]) for at in range(12)])
        return sorted(itertools.chain(*answers))

    with RawServer(Echo()) as server:
        assert in_loop(main, limits=limits) == sorted(PATHS)


# What a pool may do between two steps of a request in another thread.


def used(server: RawServer) -> tuple[Connection, httpcore.Request]:
    """A connection that is idle after a request, and the next request."""
    origin = httpcore.Origin(b"http", b"127.0.0.1", server.port)
    connection = Connection(Route(origin, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)), 1.0, [])
    request = httpcore.Request("GET", f"{server.url}/a", headers=[("Host", "a")])
    assert read(connection.handle_request(request)) == b"/a"
    assert connection.is_idle()
    assert connection.is_available()
    return connection, request


def read(response: httpcore.Response) -> bytes:
    body: bytes = response.read()
    response.close()
    return body


def test_one_that_is_taken_while_it_is_looked_at_has_not_expired() -> None:
    """What is readable then is an answer."""
    with RawServer(echo := Echo()) as server:
        connection, request = used(server)
        stream, taken = connection._stream, []

        class Looked:
            def __getattr__(self, name: str) -> Any:
                return getattr(stream, name)

            def get_extra_info(self, info: str) -> Any:
                if info == "is_readable":
                    try:
                        taken.append(connection.handle_request(request))
                    except httpcore.ConnectionNotAvailable:
                        pass  # it asks the pool for another one
                    return True
                return stream.get_extra_info(info)

        connection._stream = Looked()
        expired = connection.has_expired()
        assert expired != bool(taken)
        if expired:
            with pytest.raises(httpcore.ConnectionNotAvailable):
                connection.handle_request(request)
        connection.close()
        for response in taken:
            assert read(response) == b"/a"
        assert echo.gone.get(timeout=LONGEST) == 1


def test_one_that_is_taken_before_the_pool_closes_it_ends_with_its_answer() -> None:
    with RawServer(echo := Echo()) as server:
        connection, request = used(server)
        echo.pause = True
        response = connection.handle_request(request)
        connection.close()
        assert not connection.is_available()
        echo.more.set()
        assert read(response) == b"/a"
        assert connection.is_closed()
        assert echo.gone.get(timeout=LONGEST) == 1


def test_one_that_the_pool_closes_while_it_is_being_taken_is_closed() -> None:
    with RawServer(echo := Echo()) as server:
        connection, request = used(server)
        take = connection._take

        def taken_as_it_is_closed() -> None:
            take()
            connection.close()

        connection._take = taken_as_it_is_closed  # type: ignore[method-assign]
        with pytest.raises(httpcore.ConnectionNotAvailable):
            connection.handle_request(request)
        assert connection.is_closed()
        assert echo.gone.get(timeout=LONGEST) == 1


def test_one_that_the_pool_has_closed_is_not_taken() -> None:
    with RawServer(echo := Echo()) as server:
        connection, request = used(server)
        connection.close()
        with pytest.raises(httpcore.ConnectionNotAvailable):
            connection.handle_request(request)
        assert connection.is_closed()
        assert echo.gone.get(timeout=LONGEST) == 1


def test_one_that_was_just_made_has_not_expired() -> None:
    """Though nobody has taken it yet: somebody is about to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    fresh = Connection(Route(httpcore.Origin(b"http", b"127.0.0.1", 1), context), 1.0, [])
    fresh._turn = None  # type: ignore[assignment]  # nobody who looks at it may take its turn
    assert not fresh.has_expired()
    assert not fresh.is_idle()
    assert not fresh.is_closed()
