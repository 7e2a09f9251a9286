"""The heads of HTTP/1.1 requests and responses (RFC 9112). No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import httpcore

Header = tuple[bytes, bytes]

_LONGEST = 100 * 1024  # bytes of a response's head
_END = re.compile(rb"\n\r?\n").search
_TOKEN = rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+"
_STATUS = re.compile(rb"HTTP/(1\.[01]) ([1-9]\d\d)(?: ([^\0\r\n]*))?\r?").fullmatch
_LINES = re.compile(rb"(?:%b:[^\0\r\n]*\r?\n)*" % _TOKEN).fullmatch
_FIELDS = re.compile(rb"(%b):([^\0\r\n]*)" % _TOKEN).findall
_FOLD = re.compile(rb"\r?\n[ \t]+")
_NAME = re.compile(_TOKEN).fullmatch
_VALUE = re.compile(rb"[^\0\r\n]*").fullmatch
_TARGET = re.compile(rb"[!-~]+").fullmatch


class ResponseHead(NamedTuple):
    """The status line and the headers of a response, in the spelling of the server."""

    version: bytes
    status: int
    reason: bytes
    headers: list[Header]


def elements(headers: Iterable[Header], name: bytes) -> list[bytes]:
    """Return the elements of a header that is a list, in small letters; empty without it."""
    lines = [value for given, value in headers if given.lower() == name]
    return [part.strip(b" \t").lower() for line in lines for part in line.split(b",")]


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

    def feed(self, data: bytes) -> ResponseHead | None:
        """Take the next bytes; return the head when it is complete.

        Heads of informational responses are passed over. Raises `httpcore.RemoteProtocolError`,
        as for b"", the end of the connection.
        """
        if not data:
            raise httpcore.RemoteProtocolError("Server disconnected without sending a response.")
        searched = max(len(self.rest) - 2, 0)
        self.rest += data
        while (end := _END(self.rest, searched)) is not None:
            head = _parsed(self.rest[: end.start() + 1])
            self.rest = self.rest[end.end() :]
            if head.status >= 200:
                return head
            if head.status == 101:
                raise httpcore.RemoteProtocolError("the server switches to another protocol")
            searched = 0
        if len(self.rest) > _LONGEST:
            raise httpcore.RemoteProtocolError("the head of the response is too long")
        return None


def _parsed(text: bytes) -> ResponseHead:
    first, _, lines = text.partition(b"\n")
    if b"\n " in lines or b"\n\t" in lines:
        lines = _FOLD.sub(b" ", lines)
    status = _STATUS(first)
    if status is None or not _LINES(lines):
        raise httpcore.RemoteProtocolError(f"not the head of an HTTP/1.1 response: {text[:60]!r}")
    version, code, reason = status.groups()
    headers = [(name, value.strip(b" \t")) for name, value in _FIELDS(lines)]
    return ResponseHead(version, int(code), reason or b"", headers)
