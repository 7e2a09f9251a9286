"""Where connections come from: one pool for plain requests, one connection for each stream.

A stream never waits in a pool, never goes out on a connection that the server may be closing, and
can be ended alone. Connections are made anew in a forked child process and in another event loop.
"""

from __future__ import annotations

import functools
import os
import socket
import ssl
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx

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


class TransportSettings:
    """How connections are made: TLS, proxy, limits."""

    def __init__(
        self, verify: ssl.SSLContext | bool, proxy: str | None, limits: httpx.Limits | None
    ) -> None:
        self.verify = verify
        self.proxy = proxy
        self.limits: httpx.Limits = limits or httpx.Limits(
            max_connections=100, max_keepalive_connections=20
        )
        self._proxies: dict[tuple[str, str], str | None] = {}  # by scheme and host

    def arguments(self, url: httpx.URL, *, own: bool) -> dict[str, Any]:
        """The arguments for an httpx transport that serves a URL."""
        keepalive = 0 if own else self.limits.max_keepalive_connections
        return {
            "verify": self._context(url),
            "proxy": self._proxy(url),
            "limits": httpx.Limits(
                max_connections=None if own else self.limits.max_connections,
                max_keepalive_connections=keepalive,
                keepalive_expiry=_KEEPALIVE_EXPIRY,
            ),
            "socket_options": keepalive_options(),
        }

    def _proxy(self, url: httpx.URL) -> str | None:
        """The proxy for a URL; the environment is read once, as by httpx."""
        if self.proxy:
            return self.proxy
        key = url.scheme, url.netloc.decode()
        if key not in self._proxies:
            self._proxies[key] = _proxy_from_environment(url)
        return self._proxies[key]

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
        self._settings = TransportSettings(verify, proxy, limits)
        self._pools: dict[tuple[int, str, str], httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        line = request.extensions.get(OWN_CONNECTION)
        if line is not None:
            from .network import OwnBackend  # with httpcore, which httpx imports as late

            transport = httpx.HTTPTransport(**self._settings.arguments(request.url, own=True))
            wrap(transport, lambda inner: OwnBackend(inner, line))
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


def wrap(transport: Any, backend: Callable[[Any], Any]) -> None:
    """Set the network backend of an httpx transport, which httpx has no argument for.

    Without these attributes (another httpx), streams are read through httpcore: slower, and with
    one silence limit, but right.
    """
    pool = getattr(transport, "_pool", None)
    inner = getattr(pool, "_network_backend", None)
    if pool is not None and inner is not None:
        pool._network_backend = backend(inner)
