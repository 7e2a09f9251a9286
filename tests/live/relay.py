"""A relay on loopback between a client and a real server, which cuts answers or keeps them back."""

from __future__ import annotations

import asyncio
import re
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Self

import attrs
import httpx

RUN_ID = rb'"workflow_run_id":\s*"[^"]+"'
FIRST_EVENT = RUN_ID + rb"[^\n]*\n\n"


def own_proxy(url: httpx.URL) -> str | None:
    """Return the proxy that the environment prescribes for a server."""
    if urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


@attrs.frozen
class Mishap:
    """What becomes of all that is answered on one connection.

    after: so many bytes come through; behind, before: all up to this pattern, if it comes.
    silence: the rest is kept back, and the connection stays open; else it is closed.
    """

    after: int | None = None
    behind: bytes | None = None
    before: bytes | None = None
    silence: bool = False

    def limit(self, seen: bytes) -> int | None:
        """How many of these bytes come through; None for all, so far."""
        if self.after is not None:
            return self.after if len(seen) >= self.after else None
        found = re.search(self.behind or self.before or b"(?!)", seen)
        if found is None:
            return None
        return found.start() if self.before else found.end()


class Relay:
    """Relays to the server of `url`, over TLS where that says so; the client speaks plain HTTP.

    longest: bytes of the longest answer to a run's request so far.
    """

    def __init__(self, url: httpx.URL) -> None:
        self._url = url
        self._tls = httpx.create_ssl_context() if url.scheme == "https" else None
        self.longest = 0
        self._plan: Iterator[Mishap] = iter(())
        self._begun = False
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any] | None] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def options(self) -> dict[str, Any]:
        """Return the options of a client that goes through this relay."""
        return {"base_url": f"http://127.0.0.1:{self._here}{self._url.path}"}

    def plan(self, mishaps: Iterable[Mishap]) -> None:
        """Say what happens to the next run's request and the connections behind it, one by one."""
        self._plan, self._begun = iter(mishaps), False

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
        self._tasks.add(asyncio.current_task())
        try:
            async with self._kept(writer):
                asked = await reader.read(65536)
                is_run = re.match(rb"POST \S+/run HTTP", asked) is not None
                self._begun = self._begun or is_run
                mishap = next(self._plan, Mishap()) if self._begun else Mishap()
                there = await self._connect()
                async with self._kept(there[1]):
                    there[1].write(self._renamed(asked))
                    up = asyncio.create_task(self._copy(reader, there[1]))
                    try:
                        await self._answer(there[0], writer, mishap, measured=is_run)
                        if mishap.silence:
                            await up  # until the client has had enough
                    finally:
                        up.cancel()
        except OSError:
            pass  # how a connection ends here, besides a clean end

    @asynccontextmanager
    async def _kept(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        self._open.add(writer)
        try:
            yield
        finally:
            self._open.discard(writer)
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = self._url.port or (443 if self._tls else 80)
        name = self._url.host if self._tls else None
        return await asyncio.open_connection(
            self._url.host, port, ssl=self._tls, server_hostname=name
        )

    async def _answer(
        self,
        there: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        mishap: Mishap,
        *,
        measured: bool,
    ) -> None:
        """Pass on what the server says, as far as the mishap lets it through."""
        seen, sent = b"", 0
        while data := await there.read(65536):
            seen += data
            if measured:
                self.longest = max(self.longest, len(seen))
            limit = mishap.limit(seen)
            if limit != 0 and sent < (upto := len(seen) if limit is None else limit):
                writer.write(seen[sent:upto])
                await writer.drain()
                sent = upto
            if limit is not None and not mishap.silence:
                return

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(self._renamed(data))
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def _renamed(self, data: bytes) -> bytes:
        """Name the server as the host, where a request that begins here names this relay."""
        return data.replace(
            b"\r\nHost: 127.0.0.1:%d\r" % self._here, b"\r\nHost: %b\r" % self._url.netloc
        )
