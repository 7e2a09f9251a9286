"""Bodies of streams: what both clients' readers share."""

from __future__ import annotations

import httpcore
import httpx

# What is raised below httpx, by the body of a response.
HTTPCORE_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


def httpx_error(error: Exception) -> httpx.HTTPError:
    """Translate what is raised below httpx."""
    made = getattr(httpx, type(error).__name__)(str(error))
    assert isinstance(made, httpx.HTTPError)
    return made


def is_plain(response: httpx.Response) -> bool:
    """Whether a body needs no decoding."""
    coding: str = response.headers.get("content-encoding", "identity")
    return coding == "identity"
