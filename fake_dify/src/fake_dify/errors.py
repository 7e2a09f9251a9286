"""The error replies of Dify: code, message and HTTP status, as one exception."""

from __future__ import annotations

from attrs import define

BAD_REQUEST = "The browser (or proxy) sent a request that this server could not understand."
INTERNAL = (
    "The server encountered an internal error and was unable to complete your request. "
    "Either the server is overloaded or there is an error in the application."
)


@define
class ApiError(Exception):
    """A reply of status >= 400 with Dify's envelope.

    field, old_text: the parameter that pydantic refused, and what Dify 1.8 to 1.10, which have
    another envelope for this, say about it.
    """

    status: int
    code: str
    message: str
    field: str | None = None
    old_text: str = ""

    def body(self) -> dict[str, object]:
        return {"code": self.code, "message": self.message, "status": self.status}


@define
class Crash(ApiError):
    """An unhandled exception of the server: its envelope has another field order."""

    status: int = 500
    code: str = "unknown"
    message: str = "Internal Server Error"

    def body(self) -> dict[str, object]:
        return {"message": self.message, "code": self.code, "status": self.status}


class HtmlNotFound(Exception):
    """The HTML page that Dify sends for routes (and uuids in routes) that it does not know."""


def invalid_param(message: str) -> ApiError:
    return ApiError(400, "invalid_param", message)


def not_found(message: str) -> ApiError:
    return ApiError(404, "not_found", message)


def bad_request() -> ApiError:
    return ApiError(400, "bad_request", BAD_REQUEST)


def refused(
    model: str, field: str, problem: str, kind: str, value: object, old_text: str = ""
) -> ApiError:
    """Return the multi-line text of pydantic that Dify puts into `message`."""
    text = (
        f"1 validation error for {model}\n{field}\n  {problem} "
        f"[type={kind}, input_value={value!r}, input_type={type(value).__name__}]\n"
        f"    For further information visit https://errors.pydantic.dev/2.12/v/{kind}"
    )
    return ApiError(400, "invalid_param", text, field, old_text)
