"""Upload a large file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from usage import Span


def sync(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Upload a file of `megabytes`, which is in the page cache, after a small one."""
    client = made(job["url"])
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.bin"), Path(folder, "large.bin")
        small.write_bytes(b"x")
        with large.open("wb") as file:
            file.truncate(job["megabytes"] * 1_000_000)
        with large.open("rb") as file:
            while file.read(1 << 20):
                pass
        client.upload(small)
        with Span() as span:
            taken = client.upload(large)
    client.close()
    return span.figures(tally=taken)
