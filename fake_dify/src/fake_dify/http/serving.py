"""A real HTTP server: uvicorn's protocol on a loopback port.

uvicorn's own `Server` is not used: it looks for its end ten times a second and waits for open
streams; this one stops at once. Faults need the connection itself, which `scope["state"]` carries.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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


@asynccontextmanager
async def serving(app: ASGIApp, port: int, keep_alive: float) -> AsyncIterator[int]:
    """Serve an application on 127.0.0.1; gives the port. At the end, connections are cut.

    keep_alive: seconds after which an idle connection is closed.
    """
    config = Config(app, http="h11", ws="none", log_config=None, proxy_headers=False)
    config.timeout_keep_alive = keep_alive  # type: ignore[assignment]
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: _Protocol(config, state, {}), "127.0.0.1", port, backlog=2048
    )
    yield server.sockets[0].getsockname()[1]
    server.close()
    for connection in list(state.connections):
        connection.transport.abort()
