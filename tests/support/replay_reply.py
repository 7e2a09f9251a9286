"""What a ReplayServer answers: recorded bytes, or steps that misbehave precisely."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal, Self

import attrs
from wire_archive import Exchange


@attrs.frozen
class Sleep:
    """Wait that many seconds, or until the client closes the connection."""

    seconds: float


@attrs.frozen
class Reset:
    """Drop the connection with a TCP RST: the client sees "connection reset".

    A test that needs the bytes before it to be read puts a Sleep between them.
    """


@attrs.frozen
class Close:
    """Close the connection (FIN), whatever was promised by the headers."""


Step = bytes | Sleep | Reset | Close
Headers = Iterable[tuple[str, str]]
END = b"0\r\n\r\n"


def head(status: int, headers: Headers) -> bytes:
    """Make a response head: status line, headers, blank line."""
    lines = [f"HTTP/1.1 {status} Reply", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(steps: Iterable[Step]) -> list[Step]:
    """Put each bytes step into an HTTP chunk of its own; other steps stay as they are."""
    return [b"%x\r\n%b\r\n" % (len(s), s) if isinstance(s, bytes) else s for s in steps]


@attrs.frozen
class Reply:
    """What the server does for one request: steps carried out in order, each bytes one send.

    The connection stays open afterwards unless a step closed it, so bytes that are not a
    complete response want a Close() or Reset() after them.
    """

    steps: tuple[Step, ...]

    @classmethod
    def raw(cls, *steps: Step) -> Self:
        """Send exactly these bytes, e.g. Reply.raw(Reset()) to drop the request."""
        return cls(steps)

    @classmethod
    def json(cls, status: int, obj: object, headers: Headers = ()) -> Self:
        body = json.dumps(obj).encode()
        return cls._whole(status, "application/json", body, headers)

    @classmethod
    def html(cls, status: int, text: str, headers: Headers = ()) -> Self:
        return cls._whole(status, "text/html; charset=utf-8", text.encode(), headers)

    @classmethod
    def _whole(cls, status: int, content_type: str, body: bytes, headers: Headers) -> Self:
        framing = (("Content-Type", content_type), ("Content-Length", str(len(body))))
        return cls((head(status, [*framing, *headers]), body))

    @classmethod
    def stream(cls, *steps: Step, headers: Headers = ()) -> Self:
        """Answer 200 text/event-stream: one HTTP chunk per bytes step, then the end.

        The ending chunk is left out when the last step is a Close() or Reset().
        """
        framing = (
            ("Content-Type", "text/event-stream; charset=utf-8"),
            ("Transfer-Encoding", "chunked"),
        )
        end = [] if steps and isinstance(steps[-1], Close | Reset) else [END]
        return cls((head(200, [*framing, *headers]), *chunked(steps), *end))

    @classmethod
    def of(
        cls,
        exchange: Exchange,
        split: Literal["frames", "bytes"] | int = "frames",
        hold_open: float = 0.0,
        stop_after: int | None = None,
        end: Step | None = None,
    ) -> Self:
        """Replay a recorded response, its head byte for byte.

        split: pieces of the body: recorded HTTP chunks, single bytes, or that many bytes; each
            piece is one send, and one HTTP chunk where the recording was chunked.
        hold_open: seconds between the last piece and the end (Dify >= 1.13: 1.0 for streams).
        stop_after: send only so many pieces.
        end: replaces the end of the body. By default that is the ending chunk of a chunked
            recording, even after stop_after; a Close() where a body with a length was cut, and
            where the recording client itself never saw the end (not exchange.complete).
        """
        size = 1 if split == "bytes" else split
        body = exchange.body
        pieces = (
            exchange.frames()
            if isinstance(size, str)
            else [body[at : at + size] for at in range(0, len(body), size)]
        )
        is_cut = stop_after is not None and stop_after < len(pieces)
        sent: list[Step] = [*pieces[:stop_after]]
        is_chunked = exchange.header("transfer-encoding") == "chunked"
        if is_chunked:
            sent = chunked(sent)
        if hold_open:
            sent.append(Sleep(hold_open))
        if end is not None:
            sent.append(end)
        elif not exchange.complete and exchange.method != "HEAD":
            sent.append(Close())
        elif is_chunked:
            sent.append(END)
        elif is_cut:
            sent.append(Close())
        return cls((exchange.head, *sent))

    def after(self, seconds: float) -> Self:
        """Give the same reply, started that much later."""
        return attrs.evolve(self, steps=(Sleep(seconds), *self.steps))
