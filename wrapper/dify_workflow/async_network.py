"""`network` for asyncio: connections on its own protocols, which end from anywhere."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from .line import Line
from .network import READ_SIZE, Head

_MOMENT = 0.001  # s; timers fire that much early at most
_HIGH_WATER = 1024 * 1024  # bytes read ahead before the sender is held back


class _Receiving(threading.local):
    """The buffer of a thread's event loop; what arrives is copied out of it at once."""

    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(READ_SIZE))


_receiving = _Receiving()


class _Alarm:
    """Rings when its time is over. It is set for each read: a set one only notes its new time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._due = float("inf")
        self._timer: asyncio.TimerHandle | None = None

    def set(self, timeout: float | None) -> None:
        """Ring after so many seconds from now, or not at all."""
        self._due = float("inf") if timeout is None else self._loop.time() + timeout
        if self._timer is not None and (timeout is None or self._timer.when() > self._due):
            self._timer.cancel()
            self._timer = None
        if self._timer is None and timeout is not None:
            self._timer = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._loop.time() < self._due - _MOMENT:
            self._timer = self._loop.call_at(self._due, self._look)
        else:
            self._ring()


class _Wire(asyncio.BaseProtocol):
    """Bytes in and out of one asyncio transport."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.transport: Any = None
        self.ended: bool = False
        self._error: BaseException | None = None
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._reader: asyncio.Future[bool] | None = None
        self.alarm = _Alarm(loop, lambda: _settle(self._reader, False))
        self._writer: asyncio.Future[bool] | None = None
        self._full = False  # the transport takes no more to write for now

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        if self._size > _HIGH_WATER:
            self.transport.pause_reading()
        _settle(self._reader, True)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.ended = True
        self._error = exc
        self.alarm.set(None)
        _settle(self._reader, True)
        _settle(self._writer, True)

    def eof_received(self) -> None:
        self.ended = True
        _settle(self._reader, True)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        _settle(self._writer, True)

    @property
    def readable(self) -> bool:
        return self.ended or bool(self._chunks)

    async def read(self, timeout: float | None) -> bytes:
        while not self._chunks:
            if self._error is not None:
                raise httpcore.ReadError(str(self._error)) from self._error
            if self.ended:
                return b""
            self._reader = self.loop.create_future()
            self.alarm.set(timeout)
            if not await self._reader:
                raise httpcore.ReadTimeout("no bytes in time")
        chunk = self._chunks.popleft()
        before, self._size = self._size, self._size - len(chunk)
        if before > _HIGH_WATER >= self._size and not self.ended:
            self.transport.resume_reading()
        return chunk

    def unread(self, data: bytes) -> None:
        if data:
            self._chunks.appendleft(data)
            self._size += len(data)

    async def write(self, data: bytes, timeout: float | None) -> None:
        if self.ended:
            raise httpcore.WriteError("the connection is closed")
        self.transport.write(data)
        if self._full:
            self._writer = self.loop.create_future()
            if not await _within(self._writer, timeout):
                raise httpcore.WriteTimeout("the server does not take the request in time")
        if self._error is not None:
            raise httpcore.WriteError(str(self._error)) from self._error

    def end(self) -> None:
        """Drop the connection, from any thread."""
        if self.loop.is_closed():
            return
        try:
            here = asyncio.get_running_loop() is self.loop
        except RuntimeError:
            here = False
        if here:
            self.transport.abort()
        else:
            self.loop.call_soon_threadsafe(self.transport.abort)


class _PlainWire(_Wire, asyncio.BufferedProtocol):
    """Straight on a socket."""

    def get_buffer(self, sizehint: int) -> memoryview:
        return _receiving.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(_receiving.buffer[:nbytes]))


class _SecureWire(_Wire, asyncio.Protocol):
    """On TLS, which at a connection's end fills a buffer once and drops what is behind it."""


def _settle(future: asyncio.Future[bool] | None, value: bool) -> None:
    if future is not None and not future.done():
        future.set_result(value)


async def _within(future: asyncio.Future[bool], timeout: float | None) -> bool:
    """Wait for a future; False when its time is over."""
    if timeout is None:
        return await future
    timer = future.get_loop().call_later(timeout, _settle, future, False)
    try:
        return await future
    finally:
        timer.cancel()


class AsyncOwnStream(httpcore.AsyncNetworkStream):
    """A connection whose body is read by `read_body`."""

    def __init__(self, wire: _Wire, line: Line) -> None:
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
        return self._head.take() or await self._wire.read(timeout)

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
        wire = _SecureWire(loop)
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
        wire = _PlainWire(loop)
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
