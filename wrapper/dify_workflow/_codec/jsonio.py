"""JSON in and out, by orjson where installed (extra `fast`), with the same values either way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

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

    Old servers send them, and they have no JSON form.
    """
    how = {"ensure_ascii": False, **how}
    try:
        return json.dumps(value, allow_nan=False, **how)
    except ValueError:
        text = json.dumps(value, default=how.get("default"))
        return json.dumps(json.loads(text, parse_constant=lambda _: None), **how)


def _has_long_number(text: bytes, zeros: bytes, at: int) -> bool:
    """Whether there may be an integer of more than 64 bits, which orjson reads as a float.

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
    """As `json.loads`, without its search for the encoding where it is plain UTF-8."""
    try:
        decoded = text.decode("utf-8", "surrogatepass")
        value, end = _raw_decode(decoded)
    except ValueError:
        return json.loads(text)
    return value if end == len(decoded) else json.loads(text)
