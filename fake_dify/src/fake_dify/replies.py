"""Replies and errors, and how Dify writes Server-Sent Events."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from typing import Any

from attrs import define, field, frozen

PING = b"event: ping\n\n"
EVENTS = "text/event-stream; charset=utf-8"
BAD_REQUEST = "The browser (or proxy) sent a request that this server could not understand."
INTERNAL = (
    "The server encountered an internal error and was unable to complete your request. "
    "Either the server is overloaded or there is an error in the application."
)


@frozen
class Reply:
    """A reply; its body is JSON unless it has content.

    line: with the line feed that most of Dify's JSON replies end with.
    content: in place of the body; a stream of chunks is sent chunked.
    leave: called when a stream is over, however it ended.
    """

    body: Any = None
    status: int = 200
    media: str = "application/json"
    line: bool = True
    content: bytes | AsyncGenerator[bytes, None] | None = None
    headers: Mapping[str, str] = field(factory=dict)
    leave: Callable[[], None] = lambda: None


class ReplyOver(Exception):
    """The reply was broken off; nothing more may be sent."""


async def each(chunks: Iterable[bytes]) -> AsyncGenerator[bytes, None]:
    for chunk in chunks:
        yield chunk


def frame(event: Mapping[str, Any]) -> bytes:
    """Return an event as live streams carry it: compact JSON, raw UTF-8 (also U+2028)."""
    if event["event"] == "ping":
        return PING
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode()


@define
class ApiError(Exception):
    """A reply of status >= 400 with Dify's envelope.

    field, old_text: the parameter that pydantic refused, and what Dify 1.8 to 1.10, which have
    another envelope for this, say about it.
    shown: in place of the message, which then comes in streams alone.
    builds: the graph cannot be built, which streams tell as an `error`.
    """

    status: int
    code: str
    message: str
    field: str | None = None
    old_text: str = ""
    shown: str | None = None
    builds: bool = True

    def body(self) -> dict[str, object]:
        told = {"code": self.code, "message": self.shown or self.message, "status": self.status}
        return told if self.code != "unknown" else {"message": told.pop("message"), **told}


INVALID = "invalid_param"


def refuse_if(condition: object, message: str, code: str = INVALID, status: int = 400) -> None:
    """Raise an error of Dify's if the condition holds."""
    if condition:
        raise ApiError(status, code, message)


def invalid_param(message: str) -> ApiError:
    return ApiError(400, INVALID, message)


def crash() -> ApiError:
    """Return an unhandled exception of the server: its envelope has another field order."""
    return ApiError(500, "unknown", "Internal Server Error")


def as_uuid(text: object, otherwise: Exception) -> str:
    """Return a text as a UUID is written, or raise `otherwise`."""
    try:
        return str(uuid.UUID(str(text)))
    except ValueError:
        raise otherwise from None


RANGE = "Invalid argument: {value}. argument must be within the range {minimum} - {maximum}"
# What Dify says of a value, and what it said before 1.11.
PYDANTIC: Mapping[str, tuple[str, str]] = {
    "missing": ("Field required", "Missing required parameter in the JSON body"),
    "dict_type": ("Input should be a valid dictionary", "{value} is not a dictionary"),
    "list_type": ("Input should be a valid list", ""),
    "literal_error": (
        "Input should be {choices}",
        "The value '{value}' is not a valid choice for '{name}'.",
    ),
    "int_parsing": (
        "Input should be a valid integer, unable to parse string as an integer",
        "{value} is not a valid integer",
    ),
    "greater_than_equal": ("Input should be greater than or equal to {minimum}", RANGE),
    "less_than_equal": ("Input should be less than or equal to {maximum}", RANGE),
}


def refused(model: str, name: str, kind: str, value: object, **more: object) -> ApiError:
    """Return the multi-line text of pydantic that Dify puts into `message`; kind: pydantic's."""
    problem, old = (text.format(name=name, value=value, **more) for text in PYDANTIC[kind])
    text = (
        f"1 validation error for {model}\n{name}\n  {problem} "
        f"[type={kind}, input_value={value!r}, input_type={type(value).__name__}]\n"
        f"    For further information visit https://errors.pydantic.dev/2.12/v/{kind}"
    )
    return ApiError(400, INVALID, text, name, old)
