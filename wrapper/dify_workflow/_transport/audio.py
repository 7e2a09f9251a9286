"""Audio bodies: what both clients share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .._api.calls import Call
from .._api.replies import Answer
from ..errors import APIError
from .messages import build_request

if TYPE_CHECKING:
    from .._clients._async.driver import AsyncDriver
    from .._clients._sync.driver import Driver


def audio_request(driver: Driver | AsyncDriver, call: Call) -> httpx.Request:
    return build_request(driver.http, driver.base_url, call, timeout=call.options.timeout)


def is_audio(response: httpx.Response) -> bool:
    """Whether an answer is audio; for a message that is not there, Dify answers 200 with `null`."""
    kind = str(response.headers.get("content-type", ""))
    return response.is_success and not kind.startswith("application/json")


def audio_error(response: httpx.Response, call: Call) -> APIError:
    answer = Answer(response.status_code, response.headers, response.content, call.path)
    return answer.not_found("no such message") if answer.ok else answer.error()
