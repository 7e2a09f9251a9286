"""Python values to JSON values, by stated rules, with the place of what cannot be sent.

datetime, date and time: ISO 8601 text. UUID and Decimal: text. Enum: its value. Tuples and sets:
lists. Numbers of numpy: numbers. Dataclasses, attrs classes and pydantic models: objects. Paths,
open files and bytes, values that are missing (NaN, NaT, NA), infinity, lone surrogates and
everything else: `InvalidArgument`. Neither numpy nor pandas is imported for it.
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
import dify_workflow_api.models as models

from ..errors import InvalidArgument

_LONGEST_INT = 10_000  # bits; Python itself refuses to write integers of more than 4,300 digits


class InputValue:
    """A value that says itself what is sent for it, as a file does."""

    __slots__ = ()

    def as_input(self) -> dict[str, Any]:
        """Return what stands for it in a request."""
        raise NotImplementedError


def is_missing(value: Any) -> bool:
    """Whether a value stands for none, as tables have it: NaN, and NaT and NA of pandas and numpy.

    None is none of them: it can be sent.
    """
    if type(value).__name__ in ("NAType", "MaskedConstant"):  # whose comparisons tell nothing
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, float | date) or _numpy_kind(value):  # pandas.NaT is a datetime
        return bool(value != value)
    return False


def _numpy_kind(value: Any) -> str:
    """Return the letter by which numpy sorts its types, for a single value of its; else ""."""
    if getattr(value, "shape", None) != ():
        return ""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind if isinstance(kind, str) else ""


def to_json(value: Any) -> Any:
    """Return a value as JSON types, by the rules of inputs; raises `InvalidArgument`."""
    return plain(value, "value")


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
    if is_missing(value):
        raise _refused(where, f"{value!r} is a missing value; give None, or leave it out")
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
    if isinstance(value, UUID | Decimal):
        return str(value)
    match _numpy_kind(value):
        case "b":
            return bool(value)
        case "i" | "u":
            return int(value)
        case "f":
            return _plain(float(value), where)
        case "M":  # datetime64
            return str(value)
    return _plain(_fields(value, where), where)


def _fields(value: Any, where: str) -> Any:
    if isinstance(value, type):
        raise _refused(where, f"the class {value.__name__} has no JSON form")
    if isinstance(value, PurePath):
        raise _refused(where, "a path is no input; WorkflowFile.from_path(...), or str(...)")
    if isinstance(value, models.UploadedFile):
        raise _refused(where, "an upload is no input; WorkflowFile.from_upload(...) makes one")
    if isinstance(value, bytes | bytearray | memoryview):
        raise _refused(where, "bytes are no input; WorkflowFile.from_bytes(..., name) makes one")
    if hasattr(value, "read"):
        raise _refused(where, "an open file is no input; WorkflowFile.from_path(...) makes one")
    if attrs.has(type(value)):
        return attrs.asdict(value, recurse=False)
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
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
