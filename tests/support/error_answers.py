"""Answers that are errors: recorded ones, and all that is none of Dify's."""

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


NOT_DIFY: dict[str, bytes] = {
    "html": b"<html><head><title>Error</title></head><body>Error</body></html>",
    "empty": b"",
    "blank": b" \r\n",
    "cut": b'{"code": "invalid_param", "mess',
    "not utf-8": b'{"code": "invalid_param", "message": "\xff\xfe"}',
    "gbk": "<html>错误</html>".encode("gbk"),
    "binary": bytes(range(256)),
    "deeply nested": b'{"code": ' + b"[" * 100_000,
    "deeply nested and complete": b'{"a": ' + b"[" * 3_000 + b"]" * 3_000 + b"}",
    "array": b'["invalid_param"]',
    "string": b'"invalid_param"',
    "number": b"404",
    "null": b"null",
    "true": b"true",
    "empty object": b"{}",
    "of a fastapi proxy": b'{"detail": "Not Found"}',
    "of a gateway": b'{"message": "Endpoint request timed out"}',
    "of a gateway, with a request id": b'{"message": "no Route matched", "request_id": "1"}',
    "of a gateway, with a number": b'{"code": 10504, "message": "upstream timed out"}',
    "of a gateway, without a message": b'{"error": {"code": "timeout", "message": "slow"}}',
    "a huge number": b'{"code": ' + b"9" * 10_000 + b"}",
}
