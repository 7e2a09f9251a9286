"""A connection for both clients: its way, and what httpcore's pools ask of it. No I/O."""

from __future__ import annotations

import base64
import functools
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpcore
import httpx

from .connection_handle import ConnectionHandle
from .framing import Header, ResponseHead, request_head
from .resuming import ResumingContext


class Route(NamedTuple):
    """How connections to one origin are made, and what requests on them look like."""

    origin: httpcore.Origin
    context: ssl.SSLContext
    proxy: httpx.Proxy | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to connect to."""
        if self.proxy is None:
            return self.origin.host.decode("ascii"), self.origin.port
        url = self.proxy.url
        return url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)

    @property
    def proxy_is_secure(self) -> bool:
        """Whether the proxy itself speaks TLS."""
        return self.proxy is not None and self.proxy.url.scheme == "https"

    @property
    def secure(self) -> bool:
        """Whether the origin speaks TLS."""
        return self.origin.scheme == b"https"

    @property
    def server_name(self) -> str:
        """The name that its certificate has; an address without the zone it is in."""
        return self.origin.host.decode("ascii").partition("%")[0]

    @property
    def tunnel(self) -> bytes | None:
        """The request that makes a proxy a tunnel to a secure origin."""
        if self.proxy is None or not self.secure:
            return None
        authority = b"%b:%d" % (_bracketed(self.origin.host), self.origin.port)
        headers = [(b"Host", authority), (b"Accept", b"*/*"), *self._credentials()]
        return request_head(b"CONNECT", authority, headers)

    def tunnelled(self, head: ResponseHead) -> None:
        """Raise `httpcore.ProxyError` when the proxy has refused to be a tunnel."""
        if not 200 <= head.status < 300:
            reason = head.reason.decode("ascii", errors="ignore")
            raise httpcore.ProxyError(f"{head.status} {reason}")

    def target(self, request: httpcore.Request) -> tuple[bytes, list[Header]]:
        """The address and the headers of a request that goes this way."""
        if self.proxy is None or self.secure:
            return request.url.target, request.headers
        url, headers = request.url, request.headers
        port = b"" if url.port is None else b":%d" % url.port
        if all(name.lower() != b"proxy-authorization" for name, _ in headers):
            headers = [*self._credentials(), *headers]
        return b"http://%b%b%b" % (_bracketed(url.host), port, url.target), headers

    def _credentials(self) -> list[Header]:
        if self.proxy is None or self.proxy.raw_auth is None:
            return []
        credentials = base64.b64encode(b":".join(self.proxy.raw_auth))
        return [(b"Proxy-Authorization", b"Basic " + credentials)]


def _bracketed(host: bytes) -> bytes:
    return b"[%b]" % host if b":" in host else host


@functools.cache
def proxy_context() -> ssl.SSLContext:
    """The TLS of connections to proxies."""
    return httpcore.default_ssl_context()


@contextmanager
def connecting() -> Iterator[None]:
    """While it is entered, nothing of a request has left: what fails is the connecting."""
    try:
        yield
    except (httpcore.ReadTimeout, httpcore.WriteTimeout) as error:
        raise httpcore.ConnectTimeout("the proxy does not answer in time") from error
    except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError) as error:
        raise httpcore.ProxyError(f"the proxy does not answer: {error}") from error


class ConnectionState:
    """A connection that carries one request after the other to an origin.

    `keepalive` is how long it may be idle, in seconds. `handle` can end it, by `shutdown`.

    Whoever holds the turn and sees `_leaving` closes it; a closed connection never releases it.
    """

    def __init__(
        self,
        route: Route,
        keepalive: float,
        socket_options: Sequence[httpcore.SOCKET_OPTION],
        handle: ConnectionHandle | None = None,
    ) -> None:
        self._route = route
        self._keepalive = keepalive
        self._socket_options = socket_options
        self._handle = handle
        self._turn = threading.Lock()  # held from a request until its response is closed
        self._stream: Any = None  # httpcore's, once it is connected
        self._layers: list[Any] = []  # of it
        self._expires_at = time.monotonic() + keepalive
        self._leaving = False  # it carries no other request
        self._closed = False

    def shutdown(self) -> None:
        """End it from any thread; a reader waiting on it wakes up."""
        raise NotImplementedError

    def _take(self) -> None:
        """Take the turn; raises `httpcore.ConnectionNotAvailable` when another has it."""
        if not self._turn.acquire(blocking=False):
            raise httpcore.ConnectionNotAvailable

    def _leave(self) -> bool:
        """Take no other request; True: the caller, who has the turn now, is to close it."""
        self._leaving = True
        return self._turn.acquire(blocking=False)

    def _stays(self) -> bool:
        """Give the turn back; False: the caller, who still has it, is to close the connection."""
        if self._handle is not None or self._surplus():
            return False  # it was made for one stream, or is not behind the response
        self._expires_at = time.monotonic() + self._keepalive
        self._turn.release()
        return not (self._leaving and self._turn.acquire(blocking=False))

    def _layer(self, stream: Any) -> None:
        """Go on over this stream: a socket, or TLS over the one before."""
        self._stream = stream
        self._layers.append(stream)
        if self._handle is not None:
            self._handle.carried_by(self)

    def _keep_session(self) -> None:
        """Keep what TLS can go on with next time; before the connection is closed."""
        if self._stream is not None and isinstance(self._route.context, ResumingContext):
            self._route.context.keep(self._stream.get_extra_info("ssl_object"))

    def _surplus(self) -> bool:
        """Whether bytes wait in TLS, where they are not seen in the socket any more."""
        for stream in self._layers:
            tls = stream.get_extra_info("ssl_object")
            if isinstance(tls, ssl.SSLObject):  # that of an SSLSocket leaves them in the socket
                try:
                    tls.read(1)
                except ssl.SSLWantReadError:
                    continue
                except ssl.SSLError:
                    pass  # its end
                return True
        return False

    def info(self) -> str:
        return f"{str(self._route.origin)!r}, HTTP/1.1"

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return origin == self._route.origin

    def is_available(self) -> bool:
        return self.is_idle()

    def is_idle(self) -> bool:
        return self._stream is not None and not self._turn.locked() and not self._leaving

    def is_closed(self) -> bool:
        return self._closed

    def has_expired(self) -> bool:
        """Whether it has been idle for too long, or the server has ended it.

        One that was never used too: who was to use it at once has been cancelled.
        """
        fresh = self._stream is None and time.monotonic() <= self._expires_at
        if fresh or not self._turn.acquire(blocking=False):
            return False  # who is about to use it must find its turn free
        if time.monotonic() > self._expires_at:
            self._leaving = True
        elif self._stream is not None and self._stream.get_extra_info("is_readable"):
            self._leaving = True  # what is readable while nothing was asked is the server's end
        self._turn.release()
        return self._leaving
