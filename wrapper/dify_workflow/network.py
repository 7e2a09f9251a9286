"""A connection of its own for a stream, read past httpcore once the head of the answer is in.

httpcore reads a body with one time-out and closes the connection when it passes; a run's stream
needs several. So the network stream that httpcore is given hands it the head of an answer and holds
back what follows, and the body is then read from here. All of it is httpcore's public interface,
but for the one attribute that `transports` sets.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from .line import Line

_END_OF_HEAD = re.compile(rb"\n\r?\n")
READ_SIZE = 16 * 1024  # bytes; the events of more do not fit into the processor's cache


class Head:
    """Cuts what was read after each end of a head; the rest is held back. No I/O."""

    def __init__(self) -> None:
        self.held: bytes = b""
        self._tail = b""  # the last bytes given out: an end of a head may begin in them

    def cut(self, data: bytes) -> bytes:
        """Return what may be given out of newly read bytes."""
        tail, joined = len(self._tail), self._tail + data
        end = _END_OF_HEAD.search(joined)
        out = data if end is None else data[: end.end() - tail]
        self.held = data[len(out) :]
        self._tail = b"" if end is not None else joined[-2:]
        return out

    def take(self) -> bytes:
        """Return what is held back, once."""
        held, self.held = self.held, b""
        return held


class OwnStream(httpcore.NetworkStream):
    """A connection whose body is read by `read_body`."""

    def __init__(self, inner: httpcore.NetworkStream, line: Line, tls_layers: int = 0) -> None:
        self._inner = inner
        self._line = line
        self._tls_layers = tls_layers
        self._head = Head()
        # The socket of TLS within TLS (an https proxy) has another layer's bytes.
        self._socket = inner.get_extra_info("socket") if tls_layers < 2 else None
        self._timeout: float | None = 0.0  # s; that the socket was given for the body
        line.carried_by(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._head.cut(self._head.take() or self._inner.read(max_bytes, timeout))

    def read_body(self, timeout: float | None) -> bytes:
        """Return the next bytes behind the head, b"" at the end; a time-out leaves it usable."""
        if self._head.held:
            return self._head.take()
        if self._socket is None:
            return self._inner.read(READ_SIZE, timeout)
        try:
            if timeout != self._timeout:
                self._socket.settimeout(timeout)
                self._timeout = timeout
            data: bytes = self._socket.recv(READ_SIZE)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def shutdown(self) -> None:
        """End the connection from any thread; a reader blocked on it wakes up."""
        connection = self._inner.get_extra_info("socket")
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed already

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, timeout)
        return OwnStream(inner, self._line, self._tls_layers + 1)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class OwnBackend(httpcore.NetworkBackend):
    """Connects as `inner` does, and wraps the connection."""

    def __init__(self, inner: httpcore.NetworkBackend, line: Line) -> None:
        self._inner = inner
        self._line = line

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return OwnStream(
            self._inner.connect_tcp(host, port, timeout, local_address, socket_options),
            self._line,
        )

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return OwnStream(self._inner.connect_unix_socket(path, timeout, socket_options), self._line)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)
