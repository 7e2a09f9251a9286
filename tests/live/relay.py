"""A relay on loopback between a client and a real server, which cuts answers or keeps them back."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import attrs
import httpx
from tunnel import LoopServer, copy

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


@contextmanager
def closing(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Close a connection in the end, and at once where the relay itself ends."""
    try:
        yield
    except asyncio.CancelledError:
        writer.transport.abort()
        raise
    finally:
        writer.close()


class Relay(LoopServer):
    """Relays to the server of `url`, over TLS where that says so; the client speaks plain HTTP.

    longest: bytes of the longest answer to a run's request so far.
    """

    def __init__(self, url: httpx.URL) -> None:
        super().__init__()
        self._to = url
        self._trusted = httpx.create_ssl_context() if url.scheme == "https" else None
        self.longest = 0
        self._plan: Iterator[Mishap] = iter(())
        self._begun = False

    def options(self) -> dict[str, Any]:
        """Return the options of a client that goes through this relay."""
        return {"base_url": f"{self.url}{self._to.path}"}

    def plan(self, mishaps: Iterable[Mishap]) -> None:
        """Say what happens to the next run's request and the connections behind it, one by one."""
        self._plan, self._begun = iter(mishaps), False

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError), closing(writer):  # how it ends here, besides a clean end
            asked = await reader.read(65536)
            is_run = re.match(rb"POST \S+/run HTTP", asked) is not None
            self._begun = self._begun or is_run
            mishap = next(self._plan, Mishap()) if self._begun else Mishap()
            there, server = await self._connect()
            with closing(server):
                server.write(self._renamed(asked))
                up = asyncio.create_task(copy(reader, server, self._renamed))
                try:
                    await self._answer(there, writer, mishap, measured=is_run)
                    if mishap.silence:
                        await up  # until the client has had enough
                finally:
                    up.cancel()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, tls = self._to.host, self._trusted
        port = self._to.port or (443 if tls else 80)
        return await asyncio.open_connection(
            host, port, ssl=tls, server_hostname=host if tls else None
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

    def _renamed(self, data: bytes) -> bytes:
        """Name the server as the host, where a request that begins here names this relay."""
        here = b"\r\nHost: 127.0.0.1:%d\r" % self._port
        return data.replace(here, b"\r\nHost: %b\r" % self._to.netloc)
