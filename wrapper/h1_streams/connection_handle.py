"""A handle on the connection of a stream, before and after it is there, and how one is ended."""

from __future__ import annotations

import socket
import ssl
from typing import Any, Protocol

BODY = "h1_streams.body"  # response extension: the `ResponseBody` or its async counterpart
UNTIL = "h1_streams.until"  # request extension: when all must be over, by `time.monotonic()`


def shut_down(connected: Any) -> None:
    """End the connection of a socket from any thread; a reader blocked on it wakes up.

    Takes what event loops, gevent and eventlet have in place of a socket, too.
    """
    try:
        if isinstance(connected, ssl.SSLSocket):
            # Not by its own method: another thread would go on with the socket unencrypted.
            super(ssl.SSLSocket, connected).shutdown(socket.SHUT_RDWR)
        elif isinstance(connected, socket.socket):
            connected.shutdown(socket.SHUT_RDWR)
        else:
            with socket.fromfd(connected.fileno(), connected.family, connected.type) as copy:
                copy.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # closed already


class _CanShutDown(Protocol):
    def shutdown(self) -> None: ...


class ConnectionHandle:
    """Ends the connection that a stream is opened on, also before the response comes.

    patience: seconds without a byte of the response after which waiting is interrupted, by the
    usual timeout. The exchange goes on: `waiting` is then where its response is waited for.
    """

    def __init__(self, patience: float | None = None) -> None:
        self.patience: float | None = patience
        self.waiting: Any = None  # the connection, as `WaitingHead` or its async counterpart
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
        connection = self._connection
        if connection is not None:
            connection.shutdown()

    def let_go(self) -> None:
        """The connection has ended by itself."""
        self._connection = None
