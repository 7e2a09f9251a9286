"""The exceptions of this package; `_api.api_responses` makes those of error responses.

DifyError
├── InvalidArgument (ValueError)      refused here, before anything was sent
├── ConnectionFailed                  no connection, or it broke
├── RequestTimedOut (TimeoutError)    no response in time
├── EventTooLarge                     one stream event is larger than `max_event_bytes`
├── StreamClosed                      the stream was closed before its end
├── UnreadableAnswer                  a 2xx answer that is not what the contract says
│   └── ResponseTooLarge              it is larger than `max_response_bytes`
├── WorkflowFailed                    `raise_for_status()` of a failed or stopped run
├── SeveralTexts                      `response.text` of a run with several texts
├── RunNotFinished                    a run without outputs yet: paused, or still running
├── OutputsMismatch                   outputs that are not what their generated class says
├── RunOutcomeUnknown                 a run may be executing, and its end could not be seen
│   └── DeadlineExceeded (TimeoutError)
└── APIError                          the server, or a gateway before it, answered with an error
    ├── AuthenticationError           401: the API key
    ├── PermissionDenied              403: the app's API is disabled, the file is not yours
    ├── NotFound                      404: no such run, form, user, file
    │   └── RouteNotFound             404/405 of an unknown route: base URL, or an older Dify
    ├── InvalidParam                  400: an input or parameter
    ├── AppUnavailable                400: not published, another app mode, a feature that is off
    ├── ProviderError                 400: the model or its provider
    ├── TooManyRequests               429, or Dify's 400 "Too many requests": try again later
    ├── QuotaExceeded                 429/400: a quota is used up
    ├── FormClosed                    412: the human-input form was submitted or has expired
    ├── TooLarge                      413
    ├── UnsupportedMediaType          415
    ├── RedirectRefused               3xx: redirects are not followed
    ├── GatewayError                  a proxy answered instead of Dify
    └── ServerError                   5xx from Dify itself
"""

from __future__ import annotations

import httpx


class DifyError(Exception):
    """Base of every exception this package raises."""


class InvalidArgument(DifyError, ValueError):
    """An argument that the server would refuse, drop or misread.

    `field` names it as the caller wrote it.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def invalid(field: str, why: str) -> InvalidArgument:
    """Return the exception for an argument; its text begins with the name."""
    return InvalidArgument(f"{field}: {why}", field=field)


class ConnectionFailed(DifyError):
    """No connection could be made, or it broke; `__cause__` is the httpx exception."""


class RequestTimedOut(DifyError, TimeoutError):
    """No response within the time-out; `__cause__` is the httpx exception."""


class EventTooLarge(DifyError):
    """One event of a stream is larger than the bound `max_event_bytes`."""


class StreamClosed(DifyError):
    """The result of a stream was asked for after the stream had been closed early."""


class APIError(DifyError):
    """An error response.

    `status_code` (HTTP), `code` and `message` (of Dify's error body, or None and a short text),
    `body` (text, cut at 10,000 characters), `headers` (of the response), `trace_id`,
    `retry_after` (seconds, or None), `hint` (what to do about it, or "").
    """

    def __init__(
        self,
        text: str,
        *,
        status_code: int | None = None,
        code: str | None = None,
        message: str = "",
        body: str = "",
        headers: httpx.Headers | None = None,
        retry_after: float | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(text)
        self.status_code = status_code
        self.code = code
        self.message = message
        self.body = body
        self.headers: httpx.Headers = httpx.Headers() if headers is None else headers
        self.trace_id: str | None = self.headers.get("x-trace-id")
        self.retry_after = retry_after
        self.hint = hint


class UnreadableAnswer(APIError):
    """A 2xx answer that cannot be read as what the contract says."""


class ResponseTooLarge(UnreadableAnswer):
    """A 2xx answer is larger, when decompressed, than the bound `max_response_bytes`."""


class AuthenticationError(APIError):
    """401: the API key is missing, wrong, or for something else than an app."""


class PermissionDenied(APIError):
    """403: the app's API service is disabled, or this is not allowed for this key."""


class NotFound(APIError):
    """404: no such run, form, end user or file for this key."""


class RouteNotFound(NotFound):
    """404 or 405 of a route: the base URL is wrong, or this Dify does not have it yet."""


class InvalidParam(APIError):
    """400: an input or parameter that the server refuses."""


class AppUnavailable(APIError):
    """400: the app is not published, has another mode, or the feature is switched off."""


class ProviderError(APIError):
    """400: the model, or its provider, is not set up or failed."""


class TooManyRequests(APIError):
    """429, or Dify's 400 "Too many requests": nothing was started, try again later.

    `permanent` says that later is no use: the app takes no streaming run at all.
    """

    permanent: bool = False


class QuotaExceeded(APIError):
    """A quota of the plan or of the provider is used up; trying again soon does not help."""


class FormClosed(APIError):
    """412: the human-input form was submitted already (`code` ends in _submitted) or expired."""


class TooLarge(APIError):
    """413: the upload is larger than the server allows."""


class UnsupportedMediaType(APIError):
    """415: the server does not take this kind of body or file."""


class RedirectRefused(APIError):
    """3xx: a redirect, which is never followed since it could turn a POST into a GET."""


class GatewayError(APIError):
    """A proxy or gateway answered instead of Dify."""


class ServerError(APIError):
    """5xx from Dify itself."""
