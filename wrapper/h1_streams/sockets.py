"""Ending a connection by its socket, whoever reads from it."""

from __future__ import annotations

import socket
import ssl
from typing import Any


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
