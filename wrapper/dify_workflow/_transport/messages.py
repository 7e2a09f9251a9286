"""Calls to httpx requests, and httpx responses to answers; the same for both clients."""

from __future__ import annotations

import functools
from typing import Any

import httpx
from dify_workflow_api.operations import OPERATIONS
from h1_streams.line import Line

from .._api.calls import Call
from .._api.commands import PROXY, Open, Send, Until
from .._api.replies import Answer
from ..errors import DifyError, InvalidArgument
from ..options import RequestTimeout
from .pools import OWN_CONNECTION
from .whole import ACCEPTED, WholeBody

_OF_STREAMS = {
    "accept": "text/event-stream",
    "accept-encoding": "identity",
    "cache-control": "no-cache",
}
_fixed = functools.lru_cache(maxsize=32)(httpx.URL)  # addresses without an id or a token in them


@functools.cache
def user_agent() -> str:
    """The name and version of this library."""
    from importlib.metadata import version  # a tenth of the time that importing httpx takes

    return f"dify-workflow/{version('dify-workflow')}"


def build_request(
    http: httpx.Client | httpx.AsyncClient,
    base_url: httpx.URL,
    call: Call,
    *,
    timeout: httpx.Timeout,
    line: Line | None = None,
) -> httpx.Request:
    """Return the request; the API key goes into httpx's headers, which mask it when shown.

    Raises `DifyError` when the connections are closed.
    """
    if http.is_closed:
        raise DifyError("the client is closed")
    kwargs: dict[str, Any] = dict(call.kwargs)
    address = f"{str(base_url).rstrip('/')}{kwargs.pop('url')}"
    # Names in small letters: what comes later stands above what came before.
    headers = {"user-agent": user_agent(), "accept-encoding": ACCEPTED}
    for name, value in (kwargs.pop("headers", None) or {}).items():
        headers[name.lower()] = value
    if "files" in kwargs:
        headers.pop("content-type", None)  # the generated one has a boundary that content can hold
    if line is not None:
        headers |= _OF_STREAMS
    headers |= call.options.extra_headers
    key = call.options.key()
    template = OPERATIONS[call.operation][1] if call.operation in OPERATIONS else None
    parsed = _fixed if call.path == template else httpx.URL
    try:
        request = http.build_request(
            url=parsed(address), headers=headers, timeout=timeout, **kwargs
        )
    except httpx.InvalidURL as error:  # an endless id or keyword
        raise InvalidArgument(f"the request has no URL that can be sent: {error}") from error
    request.headers["Authorization"] = "Bearer " + key.reveal()
    if line is not None:
        request.extensions[OWN_CONNECTION] = line
    return request


def answer_of(response: httpx.Response, body: WholeBody, call: Call) -> Answer:
    """Return a response whose body was read."""
    status, headers, content = response.status_code, response.headers, bytes(body.content)
    proxy = answering_proxy(response.request)
    return Answer.to(call, status, headers, content, whole=body.whole, proxy=proxy)


def answering_proxy(request: httpx.Request) -> str:
    """Return the proxy that a request was made to; through one for TLS it goes unseen."""
    return str(request.extensions.get(PROXY, "")) if request.url.scheme == "http" else ""


def ends_at(timeout: httpx.Timeout, until: Until, *, interruptible: bool = False) -> float | None:
    """Return when a plain request must be over: by a number as time-out, and by the deadline."""
    seconds = until.left(interruptible=interruptible)
    if isinstance(timeout, RequestTimeout) and timeout.read is not None:
        seconds = timeout.read if seconds is None else min(timeout.read, seconds)
    return None if seconds is None else until.clock() + seconds


def timeout_of(command: Send | Open, until: Until) -> httpx.Timeout:
    """Return the time-out of a request: no phase takes longer than there is time."""
    parts = command.call.options.timeout.as_dict()
    if command.silence is not None:
        parts["read"] = command.silence  # of a stream's head, or a blocking answer
    left = until.left(interruptible=command.call.repeatable)
    if left is not None:
        for name, seconds in parts.items():
            parts[name] = left if seconds is None else min(seconds, left)
    return httpx.Timeout(**parts)
