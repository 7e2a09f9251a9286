"""HTTP/1.1 heads: read as h11 reads them, wherever they are cut, and no byte behind them."""

from __future__ import annotations

import h11
import httpcore
import pytest
from h1_streams.framing import HeadReader, ResponseHead, body_of
from h11_reader import h11_events
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import any_pieces, damaged, in_bytes, in_two

OK = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
HEADS: dict[str, bytes] = {
    "one": OK,
    "no headers": b"HTTP/1.1 200 OK\r\n\r\n",
    "no reason": b"HTTP/1.1 200\r\nA: b\r\n\r\n",
    "an empty reason": b"HTTP/1.1 200 \r\nA: b\r\n\r\n",
    "an odd reason": b"HTTP/1.1 404 \tNot  \xe9 Found \r\nA: b\r\n\r\n",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nA: b\r\n\r\n",
    "an unknown status": b"HTTP/1.1 999 \r\n\r\n",
    "bare lf": b"HTTP/1.1 200 OK\nA: b\n\n",
    "cr lf, then lf": b"HTTP/1.1 200 OK\r\nA: b\r\n\n",
    "lf, then cr lf": b"HTTP/1.1 200 OK\nA: b\n\r\n",
    "informational": b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK,
    "two informational": b"HTTP/1.1 100 \r\n\r\nHTTP/1.1 102 P\n\n" + OK,
    "spelling": b"HTTP/1.1 200 OK\r\nx-A: 1\r\nX-a: 2\r\nset-Cookie: a\r\nset-Cookie: b\r\n\r\n",
    "spaces": b"HTTP/1.1 200 OK\r\nA:b\r\nC: \t d  e \t\r\nF:\r\nG: \r\n\r\n",
    "not ascii": b"HTTP/1.1 200 OK\r\nA: \xe9\x80\xff\r\n\r\n",
    "odd names": b"HTTP/1.1 200 OK\r\n!#$%&'*+-.^_`|~09: b\r\n\r\n",
    "colons": b"HTTP/1.1 200 OK\r\nA:: b: c\r\n\r\n",
    "a folded line": b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\td\r\nE: f\r\n\r\n",
    "a fold behind spaces": b"HTTP/1.1 200 OK\r\nA: b \r\n\t c\r\n\r\n",
    "a fold of nothing": b"HTTP/1.1 200 OK\r\nA:\r\n b\r\n \r\nE: f\r\n\r\n",
    "framed": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
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


def through_h11(stream: bytes) -> ResponseHead | None:
    """The head as h11 reads it; None when it is not complete; raises what h11 raises."""
    for event in h11_events(stream):
        if isinstance(event, h11.Response):
            return ResponseHead(
                event.http_version, event.status_code, event.reason, event.headers.raw_items()
            )
    return None


def read(pieces: list[bytes]) -> tuple[ResponseHead | None, bytes]:
    """The head as ours reads it, and all that lies behind it."""
    reader = HeadReader()
    waiting = [piece for piece in pieces if piece]
    while waiting:
        found = reader.feed(waiting.pop(0))
        if found is not None:
            return found, reader.rest + b"".join(waiting)
    return None, reader.rest


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_a_head_is_what_h11_reads_wherever_it_is_cut(head: bytes, body: bytes) -> None:
    expected = through_h11(head)
    assert expected is not None
    stream = head + body
    for pieces in ([stream], in_bytes(stream), *in_two(stream)):
        assert read(pieces) == (expected, body), pieces


MALFORMED = {
    "not HTTP": b"SSH-2.0-x\r\n\r\n",
    "in small letters": b"http/1.1 200 OK\r\n\r\n",
    "leading garbage": b"x" + OK,
    "leading space": b" " + OK,
    "leading empty line": b"\r\n" + OK,
    "leading empty lines": b"\n\n" + OK,
    "leading bytes of TLS": b"\x16\x03\x01\x02" + OK,
    "HTTP/1": b"HTTP/1 200 OK\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "status 099": b"HTTP/1.1 099 OK\r\n\r\n",
    "two spaces": b"HTTP/1.1  200 OK\r\n\r\n",
    "glued reason": b"HTTP/1.1 200OK\r\n\r\n",
    "NUL in the reason": b"HTTP/1.1 200 O\0K\r\n\r\n",
    "cr in the reason": b"HTTP/1.1 200 O\rK\r\n\r\n",
    "no colon": b"HTTP/1.1 200 OK\r\nA b\r\n\r\n",
    "no name": b"HTTP/1.1 200 OK\r\n: b\r\n\r\n",
    "space in the name": b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
    "space before the colon": b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
    "tab before the colon": b"HTTP/1.1 200 OK\r\nA\t: b\r\n\r\n",
    "not ascii in the name": b"HTTP/1.1 200 OK\r\n\xe9: b\r\n\r\n",
    "NUL in the name": b"HTTP/1.1 200 OK\r\nA\0: b\r\n\r\n",
    "NUL in the value": b"HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
    "cr in the value": b"HTTP/1.1 200 OK\r\nA: b\rc: d\r\n\r\n",
    "cr cr lf": b"HTTP/1.1 200 OK\r\nA: b\r\r\nC: d\r\n\r\n",
    "cr cr lf at the end": b"HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n",
    "a first line that is folded": b"HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
    "NUL in a folded line": b"HTTP/1.1 200 OK\r\nA: b\r\n c\0\r\n\r\n",
    "vertical tab in the value": b"HTTP/1.1 200 OK\r\nA: b\x0bc\r\n\r\n",
    "form feed in the value": b"HTTP/1.1 200 OK\r\nA: b\x0cc\r\n\r\n",
    "form feed in the reason": b"HTTP/1.1 200 O\x0cK\r\n\r\n",
    "an informational one with a framing": b"HTTP/1.1 103 \r\nContent-Length: x\r\n\r\n" + OK,
    "an unasked switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "a malformed informational one": b"HTTP/1.1 103 \r\nA b\r\n\r\n" + OK,
    "a malformed one behind it": b"HTTP/1.1 103 \r\nA: b\r\n\r\nHTP/1.1 200 OK\r\n\r\n",
}


@pytest.mark.parametrize("stream", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_head_is_refused_wherever_it_is_cut(stream: bytes) -> None:
    with pytest.raises(h11.RemoteProtocolError):
        through_h11(stream)
    for pieces in ([stream], in_bytes(stream), *in_two(stream)):
        with pytest.raises(httpcore.RemoteProtocolError):
            read(pieces)


# What h11 lets through; nobody answers so to HTTP/1.1.
REFUSED = [b"HTTP/%b 200 OK\r\n\r\n" % version for version in (b"0.9", b"1.2", b"2.0", b"3.0")]
CONTROL = [*range(1, 9), *range(14, 32), 127]
REFUSED += [b"HTTP/1.1 200 OK\r\nA: b%cc\r\n\r\n" % one for one in CONTROL]


@pytest.mark.parametrize("head", REFUSED, ids=str)
def test_other_versions_and_control_characters_are_refused(head: bytes) -> None:
    with pytest.raises(httpcore.RemoteProtocolError):
        read([head])


@pytest.mark.timeout(20)
def test_a_head_of_spaces_takes_no_time() -> None:
    """A search that begins anew at each of them would take half a minute."""
    with pytest.raises(httpcore.RemoteProtocolError):
        read([b"HTTP/1.1 200 OK\r\nA: b" + b" " * 95_000 + b"\0\r\n\r\n"])


DAMAGED = damaged(
    st.sampled_from(list(HEADS.values())), [b"\r", b"\n", b":", b" ", b"\t", b"x", b"\0"]
)


@pytest.mark.long
@settings(deadline=None, max_examples=300)
@given(any_pieces(DAMAGED))
def test_any_head_is_read_or_refused_as_h11_does(pieces: list[bytes]) -> None:
    try:
        expected = through_h11(b"".join(pieces))
    except h11.RemoteProtocolError:
        with pytest.raises(httpcore.RemoteProtocolError):
            refuse(pieces)
    else:
        assert read(pieces)[0] == expected


def refuse(pieces: list[bytes]) -> None:
    """Read a head, find its body's framing, and wait for more where there is no more."""
    found, _ = read(pieces)
    if found is None:
        HeadReader().feed(b"")
    else:
        body_of(found)
