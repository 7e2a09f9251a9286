"""JSON is read the same with orjson and without."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from dify_workflow._codec import jsonio
from hypothesis import given, settings
from hypothesis import strategies as st

TEXTS = [
    *(b"12345678901234567890", b"-12345678901234567890", b"1234567890123456789012345678901234"),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"-0", b"1e400"),
    *(b"0.1234567890123456789", b"[0.0012345678901234567, 12345678901234567890]", b"1.5", b"1e5"),
    *(b'"\\ud800"', b'"\\ud83d\\ude00"', b"NaN", b"Infinity", b'{"a": 1, "a": 2}', b" [] "),
    *('"\u2028\x85"'.encode(), b"\xef\xbb\xbf{}", b"", b"{", b"[1,]", b"'a'", b"01", b"\xff"),
    *(b'"\x00"', b"nul", b"[" * 100_000),
]


def decoded(text: bytes, loads: Callable[[bytes], Any]) -> str:
    """The value with its types, or that there is none."""
    try:
        return repr(loads(text))
    except (ValueError, RecursionError):
        return "no JSON"


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:30]))
def test_json_is_the_same_with_orjson_and_without(
    text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decoded(text, jsonio.loads) == decoded(text, json.loads)
    if len(text) < 19:
        assert decoded(text, jsonio.loads_short) == decoded(text, json.loads)
    monkeypatch.setattr(jsonio, "_orjson_loads", None)
    for loads in (jsonio.loads, jsonio.loads_short):
        assert decoded(text, loads) == decoded(text, json.loads)


@settings(deadline=None, max_examples=150)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_any_json_is_the_same_with_orjson_and_without(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert repr(jsonio.loads(text)) == repr(json.loads(text)) == repr(value)


def test_the_fast_reader_is_there_to_be_tested() -> None:
    assert jsonio._orjson_loads is not None
    assert math.isnan(jsonio.loads(b"NaN"))
