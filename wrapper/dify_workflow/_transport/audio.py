"""Audio bodies: what both clients share."""

from __future__ import annotations

import httpx

from .._api.calls import Call
from .._api.replies import Answer
from ..errors import APIError
from .messages import build_request


def audio_request(
    http: httpx.Client | httpx.AsyncClient, base_url: httpx.URL, call: Call
) -> httpx.Request:
    """Return the request for a body of audio."""
    return build_request(http, base_url, call, timeout=call.options.timeout)


def is_audio(response: httpx.Response) -> bool:
    """Whether an answer is audio; for a message that is not there, Dify answers 200 with `null`."""
    kind = str(response.headers.get("content-type", ""))
    return response.is_success and not kind.startswith("application/json")


def audio_error(answer: Answer) -> APIError:
    """Return the exception for an answer that is no audio."""
    return answer.not_found("no such message") if answer.ok else answer.error()
