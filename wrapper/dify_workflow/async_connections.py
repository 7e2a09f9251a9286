"""`connections` for asyncio and trio."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import cast

import h11
import httpcore
import httpx

from .async_network import AsyncOwnStream
from .connections import cut_short, httpx_error, is_complete
from .framing import Body, body_of


class AsyncConnection:
    """A stream of the async client. `resumable`: a read that timed out can be repeated."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        stream = response.extensions.get("network_stream")
        body = body_of(response.headers) if isinstance(stream, AsyncOwnStream) else None
        self._own = stream if isinstance(stream, AsyncOwnStream) and body is not None else None
        self._body = body or Body()
        self._parts: AsyncGenerator[bytes] | None = None
        if self._own is None:
            self._parts = cast("AsyncGenerator[bytes]", response.aiter_bytes())
        self.resumable: bool = self._own is not None

    async def read(self, timeout: float) -> bytes | None:
        """Return the next bytes (b"" for framing only), None at the end; raises httpx errors."""
        if self._body.done:
            return None
        try:
            if self._own is None:
                assert self._parts is not None
                return await anext(self._parts, None)
            data = await self._own.read_body(timeout)
            if data:
                return self._body.feed(data)
        except (httpcore.TimeoutException, httpcore.NetworkError, h11.ProtocolError) as error:
            raise httpx_error(error) from error
        if is_complete(self._body):
            return None
        raise cut_short()

    def shutdown(self) -> None:
        """End the connection without waiting, from any thread."""
        if self._own is not None:
            self._own.shutdown()

    async def aclose(self) -> None:
        """Free the connection; any number of times."""
        self.shutdown()
        await self._response.aclose()
        if self._parts is not None:
            try:
                await self._parts.aclose()
            except RuntimeError:
                pass  # another task reads from it, and ends it
