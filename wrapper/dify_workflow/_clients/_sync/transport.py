"""The transport of the sync client."""

from __future__ import annotations

import os
import ssl

import httpx
from h1_streams.line import Line

from ..._transport.pools import OWN_CONNECTION, Connections, TransportSettings
from ..._transport.traced import TracedConnection


class Router(httpx.BaseTransport):
    """The transport of the sync client."""

    def __init__(
        self,
        *,
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
        limits: httpx.Limits | None = None,
        connections: Connections = "own",
    ) -> None:
        self._settings = TransportSettings(verify, proxy, limits, connections)
        self._pools: dict[tuple[int, str, str], httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._settings.note_proxy(request)
        line = request.extensions.get(OWN_CONNECTION)
        if line is None:
            return self._pool(request.url).handle_request(request)
        transport, traced = self._transport(request.url, line)
        if traced is not None:
            request.extensions["trace"] = traced.trace
        return transport.handle_request(request)

    def _transport(
        self, url: httpx.URL, line: Line | None = None
    ) -> tuple[httpx.HTTPTransport, TracedConnection | None]:
        from h1_streams.connection import Connection  # with httpcore, which httpx imports as late

        arguments = self._settings.arguments(url, own=line is not None)
        transport = httpx.HTTPTransport(**arguments)
        return transport, self._settings.connect_by(transport, url, Connection, line)

    def _pool(self, url: httpx.URL) -> httpx.HTTPTransport:
        key = (os.getpid(), url.scheme, url.host)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools.setdefault(key, self._transport(url)[0])
        return pool

    def close(self) -> None:
        for (pid, _, _), pool in list(self._pools.items()):
            if pid == os.getpid():  # a parent's connections are not ours to close
                pool.close()
        self._pools.clear()
