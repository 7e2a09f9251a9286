"""The kinds of replies, and how Dify writes Server-Sent Events."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from attrs import field, frozen


@frozen
class Json:
    """A JSON reply. line: with the line feed that most of Dify's JSON replies end with."""

    body: Any
    status: int = 200
    media: str = "application/json"
    line: bool = True


@frozen
class Raw:
    """A reply of bytes; several chunks are sent chunked."""

    chunks: tuple[bytes, ...]
    status: int = 200
    media: str = "application/octet-stream"


@frozen
class Stream:
    """A stream of events, one chunk per event. leave: called when it is over, however it ended."""

    frames: AsyncGenerator[bytes, None]
    headers: Mapping[str, str] = field(factory=dict)
    leave: Callable[[], None] = lambda: None
    status: int = 200


Reply = Json | Raw | Stream
PING = b"event: ping\n\n"


class ReplyOver(Exception):
    """The reply was broken off; nothing more may be sent."""


def frame(event: Mapping[str, Any]) -> bytes:
    """Return an event as live streams carry it: compact JSON, raw UTF-8 (also U+2028)."""
    if event["event"] == "ping":
        return PING
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode()
