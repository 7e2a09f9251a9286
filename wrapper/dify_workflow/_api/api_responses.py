"""A complete HTTP response, and what it means when it is not a success."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import httpx
from dify_workflow_api.operations import ERRORS

from .. import errors
from .._codec.jsonio import UNREADABLE, loads
from ..errors import APIError
from ..types.files import GuessedType, UnsureType
from ..types.requests import Secret
from .api_requests import ApiRequest
from .versions import QUEUES_RUNS, Version, needed_for

T = TypeVar("T")

_MAX_BODY = 10_000
_MAX_MESSAGE = 500
_MAX_BEGINNING = 200  # characters of a body that is no error, shown all the same

_BY_CODE: dict[str, type[APIError]] = {code: getattr(errors, name) for code, name in ERRORS.items()}

# Dify says these with the code `invalid_param`, or with no code at all.
_BY_MESSAGE: tuple[tuple[re.Pattern[str], type[APIError]], ...] = (
    (re.compile("Too many requests"), errors.TooManyRequests),
    (re.compile("Workflow not published"), errors.AppUnavailable),
    (re.compile("(Speech to text|TTS|Text to speech) is not enabled"), errors.AppUnavailable),
    (re.compile(r"\d+ validation errors? for \w+NodeData\b"), errors.AppUnavailable),
    (re.compile(r"Provider \S+ does not exist"), errors.ProviderError),
)

# What a worker says in a stream, with neither code nor status, of the inputs and files of a run.
_OF_INPUTS = re.compile(
    r".+ in input form\b|Invalid upload file|Invalid file url"
    r"|Detected file type does not match|File validation failed for file"
    r"|transfer_method is required in file mapping|No matching enum found for value"
    r"|Reached maximum retries \(\d+\) for URL|ToolFile \S+ not found"
)
# ... and, where it comes as a made-up run, of a number that is none (a 500 over plain HTTP).
_OF_NUMBERS = re.compile(r"expected value type int, float or str, got ")
# What is said of a file's type, before anything is started.
_WRONG_TYPE = "Detected file type does not match"
_TYPE_NOT_ALLOWED = "File validation failed for file"
_OTHER_TYPE = (
    "Dify types a file by its extension, or else by its MIME type. Self-hosted, it does not take "
    "doc, ppt, pptx, eml, msg, xml and epub as documents (unless ETL_TYPE is Unstructured): leave "
    'type= out, and allow "Other file types" with that extension in the app\'s input settings'
)
_NOT_ALLOWED = (
    "The app's input does not allow such a file: its settings must allow the type, or the "
    'extension ("Other file types"), as a self-hosted Dify needs it for doc, ppt, pptx, eml, msg, '
    "xml and epub"
)
_NO_KEY = Secret("")
_OF_RUNS = ("getWorkflowRun", "streamWorkflowEvents")
_OF_FORMS = ("getHumanInputForm", "submitHumanInputForm")
_GUESS = ". You have requested this URI ["  # what Dify's framework adds to its 404s: other routes
_UUID = re.compile(r"/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)
_SECONDS = re.compile(r"\d+(\.\d*)?")

_BY_STATUS: dict[int, type[APIError]] = {
    401: errors.AuthenticationError,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    405: errors.RouteNotFound,
    412: errors.FormClosed,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
    429: errors.TooManyRequests,
}


@attrs.frozen
class ApiResponse:
    """A complete response: status, headers, decoded body."""

    status: int
    headers: httpx.Headers = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    path: str = ""
    operation: str = ""
    key: Secret = attrs.field(default=_NO_KEY, repr=False)  # never shown in an error
    proxy: str = ""  # through which it came, and which may have answered itself
    bound: int | None = None  # bytes; the body is larger, and only its beginning is here

    @classmethod
    def to(
        cls,
        request: ApiRequest,
        status: int,
        headers: httpx.Headers,
        body: bytes,
        *,
        whole: bool = True,
        proxy: str = "",
    ) -> ApiResponse:
        """Return the response to a request."""
        options = request.options
        bound = None if whole else options.max_response_bytes
        key = options.api_key or _NO_KEY
        return cls(status, headers, body, request.path, request.operation, key, proxy, bound)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def names_no_run(self) -> bool:
        """Whether this is how Dify answers to a run's id that is no UUID."""
        return self.status == 500 and self.operation in _OF_RUNS and _UUID.search(self.path) is None

    @property
    def version(self) -> Version | None:
        """The server's version, from its `X-Version` header."""
        return Version.of(self.headers.get("x-version"))

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait by the `Retry-After` header (a number of seconds, or an HTTP date)."""
        text = self.headers.get("retry-after", "").strip()
        if _SECONDS.fullmatch(text):
            return float(text)
        try:
            return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
        except (ValueError, OverflowError):
            return None

    def json(self) -> Any:
        """Decode the body; raises `UnreadableAnswer`."""
        if self.bound is not None:
            text = f"the answer is larger than {self.bound} bytes (max_response_bytes)"
            raise self._error(errors.ResponseTooLarge, None, text)
        try:
            return loads(self.body)
        except (ValueError, RecursionError):
            pass  # and left behind: it has the whole body with it
        raise self.unreadable("the answer is not JSON")

    def unreadable(self, why: str) -> APIError:
        """Return the exception for a success whose body is not what it should be."""
        return self._error(errors.UnreadableAnswer, None, why + self._beginning())

    def not_found(self, message: str) -> APIError:
        """Return the exception for a success that says "there is no such thing"."""
        return self._error(errors.NotFound, "not_found", message)

    def decode(self, decoder: Callable[[Any], T]) -> T:
        """Decode the body and read it; raises the error it stands for, or `UnreadableAnswer`."""
        if not self.ok:
            raise self.error()
        value = self.json()
        try:
            return decoder(value)
        except UNREADABLE:
            pass
        if self.is_dify:
            raise self.error()
        raise self.unreadable("the answer has not the form it should have")

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON."""
        try:
            loads(self.body)
        except (ValueError, RecursionError):
            return False
        return True

    @property
    def is_dify(self) -> bool:
        """Whether this error body is Dify's JSON (and not, say, a proxy's page)."""
        return self._details() is not None

    def error(self) -> APIError:
        """Return the exception for this response, whatever its body is.

        For a success, it is the error that its body has.
        """
        if 300 <= self.status < 400:
            target = self.headers.get("location", "")
            return self._error(errors.RedirectRefused, None, f"redirect to {target!r}")
        details = self._details()
        if details is None:
            kind = _BY_STATUS.get(self.status, errors.GatewayError)
            if kind is errors.NotFound:
                kind = errors.RouteNotFound
            return self._error(kind, None, "the answer is not Dify's")
        code, message = details
        if self.ok:
            status = loads(self.body).get("status")
            kind = classify(status if isinstance(status, int) else 500, code, message)
            return self._error(kind, code, message + self._beginning())
        kind = errors.NotFound if self.names_no_run else classify(self.status, code, message)
        return self._error(kind, code, message)

    def _beginning(self) -> str:
        """Return the media type of the body, and how it begins."""
        kind = media_type(self.headers) or "no media type"
        begin = self.body[: 4 * _MAX_BEGINNING].decode("utf-8", "replace").strip()
        return f"; it came as {kind}: {begin[:_MAX_BEGINNING]!r}" if begin else f" ({kind}, empty)"

    def _details(self) -> tuple[str, str] | None:
        try:
            raw = loads(self.body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(raw, dict):
            return None
        code, message, fields = raw.get("code"), raw.get("message"), raw.get("errors")
        message = message.partition(_GUESS)[0] if isinstance(message, str) else ""
        if isinstance(fields, dict):  # parameter errors of 1.8 to 1.10: {"errors": {field: text}}
            code = code or "invalid_param"
            message = "; ".join(f"{name}: {text}" for name, text in fields.items()) or message
        elif isinstance(raw.get("params"), str):  # and those before
            message = f"{raw['params']}: {message}"
        # Other gateways say {"message": "..."} too, but without a code in words.
        return (code, message) if isinstance(code, str) else None

    def _error(self, kind: type[APIError], code: str | None, message: str) -> APIError:
        hint = _hint(kind, self, code, message)
        mask = self.key.masked
        message = mask(message)
        code = None if code is None else mask(code)
        where = f" ({self.path})" if self.path else ""
        shown = message[:_MAX_MESSAGE] or "no message"
        text = " ".join(filter(None, (str(self.status), code))) + f": {shown}"
        made = kind(
            f"{text}{where}" + (f". {hint}" if hint else ""),
            status_code=self.status,
            code=code,
            message=message,
            body=mask(self.body[: 5 * _MAX_BODY].decode("utf-8", "replace"))[:_MAX_BODY],
            headers=httpx.Headers([(name, mask(value)) for name, value in self.headers.raw]),
            retry_after=self.retry_after,
            hint=hint,
        )
        if isinstance(made, errors.TooManyRequests) and _takes_one(message, self.version):
            made.permanent = True
        return made


def media_type(headers: httpx.Headers) -> str:
    """Return the media type of a body, in small letters; "" where there is none."""
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()


def _takes_one(message: str, version: Version | None) -> bool:
    """Return whether the app may have 1 run at a time: from 1.13 on it refuses every stream."""
    return message.rstrip(". ").endswith(" is 1") and QUEUES_RUNS.on(version)


def classify(status: int, code: str | None, message: str) -> type[APIError]:
    """Return the class for one of Dify's own errors, over HTTP or in a stream."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    for pattern, kind in _BY_MESSAGE:
        if pattern.match(message):
            return kind
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return errors.ServerError if status >= 500 else errors.InvalidParam


def stream_error(event: dict[str, Any], key: Secret | None = None) -> APIError:
    """Return the exception for an `error` event: that of the same failure over plain HTTP."""
    fields = {key: value for key, value in event.items() if not isinstance(value, dict | list)}
    code, status, message = (fields.get(name) for name in ("code", "status", "message"))
    message = message if isinstance(message, str) else ""
    code = code if isinstance(code, str) else None
    status = status if isinstance(status, int) and 400 <= status < 600 else 500
    if code is None and _OF_INPUTS.match(message):
        code, status = "invalid_param", 400
    body = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
    response = ApiResponse(status, httpx.Headers(), body, "in the stream", key=key or _NO_KEY)
    return response._error(classify(status, code, message), code, message)


def refusal(message: str) -> APIError | None:
    """Return the exception for a run that was refused before it ran; None: the text is another.

    From 1.15 on a server tells such a refusal as a run that failed at once.
    """
    if not (_OF_INPUTS.match(message) or _OF_NUMBERS.match(message)):
        return None
    return stream_error({"code": "invalid_param", "status": 400, "message": message})


def refused_guesses(error: Exception) -> type[GuessedType] | None:
    """Return which guesses at files' types an error tells to change; None: it is another."""
    if not isinstance(error, APIError) or error.code != "invalid_param":
        return None
    if error.message.startswith(_WRONG_TYPE):
        return UnsureType
    return GuessedType if error.message.startswith(_TYPE_NOT_ALLOWED) else None


def _hint(kind: type[APIError], response: ApiResponse, code: str | None, message: str) -> str:
    if response.proxy and code is None and response.version is None:
        return (
            f"It came through the proxy at {response.proxy}, which may have answered itself: "
            "proxy= or the environment (HTTP_PROXY, ALL_PROXY) names it, and NO_PROXY what goes "
            "past it"
        )
    if kind is errors.RouteNotFound:
        version, needed = response.version, needed_for(response.operation)
        if version is None:
            return "Is base_url right? It should end in /v1"
        if needed is not None and not needed.on(version):
            return needed.missing_on(version)
        return (
            f"This Dify ({version}) has no such route: is base_url right (it should end in /v1), "
            "the server new enough, an id in the path a UUID?"
        )
    if kind is errors.UnreadableAnswer and response.version is None and not response.is_json:
        return "Is base_url right? It should end in /v1"
    if kind is errors.RedirectRefused:
        return "Redirects are not followed: set base_url to where the server really is"
    if kind is errors.GatewayError and response.status in (502, 503, 504, 524):
        return "A proxy in front of Dify gave up: the server may still be working on the request"
    if kind is errors.TooManyRequests and _takes_one(message, response.version):
        return "An app with max_active_requests=1 refuses every streaming run"
    if kind is errors.AuthenticationError:
        return "Use the API key of the app itself (it starts with app-)"
    if message.startswith("Invalid upload file"):
        return "The file must be uploaded by the same user and with the same key as the run"
    if message.startswith(_WRONG_TYPE):
        return _OTHER_TYPE
    if message.startswith(_TYPE_NOT_ALLOWED):
        return _NOT_ALLOWED
    if message.endswith(("must be a file", "must be a list of files")):
        return "Give a WorkflowFile, or a list of them"
    if kind is errors.NotFound and response.operation in _OF_RUNS:
        return "It takes the id (a UUID) of a run of this app, not a task's, not a log entry's"
    if kind is errors.NotFound and response.operation in _OF_FORMS:
        return "There is no form with this token; those of a paused run are in its `forms`"
    if code == "not_workflow_app":
        return "This key belongs to an app of another mode than Workflow"
    return ""
