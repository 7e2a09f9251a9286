"""A connection carries the next request when both sides have said all, and only then."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from dify_workflow._clients._async.io import AsyncRouter
from dify_workflow._transport import pools
from dify_workflow._transport.pools import TransportSettings
from raw_http import (
    LONGEST,
    OK,
    Peer,
    RawServer,
    Way,
    answers,
    asked,
    in_loop,
    loops,
    own_client,
    quiet_trio,
    ways,
)

pytestmark = quiet_trio

WRONG = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


def get(server: RawServer, **options: Any) -> httpx.Request:
    return httpx.Request("GET", server.url, **options)


KEPT: dict[str, bytes] = {
    "a length": OK,
    "chunks": CHUNKED,
    "chunks and trailers": CHUNKED[:-2] + b"A: b\r\n\r\n",
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    "an error": b"HTTP/1.1 500 Wrong\r\nContent-Length: 2\r\n\r\nok",
    "an informational head": b"HTTP/1.1 103 \r\n\r\n" + OK,
    "keep-alive": OK.replace(b"OK\r\n", b"OK\r\nConnection: Keep-Alive\r\n"),
}
LEFT: dict[str, bytes] = {
    "close": OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"),
    "close among others": OK.replace(b"OK\r\n", b"OK\r\nconnection: X-A , Close\r\n"),
    "close in a second line": OK.replace(
        b"OK\r\n", b"OK\r\nConnection: keep-alive\r\nConnection: close\r\n"
    ),
    "HTTP/1.0": OK.replace(b"1.1", b"1.0"),
    "HTTP/1.0 with keep-alive": OK.replace(b"1.1", b"1.0").replace(
        b"OK\r\n", b"OK\r\nConnection: keep-alive\r\n"
    ),
    "surplus behind a length": OK + WRONG,
    "surplus behind chunks": CHUNKED + WRONG,
    "surplus behind no body": b"HTTP/1.1 204 No Content\r\n\r\n" + WRONG,
    "surplus behind a length of nothing": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + WRONG,
    "one byte too many": OK + b"\n",
}


@ways
@pytest.mark.parametrize("said", KEPT.values(), ids=KEPT)
def test_a_connection_is_used_again(way: Way, said: bytes) -> None:
    with RawServer(answers(said)) as server:
        got = asked(way, [get(server)] * 3)
        assert got[0] == got[1] == got[2]
        assert (len(server.requests), server.connections) == (3, 1)


@ways
@pytest.mark.parametrize("said", LEFT.values(), ids=LEFT)
def test_a_connection_is_not_used_again(way: Way, said: bytes) -> None:
    """Though the server holds it open; and no byte of its surplus is taken for an answer."""
    closed: queue.Queue[int] = queue.Queue()

    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(said)
        peer.gone()
        closed.put(peer.number)

    with RawServer(serve) as server:
        got = asked(way, [get(server)] * 3)
        assert all(answer["body"] in (b"ok", b"") for answer in got)
        assert sorted(closed.get(timeout=LONGEST) for _ in range(3)) == [1, 2, 3]
    assert (len(server.requests), server.connections) == (3, 3)


@ways
def test_an_answer_to_head_is_not_followed_by_its_body(way: Way) -> None:
    """A server that sends one against the rules does not mix up what follows."""

    def serve(peer: Peer) -> None:
        while sent := peer.request():
            peer.send(WRONG if sent.startswith(b"HEAD") else OK)

    with RawServer(serve) as server:
        made = [httpx.Request("HEAD", server.url), get(server)]
        head, answer = asked(way, made)
        assert (head["body"], answer["body"]) == (b"", b"ok")
        assert server.connections == 2


@ways
def test_a_second_answer_that_comes_in_advance_is_never_taken(way: Way) -> None:
    """Behind the first one, when the connection is idle already."""
    sent, answered = threading.Event(), threading.Event()

    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        if peer.number == 1:
            answered.wait(LONGEST)
            peer.send(WRONG)
            sent.set()
        peer.gone()

    def requests() -> Iterator[httpx.Request]:
        yield get(server)
        answered.set()
        sent.wait(LONGEST)
        yield get(server)

    with RawServer(serve) as server:
        assert [answer["body"] for answer in asked(way, requests())] == [b"ok"] * 2
        assert server.connections == 2


@ways
def test_a_connection_that_was_idle_for_long_is_not_used(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]

    def make() -> Iterator[httpx.Request]:
        for pause in (0.0, 0.9, 1.1):
            now[0] += pause
            yield get(server)

    assert pools._KEEPALIVE_EXPIRY == 1.0
    with RawServer(answers(OK)) as server:
        made = make()
        with monkeypatch.context() as patched:
            patched.setattr(time, "monotonic", lambda: now[0])
            asked(way, made)
        assert (len(server.requests), server.connections) == (3, 2)


@loops
def test_a_request_that_says_close_is_the_last_one(way: Way) -> None:
    with RawServer(answers(OK)) as server:
        asked(way, [get(server, headers={"Connection": "close"})] * 2)
        assert (len(server.requests), server.connections) == (2, 2)


# Answers and requests that end early, and a pool of one connection.


LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000


@pytest.mark.parametrize("begun", [False, True])
def test_an_answer_that_was_left_closes_its_connection(begun: bool) -> None:
    with RawServer(answers(LONG, OK)) as server, own_client() as client:
        with client.stream("GET", server.url) as response:
            assert not begun or next(response.iter_raw())
        assert client.get(server.url).content == b"ok"
        assert server.connections == 2


@pytest.mark.parametrize("begun", [False, True])
def test_an_async_answer_that_was_left_closes_its_connection(begun: bool) -> None:
    async def main(client: httpx.AsyncClient) -> bytes:
        async with client.stream("GET", server.url) as response:
            if begun:
                async for _ in response.aiter_raw():
                    break
        return (await client.get(server.url)).content

    with RawServer(answers(LONG, OK)) as server:
        assert in_loop(main) == b"ok"
        assert server.connections == 2


def test_a_body_that_has_come_whole_keeps_its_connection_though_its_end_was_not_read() -> None:
    with RawServer(answers(OK)) as server, own_client() as client:
        with client.stream("GET", server.url) as response:
            assert next(response.iter_raw()) == b"ok"
        assert client.get(server.url).content == b"ok"
        assert server.connections == 1


def test_a_closed_async_client_has_no_socket() -> None:
    async def main() -> list[int]:
        async with httpx.AsyncClient(transport=AsyncRouter(TransportSettings())) as client:
            response = await client.get(server.url)
            kept = response.extensions["network_stream"].get_extra_info("socket")
            before = kept.fileno()
        return [before, kept.fileno()]

    with RawServer(answers(OK)) as server:
        before, after = asyncio.run(main())
    assert before > 0 > after


# One connection for all.

ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)


def test_a_pool_of_one_connection() -> None:
    timeout = httpx.Timeout(5.0, pool=0.05)
    with RawServer(answers(OK)) as server, own_client(timeout, limits=ONE) as client:
        with client.stream("GET", server.url) as response:
            with pytest.raises(httpx.PoolTimeout):
                client.get(server.url)
            assert response.read() == b"ok"
        for _ in range(3):
            assert client.get(server.url).content == b"ok"
        assert server.connections == 1


def test_an_async_pool_of_one_connection() -> None:
    async def main(client: httpx.AsyncClient) -> list[bytes]:
        async with client.stream("GET", server.url) as response:
            with pytest.raises(httpx.PoolTimeout):
                await client.get(server.url, timeout=httpx.Timeout(5.0, pool=0.05))
            assert await response.aread() == b"ok"
        got = await asyncio.gather(*[client.get(server.url) for _ in range(5)])
        return [response.content for response in got]

    with RawServer(answers(OK)) as server:
        assert in_loop(main, limits=ONE) == [b"ok"] * 5
        assert server.connections == 1


def test_a_body_that_fails_gives_its_connection_back() -> None:
    """What was sent of it is on a connection that nobody uses again."""

    def parts() -> Iterator[bytes]:
        yield b"hello"
        raise Odd

    def serve(peer: Peer) -> None:
        if b"POST" in peer.head():
            peer.gone()
        else:
            peer.send(OK)

    timeout = httpx.Timeout(4.0, pool=0.1)
    with RawServer(serve) as server, own_client(timeout, limits=ONE) as client:
        with pytest.raises(Odd):
            client.post(server.url, content=parts())
        assert client.get(server.url).content == b"ok"
        assert server.connections == 2


class Odd(Exception):
    """Raised by the code that makes a body."""


@pytest.mark.parametrize("head", [b"204 No Content\r\n", b"200 OK\r\nContent-Length: 0\r\n"])
def test_surplus_behind_an_answer_that_nobody_reads_is_never_an_answer(head: bytes) -> None:
    said = iter([b"HTTP/1.1 " + head + b"\r\n" + OK.replace(b"ok", b"no"), OK])

    def serve(peer: Peer) -> None:
        while peer.request():
            peer.send(next(said))

    with RawServer(serve) as server, own_client() as client:
        with client.stream("GET", server.url):
            pass
        assert client.get(server.url).content == b"ok"
        assert server.connections == 2
