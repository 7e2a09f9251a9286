"""Connecting, in asyncio and in trio."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from typing import Any

import httpcore

from .loops import running_loop
from .wires import PlainWire


async def connect_tcp(
    host: str,
    port: int,
    timeout: float | None = None,
    *,
    socket_options: Iterable[httpcore.SOCKET_OPTION] = (),
) -> httpcore.AsyncNetworkStream:
    """Connect, as the method of httpcore's network backends does."""
    loop = running_loop()
    if loop is None:
        anyio: Any = httpcore.AnyIOBackend()
        stream: httpcore.AsyncNetworkStream = await anyio.connect_tcp(
            host, port, timeout, socket_options=socket_options
        )
        return stream
    wire = PlainWire(loop)
    try:
        async with asyncio.timeout(timeout):
            await loop.create_connection(lambda: wire, host, port, **_attempts(loop, host))
    except TimeoutError as error:
        raise httpcore.ConnectTimeout("no connection in time") from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    connection = wire.transport.get_extra_info("socket")
    try:
        for option in socket_options:
            connection.setsockopt(*option)
    except OSError as error:  # the server has gone again
        wire.shutdown()
        raise httpcore.ConnectError(str(error)) from error
    return wire


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
