"""Responses at random, over our connections and over httpcore's own (h11): the same is read."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest
from raw_http import Peer, RawServer, Way, asked, ways
from tunnel import Tunnel, trusting

STATUS = [b"200 OK", b"200", b"404 Not  Found", b"500 \xe9", b"204 No Content", b"304 N", b"299 "]
LINES = [b"A: b", b"a:\t b c \t", b"Set-Cookie: a=b", b"Set-Cookie: c=d", b"X: \xff", b"F: a\r\n b"]
ENDS = [b"\r\n", b"\r\n", b"\r\n", b"\n"]
CHUNK_ENDS = [b"", b"", b";a=b", b" ", b'; a="b c"']
TRAILERS = [b"", b"", b"X-A: 1\r\n", b"X-A:1\r\nX-B:\r\n"]
DAMAGE = [b"\r", b"\n", b":", b" ", b"\0", b"\x0c", b"0", b"g", b"HTTP/1.1 ", b"-", b""]


def response(chance: random.Random) -> bytes:
    """Make up a response; one in three is damaged."""
    data = bytes(chance.choices(b"ab\r\n0\0", k=chance.randrange(40)))
    end = chance.choice(ENDS)
    lines = chance.sample(LINES, chance.randrange(4))
    framing = chance.choice(["chunked", "length", "both", "none"])
    body = data
    if framing in ("length", "both"):
        lines.append(b"Content-Length: %d" % len(data))
    if framing in ("chunked", "both"):
        lines.append(b"Transfer-Encoding: chunked")
        body = b""
        while data:
            size = chance.randint(1, len(data))
            body += b"%x%b\r\n%b\r\n" % (size, chance.choice(CHUNK_ENDS), data[:size])
            data = data[size:]
        body += b"0\r\n%b\r\n" % chance.choice(TRAILERS)
    before = chance.choice([b"", b"", b"", b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n"])
    version = chance.choice([b"1.1", b"1.1", b"1.0"])
    first = b"HTTP/%b %b" % (version, chance.choice(STATUS))
    whole = before + end.join([first, *lines, b"", b""]) + body
    if chance.random() < 1 / 3:
        at = chance.randrange(len(whole))
        whole = whole[:at] + chance.choice(DAMAGE) + whole[at + chance.randrange(2) :]
    return whole


def pieces(said: bytes, split: str, chance: random.Random) -> list[bytes]:
    if split == "whole":
        return [said]
    size = 1 if split == "bytes" else max(len(said) // 4, 1)
    parts = []
    while said:
        length = size if size == 1 else chance.randint(1, size * 2)
        parts.append(said[:length])
        said = said[length:]
    return parts


def differ(way: Way, split: str, secure: bool, seed: int) -> list[str]:
    """Send some responses, each to both kinds of connections; return what is read in two ways."""
    chance = random.Random(seed)
    said = [response(chance) for _ in range(8)]
    queue = [one for one in said for _ in range(2)]

    def serve(peer: Peer) -> None:
        if peer.request():
            peer.send(*pieces(queue.pop(0), split, random.Random(seed)))

    found = []
    with RawServer(serve) as server, Tunnel(server.url, tls=secure) as front:
        url = front.url if secure else server.url
        verify: dict[str, Any] = {"verify": trusting()} if secure else {}
        headers = {"Connection": "close"}
        for one in said:
            (ours,), (theirs,) = (
                asked(way, httpx.Request("GET", url, headers=headers), own=own, **verify)
                for own in (True, False)
            )
            if ours != theirs:
                found.append(f"{one!r}: {ours}, h11: {theirs}")
    return found


@ways
@pytest.mark.sample(6)
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("split", ["whole", "bytes", "random"])
def test_responses_are_read_as_h11_reads_them(
    way: Way, split: str, secure: bool, seed: int
) -> None:
    number = seed + 100 * ["whole", "bytes", "random"].index(split) + 1000 * secure
    assert differ(way, split, secure, number) == []
