"""`connection` for asyncio and trio."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpcore

from .asyncio_streams import AsyncioStream, connect_tcp
from .exchange import READ_SIZE, Exchange, Timeouts, timer
from .framing import HeadReader
from .state import ConnectionState, connecting, proxy_context

_LATE = 0.2  # s to read what is there already


class AsyncConnection(ConnectionState, httpcore.AsyncConnectionInterface):
    """A connection over asyncio's transports, or anyio's."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self._take()
        try:
            if self._leaving:
                raise httpcore.ConnectionNotAvailable
            return await self._exchange(request)
        except BaseException:
            if self._handle is None or self._handle.waiting is None:
                await self._hang_up()
            raise

    async def _exchange(self, request: httpcore.Request) -> httpcore.Response:
        timeouts = Timeouts(request)
        exchange = Exchange(request.method, *self._route.target(request))
        stream = self._stream
        if stream is None:
            with connecting():
                stream = await self._connect(timeouts)
        try:
            await self._send(stream, exchange, request, timeouts)
        except httpcore.WriteError:
            pass  # a server that refuses a request may close before it has read all of it
        limit = timeouts("read")
        patience = None if self._handle is None else self._handle.patience
        if patience is None or (limit is not None and limit <= patience):
            return await self._answer(exchange, timeouts, limit)
        try:
            return await self._answer(exchange, timeouts, patience)
        except httpcore.ReadTimeout:
            assert self._handle is not None
            self._handle.waiting = AsyncWaitingHead(self, exchange, timeouts)
            raise

    async def _answer(
        self, exchange: Exchange, timeouts: Timeouts, patience: float | None
    ) -> httpcore.Response:
        stream = self._stream
        left = timer(patience)
        while exchange.head is None:
            try:
                data = await stream.read(READ_SIZE, left())
            except httpcore.ReadTimeout as error:
                data = await _late(stream, error)
            exchange.received(data)
        return exchange.response(AsyncResponseBody(self, stream, exchange, timeouts), stream)

    async def _connect(self, timeouts: Timeouts) -> httpcore.AsyncNetworkStream:
        route = self._route
        host, port = route.address
        stream = await connect_tcp(
            host, port, timeouts("connect"), socket_options=self._socket_options
        )
        self._layer(stream)
        if route.proxy_is_secure:
            stream = await stream.start_tls(proxy_context(), host, timeouts("connect"))
            self._layer(stream)
        if route.tunnel is not None:
            await stream.write(route.tunnel, timeouts("connect"))
            reader, left = HeadReader(), timer(timeouts("connect"))
            while (head := reader.feed(await stream.read(READ_SIZE, left()))) is None:
                pass
            route.tunnelled(head)
        if route.secure:
            stream = await stream.start_tls(route.context, route.server_name, timeouts("connect"))
            self._layer(stream)
        return stream

    async def _send(
        self,
        stream: httpcore.AsyncNetworkStream,
        exchange: Exchange,
        request: httpcore.Request,
        timeouts: Timeouts,
    ) -> None:
        async for data in request.stream:  # type: ignore[union-attr]
            await stream.write(exchange.coded(data), timeouts("write"))
        await stream.write(exchange.closing(), timeouts("write"))

    async def release(self, *, reusable: bool) -> None:
        """The response is closed: the connection is idle, or over."""
        if not (reusable and self._stays()):
            await self._hang_up()

    def shutdown(self) -> None:
        """End it from any thread, where that can be done; a reader waiting on it wakes up."""
        if isinstance(self._stream, AsyncioStream):
            self._stream.shutdown()

    async def aclose(self) -> None:
        if self._leave():
            await self._hang_up()

    async def _hang_up(self) -> None:
        self._closed = True
        self._keep_session()
        if self._stream is not None:
            await self._stream.aclose()
        if self._handle is not None:
            self._handle.let_go()


async def _late(stream: httpcore.AsyncNetworkStream, error: httpcore.ReadTimeout) -> bytes:
    """Read what lies in the socket: a process that was stopped hears of the time-out first."""
    if not stream.get_extra_info("is_readable"):
        raise error
    return await stream.read(READ_SIZE, _LATE)


class AsyncWaitingHead:
    """A response of which no byte has come within the patience of its `ConnectionHandle`."""

    def __init__(self, connection: AsyncConnection, exchange: Exchange, timeouts: Timeouts) -> None:
        self._connection = connection
        self._exchange = exchange
        self._timeouts = timeouts

    async def wait(self, timeout: float) -> httpcore.Response:
        """Return the response; raises httpcore errors, after a time-out it can be waited on."""
        return await self._connection._answer(self._exchange, self._timeouts, timeout)

    async def aclose(self) -> None:
        await self._connection._hang_up()

    def shutdown(self) -> None:
        self._connection.shutdown()


class AsyncResponseBody:
    """The body of a response, read by its iteration or by `read`."""

    def __init__(
        self,
        connection: AsyncConnection,
        stream: httpcore.AsyncNetworkStream,
        exchange: Exchange,
        timeouts: Timeouts,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._exchange = exchange
        self._timeouts = timeouts
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (data := await self.read(self._timeouts("read"))) is not None:
            yield data

    async def read(self, timeout: float | None) -> bytes | None:
        """Return the next bytes (b"" for framing only), None at the end; raises httpcore errors.

        After a time-out it can be read on.
        """
        data = self._exchange.rest()
        if not data:
            if self._exchange.ended:
                return None
            try:
                data = await self._stream.read(READ_SIZE, timeout)
            except httpcore.ReadTimeout as error:
                data = await _late(self._stream, error)
        return self._exchange.read(data)

    def shutdown(self) -> None:
        """End the connection from any thread; a reader waiting on it wakes up."""
        self._connection.shutdown()

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            await self._connection.release(reusable=self._exchange.reusable)
