"""HTTP/1.1 heads: given out whole and alone, so that httpcore reads nothing of the body."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import httpcore
import pytest
from dify_workflow.async_network import AsyncOwnStream
from dify_workflow.async_wires import PlainWire
from dify_workflow.line import Line
from dify_workflow.network import Head, OwnStream
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import any_pieces, in_bytes, in_two
from wire_archive import exchanges

fuzz = settings(deadline=None, max_examples=150)


OK = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
HEADS: dict[str, list[bytes]] = {
    "one": [OK],
    "no headers": [b"HTTP/1.1 200 OK\r\n\r\n"],
    "bare lf": [b"HTTP/1.1 200 OK\nA: b\n\n"],
    "cr lf, then lf": [b"HTTP/1.1 200 OK\r\nA: b\r\n\n"],
    "lf, then cr lf": [b"HTTP/1.1 200 OK\nA: b\n\r\n"],
    "informational": [b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", OK],
    "two informational": [b"HTTP/1.1 100 \r\n\r\n", b"HTTP/1.1 102 P\n\n", OK],
}
BODIES = [
    b"",
    b"a",
    b"\n\n",
    b"\r\n\r\n",
    b"data: a\n\ndata: b\n\n",
    b"\n",
    b"\r\n\r\nHTTP/1.1 200",
]

heads = pytest.mark.parametrize("parts", HEADS.values(), ids=HEADS)


def given_out(pieces: list[bytes]) -> tuple[list[bytes], bytes]:
    """The heads that a `Head` gives out, one for each final or informational one, and the rest."""
    waiting = [piece for piece in pieces if piece]
    head, connection, seen, now = Head(), h11.Connection(h11.CLIENT), [], b""
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    while True:
        data = head.cut(head.take() or waiting.pop(0))
        now += data
        connection.receive_data(data)
        event = connection.next_event()
        if event is h11.NEED_DATA:
            continue
        seen.append(now)
        now = b""
        if isinstance(event, h11.Response):
            assert connection.trailing_data == (b"", False)
            return seen, head.take() + b"".join(waiting)


@heads
@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_a_head_comes_out_whole_and_alone_wherever_it_is_cut(
    parts: list[bytes], body: bytes
) -> None:
    stream = b"".join(parts) + body
    for pieces in ([stream], in_bytes(stream), *in_two(stream)):
        assert given_out(pieces) == (parts, body), pieces


@fuzz
@given(st.data(), st.sampled_from(list(HEADS.values())), st.sampled_from(BODIES))
def test_a_head_comes_out_whole_and_alone_in_any_pieces(
    data: st.DataObject, parts: list[bytes], body: bytes
) -> None:
    pieces = data.draw(any_pieces(st.just(b"".join(parts) + body)))
    assert given_out(pieces) == (parts, body)


def test_every_recorded_head_is_cut_from_its_body() -> None:
    for item in exchanges("1.14.2"):
        if item.head:
            assert given_out([item.head + item.body]) == ([item.head], item.body), item
            middle = len(item.head) - 2
            whole = item.head + item.body
            assert given_out([whole[:middle], whole[middle:]]) == ([item.head], item.body), item


BODY = b"data: a\n\n"


class Pieces(httpcore.NetworkStream):
    """A connection on which these bytes arrive, read by read."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


@heads
def test_the_own_stream_reads_the_head_then_the_body(parts: list[bytes]) -> None:
    stream = b"".join(parts) + BODY
    for pieces in ([stream], in_bytes(stream), *in_two(stream)):
        own = OwnStream(Pieces([piece for piece in pieces if piece]), Line())
        head = b""
        while len(head) < len(b"".join(parts)):
            head += own.read(65_536) or pytest.fail("the connection ended in the head")
        assert head == b"".join(parts), pieces
        body = b""
        while piece := own.read_body(None):
            body += piece
            assert len(body) <= len(BODY)
        assert body == BODY


class Transport(asyncio.Transport):
    """An asyncio transport that nobody reads."""

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


@heads
@pytest.mark.parametrize("limit", [1, 7, 65_536])
def test_the_async_own_stream_reads_the_head_then_the_body(parts: list[bytes], limit: int) -> None:
    async def read(pieces: list[bytes]) -> tuple[bytes, bytes]:
        wire: Any = PlainWire(asyncio.get_running_loop())
        wire.connection_made(Transport())
        for piece in pieces:
            wire.get_buffer(-1)[: len(piece)] = piece
            wire.buffer_updated(len(piece))
        wire.eof_received()
        own = AsyncOwnStream(wire, Line())
        head = b""
        while len(head) < len(b"".join(parts)):
            head += await own.read(limit) or pytest.fail("the connection ended in the head")
        body = b""
        while piece := await own.read_body(None):
            body += piece
            assert len(body) <= len(BODY)
        return head, body

    stream = b"".join(parts) + BODY
    with asyncio.Runner() as runner:
        for pieces in ([stream], in_bytes(stream), *in_two(stream)):
            arrived = [piece for piece in pieces if piece]
            assert runner.run(read(arrived)) == (b"".join(parts), BODY), pieces
