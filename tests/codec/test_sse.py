"""Server-Sent Events: every framing there is, cut anywhere, gives the same payloads."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from dify_workflow._codec.sse import SSEDecoder
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import any_pieces, cut

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

edges = pytest.mark.parametrize(("stream", "payloads"), EDGES.values(), ids=EDGES)


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


@edges
def test_an_edge_in_one_chunk(stream: bytes, payloads: list[bytes]) -> None:
    assert decode([stream]) == payloads
    assert reference(stream) == payloads


@edges
def test_an_edge_cut_in_two_at_every_byte(stream: bytes, payloads: list[bytes]) -> None:
    for at in range(len(stream) + 1):
        assert decode([stream[:at], stream[at:]]) == payloads, at


@edges
def test_an_edge_cut_in_three_at_every_two_bytes(stream: bytes, payloads: list[bytes]) -> None:
    for end in range(len(stream) + 1):
        for at in range(end + 1):
            assert decode([stream[:at], stream[at:end], stream[end:]]) == payloads, (at, end)


@edges
def test_an_edge_byte_by_byte_with_empty_chunks(stream: bytes, payloads: list[bytes]) -> None:
    assert decode(piece for byte in cut(stream, 1) for piece in (b"", byte)) == payloads


@edges
def test_an_edge_amid_other_events(stream: bytes, payloads: list[bytes]) -> None:
    whole = b"data: before\n\n" + stream + b"\n\ndata: after\n\n"
    expected = reference(whole)
    assert (expected[0], expected[-1]) == (b"before", b"after")
    for at in range(len(whole) + 1):
        assert decode([whole[:at], whole[at:]]) == expected, at


PARTS = [b"data:", b"data: ", b"data", b"event: ping", b"id", b":", b" ", b"\n", b"\r", b"\r\n"]
PARTS += [b"\n\n", b"data: {}\n\n", BOM, SEPARATORS[:3], b"x", b"\xc2", b"\x00"]

fuzz = settings(deadline=None, max_examples=300)
streams = st.lists(st.sampled_from(PARTS), max_size=40).map(b"".join)


@pytest.mark.long
@fuzz
@given(any_pieces(streams))
def test_any_stream_cut_anywhere_is_what_the_standard_says(pieces: list[bytes]) -> None:
    assert decode(pieces) == reference(b"".join(pieces))


@pytest.mark.long
@fuzz
@given(st.lists(st.sampled_from(PARTS), max_size=40))
def test_any_stream_cut_between_its_parts_is_what_the_standard_says(parts: list[bytes]) -> None:
    assert decode(parts) == reference(b"".join(parts))


def test_an_event_comes_out_with_the_chunk_that_completes_it() -> None:
    decoder = SSEDecoder()
    given_out = [decoder.feed(piece) for piece in (b"data: a\n", b"\nda", b"ta: b", b"\r", b"\r")]
    assert given_out == [[], [b"a"], [], [], [b"b"]]
    assert decoder.feed(b"\n") == []  # the rest of the last \r\n
    assert decoder.flush() == []


def test_the_end_of_a_stream_gives_the_last_event_once() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: a") == []
    assert decoder.flush() == [b"a"]
    assert decoder.flush() == []
