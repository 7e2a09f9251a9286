"""The way to an origin: straight there, or through an HTTP proxy. No I/O."""

from __future__ import annotations

import base64
import functools
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import httpcore
import httpx

from .head import Header, ResponseHead, request_head


@attrs.frozen
class Route:
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
        said = base64.b64encode(b":".join(self.proxy.raw_auth))
        return [(b"Proxy-Authorization", b"Basic " + said)]


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
