"""httpx, `iter_lines` and `json`: one client, one pool."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx

from . import reading
from .asking import HEADERS, USER, run

NO_LIMITS = httpx.Limits(max_connections=None)


class Sync:
    """`httpx.Client`."""

    read = staticmethod(reading.dicts)
    text = staticmethod(reading.text)

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, headers=HEADERS, timeout=60, limits=NO_LIMITS)

    def stream(self, inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        with self.client.stream("POST", "/workflows/run", json=run(inputs)) as response:
            for line in response.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])

    def blocking(self) -> tuple[bool, int]:
        body = run({"text": "hello"}, "blocking")
        answer = self.client.post("/workflows/run", json=body).json()["data"]
        return answer["status"] == "succeeded", len(answer["outputs"]["text"])

    def logs(self) -> tuple[int, int]:
        page = self.client.get("/workflows/logs", params={"limit": 100}).json()
        entries = characters = 0
        for entry in page["data"]:
            entries += 1
            if entry["created_at"]:
                characters += len(entry["id"]) + len(entry["workflow_run"]["status"])
        return entries, characters

    logs_data = logs

    def upload(self, path: Path) -> int:
        with path.open("rb") as file:
            answer = self.client.post("/files/upload", files={"file": file}, data={"user": USER})
        return answer.raise_for_status().json()["size"]

    def close(self) -> None:
        self.client.close()


class Async:
    """`httpx.AsyncClient`."""

    read = staticmethod(reading.async_dicts)
    text = staticmethod(reading.text)

    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=60, limits=NO_LIMITS)

    async def stream(self, inputs: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        async with self.client.stream("POST", "/workflows/run", json=run(inputs)) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])

    async def close(self) -> None:
        await self.client.aclose()
