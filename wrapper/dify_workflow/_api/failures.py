"""Errors of requests that got no complete response: where they went, and what to look at."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import httpx

from ..errors import ConnectionFailed, DifyError, RequestTimedOut
from ..types.requests import Secret

PROXY = "dify_workflow.proxy"  # request extension: the address of the proxy that it goes through


class Failure(NamedTuple):
    """A request that got no complete response; `sent` says whether the server may have it.

    `body` has the bytes that came.
    """

    error: httpx.HTTPError
    sent: bool
    body: bytes = b""


# Failures of the phase in which no byte of the request has left.
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def failure(error: httpx.HTTPError) -> Failure:
    """Classify an httpx exception: only failures to connect surely sent nothing."""
    forget_request(error)
    return Failure(error, sent=not isinstance(error, _UNSENT))


def forget_request(error: httpx.HTTPError) -> None:
    """Reduce an exception's request to method, URL and proxy, dropping the API key.

    Exceptions travel, as Dask sends them with their causes.
    """
    try:
        request = error.request
    except RuntimeError:
        return  # it has none
    key = Secret(request.headers.get("Authorization", "").removeprefix("Bearer "))
    for cause in _causes(error):  # they may tell of bytes that came
        cause.args = tuple(key.masked(a) if isinstance(a, str) else a for a in cause.args)
    proxy = request.extensions.get(PROXY, "")
    error.request = httpx.Request(request.method, request.url, extensions={PROXY: proxy})


_PORTS: dict[str, int] = {"http": 80, "https": 443}
_MAY_CHANGE = ("UNEXPECTED_EOF_WHILE_READING", "TLSV1_ALERT_INTERNAL_ERROR", "")
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_ALERT = r"b'\x15\x03"  # how the response of a TLS server to plain HTTP begins
_RIGHT = "Is base_url right, and does the server run?"
# What happened, and what to look at, by the first class that fits.
_KINDS: tuple[tuple[type[httpx.HTTPError], str, str], ...] = (
    (httpx.PoolTimeout, "no connection was free in time", "limits= allows more of them"),
    (httpx.ConnectTimeout, "no connection in time", f"{_RIGHT} Is a firewall in between?"),
    (httpx.ConnectError, "no connection", _RIGHT),
    (httpx.WriteTimeout, "the request was not taken in time", "Is the network too slow?"),
    (httpx.ReadTimeout, "no answer in time", "Is the server busy? timeout= allows more"),
    (httpx.ProxyError, "the proxy makes no connection", ""),
    (httpx.DecodingError, "the answer cannot be decompressed", "A proxy may have damaged it"),
    (httpx.LocalProtocolError, "the request cannot be sent", ""),
    (httpx.UnsupportedProtocol, "the request cannot be sent", "base_url begins with https://"),
    (httpx.TooManyRedirects, "the address leads in a circle", "Is base_url right?"),
    (
        httpx.RemoteProtocolError,
        "what came is no complete HTTP answer",
        "Is it an HTTP server? The server, or a proxy before it, may have been restarted",
    ),
    (
        httpx.TransportError,
        "the connection broke",
        "The server, or a proxy before it, closed it: is it being restarted, or at a limit?",
    ),
)


def no_answer(failure: Failure, hint: str = "") -> DifyError:
    """Return the exception for a request that got no response.

    `hint` says what to look at where nothing could be reached.
    """
    error = failure.error
    what, look_at = _explained(error)
    if hint and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        look_at = hint
    kind = f"{type(error).__name__}: {error}".removesuffix(": ")
    text = f"{_where(error)}{what} ({kind})"
    proxy = _proxy(error)
    if proxy and not failure.sent:
        look_at = (
            f"The way goes through the proxy at {proxy}: proxy= or the environment (HTTP_PROXY, "
            "HTTPS_PROXY, ALL_PROXY) names it, and NO_PROXY what goes past it"
        )
    timed_out = isinstance(error, httpx.TimeoutException)
    text = f"{text}. {look_at}" if look_at else text
    made: DifyError = RequestTimedOut(text) if timed_out else ConnectionFailed(text)
    made.__cause__ = error
    causes = list(_causes(error))
    if any(isinstance(cause, OSError) for cause in causes):  # of the network, and no code of others
        for cause in causes:
            cause.__traceback__ = None  # fifty lines of httpx, which say nothing of what to do
    return made


def cannot_change(error: httpx.HTTPError) -> bool:
    """Return whether a request would fail the same way again."""
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        return True
    return any(
        isinstance(cause, ssl.SSLError)
        and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)
        and (cause.reason or "") not in _MAY_CHANGE
        for cause in _causes(error)
    )


def _explained(error: httpx.HTTPError) -> tuple[str, str]:
    """Return what happened, and what to look at."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                "the server's certificate is refused",
                "Is the host in base_url the certificate's? verify= takes an ssl.SSLContext that "
                "knows a CA of your own",
            )
        if isinstance(cause, ssl.SSLError) and (cause.reason or "") in _NO_TLS:
            return "the server speaks no TLS", "Is it http:// in base_url?"
        if isinstance(cause, ssl.SSLError) and not isinstance(error, httpx.TimeoutException):
            return "TLS failed", "verify= takes an ssl.SSLContext, with other versions or ciphers"
        if isinstance(cause, socket.gaierror):
            return "the name of the host is not known", "Is base_url right, and does DNS work here?"
        if isinstance(cause, OSError) and _refused(cause):
            return "no server listens there (connection refused)", _RIGHT
    if _ALERT in str(error):
        return "the server speaks TLS", "Is it https:// in base_url?"
    return next(((what, hint) for kind, what, hint in _KINDS if isinstance(error, kind)), ("", ""))


def _refused(error: OSError) -> bool:
    """Return whether the connection was refused; asyncio reports several attempts as one error."""
    return error.errno == errno.ECONNREFUSED or f"[Errno {errno.ECONNREFUSED}]" in str(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception, its cause, the cause of that, and so on."""
    cause: BaseException | None = error
    for _ in range(10):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__


def _where(error: httpx.HTTPError) -> str:
    """Return the method, host and port of its request."""
    try:
        request = error.request
    except RuntimeError:
        return ""  # it was never told
    url = request.url
    host = f"[{url.host}]" if ":" in url.host else url.host
    port = url.port or _PORTS.get(url.scheme)
    return f"{request.method} {url.scheme}://{host}{f':{port}' if port else ''}: "


def _proxy(error: httpx.HTTPError) -> str:
    try:
        return str(error.request.extensions.get(PROXY, ""))
    except RuntimeError:
        return ""
