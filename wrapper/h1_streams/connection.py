"""A connection of the sync client."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpcore

from .connection_handle import shut_down
from .exchange import READ_SIZE, Exchange, Timeouts, timer
from .framing import HeadReader
from .state import ConnectionState, connecting, proxy_context

_WHOLE_READ_SIZE = 64 * 1024  # bytes of a response that is read whole


class Connection(ConnectionState, httpcore.ConnectionInterface):
    """A connection over httpcore's sockets."""

    _socket: socket.socket | None = None  # to read from, where that can be done straight
    _handshaking: socket.socket | None = None  # a copy of the one that TLS begins on

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        self._take()
        try:
            if self._leaving:
                raise httpcore.ConnectionNotAvailable
            return self._exchange(request)
        except BaseException:
            if self._handle is None or self._handle.waiting is None:
                self._hang_up()
            raise

    def _exchange(self, request: httpcore.Request) -> httpcore.Response:
        timeouts = Timeouts(request)
        exchange = Exchange(request.method, *self._route.target(request))
        stream = self._stream
        if stream is None:
            with connecting():
                stream = self._connect(timeouts)
        try:
            self._send(stream, exchange, request, timeouts)
        except httpcore.WriteError:
            pass  # a server that refuses a request may close before it has read all of it
        limit = timeouts("read")
        patience = None if self._handle is None else self._handle.patience
        if patience is None or (limit is not None and limit <= patience):
            return self._answer(exchange, timeouts, limit)
        try:
            return self._answer(exchange, timeouts, patience)
        except httpcore.ReadTimeout:
            assert self._handle is not None
            self._handle.waiting = WaitingHead(self, exchange, timeouts)
            raise

    def _answer(
        self, exchange: Exchange, timeouts: Timeouts, patience: float | None
    ) -> httpcore.Response:
        left = timer(patience)
        while exchange.head is None:
            exchange.received(self.recv(left()))
        return exchange.response(ResponseBody(self, exchange, timeouts), self._stream)

    def _connect(self, timeouts: Timeouts) -> httpcore.NetworkStream:
        route = self._route
        host, port = route.address
        stream = httpcore.SyncBackend().connect_tcp(
            host, port, timeouts("connect"), socket_options=self._socket_options
        )
        self._use(stream)
        if route.proxy_is_secure:
            stream = self._secured(stream, proxy_context(), host, timeouts("connect"))
            self._use(stream)
        if route.tunnel is not None:
            stream.write(route.tunnel, timeouts("connect"))
            reader, left = HeadReader(), timer(timeouts("connect"))
            while (head := reader.feed(stream.read(READ_SIZE, left()))) is None:
                pass
            route.tunnelled(head)
        if route.secure:
            stream = self._secured(stream, route.context, route.server_name, timeouts("connect"))
            self._use(stream, straight=not route.proxy_is_secure)
        return stream

    def _secured(
        self,
        stream: httpcore.NetworkStream,
        context: ssl.SSLContext,
        name: str,
        timeout: float | None,
    ) -> httpcore.NetworkStream:
        """Begin TLS, which takes the socket away until it is there: `shutdown` has a copy."""
        plain = stream.get_extra_info("socket")
        with socket.fromfd(plain.fileno(), plain.family, plain.type) as self._handshaking:
            try:
                return stream.start_tls(context, name, timeout)
            finally:
                self._handshaking = None

    def _use(self, stream: httpcore.NetworkStream, *, straight: bool = True) -> None:
        # The socket of TLS within TLS has another layer's bytes.
        self._socket = stream.get_extra_info("socket") if straight else None
        self._layer(stream)

    def _send(
        self,
        stream: httpcore.NetworkStream,
        exchange: Exchange,
        request: httpcore.Request,
        timeouts: Timeouts,
    ) -> None:
        for data in request.stream:  # type: ignore[union-attr]
            self._write(stream, exchange.coded(data), timeouts)
        self._write(stream, exchange.closing(), timeouts)

    def _write(self, stream: httpcore.NetworkStream, data: bytes, timeouts: Timeouts) -> None:
        """Write it all; httpcore's stream would begin its time-out anew with each part of it."""
        try:
            if self._socket is None:
                stream.write(data, timeouts("write"))
                return
            while data:
                self._socket.settimeout(timeouts("write"))
                data = data[self._socket.send(data) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error
        finally:
            data = b""  # it has credentials, which no frame of a failure shall hold

    def recv(self, timeout: float | None) -> bytes:
        """Return the next bytes, b"" at the end; a time-out leaves the connection usable."""
        max_bytes = _WHOLE_READ_SIZE if self._handle is None else READ_SIZE
        if self._socket is None:
            data: bytes = self._stream.read(max_bytes, timeout)
            return data
        try:
            if timeout != self._socket.gettimeout():
                self._socket.settimeout(timeout)
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def release(self, *, reusable: bool) -> None:
        """The response is closed: the connection is idle, or over."""
        if not (reusable and self._stays()):
            self._hang_up()

    def shutdown(self) -> None:
        """End it from any thread, once it is connected; a reader blocked on it wakes up."""
        stream = self._stream
        connected = self._handshaking
        if connected is None and stream is not None:
            connected = stream.get_extra_info("socket")
        if connected is not None:
            shut_down(connected)

    def close(self) -> None:
        if self._leave():
            self._hang_up()

    def _hang_up(self) -> None:
        self._closed = True
        self._keep_session()
        self.shutdown()
        if self._stream is not None:
            self._stream.close()
        if self._handle is not None:
            self._handle.let_go()


class WaitingHead:
    """A response of which no byte has come within the patience of its `ConnectionHandle`."""

    def __init__(self, connection: Connection, exchange: Exchange, timeouts: Timeouts) -> None:
        self._connection = connection
        self._exchange = exchange
        self._timeouts = timeouts

    def wait(self, timeout: float) -> httpcore.Response:
        """Return the response; raises httpcore errors, after a time-out it can be waited on."""
        return self._connection._answer(self._exchange, self._timeouts, timeout)

    def close(self) -> None:
        self._connection._hang_up()


class ResponseBody:
    """The body of a response, read by its iteration or by `read`."""

    def __init__(self, connection: Connection, exchange: Exchange, timeouts: Timeouts) -> None:
        self._connection = connection
        self._exchange = exchange
        self._timeouts = timeouts
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        while (data := self.read(self._timeouts("read"))) is not None:
            yield data

    def read(self, timeout: float | None) -> bytes | None:
        """Return the next bytes (b"" for framing only), None at the end; raises httpcore errors.

        After a time-out it can be read on.
        """
        data = self._exchange.rest()
        if not data:
            if self._exchange.ended:
                return None
            data = self._connection.recv(timeout)
        return self._exchange.read(data)

    def shutdown(self) -> None:
        """End the connection from any thread; a reader blocked on it wakes up."""
        self._connection.shutdown()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._connection.release(reusable=self._exchange.reusable)
