"""httpx-sse and its `json()`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from httpx_sse import aconnect_sse, connect_sse

from . import httpx_lines
from .asking import run


class Sync(httpx_lines.Sync):
    """`connect_sse`."""

    def stream(self, inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        with connect_sse(self.client, "POST", "/workflows/run", json=run(inputs)) as source:
            for sse in source.iter_sse():
                if sse.data:  # a ping has none
                    yield sse.json()


class Async(httpx_lines.Async):
    """`aconnect_sse`."""

    async def stream(self, inputs: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        connected = aconnect_sse(self.client, "POST", "/workflows/run", json=run(inputs))
        async with connected as source:
            async for sse in source.aiter_sse():
                if sse.data:
                    yield sse.json()
