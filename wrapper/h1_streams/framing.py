"""The body of an HTTP/1.1 response, cut out of the bytes of its connection. No I/O."""

from __future__ import annotations

import re

import httpcore

from .head import ResponseHead, elements


class Body:
    """Bytes of a connection in, bytes of the body out; this one lasts until the connection ends.

    `done` once the body is complete; `reusable` when the connection stands right behind it then.
    All raise `httpcore.RemoteProtocolError` for a body that is malformed.
    """

    def __init__(self) -> None:
        self.done: bool = False
        self.reusable: bool = False

    def feed(self, data: bytes) -> bytes:
        """Return the bytes of the body in the next bytes of the connection."""
        return data

    def end(self) -> None:
        """The connection has ended; raises when the body has not."""
        self._complete(reusable=False)

    def _complete(self, *, reusable: bool) -> None:
        self.done = True
        self.reusable = reusable


class SizedBody(Body):
    """A body with a Content-Length."""

    def __init__(self, length: int) -> None:
        super().__init__()
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

    def __init__(self) -> None:
        super().__init__()
        self._left = 0  # bytes of the current chunk still to come, then of its \r\n
        self._line = b""  # an unfinished line of framing
        self._in_trailer = False
        self._at_end = False

    def feed(self, data: bytes) -> bytes:
        """Return the chunks' data without their framing."""
        parts: list[bytes] = []
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
            elif self._line or self._in_trailer:
                position = self._read_line(data, position)
            else:
                position = self._whole_chunks(data, position, parts)
        if self._at_end:
            self._complete(reusable=position == len(data))
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def end(self) -> None:
        """Raise: a complete body would have been `done`."""
        raise _cut_short()

    def _whole_chunks(self, data: bytes, position: int, parts: list[bytes]) -> int:
        """Take the chunks that are there from end to end, and begin the one that is not."""
        while (line_end := data.find(b"\r\n", position)) > position:
            size = data[position:line_end]
            if size.strip(_HEX) or len(size) > _LONGEST_SIZE:
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
        if not end:
            self._line = line
            return len(data)
        self._line = b""
        if self._in_trailer:
            self._at_end = line in (b"\n", b"\r\n")
        else:
            self._begin_chunk(line)
        return end

    def _begin_chunk(self, line: bytes) -> None:
        found = _SIZE_LINE(line)
        if found is None:
            raise httpcore.RemoteProtocolError(f"not a chunk size: {line[:40]!r}")
        size = int(found[1], 16)
        self._in_trailer = size == 0
        self._left = size + 2 if size else 0


_LONGEST_LINE = 16 * 1024
_LONGEST_SIZE = 20  # digits
_HEX = b"0123456789abcdefABCDEF"
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,20})[ \t]*(?:;[^\n]*)?\r\n").fullmatch


def body_of(head: ResponseHead, *, bodiless: bool = False) -> Body:
    """Return the framing that a response's headers name (RFC 9112, section 6.3).

    `bodiless`: it answers a HEAD. Raises `httpcore.RemoteProtocolError`.
    """
    if bodiless or head.status in (204, 304):
        return SizedBody(0)
    codings = elements(head.headers, b"transfer-encoding")
    if codings == [b"chunked"]:
        return ChunkedBody()
    if codings:
        raise httpcore.RemoteProtocolError(f"an unknown transfer coding: {codings!r}")
    lengths = set(elements(head.headers, b"content-length"))
    if not lengths:
        return Body()
    length = lengths.pop()
    if lengths or not _LENGTH(length):
        raise httpcore.RemoteProtocolError("the response has no usable Content-Length")
    return SizedBody(int(length))


_LENGTH = re.compile(rb"[0-9]{1,20}").fullmatch


def _cut_short() -> httpcore.RemoteProtocolError:
    return httpcore.RemoteProtocolError("the connection was closed inside the body")
