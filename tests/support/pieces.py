"""Bytes cut into pieces, in every way."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st


def cut(stream: bytes, size: int) -> Iterator[bytes]:
    """Pieces of that many bytes; the last one may be shorter."""
    return (stream[at : at + size] for at in range(0, len(stream), size))


def in_bytes(stream: bytes) -> list[bytes]:
    """Single bytes."""
    return list(cut(stream, 1))


def in_two(stream: bytes) -> Iterator[list[bytes]]:
    """Every way to cut it in two, nothing on one side included."""
    return ([stream[:at], stream[at:]] for at in range(len(stream) + 1))


@st.composite
def damaged(draw: st.DrawFn, streams: st.SearchStrategy[bytes], bits: list[bytes]) -> bytes:
    """Any stream of these with up to three bytes taken out, or bits put in."""
    stream = bytearray(draw(streams))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(stream)))
        if at < len(stream) and draw(st.booleans()):
            del stream[at]
        else:
            stream[at:at] = draw(st.sampled_from(bits))
    return bytes(stream)


@st.composite
def any_pieces(draw: st.DrawFn, streams: st.SearchStrategy[bytes]) -> list[bytes]:
    """Any stream of these in up to nine pieces, some of which may be empty."""
    stream = draw(streams)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
