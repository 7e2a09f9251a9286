"""What a server answers is the same over our connections as over httpcore's own."""

from __future__ import annotations

import asyncio
import gzip
from unittest.mock import Mock, call

import h11
import httpx
import pytest
from h1_streams.asyncio_streams import _HIGH_WATER, AsyncioStream
from raw_http import RawServer, Way, asked, loops, once, ways

HEAD = b"HTTP/1.1 200 OK\r\n"
SIZED = HEAD + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PACKED = gzip.compress(b"hello" * 1000)

# What the server says before it closes the connection; test_http11_differential makes up others.
ANSWERED: dict[str, bytes] = {
    "a length": SIZED,
    "trailers": CHUNKED + b"5\r\nhello\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n",
    "until it closes": HEAD + b"A: b\r\n\r\nhello",
    "informational heads": b"HTTP/1.1 103 E\r\nLink: a\r\n\r\nHTTP/1.1 100 \r\n\r\n" + SIZED,
    "204": b"HTTP/1.1 204 No Content\r\nA: b\r\n\r\n",
    "304 with a length": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "a close that is told": HEAD + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello",
    "gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED,
    "gzip that is none": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "more than the length": SIZED + b"HTTP/1.1 500 Wrong\r\n\r\n",
    "an error": b"HTTP/1.1 503 Service  Unavailable\r\nContent-Length: 2\r\n\r\nno",
    "a long answer": HEAD + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000,
}
REFUSED = {  # one of each kind: test_framing has them all
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a body that is cut": HEAD + b"Content-Length: 6\r\n\r\nhello",
    "a chunk that is cut": CHUNKED + b"6\r\nhello",
    "trailers without their end": CHUNKED + b"5\r\nhello\r\n0\r\nA: b\r\n",
    "nothing": b"",
    "a head that is cut": HEAD + b"Content-Len",
    "an informational head alone": b"HTTP/1.1 100 Continue\r\n\r\n",
    "a line without colon": HEAD + b"Content-Length 5\r\n\r\nhello",
}


@ways
@pytest.mark.parametrize("name", [*ANSWERED, *REFUSED])
def test_an_answer_is_the_same(way: Way, name: str) -> None:
    with RawServer(once((ANSWERED | REFUSED)[name])) as server:
        request = httpx.Request("GET", server.url + "/v1/x?y=z")
        ours, theirs = (asked(way, request, own=own)[0] for own in (True, False))
        assert ours == theirs
        assert server.requests[0] == server.requests[1]
    if name in REFUSED:
        assert ours is httpx.RemoteProtocolError
    else:
        assert isinstance(ours, dict) or ours is httpx.DecodingError


@loops
@pytest.mark.parametrize("name", ["until it closes", "trailers", "a body that is cut"])
def test_a_reset_in_place_of_the_end(way: Way, name: str) -> None:
    """Where it overtakes what was sent, less is read; never more, and never an end."""
    said = (ANSWERED | REFUSED)[name][:-1]
    with RawServer(once(said, reset=True)) as server:
        for own in (True, False):
            (got,) = asked(way, httpx.Request("GET", server.url), own=own)
            assert got in (httpx.ReadError, httpx.RemoteProtocolError)


def test_httpcore_does_not_parse_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what is compared here are two."""
    monkeypatch.setattr(h11.Connection, "next_event", None)
    with RawServer(once(SIZED)) as server:
        for way in ("sync", "asyncio", "trio"):
            (ours,) = asked(way, httpx.Request("GET", server.url))
            assert ours["body"] == b"hello"


def test_a_sender_is_held_back_while_nobody_reads() -> None:
    async def main() -> None:
        stream, transport = AsyncioStream(asyncio.get_running_loop()), Mock()
        stream.connection_made(transport)
        stream.data_received(bytes(_HIGH_WATER))
        assert transport.method_calls == []
        stream.data_received(bytes(2))
        await stream.read(1)
        assert transport.method_calls == [call.pause_reading()]
        await stream.read(1)
        await stream.read(1)
        assert transport.method_calls == [call.pause_reading(), call.resume_reading()]

    asyncio.run(main())
