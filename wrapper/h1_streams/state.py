"""What a connection knows of itself, and httpcore's pools ask of it; for both clients. No I/O."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import httpcore

from .line import Line
from .route import Route


class ConnectionState:
    """A connection that carries one request after the other to an origin.

    `keepalive` is how long it may be idle, in seconds. `line` can end it from any thread.

    Whoever holds the turn and sees `_leaving` closes it; who closes it keeps the turn for ever.
    """

    def __init__(
        self,
        route: Route,
        keepalive: float,
        socket_options: Sequence[httpcore.SOCKET_OPTION],
        line: Line | None = None,
    ) -> None:
        self._route = route
        self._keepalive = keepalive
        self._socket_options = socket_options
        self._line = line
        self._turn = threading.Lock()  # held from a request until its answer is closed
        self._stream: Any = None  # httpcore's, once it is connected
        self._expires_at = time.monotonic() + keepalive
        self._leaving = False  # it carries no other request
        self._closed = False

    def _take(self) -> None:
        """Take the turn; raises `httpcore.ConnectionNotAvailable` when another has it."""
        if not self._turn.acquire(blocking=False):
            raise httpcore.ConnectionNotAvailable

    def _leave(self) -> bool:
        """Take no other request; True: the caller, who has the turn now, is to close it."""
        self._leaving = True
        return self._turn.acquire(blocking=False)

    def _stays(self) -> bool:
        """Give the turn back; False: the caller, who still has it, is to close the connection."""
        if self._line is not None:
            return False  # it was made for one stream
        self._expires_at = time.monotonic() + self._keepalive
        self._turn.release()
        return not (self._leaving and self._turn.acquire(blocking=False))

    def info(self) -> str:
        return f"{str(self._route.origin)!r}, HTTP/1.1"

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return origin == self._route.origin

    def is_available(self) -> bool:
        return self.is_idle()

    def is_idle(self) -> bool:
        return self._stream is not None and not self._turn.locked() and not self._leaving

    def is_closed(self) -> bool:
        return self._closed

    def has_expired(self) -> bool:
        """Whether it has been idle for too long, or the server has ended it.

        One that was never used too: who was to use it at once has been cancelled.
        """
        if not self._turn.acquire(blocking=False):
            return False
        if time.monotonic() > self._expires_at:
            self._leaving = True
        elif self._stream is not None and self._stream.get_extra_info("is_readable"):
            self._leaving = True  # what is readable while nothing was asked is the server's end
        self._turn.release()
        return self._leaving
