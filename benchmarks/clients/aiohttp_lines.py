"""aiohttp, its lines and `json`: one session, one pool."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from . import reading
from .asking import HEADERS, run


class Async:
    """`aiohttp.ClientSession`."""

    read = staticmethod(reading.async_dicts)
    text = staticmethod(reading.text)

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = aiohttp.ClientSession(
            headers=HEADERS, connector=aiohttp.TCPConnector(limit=0)
        )

    async def stream(self, inputs: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        async with self.session.post(f"{self.url}/workflows/run", json=run(inputs)) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    async def close(self) -> None:
        await self.session.close()
