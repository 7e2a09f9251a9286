"""What the client gives back, as plain values."""

from __future__ import annotations

from collections.abc import KeysView
from datetime import UTC, datetime
from typing import Any

from .._codec.jsonio import json_text


class Value:
    """A result that turns into a dict and into JSON; `dict()`, FastAPI and pydantic take it too."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return its fields as JSON types, without `headers` and `raw`."""
        raise NotImplementedError

    def to_json(self) -> str:
        """Return `to_dict()` as JSON text."""
        return json_text(self.to_dict())

    def keys(self) -> KeysView[str]:
        """Return the names in `to_dict()`."""
        return self.to_dict().keys()

    def __getitem__(self, name: str) -> Any:
        if not isinstance(name, str):  # iterating asks for 0
            names = ", ".join(self.keys())
            raise TypeError(f"{type(self).__name__} has no item {name!r}; it has {names}")
        return self.to_dict()[name]

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(
            cls, serialization=core_schema.plain_serializer_function_ser_schema(cls.to_dict)
        )


def aware(seconds: Any) -> datetime | None:
    """Return unix seconds as a time in UTC; None for what is none."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OSError, OverflowError, ValueError):
        return None  # no year of the calendar
