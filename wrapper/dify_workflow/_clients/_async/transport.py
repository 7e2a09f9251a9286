"""The transport of the async client: connections belong to an event loop."""

from __future__ import annotations

import asyncio
import os
import ssl
import weakref
from collections.abc import AsyncGenerator, Callable

import anyio.lowlevel
import httpx
from h1_streams.line import Line
from h1_streams.loops import running_loop

from ..._transport.pools import OWN_CONNECTION, Connections, TransportSettings
from ..._transport.traced import TracedConnection


class AsyncRouter(httpx.AsyncBaseTransport):
    """The transport of the async client."""

    def __init__(
        self,
        *,
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
        limits: httpx.Limits | None = None,
        connections: Connections = "own",
    ) -> None:
        self._settings = TransportSettings(verify, proxy, limits, connections)
        self._loops: dict[object, _LoopConnections] = {}  # by event loop, or run of trio

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._settings.note_proxy(request)
        here = await self._here()
        line = request.extensions.get(OWN_CONNECTION)
        if line is None:
            return await here.pool(request.url, self._settings).handle_async_request(request)
        here.lines.add(line)
        transport, traced = _transport(self._settings, request.url, line)
        if traced is not None:
            request.extensions["trace"] = traced.atrace
            here.streams.add(transport)
        return await transport.handle_async_request(request)

    async def _here(self) -> _LoopConnections:
        """The connections of the running event loop."""
        loop = _loop()
        if loop not in self._loops:
            for old in list(self._loops):
                if isinstance(old, asyncio.AbstractEventLoop) and old.is_closed():
                    self._loops.pop(old, None)  # another thread may do so too
            here = self._loops[loop] = _LoopConnections()
            await here.close_with_the_loop(lambda: self._loops.pop(loop, None))
        return self._loops[loop]

    async def aclose(self) -> None:
        here = self._loops.get(_loop())
        if here is not None:
            await here.close_pools()  # streams go on


class _LoopConnections:
    """What belongs to one event loop: its pools, and the streams that are open in it."""

    def __init__(self) -> None:
        self.lines: weakref.WeakSet[Line] = weakref.WeakSet()
        self.streams: weakref.WeakSet[httpx.AsyncHTTPTransport] = weakref.WeakSet()  # httpx's
        self._pools: dict[tuple[int, str, str], httpx.AsyncHTTPTransport] = {}
        self._guard: AsyncGenerator[None, None] | None = None

    def pool(self, url: httpx.URL, settings: TransportSettings) -> httpx.AsyncHTTPTransport:
        key = (os.getpid(), url.scheme, url.host)
        if key not in self._pools:
            self._pools[key], _ = _transport(settings, url)
        return self._pools[key]

    async def close_with_the_loop(self, forget: Callable[[], object]) -> None:
        """Close it all when `asyncio.run` or `trio.run` ends, with all async generators in it."""
        self._guard = self._until_the_end(forget)
        await anext(self._guard)

    async def _until_the_end(self, forget: Callable[[], object]) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            forget()
            try:
                for line in self.lines:
                    line.shutdown()
                for transport in list(self.streams):
                    await transport.aclose()
            finally:
                await self.close_pools()

    async def close_pools(self) -> None:
        pools = [pool for (pid, _, _), pool in self._pools.items() if pid == os.getpid()]
        self._pools.clear()
        for pool in pools:
            await pool.aclose()
        await anyio.lowlevel.checkpoint()  # asyncio closes their sockets in its next turn


def _loop() -> object:
    return running_loop() or anyio.lowlevel.current_token()


def _transport(
    settings: TransportSettings, url: httpx.URL, line: Line | None = None
) -> tuple[httpx.AsyncHTTPTransport, TracedConnection | None]:
    from h1_streams.async_connection import AsyncConnection  # with httpcore, as late as httpx

    transport = httpx.AsyncHTTPTransport(**settings.arguments(url, own=line is not None))
    return transport, settings.connect_by(transport, url, AsyncConnection, line)
