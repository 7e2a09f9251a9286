"""httpcore's network backend for asyncio, over `wires`."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from typing import Any

import httpcore

from .wires import PlainWire


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """Connects by the running event loop."""

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
        return wire

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.UnsupportedProtocol("unix sockets need a transport of their own")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


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
