"""Where connections come from: one pool for plain requests, one connection for each stream.

A stream never waits in a pool, never goes out on a connection that the server may be closing, and
can be ended alone. Connections are made anew in a forked child process and in another event loop.

No cookies are kept: one client serves many users and keys at once, and a cookie that came with the
answer to one of them must not go out with the request of another.
"""

from __future__ import annotations

import functools
import logging
import os
import socket
import ssl
import urllib.request
from collections.abc import Callable
from operator import attrgetter
from types import FunctionType
from typing import Any, Literal, get_args

import httpx
from h1_streams.connection_handle import ConnectionHandle, shut_down

from .._api.failures import PROXY
from .._codec.jsonio import is_one_of
from ..errors import InvalidArgument
from .forks import UNFORKED
from .proxies import is_excluded, proxy_at, variable_of


def _is_original(function: Any) -> bool:
    """Whether a function is httpx's or httpcore's own, and not what a tool has put in its place.

    It is asked at each request, since tools come and go. A wrapper by wrapt shows the globals of
    what it wraps, but is no function.
    """
    return type(function) is FunctionType and function.__globals__["__name__"].startswith(_HTTP)


_HTTP = ("httpx.", "httpcore.", "httpx2.", "httpcore2.")
# The methods of httpx's clients that a request goes through, and tracing tools wrap.
_layers = attrgetter(
    "send",
    "_send_handling_auth",
    "_send_handling_redirects",
    "_send_single_request",
    "_transport_for_url",
)
_httpx_log = logging.getLogger(httpx.__name__)  # httpx2 may stand in its place


def _is_hooked(client: Any, kind: type[Any]) -> bool:
    """Whether somebody looks into the requests of an httpx client, but for its transport."""
    try:
        layers = _layers(kind)
    except AttributeError:  # another httpx
        return True
    return (
        _httpx_log.isEnabledFor(logging.INFO)
        or any(client.event_hooks.values())
        or not all(map(_is_original, layers))
    )


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep nothing."""


_NO_COOKIES = _NoCookies()


_AS_IT_IS = {"stream": True, "follow_redirects": False}


class OwnClient(httpx.Client):
    """For the sync client: a request goes straight to the transport where nobody looks into it."""

    cookies: Any = _NO_COOKIES

    def send(self, request: httpx.Request, **how: Any) -> httpx.Response:
        """As that of httpx, whose layers are for what this client has not: auth, hooks, cookies."""
        if how != _AS_IT_IS or _is_hooked(self, httpx.Client):
            return super().send(request, **how)
        try:
            response = self._transport.handle_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        return response


class AsyncOwnClient(httpx.AsyncClient):
    """For the async client, as `OwnClient`."""

    cookies: Any = _NO_COOKIES

    async def send(self, request: httpx.Request, **how: Any) -> httpx.Response:
        """As that of `OwnClient`."""
        if how != _AS_IT_IS or _is_hooked(self, httpx.AsyncClient):
            return await super().send(request, **how)
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        return response


class TracedConnection:
    """Holds on to the socket of a stream while httpcore connects, and for as long as it is open."""

    def __init__(self, handle: ConnectionHandle) -> None:
        self._handle = handle
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
            self._handle.carried_by(self)

    async def atrace(self, event: str, info: dict[str, Any]) -> None:
        """As `trace`, of an async request."""
        self.trace(event, info)

    def shutdown(self) -> None:
        """End it from any thread; a reader blocked on it wakes up."""
        shut_down(self._copy or self._stream.get_extra_info("socket"))


Connections = Literal["own", "httpx"]

OWN_CONNECTION = "dify_workflow.own_connection"  # request extension: a `ConnectionHandle`

# gunicorn, which serves Dify, closes a connection that was idle for 2 s.
_KEEPALIVE_EXPIRY = 1.0

_PROXIES = ("http", "https")  # that our connections know the way through


_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")  # read by httpx and Python


def _environment() -> tuple[object, ...]:
    """What the TLS of the environment is made from: its variables, and when those files changed."""
    values = [os.environ.get(name) for name in _CERTIFICATES]
    paths = os.pathsep.join(filter(None, values[:2])).split(os.pathsep)  # the log changes always
    return *values, *(os.stat(path).st_mtime_ns for path in paths if os.path.exists(path))


@functools.lru_cache(4)
def _system_context(verify: bool, environment: tuple[object, ...]) -> ssl.SSLContext:
    """The TLS of the environment; raises `InvalidArgument` where it names what cannot be used."""
    folders = os.environ.get("SSL_CERT_DIR")
    try:
        if not os.environ.get("SSL_CERT_FILE") and folders:
            for folder in folders.split(os.pathsep):
                os.listdir(folder)  # OpenSSL says nothing of one that is not there
        context = httpx.create_ssl_context(verify=verify)
    except (OSError, ValueError) as error:
        name = next(filter(os.environ.get, _CERTIFICATES), None)
        if name is None:
            raise
        value = os.environ[name]
        raise InvalidArgument(
            f"{name}: the certificates of {value!r} cannot be loaded: {error}", field=name
        ) from error
    context.set_alpn_protocols(["http/1.1"])
    return context


@functools.cache
def _no_context() -> ssl.SSLContext:
    """For connections without TLS: loading certificates costs more than everything else."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _check_limits(limits: httpx.Limits) -> None:
    """Raise `InvalidArgument` for limits that are none, or allow no connection."""
    least = {"max_connections": 1, "max_keepalive_connections": 0, "keepalive_expiry": 0}
    good = isinstance(limits, httpx.Limits) and all(
        value is None or (isinstance(value, int | float) and value >= least[name])
        for name, value in vars(limits).items()
    )
    if not good:
        raise InvalidArgument("limits: an httpx.Limits, of one connection or more", field="limits")


@functools.cache
def keepalive_options() -> tuple[tuple[int, int, int], ...]:
    """TCP keep-alive from 60 s of silence on, so that a dead peer is noticed."""
    wanted = {"TCP_KEEPIDLE": 60, "TCP_KEEPALIVE": 60, "TCP_KEEPINTVL": 20, "TCP_KEEPCNT": 3}
    there = {getattr(socket, name, None): value for name, value in wanted.items()}
    times = ((socket.IPPROTO_TCP, name, value) for name, value in there.items() if name is not None)
    return (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *times


def _proxy_from_environment(url: httpx.URL) -> str | None:
    proxies = urllib.request.getproxies()
    no_proxy = proxies.get("no", "")
    if is_excluded(url, no_proxy) or urllib.request.proxy_bypass(url.netloc.decode()):
        return None
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


class StreamPool:
    """Stands in place of an httpcore pool: each request has a connection of its own."""

    def __init__(self, pool: Any) -> None:
        self._create: Callable[..., Any] = pool.create_connection
        self._kind = type(pool)

    @property
    def is_hooked(self) -> bool:
        """Whether somebody looks into httpcore's pools, as respx does."""
        kind: Any = self._kind
        return not _is_original(getattr(kind, "handle_request", None) or kind.handle_async_request)

    def _connection(self, request: Any) -> Any:
        return self._create(request.url.origin, request.extensions[OWN_CONNECTION])

    def handle_request(self, request: Any) -> Any:
        return self._connection(request).handle_request(request)

    def handle_async_request(self, request: Any) -> Any:
        return self._connection(request).handle_async_request(request)


class StreamTransports:
    """The httpx transports of streams: one for each origin, with a `StreamPool`.

    A stream has one of its own where httpcore makes the connections, or its pools are hooked.
    `make` gives that, and what is to see the connection.
    """

    def __init__(
        self, make: Callable[[httpx.URL, ConnectionHandle], tuple[Any, TracedConnection | None]]
    ) -> None:
        self._make = make
        self._known: dict[tuple[str, bytes], Any] = {}

    def get(self, url: httpx.URL, handle: ConnectionHandle) -> tuple[Any, TracedConnection | None]:
        """Return the transport for a stream, as `make`."""
        key = url.scheme, url.netloc
        known = self._known.get(key)
        if known is not None and not known._pool.is_hooked:
            return known, None
        transport, traced = self._make(url, handle)
        if traced is None and not (pool := StreamPool(transport._pool)).is_hooked:
            transport._pool, self._known[key] = pool, transport
        return transport, traced


class TransportSettings:
    """How connections are made: TLS, proxy, limits. A copy in another process reads its proxies."""

    def __init__(
        self,
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
        limits: httpx.Limits | None = None,
        connections: Connections = "own",
    ) -> None:
        if not isinstance(verify, bool | ssl.SSLContext):
            raise InvalidArgument("verify: True, False or an ssl.SSLContext", field="verify")
        if limits is not None:
            _check_limits(limits)
        if proxy is not None:
            proxy_at(proxy, "proxy")
        if not is_one_of(connections, get_args(Connections)):
            raise InvalidArgument('connections: "own" or "httpx"', field="connections")
        self._connections = connections
        if isinstance(verify, ssl.SSLContext):
            verify.set_alpn_protocols(["http/1.1"])
        self.verify = verify
        self.proxy = proxy
        self.limits: httpx.Limits = limits or httpx.Limits(
            max_connections=100, max_keepalive_connections=20
        )
        self._proxies: dict[tuple[str, str], httpx.Proxy | None] = {}  # by scheme and host
        self._system: ssl.SSLContext | None = None  # of the environment, read once as by httpx

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_proxies": {}, "_system": None}

    def check(self, url: httpx.URL) -> None:
        """Raise `InvalidArgument` for an environment by which a URL cannot be reached."""
        self._proxy(url)
        if url.scheme == "https" and any(map(os.environ.get, _CERTIFICATES)):
            self._context(url)  # else on first use: it takes its time

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
        handle: ConnectionHandle | None,
    ) -> TracedConnection | None:
        """Make the pool of an httpx transport use our connections, for which it has no argument.

        Where that is not wanted, or it is not as expected (another httpx, a SOCKS proxy), httpcore
        makes its own: slower, and a stream has one silence limit, but right. Of such a stream, it
        returns what is to see the connection.
        """
        from h1_streams.resuming import ResumingContext
        from h1_streams.state import Route  # with httpcore, which httpx imports as late

        proxy = self._proxy(url)
        pool: Any = getattr(transport, "_pool", None)
        if not (self.is_own(url) and hasattr(pool, "create_connection")):
            return None if handle is None else TracedConnection(handle)

        context = self._context(url)
        if handle is not None and url.scheme == "https":
            context = ResumingContext(context)

        def create(origin: Any, handle: ConnectionHandle | None = handle) -> Any:
            route = Route(origin, context, proxy)
            return connection(route, _KEEPALIVE_EXPIRY, keepalive_options(), handle)

        pool.create_connection = create
        return None

    def is_own(self, url: httpx.URL) -> bool:
        """Whether connections to a URL are ours: not httpx's, nor those through a SOCKS proxy."""
        proxy = self._proxy(url)
        return self._connections == "own" and (proxy is None or proxy.url.scheme in _PROXIES)

    def note_proxy(self, request: httpx.Request) -> None:
        """Tell a request which proxy it goes through."""
        proxy = self._proxy(request.url)
        if proxy is not None:
            request.extensions[PROXY] = str(proxy.url)

    def _proxy(self, url: httpx.URL) -> httpx.Proxy | None:
        """The proxy for a URL; the environment is read once, as by httpx."""
        key = url.scheme, url.netloc.decode()
        if key not in self._proxies:
            address = self.proxy or _proxy_from_environment(url)
            field = "proxy" if self.proxy else variable_of(url.scheme)
            self._proxies[key] = None if address is None else proxy_at(address, field)
        return self._proxies[key]

    def _context(self, url: httpx.URL) -> ssl.SSLContext:
        if isinstance(self.verify, ssl.SSLContext):
            return self.verify
        with UNFORKED:
            if url.scheme != "https":
                return _no_context()
            if self._system is None:
                self._system = _system_context(self.verify, _environment())
            return self._system
