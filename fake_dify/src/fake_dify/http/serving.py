"""A real HTTP server in a thread of its own: uvicorn's protocol on a loopback port.

uvicorn's own `Server` is not used: it looks for its end ten times a second and waits for open
streams; this one stops at once. Faults need the connection itself, which `scope["state"]` carries.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_QUIET = logging.Logger("fake_dify", logging.CRITICAL + 1)


class _Protocol(H11Protocol):
    """One connection; its requests find the transport in `scope["state"]["transport"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.logger, self.access_log = _QUIET, False
        self.app_state = {"transport": transport}
        super().connection_made(transport)


class ServerThread:
    """Serves an ASGI application on 127.0.0.1 until `stop`; calls go into its event loop.

    keep_alive: seconds after which an idle connection is closed.
    """

    def __init__(self, app: ASGIApp, port: int, keep_alive: float) -> None:
        self.port: int = port
        self._app, self._keep_alive = app, keep_alive
        self._open = ExitStack()
        self._portal: BlockingPortal

    def start(self) -> None:
        with ExitStack() as opened:
            self._portal = opened.enter_context(start_blocking_portal())
            serving = self._portal.wrap_async_context_manager(self._serving())
            self.port = opened.enter_context(serving)
            self._open = opened.pop_all()

    def stop(self) -> None:
        """Close every connection and end the thread; may be called twice, and before `start`."""
        self._open.close()

    def call(self, function: Callable[[], Awaitable[Any] | Any]) -> None:
        """Call in the server's loop, and await what it gives."""
        self._portal.call(function)

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[int]:
        config = Config(self._app, http="h11", ws="none", log_config=None, proxy_headers=False)
        config.timeout_keep_alive = self._keep_alive  # type: ignore[assignment]
        config.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: _Protocol(config, state, {}), "127.0.0.1", self.port, backlog=2048
        )
        yield server.sockets[0].getsockname()[1]
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()  # the loop cancels what still runs
