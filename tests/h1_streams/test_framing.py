"""HTTP/1.1 bodies: cut out of the bytes of a connection exactly, however these arrive."""

from __future__ import annotations

import itertools

import h11
import httpcore
import pytest
from h1_streams.framing import Body, ChunkedBody, HeadReader, ResponseHead, SizedBody, body_of
from h11_reader import h11_events
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import any_pieces, damaged, in_bytes, in_two


def fed(body: Body, pieces: list[bytes]) -> bytes:
    found = b""
    for piece in pieces:
        found += body.feed(piece)
        if body.error is not None:
            raise body.error
    return found


def through_h11(head: bytes, stream: bytes, *, closed: bool = False) -> tuple[bytes, bool]:
    """The body, and whether it is complete, as h11 reads it."""
    events = list(h11_events(head + stream, closed=closed))
    body = b"".join(event.data for event in events if isinstance(event, h11.Data))
    return body, isinstance(events[-1], h11.EndOfMessage)


# Chunked bodies.

CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

CHUNKED: dict[str, tuple[bytes, bytes]] = {
    "empty": (b"0\r\n\r\n", b""),
    "one chunk": (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    "two chunks": (b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", b"hello"),
    "lower-case size": (b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    "upper-case size": (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    "leading zeros": (b"0005\r\nhello\r\n000\r\n\r\n", b"hello"),
    "20 digits": (b"0" * 19 + b"5\r\nhello\r\n" + b"0" * 20 + b"\r\n\r\n", b"hello"),
    "two digits": (b"1f\r\n" + b"x" * 31 + b"\r\n0\r\n\r\n", b"x" * 31),
    "extension": (b"5;name=value\r\nhello\r\n0;last\r\n\r\n", b"hello"),
    "quoted extension": (b'5;a="b"; c\r\nhello\r\n0\r\n\r\n', b"hello"),
    "trailers": (b"5\r\nhello\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n", b"hello"),
    "space behind the size": (b"5 \r\nhello\r\n0\r\n\r\n", b"hello"),
    "data like framing": (b"7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", b"\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize(("stream", "data"), CHUNKED.values(), ids=CHUNKED)
def test_a_chunked_body_cut_at_every_byte(stream: bytes, data: bytes) -> None:
    assert through_h11(CHUNKED_HEAD, stream) == (data, True)
    for pieces in ([stream], in_bytes(stream), *in_two(stream)):
        body = ChunkedBody()
        assert fed(body, pieces) == data, pieces
        assert (body.done, body.reusable) == (True, True), pieces
    for end in range(len(stream)):  # it is not done before its last byte
        body = ChunkedBody()
        assert data.startswith(fed(body, in_bytes(stream[:end])))
        assert (body.done, body.reusable) == (False, False), end
        with pytest.raises(httpcore.RemoteProtocolError):
            body.end()
        assert not body.reusable


def test_what_follows_a_chunked_body_is_not_part_of_it() -> None:
    stream = b"5\r\nhello\r\n0\r\n\r\n5\r\nwrong\r\n"
    for pieces in ([stream], in_bytes(stream), *in_two(stream)):
        body = ChunkedBody()
        assert fed(body, pieces) == b"hello", pieces
        assert (body.done, body.reusable) == (True, pieces[-1] == b""), pieces


MALFORMED = {
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "only an extension": b";a\r\nhello\r\n0\r\n\r\n",
    "not a digit": b"g\r\nhello\r\n0\r\n\r\n",
    "0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "minus": b"-5\r\nhello\r\n0\r\n\r\n",
    "plus": b"+5\r\nhello\r\n0\r\n\r\n",
    "underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "two numbers": b"5 5\r\nhello\r\n0\r\n\r\n",
    "space before the extension": b"5 ;a\r\nhello\r\n0\r\n\r\n",
    "space before": b" 5\r\nhello\r\n0\r\n\r\n",
    "not ascii": b"\xef\xbc\x95\r\nhello\r\n0\r\n\r\n",
    "html": b"<html>\r\nhello\r\n0\r\n\r\n",
    "chunk longer than its size": b"5\r\nhelloo\r\n0\r\n\r\n",
    "size line ends in lf": b"5\nhello\r\n0\r\n\r\n",
    "size line ends in cr cr lf": b"5\r\r\nhello\r\n0\r\n\r\n",
    "size of 21 digits": b"000000000000000000005\r\nhello\r\n0\r\n\r\n",
    "chunk ends in lf": b"5\r\nhello\n0\r\n\r\n",
    "chunk ends in cr": b"5\r\nhello\r0\r\n\r\n",
    "trailer without a colon": b"0\r\nX-A\r\n\r\n",
    "trailer with a space before the colon": b"0\r\nX-A : 1\r\n\r\n",
    "trailer that begins with a fold": b"0\r\n X-A: 1\r\n\r\n",
    "trailer with NUL": b"0\r\nX-A: \0\r\n\r\n",
    "trailer with another framing": b"0\r\nTransfer-Encoding: gzip\r\n\r\n",
}


@pytest.mark.parametrize("stream", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_chunked_body_is_refused_wherever_it_is_cut(stream: bytes) -> None:
    with pytest.raises(h11.RemoteProtocolError):
        through_h11(CHUNKED_HEAD, stream)
    for pieces in (in_bytes(stream), *itertools.islice(in_two(stream), 40)):
        with pytest.raises(httpcore.RemoteProtocolError):
            fed(ChunkedBody(), pieces)
    body = ChunkedBody()  # what came before is delivered
    assert body.feed(b"3\r\nabc\r\n4\r\ndefg\r\n" + stream).startswith(b"abcdefg")
    assert body.error is not None


KB = 1024
INFORMATIONAL = b"HTTP/1.1 102 \r\nA: %b\r\n\r\n"
# What is read of each, what it begins with, and what goes on; how often that is still taken.
LONGEST: dict[str, tuple[type[HeadReader | ChunkedBody], bytes, bytes, int]] = {
    "a head": (HeadReader, b"x" * (100 * KB - 20), b"x", 20),
    "informational heads": (HeadReader, b"", INFORMATIONAL % b"", 100),
    "long informational heads": (HeadReader, b"", INFORMATIONAL % (b"b" * (2 * KB - 22)), 50),
    "a size line": (ChunkedBody, b"0" * (16 * KB - 20), b"0", 20),
    "an extension": (ChunkedBody, b"5;" + b"a" * (16 * KB - 22), b"a", 20),
    "a trailer": (ChunkedBody, b"0\r\n", b"A: b\r\n", 100),
    "a long trailer": (ChunkedBody, b"0\r\n", b"A: %b\r\n" % (b"b" * (2 * KB - 5)), 50),
}


@pytest.mark.parametrize(("kind", "begun", "part", "most"), LONGEST.values(), ids=LONGEST)
def test_what_does_not_end_is_read_so_far_and_then_refused(
    kind: type[HeadReader | ChunkedBody], begun: bytes, part: bytes, most: int
) -> None:
    reader = kind()
    for piece in (begun or part, *[part] * (most - (not begun))):
        assert not reader.feed(piece)
    with pytest.raises(httpcore.RemoteProtocolError, match=r"too long|100 informational"):
        reader.feed(part)


@pytest.mark.parametrize("framing", [b"0\r\nA: ", b"5;a="], ids=["trailer", "size line"])
def test_framing_that_drips_is_refused(framing: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1.0
    monkeypatch.setattr("h1_streams.framing.time.monotonic", lambda: now)
    body = ChunkedBody()
    body.feed(framing)
    for _ in range(10):
        now += 1
        assert body.feed(b"b") == b""
    now += 1
    with pytest.raises(httpcore.RemoteProtocolError, match="does not end"):
        body.feed(b"b")


def test_framing_that_is_slow_again_and_again_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1.0
    monkeypatch.setattr("h1_streams.framing.time.monotonic", lambda: now)
    body = ChunkedBody()
    for _ in range(10):
        for part in (b"1", b"\r\na\r\n"):
            now += 6
            body.feed(part)


@st.composite
def chunked_streams(draw: st.DrawFn) -> bytes:
    stream = b""
    for data in draw(st.lists(st.binary(min_size=1, max_size=40), max_size=6)):
        size = draw(st.sampled_from(["%x", "%X", "0%x"])) % len(data)
        extension = draw(st.sampled_from([b"", b"", b";a", b";a=b", b'; a="b c"']))
        stream += size.encode() + extension + b"\r\n" + data + b"\r\n"
    trailers = draw(st.lists(st.sampled_from([b"X-A: 1\r\n", b"X-B:\r\n"]), max_size=2))
    return stream + b"0\r\n" + b"".join(trailers) + b"\r\n"


DAMAGED = damaged(chunked_streams(), [b"\r", b"\n", b"0", b"g", b" ", b";", b"\x00"])


@pytest.mark.long
@settings(deadline=None, max_examples=200)
@given(any_pieces(DAMAGED))
def test_any_chunked_body_is_read_or_refused_as_h11_does(pieces: list[bytes]) -> None:
    stream = b"".join(pieces)
    body = ChunkedBody()
    try:
        expected = through_h11(CHUNKED_HEAD, stream)
    except h11.RemoteProtocolError:
        with pytest.raises(httpcore.RemoteProtocolError):
            fed(body, pieces)
        return
    try:
        assert (fed(body, pieces), body.done) == expected
    except httpcore.RemoteProtocolError:
        assert expected[1] is False  # h11 still waits for the end of a line that is wrong already


# Bodies with a length, and without any framing.


def test_a_sized_body_ends_at_its_length() -> None:
    for stream in (b"hello", b"hello, world"):
        for pieces in ([stream], in_bytes(stream), *in_two(stream)):
            body = SizedBody(5)
            assert not body.done
            assert fed(body, pieces) == b"hello"
            whole = stream == b"hello" or pieces[-1] == b""
            assert (body.done, body.reusable) == (True, whole), pieces
    assert SizedBody(0).done


# Which framing a body has, as the head of its answer says.

SIZED, CHUNKS = "Content-Length: 5", "Transfer-Encoding: chunked"
FRAMINGS: dict[tuple[str, ...], type[Body] | None] = {
    (): Body,
    ("X-Length: 5",): Body,
    (SIZED,): SizedBody,
    ("CONTENT-length: 0005",): SizedBody,
    (SIZED, SIZED): SizedBody,
    ("Content-Length: 5, 5",): SizedBody,
    (CHUNKS,): ChunkedBody,
    ("transfer-encoding: Chunked",): ChunkedBody,
    (SIZED, CHUNKS): ChunkedBody,
    (CHUNKS, "Content-Length: 6"): ChunkedBody,
    (CHUNKS, "Content-Encoding: gzip"): ChunkedBody,
    (CHUNKS, "Content-Length: five"): None,
    (CHUNKS, SIZED, "Content-Length: 6"): None,
    ("Transfer-Encoding: chunked, chunked",): None,
    ("Transfer-Encoding: gzip, chunked",): None,
    ("Transfer-Encoding: identity",): None,
    ("Transfer-Encoding: identity", SIZED): None,
    ("Transfer-Encoding: chunked;q=1",): None,
    ("Transfer-Encoding:",): None,
    (SIZED, "Content-Length: 6"): None,
    ("Content-Length: 5, 6",): None,
    ("Content-Length: 5,",): None,
    ("Content-Length:",): None,
    ("Content-Length: five",): None,
    ("Content-Length: \xb2",): None,
    ("Content-Length: -1",): None,
    ("Content-Length: +1",): None,
    ("Content-Length: 1_0",): None,
    ("Content-Length: 5.0",): None,
    (f"Content-Length: {'9' * 21}",): None,
}


def answer(status: int, lines: tuple[str, ...]) -> ResponseHead:
    parts = [line.encode("latin-1").partition(b":") for line in lines]
    return ResponseHead(b"1.1", status, b"", [(name, value.strip()) for name, _, value in parts])


@pytest.mark.parametrize(("lines", "kind"), FRAMINGS.items(), ids=str)
def test_the_headers_name_the_framing(lines: tuple[str, ...], kind: type[Body] | None) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + "".join(f"{line}\r\n" for line in lines).encode("latin-1")
    if kind is None:
        with pytest.raises(httpcore.RemoteProtocolError):
            body_of(answer(200, lines))
        with pytest.raises(h11.RemoteProtocolError):
            through_h11(head, b"\r\n")
    else:
        assert type(body_of(answer(200, lines))) is kind
        stream = b"5\r\nhello\r\n0\r\n\r\n" if kind is ChunkedBody else b"hello"
        assert through_h11(head, b"\r\n" + stream, closed=kind is Body) == (b"hello", True)


@pytest.mark.parametrize("status", [200, 204, 304])
@pytest.mark.parametrize("bodiless", [False, True])
def test_no_request_goes_out_behind_two_framings(status: int, bodiless: bool) -> None:
    """Chunks that are said twice are read: proxies send it, and it means one thing only."""
    for lines in ((CHUNKS,), (SIZED,), (SIZED, CHUNKS), (CHUNKS, SIZED), (CHUNKS, CHUNKS)):
        body = body_of(answer(status, lines), bodiless=bodiless)
        if status == 200 and not bodiless:
            sent = b"5\r\nhello\r\n0\r\n\r\n" if CHUNKS in lines else b"hello"
            assert body.feed(sent) == b"hello"
        assert (body.done, body.reusable) == (True, len(lines) == 1)
    if status != 200 or bodiless:
        assert body_of(answer(status, ()), bodiless=bodiless).reusable
