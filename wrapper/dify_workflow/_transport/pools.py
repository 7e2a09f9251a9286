"""Where connections come from: one pool for plain requests, one connection for each stream.

A stream never waits in a pool, never goes out on a connection that the server may be closing, and
can be ended alone. Connections are made anew in a forked child process and in another event loop.
"""

from __future__ import annotations

import functools
import socket
import ssl
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx
from h1_streams.line import Line

OWN_CONNECTION = "dify_workflow.own_connection"  # request extension: the `Line` of a stream

# gunicorn, which serves Dify, closes a connection that was idle for 2 s.
_KEEPALIVE_EXPIRY = 1.0

_PROXIES = ("http", "https")  # that our connections know the way through


@functools.cache
def _system_context(verify: bool) -> ssl.SSLContext:
    context = httpx.create_ssl_context(verify=verify)
    context.set_alpn_protocols(["http/1.1"])
    return context


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
        if isinstance(verify, ssl.SSLContext):
            verify.set_alpn_protocols(["http/1.1"])
        self.verify = verify
        self.proxy = proxy
        self.limits: httpx.Limits = limits or httpx.Limits(
            max_connections=100, max_keepalive_connections=20
        )
        self._proxies: dict[tuple[str, str], httpx.Proxy | None] = {}  # by scheme and host

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

    def connect_by(
        self,
        transport: Any,
        url: httpx.URL,
        connection: Callable[..., Any],
        line: Line | None,
    ) -> None:
        """Make the pool of an httpx transport use our connections, for which it has no argument.

        Where it is not as expected (another httpx, a SOCKS proxy), httpcore makes its own: slower,
        and a stream has one silence limit, but right.
        """
        from h1_streams.route import Route  # with httpcore, which httpx imports as late

        proxy = self._proxy(url)
        pool: Any = getattr(transport, "_pool", None)
        if not hasattr(pool, "create_connection") or (proxy and proxy.url.scheme not in _PROXIES):
            return

        def create(origin: Any) -> Any:
            route = Route(origin, self._context(url), proxy)
            return connection(route, _KEEPALIVE_EXPIRY, keepalive_options(), line)

        pool.create_connection = create

    def _proxy(self, url: httpx.URL) -> httpx.Proxy | None:
        """The proxy for a URL; the environment is read once, as by httpx."""
        key = url.scheme, url.netloc.decode()
        if key not in self._proxies:
            found = self.proxy or _proxy_from_environment(url)
            self._proxies[key] = None if found is None else httpx.Proxy(found)
        return self._proxies[key]

    def _context(self, url: httpx.URL) -> ssl.SSLContext:
        if isinstance(self.verify, ssl.SSLContext):
            return self.verify
        if url.scheme != "https":
            return _no_context()
        return _system_context(self.verify)
