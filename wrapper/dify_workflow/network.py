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
from typing import Any, Protocol

import httpcore

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_READ_SIZE = 64 * 1024


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


class _CanShutDown(Protocol):
    def shutdown(self) -> None: ...


class Line:
    """The connection that a stream is being opened on: it can be ended before the answer comes."""

    def __init__(self) -> None:
        self._connection: _CanShutDown | None = None
        self._ended = False

    def carried_by(self, connection: _CanShutDown) -> None:
        """A connection was made for it, or the one that it has was wrapped in TLS."""
        self._connection = connection
        if self._ended:
            connection.shutdown()

    def shutdown(self) -> None:
        """End the connection from any thread."""
        self._ended = True
        if self._connection is not None:
            self._connection.shutdown()


class OwnStream(httpcore.NetworkStream):
    """A connection whose body is read by `read_body`."""

    def __init__(self, inner: httpcore.NetworkStream, line: Line) -> None:
        self._inner = inner
        self._line = line
        self._head = Head()
        line.carried_by(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._head.cut(self._head.take() or self._inner.read(max_bytes, timeout))

    def read_body(self, timeout: float | None) -> bytes:
        """Return the next bytes behind the head, b"" at the end; a time-out leaves it usable."""
        return self._head.take() or self._inner.read(_READ_SIZE, timeout)

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
        return OwnStream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._line)

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
