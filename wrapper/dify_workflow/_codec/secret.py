"""An API key that can be used and compared but never seen by accident."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidArgument


class Secret(str):
    """A `str` whose `repr`, `str()` and format are masked; concatenation gives the real text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Secret, (self.reveal(),))

    def reveal(self) -> str:
        """Return the plain text."""
        return str.__str__(self)


def seal(value: str | None) -> Secret | None:
    """Wrap a key; None and a wrapped key stay as they are. Raises `InvalidArgument`."""
    if value is None or isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise InvalidArgument(
            f"api_key: text is needed, not a {type(value).__name__}", field="api_key"
        )
    return Secret(value)
