"""Where connections come from: one pool for plain requests, one connection for each stream.

A stream never waits in a pool, never goes out on a connection that the server may be closing, and
can be ended alone. Connections are made anew in a forked child process and in another event loop.
"""

from __future__ import annotations

import asyncio
import functools
import os
import socket
import ssl
import urllib.request
import weakref
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx

from .async_network import AsyncOwnBackend
from .network import Line, OwnBackend

OWN_CONNECTION = "dify_workflow.own_connection"  # request extension: the `Line` of a stream

# gunicorn, which serves Dify, closes a connection that was idle for 2 s.
_KEEPALIVE_EXPIRY = 1.0


@functools.cache
def _system_context() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@functools.cache
def _no_context() -> ssl.SSLContext:
    """For connections without TLS: loading certificates costs more than everything else."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def keepalive_options() -> list[tuple[int, int, int]]:
    """TCP keep-alive from 60 s of silence on, so that a dead peer is noticed."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    wanted = {"TCP_KEEPIDLE": 60, "TCP_KEEPALIVE": 60, "TCP_KEEPINTVL": 20, "TCP_KEEPCNT": 3}
    return options + [
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in wanted.items()
        if hasattr(socket, name)
    ]


def _proxy_from_environment(url: httpx.URL) -> str | None:
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(url.netloc.decode()):
        return None
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


class _Settings:
    """How connections are made: TLS, proxy, limits."""

    def __init__(
        self, verify: ssl.SSLContext | bool, proxy: str | None, limits: httpx.Limits | None
    ) -> None:
        self.verify = verify
        self.proxy = proxy
        self.limits = limits or httpx.Limits(max_connections=100, max_keepalive_connections=20)

    def arguments(self, url: httpx.URL, *, own: bool) -> dict[str, Any]:
        """The arguments for an httpx transport that serves a URL."""
        keepalive = 0 if own else self.limits.max_keepalive_connections
        return {
            "verify": self._context(url),
            "proxy": self.proxy or _proxy_from_environment(url),
            "limits": httpx.Limits(
                max_connections=None if own else self.limits.max_connections,
                max_keepalive_connections=keepalive,
                keepalive_expiry=_KEEPALIVE_EXPIRY,
            ),
            "socket_options": keepalive_options(),
        }

    def _context(self, url: httpx.URL) -> ssl.SSLContext | bool:
        if isinstance(self.verify, ssl.SSLContext) or not self.verify:
            return self.verify
        return _system_context() if url.scheme == "https" else _no_context()


class Router(httpx.BaseTransport):
    """The transport of the sync client."""

    def __init__(
        self,
        *,
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
        limits: httpx.Limits | None = None,
    ) -> None:
        self._settings = _Settings(verify, proxy, limits)
        self._pools: dict[tuple[int, str, str], httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        line = request.extensions.get(OWN_CONNECTION)
        if line is not None:
            transport = httpx.HTTPTransport(**self._settings.arguments(request.url, own=True))
            _wrap(transport, lambda inner: OwnBackend(inner, line))
            return transport.handle_request(request)
        return self._pool(request.url).handle_request(request)

    def _pool(self, url: httpx.URL) -> httpx.HTTPTransport:
        key = (os.getpid(), url.scheme, url.host)
        pool = self._pools.get(key)
        if pool is None:
            made = httpx.HTTPTransport(**self._settings.arguments(url, own=False))
            pool = self._pools.setdefault(key, made)
        return pool

    def close(self) -> None:
        for (pid, _, _), pool in list(self._pools.items()):
            if pid == os.getpid():  # a parent's connections are not ours to close
                pool.close()
        self._pools.clear()


class AsyncRouter(httpx.AsyncBaseTransport):
    """The transport of the async client."""

    def __init__(
        self,
        *,
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
        limits: httpx.Limits | None = None,
    ) -> None:
        self._settings = _Settings(verify, proxy, limits)
        # By event loop; None stands for all that are not asyncio's (trio).
        self._loops: dict[asyncio.AbstractEventLoop | None, _LoopConnections] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        here = await self._here()
        line = request.extensions.get(OWN_CONNECTION)
        if line is not None:
            transport = httpx.AsyncHTTPTransport(**self._settings.arguments(request.url, own=True))
            if _running_loop() is not None:
                here.lines.add(line)
                _wrap(transport, lambda _: AsyncOwnBackend(line))
            return await transport.handle_async_request(request)
        return await here.pool(request.url, self._settings).handle_async_request(request)

    async def _here(self) -> _LoopConnections:
        """The connections of the running event loop."""
        loop = _running_loop()
        if loop not in self._loops:
            for old in list(self._loops):
                if old is not None and old.is_closed():
                    del self._loops[old]
            self._loops[loop] = _LoopConnections()
            if loop is not None:
                await self._loops[loop].close_with_the_loop()
        return self._loops[loop]

    async def aclose(self) -> None:
        here = self._loops.get(_running_loop())
        if here is not None:
            await here.close_pools()  # streams go on


class _LoopConnections:
    """What belongs to one event loop: its pools, and the streams that are open in it."""

    def __init__(self) -> None:
        self.lines: weakref.WeakSet[Line] = weakref.WeakSet()
        self._pools: dict[tuple[int, str, str], httpx.AsyncHTTPTransport] = {}
        self._guard: AsyncGenerator[None, None] | None = None

    def pool(self, url: httpx.URL, settings: _Settings) -> httpx.AsyncHTTPTransport:
        key = (os.getpid(), url.scheme, url.host)
        if key not in self._pools:
            self._pools[key] = httpx.AsyncHTTPTransport(**settings.arguments(url, own=False))
        return self._pools[key]

    async def close_with_the_loop(self) -> None:
        """Close it all when `asyncio.run` ends: it ends the async generators of its loop then."""
        self._guard = self._until_the_end()
        await anext(self._guard)

    async def _until_the_end(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            for line in self.lines:
                line.shutdown()
            await self.close_pools()

    async def close_pools(self) -> None:
        pools = [pool for (pid, _, _), pool in self._pools.items() if pid == os.getpid()]
        self._pools.clear()
        for pool in pools:
            await pool.aclose()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _wrap(transport: Any, backend: Callable[[Any], Any]) -> None:
    """Set the network backend of an httpx transport, which httpx has no argument for.

    Without these attributes (another httpx), streams are read through httpcore: slower, and with
    one silence limit, but right.
    """
    pool = getattr(transport, "_pool", None)
    inner = getattr(pool, "_network_backend", None)
    if pool is not None and inner is not None:
        pool._network_backend = backend(inner)
