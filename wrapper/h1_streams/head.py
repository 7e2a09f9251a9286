"""The heads of HTTP/1.1 requests and responses (RFC 9112). No I/O."""

from __future__ import annotations

import re
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
    for given, value in headers:
        if given.lower() == name:
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
