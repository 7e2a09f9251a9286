"""What every client asks for."""

from __future__ import annotations

from typing import Any

KEY = "app-benchmark"
USER = "user-1"
HEADERS = {"Authorization": f"Bearer {KEY}"}


def run(inputs: dict[str, Any], mode: str = "streaming") -> dict[str, Any]:
    """The body of POST /workflows/run."""
    return {"inputs": inputs, "response_mode": mode, "user": USER}
