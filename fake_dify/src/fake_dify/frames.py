"""How Dify writes Server-Sent Events: one `data:` line per event, and pings without data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

PING = b"event: ping\n\n"


def frame(event: Mapping[str, Any]) -> bytes:
    """Return an event as live streams carry it: compact JSON, raw UTF-8 (also U+2028)."""
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode()


def ascii_frame(event: Mapping[str, Any]) -> bytes:
    """Return the only event that the events endpoint sends for a finished run."""
    return f"data: {json.dumps(event)}\n\n".encode()
