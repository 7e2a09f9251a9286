"""Plain calls, one after the other over a connection that is kept."""

from __future__ import annotations

from typing import Any

from usage import Span


def sync(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Make the same call many times; `mode` is "blocking", "logs" or "logs_data"."""
    client = made(job["url"])
    call = getattr(client, job["mode"])
    for _ in range(5):
        tally = call()
    with Span() as span:
        for _ in range(job["calls"]):
            if call() != tally:
                raise SystemExit("another answer than before")
    client.close()
    return span.figures(tally=tally)
