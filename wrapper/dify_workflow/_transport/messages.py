"""Requests to httpx's, httpx's responses to whole ones or streams, and the log of requests."""

from __future__ import annotations

import functools
import json
import logging
import time
from types import TracebackType
from typing import Any, Self

import httpx
from dify_workflow_api.operations import OPERATIONS
from h1_streams.connection_handle import BODY, UNTIL, ConnectionHandle

from .._api.api_requests import ApiRequest
from .._api.api_responses import ApiResponse
from .._api.commands import Open, Send, Until
from .._api.failures import PROXY
from .._api.logger import log
from .._version import __version__
from ..errors import APIError, DifyError, InvalidArgument
from ..options import RequestTimeout
from .pools import OWN_CONNECTION, AsyncOwnClient, OwnClient
from .whole import ACCEPTED, WholeBody


class RequestLog:
    """Logs one request when it is left (DEBUG): what it was, the status or the error, the time.

    What is wrong with a host's name becomes an error of httpx.
    """

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._began = 0.0
        self.status: int | str | None = None

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if log.isEnabledFor(logging.DEBUG):
            method, path, _ = OPERATIONS.get(self._operation, ("GET", self._operation, ""))
            outcome = self.status if kind is None else kind.__name__
            log.debug("%s %s: %s, %.3f s", method, path, outcome, time.monotonic() - self._began)
        if isinstance(error, UnicodeError):  # as httpx and Python tell of a host's name
            if type(error).__module__.partition(".")[0] == "idna":
                raise httpx.RemoteProtocolError(
                    f"it leads to an address that is none: {error}"
                ) from error
            raise httpx.LocalProtocolError(f"the host has no name: {error}") from error


_OF_STREAMS = {
    "accept": "text/event-stream",
    "accept-encoding": "identity",
    "cache-control": "no-cache",
}
USER_AGENT = f"dify-workflow/{__version__}"
_to_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_fixed = functools.lru_cache(maxsize=32)(httpx.URL)  # addresses without an id or a token in them


@functools.cache
def _defaults(*, own: bool, stream: bool) -> httpx.Headers:
    """The headers of every request; a client of the caller's has some of its own besides."""
    headers = {"user-agent": USER_AGENT, "accept-encoding": ACCEPTED}
    if own:
        headers |= {"accept": "*/*", "connection": "keep-alive"}
    return httpx.Headers(headers | _OF_STREAMS if stream else headers)


def build_request(
    http: httpx.Client | httpx.AsyncClient,
    base_url: httpx.URL,
    api_request: ApiRequest,
    *,
    timeout: httpx.Timeout,
    ends: float | None = None,
    handle: ConnectionHandle | None = None,
) -> httpx.Request:
    """Return the request; the API key goes into httpx's headers, which mask it when shown.

    ends: when all of it must be over, by `time.monotonic()`. Raises `DifyError` when the
    connections are closed.
    """
    if http.is_closed:
        raise DifyError("the client is closed")
    kwargs: dict[str, Any] = dict(api_request.kwargs)
    address = f"{str(base_url).rstrip('/')}{kwargs.pop('url')}"
    own = isinstance(http, OwnClient | AsyncOwnClient)
    headers = _defaults(own=own, stream=handle is not None).copy()
    # What comes later stands above what came before.
    for name, value in (kwargs.pop("headers", None) or {}).items():
        headers[name] = value
    if "files" in kwargs:
        headers.pop("content-type", None)  # the generated one has a boundary that content can hold
    for name, value in api_request.options.extra_headers.items():
        headers[name] = value
    headers["Authorization"] = "Bearer " + api_request.options.key().reveal()
    template = OPERATIONS[api_request.operation][1] if api_request.operation in OPERATIONS else None
    parsed = _fixed if api_request.path == template else httpx.URL
    try:
        url = parsed(address)
        if "%" in url.host:
            headers["Host"] = _host(url)
        if own:  # there is nothing to be merged with
            if "json" in kwargs:  # httpx makes its headers anew for those that it adds
                body = _to_text(kwargs.pop("json")).encode()
                headers["Host"] = _host(url)
                headers["Content-Length"] = str(len(body))
                kwargs["stream"] = httpx.ByteStream(body)
            request = httpx.Request(url=url, headers=headers, **kwargs)
            if "stream" in kwargs:
                request.read()  # for who asks for its content
            request.extensions["timeout"] = timeout.as_dict()
        else:
            request = http.build_request(url=url, headers=headers, timeout=timeout, **kwargs)
    except httpx.InvalidURL as error:  # an endless id or keyword
        raise InvalidArgument(f"the request has no URL that can be sent: {error}") from error
    if handle is not None:
        request.extensions[OWN_CONNECTION] = handle
    if ends is not None:
        request.extensions[UNTIL] = ends
    return request


def _host(url: httpx.URL) -> str:
    """Return what a server is told of its own name: not the zone of ours that it is in."""
    before, percent, zone = url.netloc.decode().partition("%")
    return f"{before}]{zone.partition(']')[2]}" if percent else before


def whole_response(
    response: httpx.Response, body: WholeBody, api_request: ApiRequest
) -> ApiResponse:
    """Return a response whose body was read."""
    status, headers, content = response.status_code, response.headers, bytes(body.content)
    proxy = answering_proxy(response.request)
    return ApiResponse.to(api_request, status, headers, content, whole=body.whole, proxy=proxy)


def answering_proxy(request: httpx.Request) -> str:
    """Return the proxy that a request was made to; through one for TLS it goes unseen."""
    return str(request.extensions.get(PROXY, "")) if request.url.scheme == "http" else ""


def ends_at(
    timeout: httpx.Timeout | None, until: Until, *, interruptible: bool = False
) -> float | None:
    """Return when a request must be over, by `time.monotonic()`: by a number, by the deadline."""
    seconds = until.left(interruptible=interruptible)
    if isinstance(timeout, RequestTimeout) and timeout.read is not None:
        seconds = timeout.read if seconds is None else min(timeout.read, seconds)
    return None if seconds is None else time.monotonic() + seconds


def timeout_of(command: Send | Open, until: Until) -> httpx.Timeout:
    """Return the time-out of a request: no phase takes longer than there is time."""
    parts = command.request.options.timeout.as_dict()
    if command.silence is not None:
        parts["read"] = command.silence  # of a stream's head, or a blocking response
    remaining = until.left(interruptible=command.request.repeatable)
    if remaining is not None:
        for name, seconds in parts.items():
            parts[name] = remaining if seconds is None else min(seconds, remaining)
    return httpx.Timeout(**parts)


def httpcore_errors() -> tuple[type[Exception], ...]:
    """What is raised below httpx, by the body of a response."""
    import httpcore  # as late as httpx does

    return httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError


def httpx_error(error: Exception, request: httpx.Request | None = None) -> httpx.HTTPError:
    """Translate what is raised below httpx, of a request where httpx does not tell it."""
    made = getattr(httpx, type(error).__name__)(str(error), request=request)
    assert isinstance(made, httpx.HTTPError)
    return made


def own_body(response: httpx.Response) -> Any:
    """Return the body to read past httpx, by h1_streams; None where that would read wrongly.

    That is a body to be decoded, and one that somebody (vcrpy, an auditing transport) has read or
    put something in front of: it is read from where it is now.
    """
    stream: Any = response.stream
    while type(stream).__module__.partition(".")[0] in _WRAPPERS:
        stream = getattr(stream, "_stream", None) or getattr(stream, "_httpcore_stream", None)
    body = response.extensions.get(BODY)
    plain = response.headers.get("content-encoding", "identity") == "identity"
    return body if plain and stream is body and not response.is_closed else None


_WRAPPERS = ("httpx", "httpcore", "httpx2", "httpcore2", __name__.partition(".")[0])


def handle_of(response: httpx.Response) -> ConnectionHandle:
    """Return what ends the connection of a stream."""
    handle: ConnectionHandle = response.request.extensions[OWN_CONNECTION]
    return handle


def audio_request(
    http: httpx.Client | httpx.AsyncClient, base_url: httpx.URL, api_request: ApiRequest
) -> httpx.Request:
    """Return the request for a body of audio."""
    return build_request(http, base_url, api_request, timeout=api_request.options.timeout)


def is_audio(response: httpx.Response) -> bool:
    """Whether it is audio; for a message that is not there, Dify answers 200 with `null`."""
    kind = str(response.headers.get("content-type", ""))
    return response.is_success and not kind.startswith("application/json")


def audio_error(api_response: ApiResponse) -> APIError:
    """Return the exception for a response that is no audio."""
    return api_response.not_found("no such message") if api_response.ok else api_response.error()
