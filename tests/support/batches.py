"""Rows for a batch, and what it has written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def rows(count: int) -> list[dict[str, Any]]:
    return [{"text": str(number)} for number in range(1, count + 1)]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]
