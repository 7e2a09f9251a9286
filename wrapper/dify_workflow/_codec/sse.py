"""Server-Sent Events: bytes in, complete `data` payloads out, no I/O.

Lines end at ``\\n``, ``\\r\\n`` and ``\\r`` only: Dify sends U+2028, U+2029 and U+0085 raw inside
its JSON, where `str.splitlines` would cut an event in two.
"""

from __future__ import annotations

from ..errors import EventTooLarge

DEFAULT_MAX_EVENT_BYTES = 256 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_BLOCK = 64 * 1024  # bytes
_SMALL = 4 * 1024  # bytes of a piece: larger ones are kept as they are, and not copied


class _Pieces:
    """Bytes that come in pieces of any size, kept in a few blocks: small objects cost more."""

    __slots__ = ("_blocks", "_tail", "size")

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._tail = bytearray()
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Keep a piece."""
        self.size += len(piece)
        if len(piece) < _SMALL:
            self._tail += piece
            if len(self._tail) < _BLOCK:
                return
            piece = b""
        if self._tail:
            self._blocks.append(bytes(self._tail))
            self._tail.clear()
        if piece:
            self._blocks.append(piece)

    def startswith(self, text: bytes) -> bool:
        """Return whether the first block begins with a text; a shorter one does not."""
        return (self._blocks[0] if self._blocks else self._tail).startswith(text)

    def take(self) -> bytes:
        """Return them as one, and keep nothing."""
        self._blocks.append(bytes(self._tail))
        whole = b"".join(self._blocks)
        self._blocks.clear()
        self._tail.clear()
        self.size = 0
        return whole


class SSEDecoder:
    """Split a byte stream into the `data` payloads of its events.

    Frames without data (``event: ping``) and comments yield nothing. Time is linear in the size of
    an event, however it is cut into chunks and lines; memory is at most twice the bound and 1 MiB.
    """

    __slots__ = ("_after_cr", "_at_start", "_data", "_first", "_lines", "_max", "_size", "_started")

    def __init__(self, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._started = _Pieces()  # the unfinished line
        self._lines = 0  # data lines of the unfinished event
        self._first = b""  # the data of the first one
        self._data = _Pieces()  # that of all, if there are more
        self._size = 0  # their bytes
        self._after_cr = False  # the last chunk ended in \r: a \n that follows belongs to it
        self._at_start = True

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes of the stream; return the payloads that are complete now."""
        if len(chunk) > _BLOCK:
            parts = range(0, len(chunk), _BLOCK)
            return [event for at in parts for event in self.feed(chunk[at : at + _BLOCK])]
        started = self._started
        if (
            self._lines
            or self._at_start
            or self._after_cr
            or b"\r" in chunk
            or started.size + len(chunk) > self._max
        ):
            return self._by_lines(chunk)
        # What Dify sends: events of one line each, nothing between them.
        end = chunk.rfind(b"\n\n")
        payloads = chunk[:end].split(b"\n\ndata: ")
        first = started if started.size else chunk
        if end < 0 or chunk.count(b"\n") != 2 * len(payloads) or not first.startswith(b"data: "):
            return self._by_lines(chunk)
        payloads[0] = (self._line_with(payloads[0]) if started.size else payloads[0])[6:]
        if end + 2 < len(chunk):
            self._hold(chunk[end + 2 :])
        return payloads

    def flush(self) -> list[bytes]:
        """Return what the stream's end completes: a last event without its blank line."""
        return self._by_lines(b"\n\n") if self._started.size or self._lines else []

    def _by_lines(self, chunk: bytes) -> list[bytes]:
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, unfinished = chunk.split(b"\n")
        if lines:
            lines[0] = self._line_with(lines[0])
            if self._at_start:
                self._at_start = False
                lines[0] = lines[0].removeprefix(_BOM)
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:") or line == b"data":
                value = line[6:] if line[5:6] == b" " else line[5:]
                self._size += len(line)
                if self._size + self._started.size > self._max:
                    raise self._too_large()
                if self._lines:
                    if self._lines == 1:
                        self._data.add(self._first)
                    self._data.add(b"\n")
                    self._data.add(value)
                else:
                    self._first = value
                self._lines += 1
            elif not line and self._lines:
                events.append(self._first if self._lines == 1 else self._data.take())
                self._first, self._lines, self._size = b"", 0, 0
        self._hold(unfinished)
        return events

    def _line_with(self, rest: bytes) -> bytes:
        """Return the line that `rest` ends, which may have begun in earlier chunks."""
        if not self._started.size:
            return rest
        self._started.add(rest)
        return self._started.take()

    def _hold(self, piece: bytes) -> None:
        """Keep a piece of the unfinished line."""
        if piece:
            if self._size + self._started.size + len(piece) > self._max:
                raise self._too_large()
            self._started.add(piece)

    def _too_large(self) -> EventTooLarge:
        return EventTooLarge(
            f"one event of the stream is larger than {self._max} bytes (max_event_bytes)"
        )
