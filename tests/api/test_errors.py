"""Errors: every answer that is none becomes the right exception, whatever its body."""

from __future__ import annotations

import re

import pytest
from dify_workflow import (
    APIError,
    AppUnavailable,
    AuthenticationError,
    FormClosed,
    GatewayError,
    InvalidParam,
    NotFound,
    PermissionDenied,
    ProviderError,
    RedirectRefused,
    RouteNotFound,
    ServerError,
    TooLarge,
    TooManyRequests,
    UnreadableAnswer,
    UnsupportedMediaType,
)
from dify_workflow._api.results import from_detail
from error_answers import CODES, ERRORS, NOT_DIFY, answer, answer_of, recorded
from wire_archive import VERSIONS

ANY = ".*"

# What the recorded answers mean: status, code, beginning of the message -> class. The first row
# that fits counts.
MEANINGS: list[tuple[int, str | None, str, type[APIError]]] = [
    (400, "invalid_param", "Too many requests. Please try again later.", TooManyRequests),
    (400, "invalid_param", "Workflow not published", AppUnavailable),
    (400, "invalid_param", "Speech to text is not enabled", AppUnavailable),
    (400, "invalid_param", "TTS is not enabled", AppUnavailable),
    (400, "invalid_param", "3 validation errors for HttpRequestNodeData", AppUnavailable),
    (400, "invalid_param", "Provider lab/none/none does not exist.", ProviderError),
    (400, "invalid_param", ANY, InvalidParam),
    (400, None, "Input payload validation failed", InvalidParam),  # 1.8 to 1.10
    (400, "invalid_form_data", ANY, InvalidParam),
    (400, "bad_request", ANY, InvalidParam),
    (400, "bad_request_key_error", ANY, InvalidParam),
    (400, "filename_not_exists_error", ANY, InvalidParam),
    (400, "no_file_uploaded", ANY, InvalidParam),
    (400, "no_audio_uploaded", ANY, InvalidParam),
    (400, "speech_to_text_disabled", ANY, AppUnavailable),
    (400, "too_many_files", ANY, InvalidParam),
    (400, "not_workflow_app", ANY, AppUnavailable),
    (400, "not_chat_app", ANY, AppUnavailable),
    (400, "app_unavailable", ANY, AppUnavailable),
    (400, "provider_not_initialize", ANY, ProviderError),
    (401, "unauthorized", ANY, AuthenticationError),
    (403, "forbidden", "The app's API service has been disabled.", PermissionDenied),
    (404, "not_found", ANY, NotFound),
    (404, "end_user_not_found", ANY, NotFound),
    (404, "file_not_found", ANY, NotFound),
    (405, "method_not_allowed", ANY, RouteNotFound),
    (412, "human_input_form_submitted", ANY, FormClosed),
    (412, "human_input_form_expired", ANY, FormClosed),
    (413, "file_too_large", ANY, TooLarge),
    (413, "audio_too_large", ANY, TooLarge),
    (415, "unsupported_media_type", ANY, UnsupportedMediaType),
    (415, "unsupported_audio_type", ANY, UnsupportedMediaType),
    (500, "unknown", ANY, ServerError),
    (500, "internal_server_error", ANY, ServerError),
]


def meaning(status: int, code: str | None, message: str) -> type[APIError]:
    return next(
        kind
        for a_status, a_code, start, kind in MEANINGS
        if (a_status, a_code) == (status, code) and re.match(start, message)
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_error_means_what_dify_means(version: str) -> None:
    items = [item for item in ERRORS if item.version == version]
    assert len(items) > 30
    for item in items:
        error = answer_of(item).error()
        if item.content_type.startswith("text/html"):
            expected: type[APIError] = {404: RouteNotFound}[item.status]
        else:
            raw = item.json()
            expected = meaning(item.status, raw.get("code"), raw["message"])
        assert type(error) is expected, item


def test_every_row_of_the_meanings_is_recorded() -> None:
    seen = set()
    for item in ERRORS:
        if not item.content_type.startswith("text/html"):
            raw = item.json()
            for row in MEANINGS:
                if row[:2] == (item.status, raw.get("code")) and re.match(row[2], raw["message"]):
                    seen.add(row)
                    break
    assert seen == set(MEANINGS)


@pytest.mark.parametrize(("status", "code", "kind"), CODES)
def test_codes_without_a_recording(status: int, code: str, kind: type[APIError]) -> None:
    error = answer(status, {"code": code, "message": "m", "status": status}).error()
    assert type(error) is kind
    assert (error.status_code, error.code, error.message) == (status, code, "m")


GATEWAY = [400, 402, 408, 418, 421, 425, 431, 451, 494, 495, 496, 497, 498, 499, 500, 501, 502]
GATEWAY += [503, 504, 505, 507, 508, 511, *range(520, 531), 598, 599]
BY_STATUS: dict[int, type[APIError]] = {
    **dict.fromkeys(GATEWAY, GatewayError),
    401: AuthenticationError,
    403: PermissionDenied,
    404: RouteNotFound,
    405: RouteNotFound,
    413: TooLarge,
    415: UnsupportedMediaType,
    429: TooManyRequests,
}


@pytest.mark.parametrize("body", NOT_DIFY.values(), ids=NOT_DIFY)
def test_an_answer_that_is_not_difys_is_judged_by_its_status(body: bytes) -> None:
    for status, kind in BY_STATUS.items():
        error = answer(status, body).error()
        assert type(error) is kind, status
        assert (error.status_code, error.code) == (status, None)
        assert str(status) in str(error)
        assert len(str(error)) < 400


@pytest.mark.parametrize("status", [502, 503, 504, 524])
def test_a_gateways_time_out_says_that_the_server_may_still_work(status: int) -> None:
    error = answer(status, NOT_DIFY["of a gateway"]).error()
    assert "may still be working" in error.hint
    assert error.hint in str(error)


def test_difys_error_without_a_message_is_still_difys() -> None:
    for body in ({"code": "invalid_param"}, {"code": "invalid_param", "message": None}):
        error = answer(400, body).error()
        assert type(error) is InvalidParam
        assert (error.code, error.message) == ("invalid_param", "")
    assert type(answer(500, {"code": "unknown", "message": {"a": 1}}).error()) is ServerError


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_an_error_that_names_its_target(status: int) -> None:
    headers = {"location": "https://host.example/v1/workflows/run"}
    error = answer(status, NOT_DIFY["html"], headers).error()
    assert type(error) is RedirectRefused
    assert error.status_code == status
    assert "https://host.example/v1/workflows/run" in str(error)
    assert "base_url" in error.hint
    assert type(answer(status).error()) is RedirectRefused  # without a target


# Success answers that are not what they should be.


@pytest.mark.parametrize("body", NOT_DIFY.values(), ids=NOT_DIFY)
def test_a_success_that_cannot_be_read_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        from_detail(answer(200, body))
    assert caught.value.status_code == 200


MISSING = ["1.4.3/errors/detail_chatflow", "1.8.1/detail/other_app", "1.9.1/detail/unknown"]
MISSING += ["1.12.1/detail/other_app", "1.13.2/detail/other_app", "1.14.2/detail/unknown"]


@pytest.mark.parametrize("case", MISSING)
def test_a_run_that_is_not_there_is_not_found_on_every_server(case: str) -> None:
    with pytest.raises(NotFound) as caught:
        from_detail(answer_of(recorded(case)))
    assert type(caught.value) is NotFound
    assert caught.value.code == "not_found"
