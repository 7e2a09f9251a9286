"""Python values to JSON values, by stated rules, with the place of what cannot be sent.

datetime, date and time: ISO 8601 text. UUID, Path and Decimal: text. Enum: its value. Tuples and
sets: lists. Dataclasses, attrs classes and pydantic models: objects. Bytes, NaN and infinity, lone
surrogates and everything else: `InvalidArgument`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

import attrs

from ..errors import InvalidArgument

_LONGEST_INT = 10_000  # bits; Python itself refuses to write integers of more than 4,300 digits


class InputValue:
    """A value that says itself what is sent for it, as a file does."""

    __slots__ = ()

    def as_input(self) -> dict[str, Any]:
        """Return what stands for it in a request."""
        raise NotImplementedError


def plain(value: Any, where: str) -> Any:
    """Return `value` as JSON types; `InvalidArgument` names the place, as in inputs.a[0]."""
    try:
        return _plain(value, where)
    except RecursionError:
        pass  # and left behind: its thousand frames do not travel with ours, as Dask would have it
    raise _refused(where, "it holds itself, or is nested too deeply")


def _plain(value: Any, where: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value, where)
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, int):
        if value.bit_length() > _LONGEST_INT:
            raise _refused(where, "the number has too many digits")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _refused(where, f"{value!r} has no JSON form")
        return float(value)
    if isinstance(value, Mapping):
        return {_name(name, where): _plain(item, f"{where}.{name}") for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, InputValue):
        return value.as_input()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal) and not value.is_finite():
        raise _refused(where, f"{value} has no JSON form")
    if isinstance(value, UUID | PurePath | Decimal):
        return _text(str(value), where)
    return _plain(_fields(value, where), where)


def _fields(value: Any, where: str) -> Any:
    if isinstance(value, type):
        raise _refused(where, f"the class {value.__name__} has no JSON form")
    if attrs.has(type(value)):
        return attrs.asdict(value, recurse=False)
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if isinstance(value, bytes | bytearray | memoryview) or hasattr(value, "read"):
        raise _refused(where, "bytes cannot be an input; make a WorkflowFile of them")
    raise _refused(where, f"a {type(value).__name__} has no JSON form")


def _text(value: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refused(where, "the text holds a lone surrogate, which is no Unicode") from None
    return str.__str__(value)  # the text itself, whatever a subclass shows


def _name(name: Any, where: str) -> str:
    if not isinstance(name, str):
        raise _refused(where, f"names must be text, not {name!r}")
    return _text(name, where)


def _refused(where: str, why: str) -> InvalidArgument:
    return InvalidArgument(f"{where}: {why}", field=where)
