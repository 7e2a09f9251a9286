"""A slow stream: how long after its bytes were sent an event is in the consumer's hands.

The text of each chunk is the monotonic time at which the server sent it (the clock is the
machine's, the same in both processes).
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from usage import Span


def sync(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Read one slow stream; the delays in seconds."""
    client = made(job["url"])
    delays = []
    with Span() as span:
        for event in client.stream(job["inputs"]):
            now = time.monotonic_ns()
            if sent := client.text(event):
                delays.append(round((now - int(sent)) / 1e9, 7))
    client.close()
    return span.figures(tally=len(delays), delays=delays)


async def _async(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    client = made(job["url"])
    delays = []
    with Span() as span:
        async for event in client.stream(job["inputs"]):
            now = time.monotonic_ns()
            if sent := client.text(event):
                delays.append(round((now - int(sent)) / 1e9, 7))
    await client.close()
    return span.figures(tally=len(delays), delays=delays)


def asynchronous(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """The same on an event loop."""
    return asyncio.run(_async(made, job))
