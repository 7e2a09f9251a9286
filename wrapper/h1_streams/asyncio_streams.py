"""Connections in asyncio as httpcore's network streams, which end from anywhere, and in trio."""

from __future__ import annotations

import asyncio
import ipaddress
import selectors
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

import httpcore

from .exchange import READ_SIZE
from .loops import running_loop

_MOMENT = 0.001  # s; timers fire that much early at most
_HIGH_WATER = 1024 * 1024  # bytes read ahead before the sender is held back
_ENDLESS = 86_400.0  # s; asyncio has a limit of its own where it is given none
_INFO = {"client_addr": "sockname", "server_addr": "peername"}  # httpcore's names, asyncio's

# One that needs no file descriptor of its own.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class _Receiving(threading.local):
    """The buffer of a thread's event loop; what arrives is copied out of it at once."""

    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(READ_SIZE))


_receiving = _Receiving()


class AsyncioStream(httpcore.AsyncNetworkStream, asyncio.BaseProtocol):
    """Bytes in and out of one asyncio transport."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.transport: Any = None
        self._ended = False
        self._error: BaseException | None = None
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._reader: asyncio.Future[bool] | None = None
        self._due = float("inf")  # when the reader's time is over
        self._timer: asyncio.TimerHandle | None = None
        self._writer: asyncio.Future[bool] | None = None
        self._full = False  # the transport takes no more to write for now
        self._asking = False  # a request is being written

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        if self._size > _HIGH_WATER:
            self.transport.pause_reading()
        _settle(self._reader, True)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._ended = True
        self._error = exc
        self._set_alarm(None)
        _settle(self._reader, True)
        _settle(self._writer, True)

    def eof_received(self) -> None:
        self._ended = True
        _settle(self._reader, True)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        _settle(self._writer, True)

    def _set_alarm(self, timeout: float | None) -> None:
        """End the read after so many seconds, or not at all; a timer only notes its new time."""
        self._due = float("inf") if timeout is None else self._loop.time() + timeout
        if self._timer is not None and (timeout is None or self._timer.when() > self._due):
            self._timer.cancel()
            self._timer = None
        if self._timer is None and timeout is not None:
            self._timer = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._loop.time() < self._due - _MOMENT:
            self._timer = self._loop.call_at(self._due, self._ring)
        else:
            _settle(self._reader, False)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._asking = False
        while not self._chunks:
            if self._error is not None:
                raise httpcore.ReadError(str(self._error)) from self._error
            if self._ended:
                return b""
            self._reader = self._loop.create_future()
            self._set_alarm(timeout)
            if not await self._reader:
                raise httpcore.ReadTimeout("no bytes in time")
        chunk = self._chunks.popleft()
        if len(chunk) > max_bytes:
            self._chunks.appendleft(chunk[max_bytes:])
            chunk = chunk[:max_bytes]
        before, self._size = self._size, self._size - len(chunk)
        if before > _HIGH_WATER >= self._size and not self._ended:
            self.transport.resume_reading()
        return chunk

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        if self._asking:
            await asyncio.sleep(0)  # the end is heard of between the parts of a request
        self._asking = True
        if self._ended:
            raise httpcore.WriteError("the connection is closed")
        self.transport.write(buffer)
        buffer = b""  # it has credentials, which no frame of a failure shall hold
        if self._full:
            self._writer = self._loop.create_future()
            if not await _within(self._writer, timeout):
                raise httpcore.WriteTimeout("the server does not take the request in time")
        if self._error is not None:
            raise httpcore.WriteError(str(self._error)) from self._error

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = SecureStream(self._loop)
        self._set_alarm(None)  # from now on it hears nothing, not even its end
        try:
            async with asyncio.timeout(timeout):
                stream.transport = await self._loop.start_tls(
                    self.transport,
                    stream,
                    ssl_context,
                    server_hostname=server_hostname,
                    ssl_handshake_timeout=_ENDLESS,
                )
        except TimeoutError as error:
            self.shutdown()
            raise httpcore.ConnectTimeout("no TLS in time") from error
        except (OSError, TypeError) as error:  # TypeError: CPython 3.11, for TLS within TLS
            self.shutdown()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            self.shutdown()
            raise
        if stream.transport is None:
            raise httpcore.ConnectError("the connection was closed in the TLS handshake")
        return stream

    async def aclose(self) -> None:
        self.shutdown()

    def shutdown(self) -> None:
        """Drop the connection, from any thread; a reader waiting on it wakes up."""
        if running_loop() is self._loop:
            self._abort()
            return
        try:
            self._loop.call_soon_threadsafe(self._abort)
        except RuntimeError:
            pass  # the loop is closed

    def _abort(self) -> None:
        try:
            self.transport.abort()
        except AttributeError:
            pass  # it is lost already, and asyncio (3.11.2, and its selector loops) forgets itself

    def _arrived(self) -> bool:
        """Whether there is something, or the end, that the event loop has not told yet."""
        connection = self.transport.get_extra_info("socket")
        if connection is None or connection.fileno() < 0:
            return True
        with _Selector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            return bool(selector.select(0))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._ended or bool(self._chunks) or self._arrived()
        return self.transport.get_extra_info(_INFO.get(info, info))


class PlainStream(AsyncioStream, asyncio.BufferedProtocol):
    """Straight on a socket."""

    def get_buffer(self, sizehint: int) -> memoryview:
        return _receiving.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(_receiving.buffer[:nbytes]))

    def connection_lost(self, exc: BaseException | None) -> None:
        if exc is not None:  # of a write, perhaps: what came before it may be a response
            try:
                with self.transport.get_extra_info("socket").dup() as left:
                    left.setblocking(False)
                    while data := left.recv(READ_SIZE):
                        self._chunks.append(data)
                        self._size += len(data)
            except OSError:
                pass  # there is no more
        super().connection_lost(exc)


class SecureStream(AsyncioStream, asyncio.Protocol):
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
    stream = PlainStream(loop)
    try:
        async with asyncio.timeout(timeout):
            await _connect(loop, stream, host, port)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout("no connection in time") from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    connection = stream.transport.get_extra_info("socket")
    try:
        for option in socket_options:
            connection.setsockopt(*option)
    except OSError as error:  # the server has gone again
        stream.shutdown()
        raise httpcore.ConnectError(str(error)) from error
    return stream


_ADDRESS_HOLDS = 10.0  # s, as in aiohttp
_addresses: dict[tuple[str, int], tuple[tuple[str, int], float]] = {}  # reached, and until when


async def _connect(
    loop: asyncio.AbstractEventLoop, stream: AsyncioStream, host: str, port: int
) -> None:
    """Connect to the address that a name was reached at, for some time; then, or else, by name."""
    name = host, port
    address, until = _addresses.get(name, (name, 0.0))
    if time.monotonic() < until:
        try:
            await loop.create_connection(lambda: stream, *address)
            return
        except OSError:
            pass  # it may have moved
        finally:
            if stream.transport is None:
                _addresses.pop(name, None)
    await loop.create_connection(lambda: stream, host, port, **_attempts(loop, host))
    if len(_addresses) >= _MOST_ADDRESSES:
        _addresses.clear()
    assert stream.transport is not None
    reached = stream.transport.get_extra_info("peername")[:2]
    _addresses[name] = reached, time.monotonic() + _ADDRESS_HOLDS


_MOST_ADDRESSES = 100


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
