"""HTTP/1.1 in bytes (RFC 9112): heads, and bodies cut out of their connection. No I/O."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import NamedTuple

import httpcore

Header = tuple[bytes, bytes]

LONGEST = 100 * 1024  # bytes of a response's head, those before it counted too, or of a trailer
MOST = 100  # informational heads, or lines of a trailer
_END = re.compile(rb"\n\r?\n").search
_TOKEN = rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+"
_TEXT = rb"[^\0-\x08\n-\x1f\x7f]*"  # no control characters but tabs
_STATUS = re.compile(rb"HTTP/(1\.[01]) ([1-9]\d\d)(?: (%b))?\r?" % _TEXT).fullmatch
_LINES = re.compile(rb"(?:%b:%b\r?\n)*" % (_TOKEN, _TEXT)).fullmatch
_FIELDS = re.compile(rb"(%b):(%b)" % (_TOKEN, _TEXT)).findall
_FOLD = re.compile(rb"\r?\n[ \t]+")
_NAME = re.compile(_TOKEN).fullmatch
_VALUE = re.compile(rb"[^\0\r\n]*").fullmatch
_TARGET = re.compile(rb"[!-~]+").fullmatch
_LENGTH = re.compile(rb"[0-9]{1,20}").fullmatch


class ResponseHead(NamedTuple):
    """The status line and the headers of a response, in the spelling of the server."""

    version: bytes
    status: int
    reason: bytes
    headers: list[Header]


def elements(headers: Iterable[Header], name: bytes) -> list[bytes]:
    """Return the elements of a header that is a list, in small letters; empty without it."""
    parts: list[bytes] = []
    for field, value in headers:
        if field.lower() == name:
            parts += value.lower().split(b",")
    return [part.strip(b" \t") for part in parts] if parts else parts


class Framing(NamedTuple):
    """How a body ends: in `chunked` coding, or after its `length`, or with its connection.

    clean: it is said once, so that nobody on the way can have understood it otherwise.
    """

    chunked: bool
    length: int | None
    clean: bool


def framing_of(headers: list[Header]) -> Framing:
    """Return what headers say of a body; raises `httpcore.RemoteProtocolError`."""
    codings = [value.lower() for name, value in headers if name.lower() == b"transfer-encoding"]
    if set(codings) - {b"chunked"}:
        raise httpcore.RemoteProtocolError(f"an unknown transfer coding: {codings!r}")
    lengths = elements(headers, b"content-length")
    if len(set(lengths)) > 1 or not all(map(_LENGTH, lengths)):
        raise httpcore.RemoteProtocolError("the response has no usable Content-Length")
    length = int(lengths[0]) if lengths else None
    return Framing(bool(codings), length, len(codings) + bool(lengths) <= 1)


def request_head(method: bytes, target: bytes, headers: Iterable[Header]) -> bytes:
    """Return the bytes of a request's head; raises `httpcore.LocalProtocolError`."""
    if not (_NAME(method) and _TARGET(target)):
        raise httpcore.LocalProtocolError("the method or the address has a forbidden character")
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    for name, value in headers:
        if not (_NAME(name) and _VALUE(value)):  # the value may be a secret
            raise httpcore.LocalProtocolError(f"the header {name!r} has a forbidden character")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join(lines) + b"\r\n\r\n"


class HeadReader:
    """Bytes of a connection in, the head of a response out; what follows it is the `rest`."""

    def __init__(self) -> None:
        self.rest: bytes = b""
        self._passed: list[int] = []  # the lengths of informational heads

    def feed(self, data: bytes) -> ResponseHead | None:
        """Take the next bytes; return the head when it is complete.

        Heads of informational responses are passed over. Raises `httpcore.RemoteProtocolError`,
        as for b"", the end of the connection.
        """
        if not data:
            came = f" It began: {self.rest[:60]!r}" if self.rest else ""
            text = f"Server disconnected without sending a response.{came}"
            raise httpcore.RemoteProtocolError(text)
        searched = max(len(self.rest) - 2, 0)
        self.rest += data
        while (end := _END(self.rest, searched)) is not None:
            head = _parsed(self.rest[: end.start() + 1])
            self.rest = self.rest[end.end() :]
            if head.status >= 200:
                return head
            if head.status == 101:
                raise httpcore.RemoteProtocolError("the server switches to another protocol")
            framing_of(head.headers)
            searched = 0
            self._passed.append(end.end())
            if len(self._passed) > MOST:
                raise httpcore.RemoteProtocolError("no response after 100 informational ones")
        if len(self.rest) + sum(self._passed) > LONGEST:
            raise httpcore.RemoteProtocolError("the head of the response is too long")
        return None


def _parsed(text: bytes) -> ResponseHead:
    first, _, lines = text.partition(b"\n")
    status, headers = _STATUS(first), fields(lines)
    if status is None or headers is None:
        raise httpcore.RemoteProtocolError(f"not the head of an HTTP/1.1 response: {text[:60]!r}")
    version, code, reason = status.groups()
    return ResponseHead(version, int(code), reason or b"", headers)


def fields(lines: bytes) -> list[Header] | None:
    """Return the headers, or trailers, of these lines; None when they are malformed."""
    if b"\n " in lines or b"\n\t" in lines:
        lines = _FOLD.sub(b" ", lines)
    if not _LINES(lines):
        return None
    return [(name, value.strip(b" \t")) for name, value in _FIELDS(lines)]


class Body:
    """Bytes of a connection in, bytes of the body out; this one lasts until the connection ends.

    `done` once the body is complete; `reusable` when the connection stands right behind it then.
    All raise `httpcore.RemoteProtocolError` for a body that is malformed; what came before that in
    the same bytes is returned first, and `error` is to be raised then.

    clean: nothing else was said of its framing; if not, the connection is never `reusable`.
    """

    def __init__(self, *, clean: bool = True) -> None:
        self._clean = clean
        self.done: bool = False
        self.reusable: bool = False
        self.error: httpcore.RemoteProtocolError | None = None

    def feed(self, data: bytes) -> bytes:
        """Return the bytes of the body in the next bytes of the connection."""
        return data

    def end(self) -> None:
        """The connection has ended; raises when the body has not."""
        self._complete(reusable=False)

    def _complete(self, *, reusable: bool) -> None:
        self.done = True
        self.reusable = reusable and self._clean


class SizedBody(Body):
    """A body with a Content-Length."""

    def __init__(self, length: int, *, clean: bool = True) -> None:
        super().__init__(clean=clean)
        self._left = length
        self.feed(b"")

    def feed(self, data: bytes) -> bytes:
        """Return what belongs to the body."""
        part = data[: self._left]
        self._left -= len(part)
        if not self._left:
            self._complete(reusable=len(part) == len(data))
        return part

    def end(self) -> None:
        """Raise: a complete body would have been `done`."""
        raise _cut_short()


class ChunkedBody(Body):
    """A body in chunks (RFC 9112, section 7.1)."""

    def __init__(self, *, clean: bool = True) -> None:
        super().__init__(clean=clean)
        self._left = 0  # bytes of the current chunk still to come, then of its \r\n
        self._line = b""  # an unfinished line of framing
        self._line_ends = 0.0  # by when
        self._trailer: list[bytes] | None = None  # its lines
        self._trailer_ends = 0.0
        self._at_end = False

    def feed(self, data: bytes) -> bytes:
        """Return the chunks' data without their framing."""
        parts: list[bytes] = []
        try:
            self._take(data, parts)
        except httpcore.RemoteProtocolError as error:
            if not parts:
                raise
            self.error = error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _take(self, data: bytes, parts: list[bytes]) -> None:
        position = 0
        while position < len(data) and not self._at_end:
            if self._left > 2:
                part = data[position : position + self._left - 2]
                parts.append(part)
                position += len(part)
                self._left -= len(part)
            elif self._left:
                self._end_chunk(data[position])
                position += 1
            elif self._line or self._trailer is not None:
                position = self._read_line(data, position)
            else:
                position = self._whole_chunks(data, position, parts)
        if self._at_end:
            self._complete(reusable=position == len(data))

    def end(self) -> None:
        """Raise: a complete body would have been `done`."""
        raise _cut_short()

    def _whole_chunks(self, data: bytes, position: int, parts: list[bytes]) -> int:
        """Take the chunks that are there from end to end, and begin the one that is not."""
        while (line_end := data.find(b"\r\n", position, position + _LONGEST_SIZE)) > position:
            size = data[position:line_end]
            if size.strip(_HEX):
                break  # an extension, or what is no size at all
            begin = line_end + 2
            end = begin + int(size, 16)
            if end == begin or not data.startswith(b"\r\n", end):
                break
            parts.append(data[begin:end])
            position = end + 2
        return self._read_line(data, position) if position < len(data) else position

    def _end_chunk(self, byte: int) -> None:
        if byte != b"\r\n"[2 - self._left]:
            raise httpcore.RemoteProtocolError("a chunk is longer than its size says")
        self._left -= 1

    def _read_line(self, data: bytes, position: int) -> int:
        end = data.find(b"\n", position) + 1
        line = self._line + (data[position:end] if end else data[position:])
        if len(line) > _LONGEST_LINE:
            raise httpcore.RemoteProtocolError("a chunk's size line is too long")
        if self._trailer is not None and time.monotonic() > self._trailer_ends:
            raise httpcore.RemoteProtocolError("the trailer of the response does not end")
        if self._line and time.monotonic() > self._line_ends:
            raise httpcore.RemoteProtocolError("a chunk's size line does not end")
        if not end:
            if not self._line:
                self._line_ends = time.monotonic() + _LONGEST_FRAMING
            self._line = line
            return len(data)
        self._line = b""
        if self._trailer is None:
            self._begin_chunk(line)
        else:
            self._trailer.append(line)
            self._check_trailer(self._trailer)
        return end

    def _check_trailer(self, lines: list[bytes]) -> None:
        """Take a line, the last one if it is empty; nothing is read of a trailer."""
        self._at_end = lines[-1] in (b"\n", b"\r\n")
        if self._at_end and len(lines) == 1:
            return  # there is no trailer
        read = fields(b"".join(lines[:-1])) if self._at_end else []
        if read is None:
            raise httpcore.RemoteProtocolError(f"not a trailer: {lines[0][:40]!r}")
        framing_of(read)
        if len(lines) > MOST or sum(map(len, lines)) > LONGEST:
            raise httpcore.RemoteProtocolError("the trailer of the response is too long")

    def _begin_chunk(self, line: bytes) -> None:
        found = _SIZE_LINE(line)
        if found is None:
            raise httpcore.RemoteProtocolError(f"not a chunk size: {line[:40]!r}")
        size = int(found[1], 16)
        self._left = size + 2 if size else 0
        if not size:
            self._trailer, self._trailer_ends = [], time.monotonic() + _LONGEST_FRAMING


_LONGEST_LINE = 16 * 1024
_LONGEST_FRAMING = 10.0  # s, of a size line or a trailer; it ends with the read behind them
_LONGEST_SIZE = 20 + len(b"\r\n")  # digits, and the end of their line
_HEX = b"0123456789abcdefABCDEF"
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,20})(?:;[^\n]*)?[ \t]*\r\n").fullmatch


def body_of(head: ResponseHead, *, bodiless: bool = False) -> Body:
    """Return the framing that a response's headers name (RFC 9112, section 6.3).

    `bodiless`: it answers a HEAD. Raises `httpcore.RemoteProtocolError`.
    """
    framing = framing_of(head.headers)
    if bodiless or head.status in (204, 304):
        return SizedBody(0, clean=framing.clean)
    if framing.chunked:
        return ChunkedBody(clean=framing.clean)
    return Body() if framing.length is None else SizedBody(framing.length)


def _cut_short() -> httpcore.RemoteProtocolError:
    return httpcore.RemoteProtocolError("the connection was closed inside the body")
