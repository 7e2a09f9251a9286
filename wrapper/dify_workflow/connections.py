"""An open stream's connection: bytes of the body, with a time-out for each read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import cast

import h11
import httpcore
import httpx

from .async_network import AsyncOwnStream
from .framing import Body, body_of
from .network import OwnStream


def _httpx_error(error: Exception) -> httpx.HTTPError:
    """Translate what is raised below httpx."""
    kind = getattr(httpx, type(error).__name__, httpx.ReadError)
    made = kind(str(error))
    assert isinstance(made, httpx.HTTPError)
    return made


def _cut_short() -> httpx.RemoteProtocolError:
    return httpx.RemoteProtocolError("the connection was closed inside the body")


def _complete(body: Body) -> bool:
    """Whether a connection that ended here has ended its body properly."""
    return body.done or type(body) is Body


class Connection:
    """A stream of the sync client. `resumable`: a read that timed out can be repeated."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        stream = response.extensions.get("network_stream")
        body = body_of(response.headers) if isinstance(stream, OwnStream) else None
        self._own = stream if isinstance(stream, OwnStream) and body is not None else None
        self._body = body or Body()
        self._parts: Iterator[bytes] | None = None if self._own else response.iter_bytes()
        self.resumable: bool = self._own is not None

    def read(self, timeout: float) -> bytes | None:
        """Return the next bytes (b"" for framing only), None at the end; raises httpx errors."""
        if self._own is None:
            assert self._parts is not None
            return next(self._parts, None)
        if self._body.done:
            return None
        try:
            data = self._own.read_body(timeout)
            if data:
                return self._body.feed(data)
        except (httpcore.TimeoutException, httpcore.NetworkError, h11.ProtocolError) as error:
            raise _httpx_error(error) from error
        if _complete(self._body):
            return None
        raise _cut_short()

    def close(self) -> None:
        """Free the connection; from any thread, any number of times."""
        if self._own is not None:
            self._own.shutdown()
        self._response.close()

    def drop(self) -> None:
        """Close the socket, and nothing else."""
        if self._own is not None:
            self._own.shutdown()
            self._own.close()


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
        if self._own is None:
            assert self._parts is not None
            return await anext(self._parts, None)
        if self._body.done:
            return None
        try:
            data = await self._own.read_body(timeout)
            if data:
                return self._body.feed(data)
        except (httpcore.TimeoutException, httpcore.NetworkError, h11.ProtocolError) as error:
            raise _httpx_error(error) from error
        if _complete(self._body):
            return None
        raise _cut_short()

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
