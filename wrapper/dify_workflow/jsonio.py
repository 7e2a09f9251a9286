"""JSON in and out, by orjson where installed (extra `fast`), with the same values either way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_orjson_loads: Callable[[bytes], Any] | None
try:
    from orjson import loads as _orjson_loads
except ImportError:
    _orjson_loads = None

# orjson reads an integer of more than 64 bits as a float; Dify passes such integers through.
_long_number = re.compile(rb"[0-9]{19}").search


def loads(text: bytes) -> Any:
    """Decode JSON; integers of any size stay exact. Raises ValueError."""
    if _orjson_loads is None or _long_number(text):
        return json.loads(text)
    return loads_short(text)


def loads_short(text: bytes) -> Any:
    """Decode JSON in which no long number matters, such as a chunk of text. Raises ValueError."""
    if _orjson_loads is None:
        return json.loads(text)
    try:
        return _orjson_loads(text)
    except ValueError:
        return json.loads(text)  # NaN and lone surrogates: old servers send both
