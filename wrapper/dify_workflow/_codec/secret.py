"""An API key that can be used and compared but never seen by accident."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InvalidArgument

_KEY = re.compile(r"[!-~]+")


class Secret:
    """A text that nothing shows: `repr`, `str()` and format are masked, and JSON refuses it.

    It is no `str`, since encoders write the text of those without asking.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return self._text == (other._text if isinstance(other, Secret) else other)

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Secret, (self._text,))

    def reveal(self) -> str:
        """Return the plain text."""
        return self._text


def seal(value: str | Secret | None) -> Secret | None:
    """Wrap a key, without the white space around it; None and a wrapped one stay as they are.

    Raises `InvalidArgument` for what is no text.
    """
    if value is None or isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise InvalidArgument(
            f"api_key: text is needed, not a {type(value).__name__}", field="api_key"
        )
    return Secret(str.strip(value))


def usable(value: str | Secret | None) -> Secret | None:
    """Wrap a key that can be sent; raises `InvalidArgument` for another."""
    value = seal(value)
    if value and value.reveal()[:7].lower() == "bearer ":
        raise InvalidArgument("api_key: the key alone, without 'Bearer '", field="api_key")
    if value and not _KEY.fullmatch(value.reveal()):
        raise InvalidArgument("api_key: it must be printable ASCII without spaces", field="api_key")
    return value


def seal_key(given: Any) -> None:
    """Wrap the API key among keyword arguments, in place; it is checked where it is used."""
    if isinstance(given, dict) and isinstance(given.get("api_key"), str):
        given["api_key"] = seal(given["api_key"])
