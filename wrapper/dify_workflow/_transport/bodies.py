"""Bodies of streams: what both clients' readers share."""

from __future__ import annotations

from typing import Any

import httpcore
import httpx
from h1_streams.exchange import BODY
from h1_streams.line import Line

from .pools import OWN_CONNECTION
from .whole import KNOWN, codings_of

# What is raised below httpx, by the body of a response.
HTTPCORE_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


def httpx_error(error: Exception) -> httpx.HTTPError:
    """Translate what is raised below httpx."""
    made = getattr(httpx, type(error).__name__)(str(error))
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


_WRAPPERS = ("httpx", "httpcore", __name__.partition(".")[0])


def line_of(response: httpx.Response) -> Line:
    """Return what ends the connection of a stream."""
    line: Line = response.request.extensions[OWN_CONNECTION]
    return line


def is_bounded(response: httpx.Response) -> bool:
    """Whether `Decoder`, which has a bound, can decode a body; nobody may have read it before."""
    return set(codings_of(response.headers)) <= KNOWN and not response.is_stream_consumed
