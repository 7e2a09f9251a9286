"""Answers that are errors."""

from __future__ import annotations

import json
from typing import Any

import httpx
from dify_workflow import errors
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

# What codes mean, by status: those of Dify's source that were never recorded too.
MEANINGS: dict[type[errors.APIError], list[str]] = {
    errors.AppUnavailable: [
        *("400 speech_to_text_disabled", "400 not_workflow_app", "400 not_chat_app"),
        *("400 not_completion_app", "400 app_unavailable"),
    ],
    errors.ProviderError: [
        *("400 provider_not_initialize", "400 model_currently_not_support"),
        *("400 completion_request_error", "400 provider_not_support_speech_to_text"),
        "502 plugin_runtime_error",
    ],
    errors.QuotaExceeded: ["400 provider_quota_exceeded", "429 rate_limit_error"],
    errors.InvalidParam: [
        *("400 invalid_param", "400 invalid_form_data", "400 bad_request", "400 too_many_files"),
        *("400 bad_request_key_error", "400 filename_not_exists_error", "400 no_file_uploaded"),
        *("400 no_audio_uploaded", "400 file_extension_blocked", "400 a_new_code"),
        *("409 a_new_code", "418 a_new_code"),
    ],
    errors.AuthenticationError: ["401 unauthorized"],
    errors.PermissionDenied: [
        *("403 forbidden", "403 file_access_denied", "403 a_new_code"),
        "403 workflow_version_execution_not_allowed",
        "403 trigger_workflow_service_mode_unavailable",
    ],
    errors.NotFound: ["404 not_found", "404 end_user_not_found", "404 file_not_found"],
    errors.RouteNotFound: ["405 method_not_allowed"],
    errors.FormClosed: ["412 human_input_form_submitted", "412 human_input_form_expired"],
    errors.TooLarge: ["413 file_too_large", "413 audio_too_large"],
    errors.UnsupportedMediaType: [
        *("415 unsupported_media_type", "415 unsupported_audio_type", "415 unsupported_file_type"),
    ],
    errors.TooManyRequests: ["429 too_many_requests", "429 a_new_code"],
    errors.ServerError: [
        "500 unknown",
        "500 internal_server_error",
        "500 a_new_code",
        "503 a_new_code",
    ],
}
CODES = [(int(row[:3]), row[4:], kind) for kind, rows in MEANINGS.items() for row in rows]
