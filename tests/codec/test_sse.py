"""Server-Sent Events: every framing there is, cut anywhere, gives the same payloads.

Large ones are decoded in linear work and memory, and bounded.
"""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, SupportsIndex

import pytest
from dify_workflow import EventTooLarge
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


# Large events.

LARGE = b'data: "' + b"x" * (4 << 20) + b'"\n\n'


@pytest.fixture
def traced() -> Any:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("size", [64 * 1024, 1024])
def test_a_large_event_is_copied_once_whatever_its_chunks(size: int, traced: None) -> None:
    decoder = SSEDecoder()
    found: list[bytes] = []
    grown = 0  # the most that one call needed for a moment, but for those that complete it
    for piece in cut(LARGE, size):
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        found += decoder.feed(piece)
        _, peak = tracemalloc.get_traced_memory()
        if b"\n" not in piece:
            grown = max(grown, peak - before)
        else:
            assert peak < 3 * len(LARGE)
    assert found == [LARGE[6:-2]]
    # The list of pieces itself grows by an eighth at a time; the event is 4 MB.
    assert grown < 4 * size + 256 * 1024


class Counted(bytes):
    """Bytes that count how often their length is asked for, and that of what is cut of them."""

    lengths = 0

    def __len__(self) -> int:
        Counted.lengths += 1
        return super().__len__()

    def split(self, sep: Any = None, maxsplit: SupportsIndex = -1) -> list[bytes]:
        return [Counted(piece) for piece in super().split(sep, maxsplit)]

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return Counted(found) if isinstance(found, bytes) else found


def test_an_event_of_many_lines_takes_work_by_the_line() -> None:
    def lengths(lines: int) -> int:
        decoder = SSEDecoder()
        Counted.lengths = 0
        for _ in range(lines):
            assert decoder.feed(Counted(b": c\ndata: a\n")) == []
        counted = Counted.lengths
        assert decoder.feed(b"\n") == [b"\n".join([b"a"] * lines)]
        return counted

    assert 0 < lengths(2_000) <= 2 * lengths(1_000) + 9


BOUND = 1_000
TOO_LARGE = [b"data: " + b"x" * 2 * BOUND, b"data: " + b"x" * 2 * BOUND + b"\n\n"]
TOO_LARGE += [b": " + b"x" * 2 * BOUND, b"data: x\n" * BOUND, b"data:\n" * BOUND]
TOO_LARGE += [b"data\n" * BOUND, b"data: x\r\n" * BOUND]


@pytest.mark.parametrize("large", TOO_LARGE, ids=lambda large: repr(large[:9] + large[-3:]))
def test_an_event_larger_than_the_bound_is_refused(large: bytes) -> None:
    for size in (1, 7, 64, BOUND, 10 * BOUND):
        for before in (b"", b"data: a\n\n"):
            for first in (b"", b"\n"):
                decoder = SSEDecoder(max_event_bytes=BOUND)
                decoder.feed(before)
                with pytest.raises(EventTooLarge, match="1000 bytes"):
                    list(map(decoder.feed, cut(first + large, size)))


def test_the_bound_is_on_one_event_not_on_the_stream() -> None:
    event = b"data: " + b"x" * (BOUND // 2) + b"\n"
    stream = (event + b"\n" + b": comment\n\n") * 20
    for size in (1, 7, 64, BOUND, len(stream)):
        decoder = SSEDecoder(max_event_bytes=BOUND)
        assert sum(len(decoder.feed(piece)) for piece in cut(stream, size)) == 20


@pytest.mark.sample(2)
@pytest.mark.long
@pytest.mark.parametrize("piece", [2, 100, 16_384], ids=str)
@pytest.mark.parametrize("line", [1, 1 << 30], ids=str)
def test_the_bound_is_one_on_memory(line: int, piece: int, traced: None) -> None:
    """Of an event just below it and of one above, in lines and pieces of every size."""
    bound = 60_000
    text = b"data: " + b"x" * min(line, bound) + b"\n"
    small = text * (bound // len(text)) if len(text) < bound else text[:bound]
    for event in (small + b"\n\n", small + b"\n" + small):
        decoder, pieces = SSEDecoder(max_event_bytes=bound), [*cut(event, piece)]
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        with suppress(EventTooLarge):
            for part in pieces:
                decoder.feed(part)
        _, peak = tracemalloc.get_traced_memory()
        assert peak - before <= 2 * bound + (1 << 20)
