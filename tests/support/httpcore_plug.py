"""A pytest plugin for httpcore's own tests: its pools make the connections of `h1_streams`.

They are dialled over the network backend that a test gives (its mocks have no sockets), and show
themselves as httpcore's do, which many of the tests look at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h1_streams.async_connection
import h1_streams.connection
import httpcore
import httpx
from h1_streams.exchange import Timeouts
from h1_streams.state import Route


class _Backends:
    """httpcore, whose sync backend is that of a test."""

    def __init__(self, backend: Any) -> None:
        self.SyncBackend = lambda: backend

    def __getattr__(self, name: str) -> Any:
        return getattr(httpcore, name)


class _Shown:
    """Says of itself what httpcore's connections say."""

    shown: str
    requests = 0

    def handle_request(self, request: httpcore.Request) -> Any:
        self.requests += 1
        return super().handle_request(request)  # type: ignore[misc]

    def handle_async_request(self, request: httpcore.Request) -> Any:
        self.requests += 1
        return super().handle_async_request(request)  # type: ignore[misc]

    def info(self) -> str:
        here: Any = self
        if here._stream is None:
            return "CONNECTION FAILED" if here.is_closed() else "CONNECTING"
        state = "CLOSED" if here.is_closed() else "IDLE" if here.is_idle() else "ACTIVE"
        proxy = here._route.proxy
        origin = str(here._route.origin) if self.shown.find("Forward") < 0 else str(proxy.url)
        return f"{origin!r}, HTTP/1.1, {state}, Request Count: {self.requests}"

    def __repr__(self) -> str:
        return f"<{self.shown} [{self.info()}]>"


class Connection(_Shown, h1_streams.connection.Connection):
    backend: Any

    def _connect(self, timeouts: Timeouts) -> httpcore.NetworkStream:
        module: Any = h1_streams.connection
        module.httpcore = _Backends(self.backend)
        try:
            return super()._connect(timeouts)
        finally:
            module.httpcore = httpcore

    def _secured(self, stream: Any, context: Any, name: str, timeout: Any) -> Any:
        return stream.start_tls(context, name, timeout)  # a mock has no socket to copy


class AsyncConnection(_Shown, h1_streams.async_connection.AsyncConnection):
    backend: Any

    async def _connect(self, timeouts: Timeouts) -> Any:
        module: Any = h1_streams.async_connection
        before, module.connect_tcp = module.connect_tcp, self.backend.connect_tcp
        try:
            return await super()._connect(timeouts)
        finally:
            module.connect_tcp = before


def _create(kind: Any, prefix: str) -> Callable[[Any, httpcore.Origin], Any]:
    def create_connection(pool: Any, origin: httpcore.Origin) -> Any:
        proxy, given, name = pool._proxy, None, "HTTPConnection"
        if proxy is not None:
            url = proxy.url
            address = f"{url.scheme.decode()}://{url.host.decode()}:{url.port}"
            auth = tuple(part.decode() for part in proxy.auth) if proxy.auth else None
            given = httpx.Proxy(address, auth=auth, headers=proxy.headers)
            name = "TunnelHTTPConnection" if origin.scheme == b"https" else "ForwardHTTPConnection"
        context = pool._ssl_context or httpcore.default_ssl_context()
        expiry = 5.0 if pool._keepalive_expiry is None else pool._keepalive_expiry
        connection = kind(Route(origin, context, given), expiry, pool._socket_options or [])
        connection.backend = pool._network_backend
        connection.shown = prefix + name
        return connection

    return create_connection


def pytest_configure(config: Any) -> None:
    config.addinivalue_line("markers", "trio: run in trio too")
    pools: Any = httpcore
    pools.ConnectionPool.create_connection = _create(Connection, "")
    pools.AsyncConnectionPool.create_connection = _create(AsyncConnection, "Async")
