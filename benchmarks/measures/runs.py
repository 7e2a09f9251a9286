"""Whole short runs: each is posted, read to its end, and its result taken."""

from __future__ import annotations

import asyncio
from typing import Any

from clients import reading
from usage import Span

WARM = 5  # runs before those that are measured


def _once(client: Any, inputs: dict[str, Any]) -> Any:
    if hasattr(client, "result"):
        return client.result(inputs)
    return reading.result(client.stream(inputs), ended=inputs["ended"])


def _first(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Make a client, run once, close it; what the import has left to do is done here."""
    with Span() as span:
        client = made(job["url"])
        tally = _once(client, job["inputs"])
        client.close()
    return span.figures(tally=tally)


def sync(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """One run after the other; with `mode` "first" only the first of a process."""
    if job["mode"] == "first":
        return _first(made, job)
    client = made(job["url"])
    for _ in range(WARM):
        _once(client, job["inputs"])
    with Span() as span:
        tallies = {_once(client, job["inputs"]) for _ in range(job["runs"])}
    client.close()
    (tally,) = tallies
    return span.figures(tally=tally)


async def _async(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    client = made(job["url"])
    inputs = job["inputs"]

    async def once() -> Any:
        if hasattr(client, "result"):
            return await client.result(inputs)
        return await reading.async_result(client.stream(inputs), ended=inputs["ended"])

    async def several(runs: int) -> set[Any]:
        return {await once() for _ in range(runs)}

    at_once = job["at_once"]
    await asyncio.gather(*(several(WARM) for _ in range(at_once)))
    with Span() as span:
        tallies = await asyncio.gather(*(several(job["runs"] // at_once) for _ in range(at_once)))
    await client.close()
    (tally,) = set().union(*tallies)
    return span.figures(tally=tally)


def asynchronous(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """So many tasks `at_once`, each with one run after the other."""
    return asyncio.run(_async(made, job))
