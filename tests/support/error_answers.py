"""Answers that are errors."""

from __future__ import annotations

import json
from typing import Any

import httpx
from dify_workflow import (
    AppUnavailable,
    InvalidParam,
    PermissionDenied,
    ProviderError,
    QuotaExceeded,
    ServerError,
    TooManyRequests,
    UnsupportedMediaType,
)
from dify_workflow._api.api_responses import ApiResponse
from wire_archive import Exchange, exchange, exchanges


def answer_of(item: Exchange) -> ApiResponse:
    """The answer that was recorded."""
    return ApiResponse(item.status, httpx.Headers(item.headers), item.body, "/workflows/run")


def recorded(case: str) -> Exchange:
    """The exchange "version/folder/name"."""
    version, _, name = case.partition("/")
    return exchange(version, name)


def answer(status: int, body: Any = b"", headers: dict[str, str] | None = None) -> ApiResponse:
    """An answer with this body, as bytes or to be JSON."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ApiResponse(status, httpx.Headers(headers), body)


ERRORS = [item for item in exchanges() if item.status >= 400]

# Codes that Dify's source has and no recording: (status, code) -> class.
CODES = [
    (400, "not_completion_app", AppUnavailable),
    (400, "model_currently_not_support", ProviderError),
    (400, "completion_request_error", ProviderError),
    (400, "provider_not_support_speech_to_text", ProviderError),
    (400, "provider_quota_exceeded", QuotaExceeded),
    (400, "file_extension_blocked", InvalidParam),
    (403, "file_access_denied", PermissionDenied),
    (403, "workflow_version_execution_not_allowed", PermissionDenied),
    (403, "trigger_workflow_service_mode_unavailable", PermissionDenied),
    (403, "a_new_code", PermissionDenied),
    (415, "unsupported_file_type", UnsupportedMediaType),
    (429, "too_many_requests", TooManyRequests),
    (429, "rate_limit_error", QuotaExceeded),
    (429, "a_new_code", TooManyRequests),
    (400, "a_new_code", InvalidParam),
    (409, "a_new_code", InvalidParam),
    (418, "a_new_code", InvalidParam),
    (500, "a_new_code", ServerError),
    (502, "plugin_runtime_error", ProviderError),
    (503, "a_new_code", ServerError),
]
