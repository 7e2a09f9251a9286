"""`network` for asyncio: connections on its own protocols, which end from anywhere."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from .async_wires import PlainWire, SecureWire, Wire
from .line import Line
from .network import Head


class AsyncOwnStream(httpcore.AsyncNetworkStream):
    """A connection whose body is read by `read_body`."""

    def __init__(self, wire: Wire, line: Line) -> None:
        self._wire = wire
        self._line = line
        self._head = Head()
        line.carried_by(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._head.take() or await self._wire.read(timeout)
        self._wire.unread(data[max_bytes:])
        return self._head.cut(data[:max_bytes])

    async def read_body(self, timeout: float | None) -> bytes:
        """Return the next bytes behind the head, b"" at the end; a time-out leaves it usable."""
        if self._head.held:
            return self._head.take()
        return await self._wire.read(timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            await self._wire.write(buffer, timeout)

    async def aclose(self) -> None:
        self.shutdown()

    def shutdown(self) -> None:
        """End the connection from any thread; a reader waiting on it wakes up."""
        self._wire.end()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = self._wire.loop
        wire = SecureWire(loop)
        self._wire.alarm.set(None)  # from now on it hears nothing, not even its end
        try:
            wire.transport = await loop.start_tls(
                self._wire.transport,
                wire,
                ssl_context,
                server_hostname=server_hostname,
                ssl_handshake_timeout=timeout,
            )
        except OSError as error:  # ssl.SSLError and time-outs too
            self.shutdown()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            self.shutdown()
            raise
        return AsyncOwnStream(wire, self._line)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._wire.readable
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self._wire.transport.get_extra_info(names.get(info, info))


def _attempts(loop: asyncio.AbstractEventLoop, host: str) -> dict[str, Any]:
    """How to try the addresses of a host: a race for several, with 0.25 s between its attempts.

    asyncio leaves a socket to the garbage collector when its race of attempts is cancelled; uvloop
    knows no race.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        races = isinstance(loop, asyncio.BaseEventLoop)
        return {"happy_eyeballs_delay": 0.25} if races else {}
    return {}


class AsyncOwnBackend(httpcore.AsyncNetworkBackend):
    """Connects by the running asyncio loop."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        wire = PlainWire(loop)
        local = None if local_address is None else (local_address, 0)
        try:
            async with asyncio.timeout(timeout):
                await loop.create_connection(
                    lambda: wire, host, port, local_addr=local, **_attempts(loop, host)
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        connection = wire.transport.get_extra_info("socket")
        for option in socket_options or ():
            connection.setsockopt(*option)
        return AsyncOwnStream(wire, self._line)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.UnsupportedProtocol("unix sockets need a transport of their own")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
