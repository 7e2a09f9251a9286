"""Answers and requests that end early, and a pool of one connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from dify_workflow._clients._async.io import AsyncRouter
from dify_workflow._transport.pools import TransportSettings
from raw_http import OK, Peer, RawServer, answers, in_loop, own_client

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
