"""Which framing the body of an answer has, as its head says."""

from __future__ import annotations

import h11
import httpcore
import pytest
from h1_streams.framing import Body, ChunkedBody, ResponseHead, SizedBody, body_of
from h11_reader import through_h11

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


@pytest.mark.parametrize("lines", [(), (SIZED,), (CHUNKS,)], ids=str)
def test_an_answer_that_has_no_body_whatever_its_headers(lines: tuple[str, ...]) -> None:
    for body in (
        body_of(answer(204, lines)),
        body_of(answer(304, lines)),
        body_of(answer(200, lines), bodiless=True),
    ):
        assert (type(body), body.done, body.reusable) == (SizedBody, True, True)


def test_transfer_encoding_that_is_said_twice_is_read() -> None:
    """Which h11 refuses: proxies send it, and it can mean one thing only."""
    body = body_of(answer(200, (CHUNKS, CHUNKS)))
    assert body.feed(b"5\r\nhello\r\n0\r\n\r\n") == b"hello"
    assert (body.done, body.reusable) == (True, False)


@pytest.mark.parametrize("status", [200, 204, 304])
def test_no_request_goes_out_behind_two_framings(status: int) -> None:
    for lines in ((CHUNKS,), (SIZED,), (SIZED, CHUNKS), (CHUNKS, SIZED)):
        body = body_of(answer(status, lines))
        if status == 200:
            body.feed(b"5\r\nhello\r\n0\r\n\r\n" if CHUNKS in lines else b"hello")
        assert (body.done, body.reusable) == (True, len(lines) == 1)
