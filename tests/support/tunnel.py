"""Relays on loopback: one ends TLS before a server, or is a proxy that is asked to CONNECT."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from typing import Self

import httpx
from places import TLS  # an authority of the tests, and a certificate of 127.0.0.1, until 2120


def trusting() -> ssl.SSLContext:
    """A client's TLS settings that trust the tests' authority, and nobody else."""
    return ssl.create_default_context(cafile=TLS / "ca.pem")


def serving() -> ssl.SSLContext:
    """A server's TLS settings."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


class LoopServer:
    """Serves each connection to a port of 127.0.0.1 in an event loop of its own, by `_relay`."""

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._port, self._tls = port, tls
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._relay, "127.0.0.1", self._port, ssl=self._tls)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        relays = asyncio.all_tasks() - {asyncio.current_task()}
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class Tunnel(LoopServer):
    """Relays each connection to `target`, an URL, after TLS or a CONNECT."""

    def __init__(self, target: str, *, tls: bool = False, port: int = 0) -> None:
        super().__init__(port, serving() if tls else None)
        self._target = httpx.URL(target)
        self.heads: list[bytes] = []
        """Of the requests to CONNECT."""
        self.protocols: list[str | None] = []
        """What each TLS connection agreed on."""
        self.resumed: list[bool] = []
        """Whether each TLS connection went on with an earlier session."""

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._tls is None:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            tls = writer.get_extra_info("ssl_object")
            self.protocols.append(tls.selected_alpn_protocol())
            self.resumed.append(tls.session_reused)
        there = await asyncio.open_connection(self._target.host, self._target.port)
        await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))


async def copy(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    change: Callable[[bytes], bytes] = bytes,
) -> None:
    """Pass on all that comes, and then the end."""
    try:
        while data := await reader.read(65536):
            writer.write(change(data))
            await writer.drain()
    except OSError:
        pass  # how a connection ends here, besides a clean end
    finally:
        writer.close()
