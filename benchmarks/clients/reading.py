"""Read every event of a stream: its name, the run's id, its text; returns (events, characters)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable
from typing import Any

Tally = tuple[int, int]


def dicts(stream: Iterable[dict[str, Any]]) -> Tally:
    """Read events that are dicts."""
    events = characters = 0
    for event in stream:
        events += 1
        name = event["event"]
        run_id = event["workflow_run_id"]
        if run_id and name == "text_chunk":
            characters += len(event["data"]["text"])
    return events, characters


def result(stream: Generator[dict[str, Any]], *, ended: bool) -> Tally:
    """Read a run to its end; only if its body is `ended`, read to the end of that too."""
    for event in stream:
        if event["event"] == "workflow_finished":
            data = event["data"]
            if not ended:
                break
    stream.close()
    return data["status"] == "succeeded", len(data["outputs"]["text"])


async def async_result(stream: AsyncGenerator[dict[str, Any]], *, ended: bool) -> Tally:
    """Read a run to its end; only if its body is `ended`, read to the end of that too."""
    async for event in stream:
        if event["event"] == "workflow_finished":
            data = event["data"]
            if not ended:
                break
    await stream.aclose()
    return data["status"] == "succeeded", len(data["outputs"]["text"])


def text(event: dict[str, Any]) -> str:
    """The text of a chunk; "" for other events."""
    return event["data"]["text"] if event["event"] == "text_chunk" else ""


async def async_dicts(stream: AsyncIterable[dict[str, Any]]) -> Tally:
    """Read events that are dicts."""
    events = characters = 0
    async for event in stream:
        events += 1
        name = event["event"]
        run_id = event["workflow_run_id"]
        if run_id and name == "text_chunk":
            characters += len(event["data"]["text"])
    return events, characters
