"""An open stream: bytes of the body, with a time-out for each read."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import httpx
from h1_streams.connection import ResponseBody, WaitingHead
from h1_streams.exchange import BODY

from ..._api.commands import Open
from ..._transport.bodies import HTTPCORE_ERRORS, httpx_error, is_bounded, line_of, own_body
from ..._transport.whole import Decoder


class _Body(httpx.SyncByteStream):
    """The body of an answer that was waited for."""

    def __init__(self, body: ResponseBody) -> None:
        self._stream = body

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except HTTPCORE_ERRORS as error:
            raise httpx_error(error) from error

    def close(self) -> None:
        self._stream.close()


class PendingStream:
    """A stream of the sync client of whose answer no byte has come yet."""

    def __init__(self, head: WaitingHead, request: httpx.Request, command: Open) -> None:
        self.command: Open = command
        self._head = head
        self._request = request

    def close(self) -> None:
        """Free the connection."""
        self._head.close()

    def abandon(self) -> None:
        """End the connection of a stream that nobody has any more."""
        self.close()

    def wait(self, timeout: float) -> httpx.Response:
        """Return the answer; raises httpx errors, after a time-out it can be waited on."""
        try:
            response = self._head.wait(timeout)
        except HTTPCORE_ERRORS as error:
            raise httpx_error(error) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.extensions[BODY]),
            extensions=response.extensions,
            request=self._request,
        )


def _decoded(response: httpx.Response) -> Iterator[bytes]:
    """The body in pieces of a bounded size, however it is compressed."""
    if not is_bounded(response):
        yield from response.iter_bytes()
        return
    decoder = Decoder(response.headers)
    for data in response.iter_raw():
        yield from decoder.feed(data)
    decoder.end()


class OpenStream:
    """A stream of the sync client. `resumable`: a read that timed out can be repeated."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._line = line_of(response)
        self._own: ResponseBody | None = own_body(response)
        self._parts = None if self._own else _decoded(response)
        self.resumable: bool = self._own is not None

    def read(self, timeout: float) -> bytes | None:
        """Return the next bytes (b"" for framing only), None at the end; raises httpx errors."""
        try:
            if self._own is not None:
                return self._own.read(timeout)
            assert self._parts is not None
            return next(self._parts, None)
        except HTTPCORE_ERRORS as error:
            raise httpx_error(error) from error
        except httpx.StreamError as error:  # somebody has begun to read it, or has closed it
            raise httpx.ReadError(str(error)) from error

    def close(self) -> None:
        """Free the connection; from any thread, any number of times."""
        self._line.shutdown()
        self._response.close()

    def abandon(self) -> None:
        """Free the connection of a stream that nobody has any more."""
        if not sys.is_finalizing():
            self.close()
        elif stream := self._response.extensions.get("network_stream"):
            self._line.shutdown()
            stream.close()  # the socket alone: httpx's modules may be gone by now
