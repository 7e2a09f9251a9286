"""The kinds of answers that handlers give."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from attrs import field, frozen


@frozen
class Json:
    """A JSON answer. line: with the line feed that most of Dify's JSON answers end with."""

    body: Any
    status: int = 200
    media: str = "application/json"
    line: bool = True


@frozen
class Raw:
    """An answer of bytes; several chunks are sent chunked."""

    chunks: tuple[bytes, ...]
    status: int = 200
    media: str = "application/octet-stream"
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class Stream:
    """A stream of events, one chunk per event. leave: called when it is over, however it ended."""

    frames: AsyncGenerator[bytes, None]
    headers: Mapping[str, str] = field(factory=dict)
    leave: Callable[[], None] = lambda: None


Reply = Json | Raw | Stream
