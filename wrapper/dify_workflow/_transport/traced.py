"""A stream's connection where httpx makes it, seen by httpcore's `trace`: it can be ended too."""

from __future__ import annotations

import socket
from typing import Any

from h1_streams.line import Line, shut_down


class TracedConnection:
    """Holds on to the socket of a stream while httpcore connects, and for as long as it is open."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._stream: Any = None
        self._copy: socket.socket | None = None  # TLS takes the socket away until it is there

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take note of a step; the request extension `trace` of a sync request."""
        _, _, step = event.partition(".")
        if step == "start_tls.started" and self._stream is not None:
            plain = self._stream.get_extra_info("socket")
            self._copy = socket.fromfd(plain.fileno(), plain.family, plain.type)
        elif step.startswith("start_tls.") and self._copy is not None:
            copy, self._copy = self._copy, None
            copy.close()
        if step in ("connect_tcp.complete", "start_tls.complete"):
            self._stream = info["return_value"]
            self._line.carried_by(self)

    async def atrace(self, event: str, info: dict[str, Any]) -> None:
        """As `trace`, of an async request."""
        self.trace(event, info)

    def shutdown(self) -> None:
        """End it from any thread; a reader blocked on it wakes up."""
        shut_down(self._copy or self._stream.get_extra_info("socket"))
