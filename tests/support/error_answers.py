"""Answers that are errors."""

from __future__ import annotations

import json
from typing import Any

import httpx
from dify_workflow._api.api_responses import ApiResponse
from wire_archive import Exchange, exchanges


def answer_of(item: Exchange) -> ApiResponse:
    """The answer that was recorded."""
    return ApiResponse(item.status, httpx.Headers(item.headers), item.body, "/workflows/run")


def answer(status: int, body: Any = b"", headers: dict[str, str] | None = None) -> ApiResponse:
    """An answer with this body, as bytes or to be JSON."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ApiResponse(status, httpx.Headers(headers), body)


ERRORS = [item for item in exchanges() if item.status >= 400]
