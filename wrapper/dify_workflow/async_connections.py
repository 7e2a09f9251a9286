"""`connections` for asyncio and trio."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import cast

import httpx

from .connections import HTTPCORE_ERRORS, httpx_error, is_plain
from .http11.async_connection import AsyncResponseBody
from .http11.exchange import BODY


class AsyncOpenStream:
    """A stream of the async client. `resumable`: a read that timed out can be repeated."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        body = response.extensions.get(BODY)
        self._own = body if isinstance(body, AsyncResponseBody) and is_plain(response) else None
        self._parts: AsyncGenerator[bytes] | None = None
        if self._own is None:
            self._parts = cast("AsyncGenerator[bytes]", response.aiter_bytes())
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
