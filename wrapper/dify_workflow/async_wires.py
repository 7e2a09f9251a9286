"""asyncio protocols for `async_network`: bytes in, with a time-out for each read, and out."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import httpcore

from .network import READ_SIZE

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


class Wire(asyncio.BaseProtocol):
    """Bytes in and out of one asyncio transport."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.transport: Any = None
        self.ended: bool = False
        self._error: BaseException | None = None
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._reader: asyncio.Future[bool] | None = None
        self.alarm: _Alarm = _Alarm(loop, lambda: _settle(self._reader, False))
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


class PlainWire(Wire, asyncio.BufferedProtocol):
    """Straight on a socket."""

    def get_buffer(self, sizehint: int) -> memoryview:
        return _receiving.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(_receiving.buffer[:nbytes]))


class SecureWire(Wire, asyncio.Protocol):
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
