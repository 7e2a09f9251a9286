"""One request and its response on a connection. No I/O."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from .connection_handle import BODY, UNTIL
from .framing import Body, Header, HeadReader, ResponseHead, body_of, elements, request_head

_MOMENT = 0.001  # s; a time-out of 0 would be none
READ_SIZE = 16 * 1024  # bytes of a stream; the events of more do not fit into the processor's cache


class Exchange:
    """The bytes to send for one request, and what the bytes that come back mean."""

    def __init__(self, method: bytes, target: bytes, headers: Iterable[Header]) -> None:
        headers = list(headers)
        for at, (name, _) in enumerate(headers):
            if name.lower() == b"host":
                headers.insert(0, headers.pop(at))
                break
        self._opening = request_head(method, target, headers)
        self._bodiless = method == b"HEAD"
        try:
            self._left = _length(headers)  # bytes of the body to come; None: it is chunked
        except httpcore.LocalProtocolError:
            headers = []  # they have credentials, too
            raise
        self._last = b"close" in elements(headers, b"connection")
        self._sent = False
        self._reader = HeadReader()
        self.head: ResponseHead | None = None
        self.body: Body = Body()

    def coded(self, data: bytes) -> bytes:
        """Return the bytes to send for a piece of the request's body, the first with the head."""
        if self._left is None:
            return self._head() + (b"%x\r\n%b\r\n" % (len(data), data) if data else b"")
        self._left -= len(data)
        if self._left < 0:
            raise httpcore.LocalProtocolError("the request's body is longer than announced")
        return self._head() + data

    def closing(self) -> bytes:
        """Return the bytes to send behind the request's body."""
        if self._left:
            raise httpcore.LocalProtocolError("the request's body is shorter than announced")
        self._sent = True
        return self._head() + (b"0\r\n\r\n" if self._left is None else b"")

    def _head(self) -> bytes:
        """Return the head once: it has credentials, which no frame of a failure shall hold."""
        head, self._opening = self._opening, b""
        return head

    def received(self, data: bytes) -> None:
        """Take bytes of the response, until its `head` is there."""
        self.head = self._reader.feed(data)
        if self.head is not None:
            self.body = body_of(self.head, bodiless=self._bodiless)

    def response(self, body: Any, stream: Any) -> httpcore.Response:
        """Return the response, with its body also among the extensions (`BODY`)."""
        assert self.head is not None
        return httpcore.Response(
            self.head.status,
            headers=self.head.headers,
            content=body,
            extensions={
                "http_version": b"HTTP/" + self.head.version,
                "reason_phrase": self.head.reason,
                "network_stream": stream,
                BODY: body,
            },
        )

    def rest(self) -> bytes:
        """Return what came with the head and is not read yet, once."""
        rest, self._reader.rest = self._reader.rest, b""
        return rest

    def read(self, data: bytes) -> bytes | None:
        """Return the bytes of the body in these of the connection (b"": its end); None: no more."""
        if data:
            return self.body.feed(data)
        self.body.end()
        return None

    @property
    def ended(self) -> bool:
        """Whether the body is complete; raises `httpcore.RemoteProtocolError` if it cannot be."""
        if self.body.error is not None:
            raise self.body.error
        return self.body.done

    @property
    def reusable(self) -> bool:
        """Whether the connection can carry another request: both sides have said all."""
        head = self.head
        return (
            head is not None
            and self._sent
            and not self._last
            and self.body.reusable
            and not self._reader.rest
            and head.version == b"1.1"
            and b"close" not in elements(head.headers, b"connection")
        )


class Timeouts:
    """The timeouts of one request, by their phase; none goes beyond the end of it all."""

    def __init__(self, request: httpcore.Request) -> None:
        self._parts = request.extensions.get("timeout", {})
        self._until: float | None = request.extensions.get(UNTIL)

    def __call__(self, part: str) -> float | None:
        """Return how long the next step of a phase may take, in seconds."""
        seconds: float | None = self._parts.get(part)
        if self._until is None:
            return seconds
        left = max(self._until - time.monotonic(), _MOMENT)
        return left if seconds is None else min(seconds, left)


def timer(seconds: float | None) -> Callable[[], float | None]:
    """Return what tells how many of so many seconds are left: for all reads of a head together."""
    until = None if seconds is None else time.monotonic() + seconds
    return lambda: None if until is None else max(until - time.monotonic(), _MOMENT)


def _length(headers: list[Header]) -> int | None:
    """Return the length of a request's body, None when it is chunked."""
    codings = elements(headers, b"transfer-encoding")
    if codings == [b"chunked"]:
        return None
    lengths = set(elements(headers, b"content-length"))
    if codings or len(lengths) > 1 or not all(map(bytes.isdigit, lengths)):
        headers = []  # they have credentials
        raise httpcore.LocalProtocolError("Transfer-Encoding or Content-Length cannot be so")
    return int(lengths.pop()) if lengths else 0
