"""Bodies that are read whole: decompressed, within a bound and a time. No I/O."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Sequence

import httpx

ACCEPTED = "gzip, deflate"  # codings that are asked for: zlib has a bound for what it gives out
_KNOWN = {"gzip", "x-gzip", "deflate"}
_GZIP = b"\x1f\x8b"
_MOST = 5  # codings of one body, one upon the other; what needs more is made to cost us
_PIECE = 64 * 1024  # bytes that are decompressed at once


def codings_of(headers: httpx.Headers) -> list[str]:
    """Return how a body is compressed, in small letters; the last one is to be undone first."""
    names = [each.strip() for each in headers.get("content-encoding", "").lower().split(",")]
    return [name for name in names if name not in ("", "identity")]


class _Inflate:
    """One coding: `gzip` or `deflate`, the latter with or without zlib's frame."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._zlib.eof:
                if not data.startswith(_GZIP):
                    return
                self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)  # another one follows
            try:
                piece = self._zlib.decompress(data, _PIECE)
            except zlib.error as error:
                if self._begun:
                    raise httpx.DecodingError(str(error), request=self._request) from error
                self._zlib, self._begun = zlib.decompressobj(-zlib.MAX_WBITS), True
                continue
            self._begun = self._begun or bool(data)
            data = self._zlib.unconsumed_tail or self._zlib.unused_data
            if piece:
                yield piece
            if not data and len(piece) < _PIECE:
                return

    @property
    def ended(self) -> bool:
        return self._zlib.eof or not self._begun


class Decoder:
    """Bytes of a body in, decompressed pieces of at most 64 KiB out.

    Raises `httpx.DecodingError`, for a coding that was not asked for too: what others give out of
    a few bytes has no bound. The body of an error is taken as it is then.
    """

    def __init__(self, response: httpx.Response) -> None:
        self._request = response.request
        self._error: str = ""  # raised by the first bytes: who reads them closes the response
        codings = codings_of(response.headers)
        unknown = set(codings) - _KNOWN
        if unknown and response.is_success:
            self._error = f"is compressed by {min(unknown)!r}"
        elif len(codings) > _MOST:
            self._error = "is compressed more than five times"
        if unknown or self._error:
            codings = []
        self._layers = [_Inflate(self._request) for _ in codings]

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Return the pieces that the next bytes of the body give."""
        if self._error:
            raise self._refused(self._error)
        return _through(self._layers, data)

    def end(self) -> None:
        """Raise where the compressed data is not complete."""
        if not all(layer.ended for layer in self._layers):
            raise self._refused("is compressed, and not complete")

    def _refused(self, why: str) -> httpx.DecodingError:
        return httpx.DecodingError(f"the body {why}", request=self._request)


def _through(layers: Sequence[_Inflate], data: bytes) -> Iterator[bytes]:
    if not layers:
        yield data
        return
    for piece in layers[-1].feed(data):
        yield from _through(layers[:-1], piece)


class WholeBody:
    """The body of a response: at most `bound` bytes, until `until` by `time.monotonic`.

    `whole` is False when the body is larger; `content` is its beginning then. What goes into a
    `sink` is not kept.
    """

    def __init__(
        self,
        response: httpx.Response,
        bound: float,
        until: float | None,
        sink: Callable[[bytes], object] | None = None,
    ) -> None:
        self._left = bound
        self._sink = sink
        self._until = until
        self._request = response.request
        self._decoder = Decoder(response)
        self.content: bytearray = bytearray()
        self.whole: bool = True
        self.is_read: bool = _is_read(response)  # by a transport or a hook of the caller's
        if self.is_read:
            self._add(response.content)

    def take(self, data: bytes) -> bool:
        """Take the next bytes; False when the body is too large. Raises httpx errors."""
        for piece in self._decoder.feed(data):
            self._add(piece)
            if not self.whole:
                return False
        if self._until is not None and time.monotonic() >= self._until:
            raise httpx.ReadTimeout("the answer was not complete in time", request=self._request)
        return True

    def has_enough(self, data: bytes) -> bool:
        """Take the next bytes; True when there is nothing more to take."""
        return self.is_read or not self.take(data)

    def end(self) -> None:
        """The body has ended; raises where it is not complete."""
        if self.whole and not self.is_read:
            self._decoder.end()

    def _add(self, piece: bytes) -> None:
        if len(piece) > self._left:
            self.whole = False
            piece = piece[: int(self._left)]
        self._left -= len(piece)
        if self._sink is None:
            self.content += piece
        else:
            self._sink(piece)


def _is_read(response: httpx.Response) -> bool:
    try:
        return response.content is not None
    except httpx.ResponseNotRead:
        return False
