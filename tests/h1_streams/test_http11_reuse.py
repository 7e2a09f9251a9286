"""A connection carries the next request when both sides have said all, and only then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from raw_http import LONGEST, OK, Peer, RawServer, Way, answers, asked, loops, ways

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

    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(said)
        peer.gone()

    with RawServer(serve) as server:
        got = asked(way, [get(server)] * 3)
        assert all(answer["body"] in (b"ok", b"") for answer in got)
        server.wait_closed(LONGEST)
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


@loops
def test_a_request_that_says_close_is_the_last_one(way: Way) -> None:
    with RawServer(answers(OK)) as server:
        asked(way, [get(server, headers={"Connection": "close"})] * 2)
        assert (len(server.requests), server.connections) == (2, 2)


# An answer of which so many pieces are read, and how many connections it and the next one take.
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000
EARLY: dict[str, tuple[bytes, int, int]] = {
    "not begun": (LONG, 0, 2),
    "begun": (LONG, 1, 2),
    "come whole": (OK, 1, 1),
    "surplus behind no body": (LEFT["surplus behind no body"], 0, 2),
    "surplus behind a length of nothing": (LEFT["surplus behind a length of nothing"], 0, 2),
}


@ways
@pytest.mark.parametrize(("said", "left", "connections"), EARLY.values(), ids=EARLY)
def test_an_answer_that_is_left(way: Way, said: bytes, left: int, connections: int) -> None:
    """Its connection is kept if all of it has come, though its end was not read."""
    with RawServer(answers(said, OK)) as server:
        (answer,) = asked(way, [get(server, extensions={"left": left}), get(server)])
        assert (answer["body"], server.connections) == (b"ok", connections)
