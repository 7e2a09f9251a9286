"""What a server gets is the same over our connections as over httpcore's own."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
from raw_http import LONGEST, OK, Odd, Peer, RawServer, Way, answers, asked, loops, own_client, ways

LINES = [("X-Z", "1"), ("x-a", "2"), ("X-a", "3"), ("Accept-ENCODING", "identity")]


class Parts(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in parts, for both clients."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


Make = Callable[[str], httpx.Request]


def request(
    method: str = "POST", path: str = "/v1/x", *, parts: Parts | None = None, **options: Any
) -> Make:
    def make(url: str) -> httpx.Request:
        made = httpx.Request(method, url + path, **options)
        if parts is not None:
            made.stream = parts
        return made

    return make


FORM: dict[str, Any] = {
    "data": {"user": "me"},
    "files": {"file": ("a.txt", b"hello" * 20_000, "text/plain")},
    "headers": {"Content-Type": "multipart/form-data; boundary=b"},
}
SENT: dict[str, Make] = {
    "get": request("GET"),
    "get with parameters": request("GET", "/a%20b/\xe9?c=d e&f=%2F#g"),
    "no path": request("GET", ""),
    "head": request("HEAD"),
    "delete": request("DELETE"),
    "another method": request("PROPFIND"),
    "a method in small letters": request("get"),
    "headers as they are spelled": request("GET", headers=LINES),
    "a header of nothing": request("GET", headers={"A": ""}),
    "headers beyond ascii": request("GET", headers=[(b"A", b"\xe9\xff")]),
    "a body": request(content=b"hello"),
    "an empty body": request(content=b""),
    "json": request(json={"a": ["\xe9"]}),
    "a form": request(data={"a": "b c"}),
    "a long body": request(content=b"x" * 3_000_000),
    "multipart": request(**FORM),
    "an upload of unknown length": request(
        parts=Parts(b"hello", b"", b"x" * 70_000), headers={"Transfer-Encoding": "chunked"}
    ),
    "an upload of nothing": request(parts=Parts(), headers={"Transfer-Encoding": "chunked"}),
    "an upload of a length": request(parts=Parts(b"hel", b"lo"), headers={"Content-Length": "5"}),
    "a coding beside a length": request(content=b"hello", headers={"Transfer-Encoding": "chunked"}),
    "a host of ones own": request("GET", headers=[("A", "b"), ("Host", "dify.test"), ("C", "d")]),
}


@ways
@pytest.mark.parametrize("name", SENT)
def test_a_request_is_sent_as_by_httpcore(way: Way, name: str) -> None:
    with RawServer(answers(OK)) as server:
        for own in (True, False):
            (got,) = asked(way, SENT[name](server.url), own=own)
            assert got["status"] == 200
        ours, theirs = server.requests
    assert ours == theirs


FORBIDDEN = {
    "cr lf in a value": [("A", "secret\r\nB: c")],
    "lf in a value": [("A", "secret\nB: c")],
    "cr in a value": [("A", "secret\rB: c")],
    "NUL in a value": [("A", "secret\0")],
    "cr lf in a name": [("A: secret\r\nB", "secret")],
    "NUL in a name": [("A\0", "secret")],
    "space in a name": [("A B", "secret")],
    "colon in a name": [("A:", "secret")],
    "no name": [("", "secret")],
    "a length in words": [("Content-Length", "secret")],
    "a negative length": [("Content-Length", "-5")],
    "a length with an underscore": [("Content-Length", "0_5")],
    "two lengths": [("Content-Length", "5"), ("Content-Length", "6")],
    "an unknown coding": [("Transfer-Encoding", "gzip")],
}


@ways
@pytest.mark.parametrize("headers", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_header_that_cannot_be_sent_is_refused_before_anything_is(
    way: Way, headers: list[tuple[str, str]]
) -> None:
    with RawServer(answers(OK)) as server:
        make = request(parts=Parts(b"hello"), headers=headers)
        for own in (True, False):
            sent = asked(way, make(server.url), own=own)
            assert sent == [httpx.LocalProtocolError]
    assert server.requests == []


def test_a_refused_header_does_not_show_its_value() -> None:
    with own_client() as client:
        for value in ("a-secret\r\n", "a-secret\0"):
            with pytest.raises(httpx.LocalProtocolError, match="Authorization") as caught:
                client.get("http://127.0.0.1:9", headers={"Authorization": value})
            assert "a-secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


def only_gets(peer: Peer) -> None:
    """Answer a GET, and wait for the client to close."""
    if peer.head().startswith(b"GET"):
        peer.send(OK)
    peer.gone()


LENGTHS = {"longer": (b"hello", b" world"), "longer at once": (b"hello!",), "shorter": (b"hel",)}


@loops
@pytest.mark.parametrize("parts", LENGTHS.values(), ids=LENGTHS)
def test_a_body_of_another_length_than_told_is_refused(way: Way, parts: tuple[bytes, ...]) -> None:
    """The server sees a request that was not sent whole, once at most, and then another one."""
    wrong = request(parts=Parts(*parts), headers={"Content-Length": "5"})
    with RawServer(only_gets) as server:
        refused, fine = asked(way, [wrong(server.url), request("GET")(server.url)])
        assert (refused, fine["body"]) == (httpx.LocalProtocolError, b"ok")
        assert server.connections <= 2


# A server that refuses a request answers before it has read all of it, and closes.

TOO_LARGE = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"


class Early:
    """Answer after the head alone and close; what was not read makes a reset of the end.

    Or do as nginx does, that shuts its side down, reads on and drops what it reads.
    """

    def __init__(self, reads_on: bool = False) -> None:
        self._reads_on = reads_on
        self.closed = threading.Event()

    def __call__(self, peer: Peer) -> None:
        if peer.head().startswith(b"GET"):
            peer.send(OK)
        elif self._reads_on:
            peer.send(TOO_LARGE.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            peer._socket.shutdown(socket.SHUT_WR)
            peer.gone()
        else:
            peer.send(TOO_LARGE)
            peer.close()
            self.closed.set()


@ways
@pytest.mark.parametrize("reads_on", [False, True])
def test_an_early_answer_to_a_large_body_is_seen(way: Way, reads_on: bool) -> None:
    """Its connection is closed: what the server would read next is the rest of the body."""
    with RawServer(Early(reads_on)) as server:
        big, get = request(content=b"x" * 20_000_000), request("GET")
        made = [make(server.url) for make in (big, big, get)]
        *refused, fine = asked(way, made)
        assert [(got["status"], got["body"]) for got in refused] == [(413, b"no")] * 2
        assert fine["body"] == b"ok"
        assert server.connections == 3


@ways
@pytest.mark.parametrize("busy", [False, True])
def test_an_early_answer_between_the_parts_of_a_body_is_seen(way: Way, busy: bool) -> None:
    """Also where the event loop has no moment to read it (`busy`), which httpcore does not do."""
    serve = Early()

    class Held(Parts):
        def __iter__(self) -> Iterator[bytes]:
            yield b"x" * 1000
            serve.closed.wait(LONGEST)
            yield from [b"y" * 1000] * 4

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for part in self:
                if part[0] == ord("y") and not busy:
                    await anyio.sleep(0.001)
                yield part

    with RawServer(serve) as server:
        headers = {"Content-Length": "5000"}
        (got,) = asked(way, request(parts=Held(), headers=headers)(server.url))
    assert not isinstance(got, type), got
    assert (got["status"], got["body"]) == (413, b"no")


@loops
def test_a_body_that_fails_gives_its_connection_back(way: Way) -> None:
    """What was sent of it is on a connection that nobody uses again."""

    class Failing(Parts):
        def __iter__(self) -> Iterator[bytes]:
            yield b"hello"
            raise Odd

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for part in self:
                yield part

    failing = request(parts=Failing(), headers={"Content-Length": "10"})
    timeout: dict[str, Any] = {"extensions": {"timeout": {"pool": 2.0}}}
    with RawServer(only_gets) as server:
        made = [failing(server.url), request("GET", **timeout)(server.url)]
        failed, fine = asked(way, made, limits=httpx.Limits(max_connections=1))
        assert (failed, fine["body"], server.connections) == (Odd, b"ok", 2)
