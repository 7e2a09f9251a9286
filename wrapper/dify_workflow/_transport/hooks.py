"""Whether tracing tools, mocks or users look into httpx: layers are left out where nobody does.

It is asked at each request, since they come and go.
"""

from __future__ import annotations

import logging
from operator import attrgetter
from types import FunctionType
from typing import Any


def is_original(function: Any) -> bool:
    """Whether a function is httpx's or httpcore's own, and not what a tool has put in its place.

    A wrapper by wrapt shows the globals of what it wraps, but is no function.
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
_httpx_log = logging.getLogger("httpx")


def is_hooked(client: Any, kind: type[Any]) -> bool:
    """Whether somebody looks into the requests of an httpx client, but for its transport."""
    try:
        layers = _layers(kind)
    except AttributeError:  # another httpx
        return True
    return (
        _httpx_log.isEnabledFor(logging.INFO)
        or any(client.event_hooks.values())
        or not all(map(is_original, layers))
    )
