"""The body of an HTTP/1.1 response, cut out of the bytes of its connection. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx


class Body:
    """Bytes of a connection in, bytes of the body out; `done` once the body is complete.

    Raises `httpx.RemoteProtocolError` for a chunked body that is malformed.
    """

    def __init__(self, *, done: bool = False) -> None:
        self.done: bool = done

    def feed(self, data: bytes) -> bytes:
        """Return the bytes of the body in the next bytes of the connection."""
        return data

    def _end(self) -> None:
        self.done = True


class SizedBody(Body):
    """A body with a Content-Length."""

    def __init__(self, length: int) -> None:
        super().__init__(done=length == 0)
        self._left = length

    def feed(self, data: bytes) -> bytes:
        """Return what belongs to the body."""
        data = data[: self._left]
        self._left -= len(data)
        if not self._left:
            self._end()
        return data


class ChunkedBody(Body):
    """A body in chunks (RFC 9112, section 7.1)."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 0  # bytes of the current chunk still to come, then of its \r\n
        self._line = b""  # an unfinished line of framing
        self._in_trailer = False

    def feed(self, data: bytes) -> bytes:
        """Return the chunks' data without their framing."""
        parts: list[bytes] = []
        position = 0
        while position < len(data) and not self.done:
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
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _whole_chunks(self, data: bytes, position: int, parts: list[bytes]) -> int:
        """Take the chunks that are there from end to end, and begin the one that is not."""
        while (found := _SIZE_LINE(data, position)) is not None:
            begin = found.end()
            end = begin + int(found[1], 16)
            if end == begin or not data.startswith(b"\r\n", end):
                break
            parts.append(data[begin:end])
            position = end + 2
        return self._read_line(data, position) if position < len(data) else position

    def _end_chunk(self, byte: int) -> None:
        if byte != b"\r\n"[2 - self._left]:
            raise httpx.RemoteProtocolError("a chunk is longer than its size says")
        self._left -= 1

    def _read_line(self, data: bytes, position: int) -> int:
        end = data.find(b"\n", position) + 1
        line = self._line + (data[position:end] if end else data[position:])
        if len(line) > _LONGEST_LINE:
            raise httpx.RemoteProtocolError("a chunk's size line is too long")
        if not end:
            self._line = line
            return len(data)
        self._line = b""
        if self._in_trailer:
            if line in (b"\n", b"\r\n"):
                self._end()
        else:
            self._begin_chunk(line)
        return end

    def _begin_chunk(self, line: bytes) -> None:
        found = _SIZE_LINE(line)
        if found is None:
            raise httpx.RemoteProtocolError(f"not a chunk size: {line[:40]!r}")
        size = int(found[1], 16)
        self._in_trailer = size == 0
        self._left = size + 2 if size else 0


_LONGEST_LINE = 16 * 1024
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,20})[ \t]*(?:;[^\n]*)?\r\n").match


def body_of(headers: Mapping[str, str]) -> Body | None:
    """Return the framing that a response's headers name, or None for one that is not known."""
    if headers.get("content-encoding", "identity") != "identity":
        return None
    encoding = headers.get("transfer-encoding")
    if encoding is not None:
        return ChunkedBody() if encoding.strip().lower() == "chunked" else None
    length = headers.get("content-length")
    if length is not None:
        return SizedBody(int(length)) if length.isdecimal() else None
    return Body()
