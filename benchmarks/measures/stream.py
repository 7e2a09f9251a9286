"""One stream, read to its end, after a short one that warms the client up."""

from __future__ import annotations

import asyncio
from typing import Any

from usage import Span

SHORT = {"events": 20, "size": None}


def sync(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Read it; `mode` "data" reads the payload of each event too, "result" the result only."""
    client = made(job["url"])

    def once(inputs: dict[str, Any]) -> tuple[int, int]:
        if job["mode"] == "result":
            return client.result(inputs)
        read = client.read_data if job["mode"] == "data" else client.read
        return read(client.stream(inputs))

    once({**job["inputs"], **SHORT})
    with Span() as span:
        tally = once(job["inputs"])
    client.close()
    return span.figures(tally=tally)


async def _async(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    client = made(job["url"])

    async def once(inputs: dict[str, Any]) -> tuple[int, int]:
        if job["mode"] == "result":
            return await client.result(inputs)
        read = client.read_data if job["mode"] == "data" else client.read
        return await read(client.stream(inputs))

    await once({**job["inputs"], **SHORT})
    with Span() as span:
        tally = await once(job["inputs"])
    await client.close()
    return span.figures(tally=tally)


def asynchronous(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """The same on an event loop."""
    return asyncio.run(_async(made, job))
