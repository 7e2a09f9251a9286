"""Large events: decoded in linear work and memory, and bounded."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from typing import Any, SupportsIndex

import pytest
from dify_workflow import EventTooLarge
from dify_workflow._codec.sse import SSEDecoder
from pieces import cut

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
