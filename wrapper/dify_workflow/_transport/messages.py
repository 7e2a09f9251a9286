"""Calls to httpx requests, and httpx responses to answers; the same for both clients."""

from __future__ import annotations

import functools
from typing import Any

import httpx
from dify_workflow_api.operations import OPERATIONS
from h1_streams.line import Line

from .._api.calls import Call
from .._api.commands import Open, Send, Until
from .._api.replies import Answer
from ..errors import DifyError, InvalidArgument
from .pools import OWN_CONNECTION

_EVENT_STREAM = "text/event-stream"
_OF_STREAMS = {
    "accept": _EVENT_STREAM,
    "accept-encoding": "identity",
    "cache-control": "no-cache",
}
_fixed = functools.lru_cache(maxsize=32)(httpx.URL)  # addresses without an id or a token in them
_SHORTEST_KEY = 8  # characters; what is shorter is found in any text


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
    headers = {"user-agent": user_agent()}
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


def is_stream(response: httpx.Response) -> bool:
    """Whether a response is a stream of events, and not an error or another answer."""
    kind = response.headers.get("content-type", "")
    return response.status_code == 200 and kind.startswith(_EVENT_STREAM)


def answer_of(response: httpx.Response, call: Call) -> Answer:
    """Return a response that was read whole."""
    content = response.content
    key = call.options.key().reveal().encode()
    if not response.is_success and len(key) >= _SHORTEST_KEY:
        content = content.replace(key, b"***")  # some gateways repeat what they refuse
    return Answer(response.status_code, response.headers, content, call.path, call.operation)


def timeout_of(command: Send | Open, until: Until) -> httpx.Timeout:
    """Return the time-out of a request: no phase takes longer than there is time."""
    parts = command.call.options.timeout.as_dict()
    if command.silence is not None:
        parts["read"] = command.silence  # of a stream's head, or a blocking answer
    left = until.left(interruptible=isinstance(command, Send) and command.call.repeatable)
    if left is not None:
        for name, seconds in parts.items():
            parts[name] = left if seconds is None else min(seconds, left)
    return httpx.Timeout(**parts)
