"""A relay on loopback between a client and a real server, whose connections can be cut."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx

PIECE, PAUSE = 256, 0.01  # bytes, s: answers trickle, so that a cut is in the middle of a stream


def own_proxy(url: httpx.URL) -> str | None:
    """Return the proxy that the environment prescribes for a server."""
    if urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


class Relay:
    """Relays to the server of `url`: over TLS as a proxy that is asked to CONNECT, else plainly."""

    def __init__(self, url: httpx.URL) -> None:
        self._url = url
        self._port = url.port or (443 if url.scheme == "https" else 80)
        self.connections = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any] | None] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def options(self) -> dict[str, Any]:
        """Return the options of a client that goes through this relay."""
        here = f"http://127.0.0.1:{self._here}"
        if self._url.scheme == "https":
            return {"proxy": here}
        host = {"Host": self._url.netloc.decode()}
        return {"base_url": here + self._url.path, "default_headers": host}

    def cut(self) -> None:
        """Cut all connections that are open."""

        async def cut() -> None:
            for writer in self._open:
                writer.transport.abort()

        asyncio.run_coroutine_threadsafe(cut(), self._loop).result()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self._here = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*filter(None, self._tasks), return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._tasks.add(asyncio.current_task())
        async with self._kept(writer):
            if self._url.scheme == "https":
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            there = await asyncio.open_connection(self._url.host, self._port)
            async with self._kept(there[1]):
                await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer, PIECE))

    @asynccontextmanager
    async def _kept(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        self._open.add(writer)
        try:
            yield
        finally:
            self._open.discard(writer)
            writer.close()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, piece: int | None = None
) -> None:
    try:
        while data := await reader.read(piece or 65536):
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(PAUSE if piece else 0)
    except ConnectionError:
        pass  # how a connection ends here, besides a clean end
    finally:
        writer.close()
