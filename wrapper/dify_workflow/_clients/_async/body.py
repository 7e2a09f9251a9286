"""An open stream: bytes of the body, with a time-out for each read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import cast

import httpx
from h1_streams.async_connection import AsyncResponseBody, AsyncWaitingHead
from h1_streams.exchange import BODY
from h1_streams.loops import running_loop

from ..._api.commands import Open
from ..._transport.bodies import HTTPCORE_ERRORS, httpx_error, is_bounded, line_of, own_body
from ..._transport.whole import Decoder


class _Body(httpx.AsyncByteStream):
    """The body of an answer that was waited for."""

    def __init__(self, body: AsyncResponseBody) -> None:
        self._stream = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._stream:
                yield data
        except HTTPCORE_ERRORS as error:
            raise httpx_error(error) from error

    async def aclose(self) -> None:
        await self._stream.aclose()


class AsyncPendingStream:
    """A stream of the async client of whose answer no byte has come yet."""

    def __init__(self, head: AsyncWaitingHead, request: httpx.Request, command: Open) -> None:
        self.command: Open = command
        self._head = head
        self._request = request

    def shutdown(self) -> None:
        """End the connection without waiting, from any thread."""
        self._head.shutdown()

    async def aclose(self) -> None:
        """Free the connection."""
        await self._head.aclose()

    def abandon(self) -> None:
        """End the connection of a stream that nobody has any more."""
        self.shutdown()

    async def wait(self, timeout: float) -> httpx.Response:
        """Return the answer; raises httpx errors, after a time-out it can be waited on."""
        try:
            response = await self._head.wait(timeout)
        except HTTPCORE_ERRORS as error:
            raise httpx_error(error) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.extensions[BODY]),
            extensions=response.extensions,
            request=self._request,
        )


async def _decoded(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body in pieces of a bounded size, however it is compressed."""
    if not is_bounded(response):
        async for piece in response.aiter_bytes():
            yield piece
        return
    decoder = Decoder(response.headers)
    async for data in response.aiter_raw():
        for piece in decoder.feed(data):
            yield piece
    decoder.end()


class AsyncOpenStream:
    """A stream of the async client. `resumable`: a read that timed out can be repeated."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._loop = running_loop()
        self._line = line_of(response)
        self._own: AsyncResponseBody | None = own_body(response)
        self._parts: AsyncGenerator[bytes] | None = None
        if self._own is None:
            self._parts = cast("AsyncGenerator[bytes]", _decoded(response))
        self.resumable: bool = self._own is not None

    async def read(self, timeout: float) -> bytes | None:
        """Return the next bytes (b"" for framing only), None at the end; raises httpx errors."""
        try:
            if self._own is not None:
                return await self._own.read(timeout)
            assert self._parts is not None
            return await anext(self._parts, None)
        except HTTPCORE_ERRORS as error:
            raise httpx_error(error) from error
        except httpx.StreamError as error:  # somebody has begun to read it, or has closed it
            raise httpx.ReadError(str(error)) from error

    def shutdown(self) -> None:
        """End the connection without waiting, from any thread."""
        self._line.shutdown()

    def abandon(self) -> None:
        """End the connection of a stream that nobody has any more."""
        self.shutdown()
        if self._own is None and self._loop is not None and not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._response.aclose(), self._loop)

    async def aclose(self) -> None:
        """Free the connection; any number of times."""
        self.shutdown()
        await self._response.aclose()
        if self._parts is not None:
            try:
                await self._parts.aclose()
            except RuntimeError:
                pass  # another task reads from it, and ends it
