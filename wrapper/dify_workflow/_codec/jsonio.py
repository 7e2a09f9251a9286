"""JSON: bytes to values (by orjson where installed, extra `fast`), values to models, and back.

What a program gives becomes JSON by stated rules, with the place of what cannot be sent. datetime,
date and time: ISO 8601 text. UUID and Decimal: text. Enum: its value. Tuples and sets: lists.
Numbers of numpy: numbers. Dataclasses, attrs classes and pydantic models: objects. Paths, open
files and bytes, values that are missing (NaN, NaT, NA), infinity, lone surrogates and everything
else: `InvalidArgument`. Neither numpy nor pandas is imported for it.
"""

from __future__ import annotations

import dataclasses
import email.utils
import json
import math
import sys
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

import attrs
import dify_workflow_api.models as models

from ..errors import invalid

_orjson_loads: Callable[[bytes], Any] | None
try:
    from orjson import loads as _orjson_loads
except ImportError:
    _orjson_loads = None

_raw_decode = json.JSONDecoder().raw_decode

_DIGITS_AS_ZERO = bytes(ord("0" if byte in b"0123456789" else " ") for byte in range(256))
_LONG = b"0" * 19


def loads(text: bytes) -> Any:
    """Decode JSON; integers of any size stay exact. Raises ValueError."""
    if _orjson_loads is None:
        return _stdlib_loads(text)
    zeros = text.translate(_DIGITS_AS_ZERO)
    at = zeros.find(_LONG)
    if at >= 0 and _has_long_number(text, zeros, at):
        return _stdlib_loads(text)
    try:
        return _orjson_loads(text)
    except ValueError:
        return _stdlib_loads(text)


def json_text(value: Any, **how: Any) -> str:
    """Return JSON text, by the options of `json.dumps`; NaN and infinities become null.

    Old servers send them, and they have no JSON form. Lone surrogates are escaped: the text can be
    encoded.
    """
    how = {"ensure_ascii": False, **how}
    try:
        text = json.dumps(value, allow_nan=False, **how)
    except ValueError:
        text = json.dumps(value, default=how.get("default"))
        text = json.dumps(json.loads(text, parse_constant=lambda _: None), **how)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json_text(value, **{**how, "ensure_ascii": True})
    return text


def _has_long_number(text: bytes, zeros: bytes, at: int) -> bool:
    """Return whether there may be an integer of more than 64 bits, which orjson reads as a float.

    Dify passes such integers through. (A regular expression takes ten times as long as orjson.)
    """
    while at >= 0:
        if text[at - 1 : at] != b".":  # else the digits behind a point, as of 0.0012345678901234567
            return True
        at = zeros.find(_LONG, zeros.find(b" ", at))
    return False


def loads_short(text: bytes) -> Any:
    """Decode JSON in which no long number matters, such as a chunk of text. Raises ValueError."""
    if _orjson_loads is None:
        return _stdlib_loads(text)
    try:
        return _orjson_loads(text)
    except ValueError:
        return _stdlib_loads(text)  # NaN and lone surrogates: old servers send both


def _stdlib_loads(text: bytes) -> Any:
    """Decode JSON by the standard library, without its search for the encoding of plain UTF-8."""
    try:
        decoded = text.decode("utf-8", "surrogatepass")
        value, end = _raw_decode(decoded)
    except ValueError:
        return json.loads(text)
    return value if end == len(decoded) else json.loads(text)


# What the generated code raises when a value has not the form the contract says.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


def decode(model: str, raw: Any) -> Any:
    """Build a generated model; keys that the server left out become None.

    Raises one of `UNREADABLE` when the value cannot be this model.
    """
    made = getattr(models, model).from_dict(raw)
    if len(made.additional_properties) == len(raw):
        raise KeyError(f"{model}: an object with other keys")
    return made


def normalised_run(raw: Any) -> Any:
    """Bring a run's data of any server version into today's form.

    `outputs` as JSON text (to 1.12) or null becomes an object, RFC 822 dates (to 1.1) unix seconds.
    """
    if not isinstance(raw, dict):
        return raw
    run = dict(raw)
    run["outputs"] = as_object(run.get("outputs"))
    for key in ("created_at", "finished_at"):
        if isinstance(run.get(key), str):
            run[key] = _unix_seconds(run[key])
    return run


def _unix_seconds(text: str) -> int:
    when = email.utils.parsedate_to_datetime(text)
    if when.tzinfo is None:  # the zone "-0000", which those servers write, is UTC
        when = when.replace(tzinfo=UTC)
    return int(when.timestamp())


def as_object(value: Any) -> Any:
    """Return the object that a JSON text holds; null and an empty text are an empty object."""
    if isinstance(value, str):
        try:
            value = loads(value.encode("utf-8", "surrogatepass")) if value else None
        except (ValueError, RecursionError):
            return value
    return {} if value is None else value


def as_text(value: Any) -> str:
    """Return a value of the server's as text: null as "", what is no text by `str`."""
    return value if isinstance(value, str) else "" if value is None else str(value)


_LONGEST_INT = 10_000  # bits; Python itself refuses to write integers of more than 4,300 digits


class InputValue:
    """A value that knows what is sent for it, as a file does."""

    __slots__ = ()

    def as_input(self) -> dict[str, Any]:
        """Return what stands for it in a request."""
        raise NotImplementedError


def is_missing(value: Any) -> bool:
    """Return whether a value marks a missing one: NaN, and NaT and NA of pandas and numpy.

    None is not one of them: it can be sent.
    """
    if type(value).__name__ in ("NAType", "MaskedConstant"):  # whose comparisons tell nothing
        return True
    if _is_decimal(value):
        return bool(value.is_nan())
    if isinstance(value, float | date) or _numpy_kind(value):  # pandas.NaT is a datetime
        return bool(value != value)
    return False


def _is_decimal(value: Any) -> bool:
    module = sys.modules.get("decimal")  # who has none need not load it: it takes 2 ms
    return module is not None and isinstance(value, module.Decimal)


def is_one_of(value: Any, texts: Collection[str]) -> bool:
    """Return whether a value is one of some texts; what is no text is not compared with them."""
    return isinstance(value, str) and value in texts


def _numpy_kind(value: Any) -> str:
    """Return the letter by which numpy sorts its types, for a single value of its; else ""."""
    if getattr(value, "shape", None) != ():
        return ""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind if isinstance(kind, str) else ""


def to_json(value: Any, where: str = "value") -> Any:
    """Return a value as JSON types, by the rules of inputs.

    Raises `InvalidArgument`, which names the place from `where` on, as in inputs.a[0].
    """
    try:
        return _to_json(value, where)
    except RecursionError:
        pass  # and left behind: its thousand frames do not travel with ours, as Dask would have it
    raise invalid(where, "it holds itself, or is nested too deeply")


def _to_json(value: Any, where: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _to_json(value.value, where)
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, int):
        if value.bit_length() > _LONGEST_INT:
            raise invalid(where, "the number has too many digits")
        return int(value)
    if isinstance(value, Mapping):
        return {
            _name(name, where): _to_json(item, f"{where}.{name}") for name, item in value.items()
        }
    if is_missing(value):
        raise invalid(where, f"{value!r} is a missing value; give None, or leave it out")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise invalid(where, f"{value!r} has no JSON form")
        return float(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_to_json(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, InputValue):
        return value.as_input()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if _is_decimal(value) and not value.is_finite():
        raise invalid(where, f"{value} has no JSON form")
    if isinstance(value, UUID) or _is_decimal(value):
        return str(value)
    match _numpy_kind(value):
        case "b":
            return bool(value)
        case "i" | "u":
            return int(value)
        case "f":
            return _to_json(float(value), where)
        case "M":  # datetime64
            return str(value)
    return _to_json(_fields(value, where), where)


def _fields(value: Any, where: str) -> Any:
    if isinstance(value, type):
        raise invalid(where, f"the class {value.__name__} has no JSON form")
    if isinstance(value, PurePath):
        raise invalid(where, "a path is no input; WorkflowFile.from_path(...), or str(...)")
    if isinstance(value, models.UploadedFile):
        raise invalid(where, "an upload is no input; WorkflowFile.from_upload(...) makes one")
    if isinstance(value, bytes | bytearray | memoryview):
        raise invalid(where, "bytes are no input; WorkflowFile.from_bytes(..., name) makes one")
    if hasattr(value, "read"):
        raise invalid(where, "an open file is no input; WorkflowFile.from_path(...) makes one")
    if attrs.has(type(value)):
        return attrs.asdict(value, recurse=False)
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    raise invalid(
        where,
        f"a {type(value).__name__} has no JSON form; text, numbers, True and False, None, "
        "lists, mappings, dataclasses, pydantic models and WorkflowFile have one",
    )


def _text(value: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise invalid(where, "the text holds a lone surrogate, which is no Unicode") from None
    return str.__str__(value)  # the text itself, whatever a subclass shows


def _name(name: Any, where: str) -> str:
    if not isinstance(name, str):
        raise invalid(where, f"names must be text, not {name!r}")
    return _text(name, where)
