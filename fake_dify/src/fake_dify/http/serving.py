"""A real HTTP server in a thread of its own: uvicorn's protocol on a loopback port.

uvicorn's own `Server` is not used: it looks for its end ten times a second and waits for open
streams; this one stops at once. Faults need the connection itself, which `scope["state"]` carries.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

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
    """Serves an ASGI application on 127.0.0.1 until `stop`.

    keep_alive: seconds after which an idle connection is closed.
    """

    def __init__(self, app: ASGIApp, port: int, keep_alive: float) -> None:
        self.port: int = port
        self._app, self._keep_alive = app, keep_alive
        self._serving: Future[asyncio.AbstractEventLoop] = Future()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._main, name="FakeDify", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._serving.result()

    def stop(self) -> None:
        """Close every connection and end the thread; may be called twice, and before `start`."""
        if self._thread.is_alive():
            self._serving.result().call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def call(self, function: Callable[[], Any], timeout: float = 30.0) -> None:
        """Call in the server's loop, and await what it gives; TimeoutError after `timeout` s."""

        async def limited() -> None:
            if isinstance(given := function(), Coroutine):
                await asyncio.wait_for(given, timeout)

        asyncio.run_coroutine_threadsafe(limited(), self._serving.result()).result()

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:
            if not self._serving.done():
                self._serving.set_exception(failure)

    async def _serve(self) -> None:
        config = Config(self._app, http="h11", ws="none", log_config=None, proxy_headers=False)
        config.timeout_keep_alive = self._keep_alive  # type: ignore[assignment]
        config.load()
        state, loop = ServerState(), asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: _Protocol(config, state, {}), "127.0.0.1", self.port, backlog=2048
        )
        self.port = server.sockets[0].getsockname()[1]
        self._serving.set_result(loop)
        await self._stop.wait()
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        for task in state.tasks | asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)
