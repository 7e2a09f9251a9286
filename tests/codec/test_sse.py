"""Server-Sent Events: every framing there is, cut anywhere, gives the same payloads."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from dify_workflow._codec.sse import SSEDecoder
from dify_workflow._runs.state import RunState
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import any_pieces, cut
from wire_archive import exchange

BOM = b"\xef\xbb\xbf"
SEPARATORS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e".encode()  # ends of lines to str.splitlines

# name: (stream, payloads)
EDGES: dict[str, tuple[bytes, list[bytes]]] = {
    "lf": (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
    "crlf": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "cr": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "mixed line ends": (b"data: a\r\n\rdata: b\n\r\ndata: c\r\r\n", [b"a", b"b", b"c"]),
    "cr then lf is one line end": (b"data: a\r\ndata: b\r\n\r\n", [b"a\nb"]),
    "cr amid lf": (b"data: a\n\ndata: b\rdata: c\n\n", [b"a", b"b\nc"]),
    "lf then cr is two": (b"data: a\n\rdata: b\n\r", [b"a", b"b"]),
    "unicode separators in data": (b"data: " + SEPARATORS + b"\n\n", [SEPARATORS]),
    "text beyond ascii": ("data: 你好 é 😀\n\n".encode(), ["你好 é 😀".encode()]),
    "lines of data are joined": (b"data: a\ndata: b\ndata:\n\n", [b"a\nb\n"]),
    "comments": (b": c\n:\ndata: a\n: data: c\ndata: b\n\n:c\n\n", [b"a\nb"]),
    "bom": (BOM + b"data: a\n\n", [b"a"]),
    "bom before a comment": (BOM + b": c\n\ndata: a\n\n", [b"a"]),
    "bom only at the start": (b"data: a\n\n" + BOM + b"data: b\n\n", [b"a"]),
    "two boms": (BOM + BOM + b"data: a\n\ndata: b\n\n", [b"b"]),
    "bom alone": (BOM, []),
    "no space after the colon": (b"data:a\n\n", [b"a"]),
    "one space is dropped": (b"data:  a \n\n", [b" a "]),
    "tab is kept": (b"data:\ta\n\n", [b"\ta"]),
    "data with a colon": (b"data: a: b\n\n", [b"a: b"]),
    "data alone": (b"data\n\n", [b""]),
    "data and a colon alone": (b"data:\n\n", [b""]),
    "data and a space alone": (b"data: \n\n", [b""]),
    "event, id and retry": (b"event: e\nid: 1\nretry: 9\ndata: a\nid\n\n", [b"a"]),
    "event without data": (b"event: ping\n\ndata: a\n\n", [b"a"]),
    "fields that only look like data": (
        b"Data: a\n data: b\ndatax: c\ndat: d\ndata : e\n\ndata: f\n\n",
        [b"f"],
    ),
    "many blank lines": (b"\n\n\r\n\rdata: a\n\n\n\n\ndata: b\n\n", [b"a", b"b"]),
    "last event without its blank line": (b"data: a\n\ndata: b\n", [b"a", b"b"]),
    "last event without any line end": (b"data: a\n\ndata: b", [b"a", b"b"]),
    "last event with half a line end": (b"data: a\r\n\r\ndata: b\r\n\r", [b"a", b"b"]),
    "last line is no data": (b"data: a\n\nevent: e", [b"a"]),
    "nothing": (b"", []),
}


def decode(pieces: Iterable[bytes]) -> list[bytes]:
    decoder = SSEDecoder()
    found = [payload for piece in pieces for payload in decoder.feed(piece)]
    return found + decoder.flush()


def reference(stream: bytes) -> list[bytes]:
    """What the HTML standard says of event streams, plainly; the stream's end ends an event."""
    payloads: list[bytes] = []
    data: list[bytes] = []
    for line in [*re.split(rb"\r\n|\n|\r", stream.removeprefix(BOM)), b""]:
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif line == b"" and data:
            payloads.append(b"\n".join(data))
            data = []
    return payloads


@pytest.mark.parametrize(("stream", "payloads"), EDGES.values(), ids=EDGES)
def test_an_edge_wherever_it_is_cut(stream: bytes, payloads: list[bytes]) -> None:
    assert reference(stream) == payloads
    for end in range(len(stream) + 1):
        for at in range(end + 1):
            assert decode([stream[:at], stream[at:end], stream[end:]]) == payloads, (at, end)
    assert decode(piece for byte in cut(stream, 1) for piece in (b"", byte)) == payloads
    amid = b"data: before\n\n" + stream + b"\n\ndata: after\n\n"
    expected = reference(amid)
    assert (expected[0], expected[-1]) == (b"before", b"after")
    for at in range(len(amid) + 1):
        assert decode([amid[:at], amid[at:]]) == expected, at


PARTS = [b"data:", b"data: ", b"data", b"event: ping", b"id", b":", b" ", b"\n", b"\r", b"\r\n"]
PARTS += [b"\n\n", b"data: {}\n\n", BOM, SEPARATORS[:3], b"x", b"\xc2", b"\x00"]
PIECES = st.lists(st.sampled_from(PARTS), max_size=40)


@pytest.mark.long
@settings(deadline=None, max_examples=250)
@given(PIECES | any_pieces(PIECES.map(b"".join)))
def test_any_stream_cut_anywhere_is_what_the_standard_says(pieces: list[bytes]) -> None:
    assert decode(pieces) == reference(b"".join(pieces))


def test_an_event_comes_out_with_the_chunk_that_completes_it() -> None:
    decoder = SSEDecoder()
    given_out = [decoder.feed(piece) for piece in (b"data: a\n", b"\nda", b"ta: b", b"\r", b"\r")]
    assert given_out == [[], [b"a"], [], [], [b"b"]]
    assert decoder.feed(b"\n") == []  # the rest of the last \r\n
    assert decoder.flush() == []
    assert decoder.feed(b"data: c") == []
    assert [decoder.flush(), decoder.flush()] == [[b"c"], []]  # the end gives the last one, once


# Streams of runs: what they deliver; every recorded one: tests/promises/test_recordings.py.

RECORDED = exchange("1.14.2", "run/echo_unicode_streaming")
FRAMES = [frame for frame in RECORDED.frames() if frame.startswith(b"data:")]


def delivered(pieces: Iterable[bytes]) -> RunState:
    state = RunState()
    for piece in pieces:
        state.feed(piece)
    state.flush()
    return state


PINGS = [b"event: ping\n\n", b": ping\n\n", b"data:\n\n", b"data: ping\n\n"]
PINGS += [b'data: {"event": "ping"}\n\n']


@pytest.mark.parametrize("ping", PINGS, ids=repr)
def test_a_ping_at_any_place_is_no_event_and_no_loss(ping: bytes) -> None:
    for at in range(len(FRAMES) + 1):
        whole = b"".join([*FRAMES[:at], ping, *FRAMES[at:]])
        for pieces in ([whole], cut(whole, 5)):
            state = delivered(pieces)
            assert [event.raw for event in state.ready] == RECORDED.events(), at
            assert state.text_complete
    assert not delivered([ping]).begun


def test_what_is_no_json_is_skipped_and_text_may_be_missing() -> None:
    good = b'data: {"event": "text_chunk", "data": {"text": "a"}}\n\n'
    for bad in (b"data: {\n\n", b"data: \xff\n\n", b"data: " + b"[" * 100_000 + b"\n\n"):
        state = delivered([good, bad, good])
        assert [event.message for event in state.ready] == ["a", "a"], bad[:20]
        assert not state.text_complete
