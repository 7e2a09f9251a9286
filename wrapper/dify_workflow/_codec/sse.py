"""Server-Sent Events: bytes in, complete `data` payloads out, no I/O.

Lines end at ``\\n``, ``\\r\\n`` and ``\\r`` only: Dify sends U+2028, U+2029 and U+0085 raw inside
its JSON, where `str.splitlines` would cut an event in two.
"""

from __future__ import annotations

from ..errors import EventTooLarge

DEFAULT_MAX_EVENT_BYTES = 256 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"


class SSEDecoder:
    """Split a byte stream into the `data` payloads of its events.

    Frames without data (``event: ping``) and comments yield nothing. Memory and time are linear in
    the size of an event, however it is cut into chunks.
    """

    __slots__ = ("_after_cr", "_at_start", "_data", "_max", "_pieces", "_size", "_unfinished")

    def __init__(self, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._pieces: list[bytes] = []  # the unfinished line
        self._unfinished = 0  # its bytes
        self._data: list[bytes] = []  # the data lines of the unfinished event
        self._size = 0  # their bytes
        self._after_cr = False  # the last chunk ended in \r: a \n that follows belongs to it
        self._at_start = True

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes of the stream; return the payloads that are complete now."""
        if (
            self._data
            or self._at_start
            or self._after_cr
            or b"\r" in chunk
            or self._unfinished + len(chunk) > self._max
        ):
            return self._by_lines(chunk)
        # What Dify sends: events of one line each, nothing between them.
        end = chunk.rfind(b"\n\n")
        payloads = chunk[:end].split(b"\n\ndata: ")
        first = self._pieces[0] if self._pieces else chunk
        if end < 0 or chunk.count(b"\n") != 2 * len(payloads) or not first.startswith(b"data: "):
            return self._by_lines(chunk)
        payloads[0] = (self._line_with(payloads[0]) if self._pieces else payloads[0])[6:]
        if end + 2 < len(chunk):
            self._hold(chunk[end + 2 :])
        return payloads

    def flush(self) -> list[bytes]:
        """Return what the stream's end completes: a last event without its blank line."""
        return self._by_lines(b"\n\n") if self._pieces or self._data else []

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
        data = self._data
        for line in lines:
            if line.startswith(b"data:") or line == b"data":
                data.append(line[6:] if line[5:6] == b" " else line[5:])
                self._size += len(line)
                if self._size + self._unfinished > self._max:
                    raise self._too_large()
            elif not line and data:
                events.append(data[0] if len(data) == 1 else b"\n".join(data))
                data.clear()
                self._size = 0
        self._hold(unfinished)
        return events

    def _line_with(self, rest: bytes) -> bytes:
        """Return the line that `rest` ends, which may have begun in earlier chunks."""
        if not self._pieces:
            return rest
        self._pieces.append(rest)
        line = b"".join(self._pieces)
        self._pieces.clear()
        self._unfinished = 0
        return line

    def _hold(self, piece: bytes) -> None:
        """Keep a piece of the unfinished line."""
        if piece:
            self._unfinished += len(piece)
            if self._size + self._unfinished > self._max:
                raise self._too_large()
            self._pieces.append(piece)

    def _too_large(self) -> EventTooLarge:
        return EventTooLarge(
            f"one event of the stream is larger than {self._max} bytes (max_event_bytes)"
        )
