"""Plain requests to FakeDify: runs, their events, their forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from fake_dify import FakeDify


@contextmanager
def plain(dify: FakeDify) -> Iterator[httpx.Client]:
    """Give an HTTP client with the key of the server's default app."""
    headers = {"authorization": f"Bearer {dify.api_key}"}
    with httpx.Client(base_url=dify.url, headers=headers, timeout=5, verify=False) as client:
        yield client


def asked(mode: str = "streaming", **inputs: Any) -> dict[str, Any]:
    """Return the body of a run's request."""
    return {"inputs": inputs, "user": "u", "response_mode": mode}


def decode(response: httpx.Response) -> list[dict[str, Any]]:
    """Read a stream to its end and return its events."""
    parts = response.read().decode().split("\n\n")
    return [json.loads(part[6:]) for part in parts if part.startswith("data: ")]


def start(client: httpx.Client, **inputs: Any) -> list[dict[str, Any]]:
    return decode(client.post("/workflows/run", json=asked(**inputs)))


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


def submit(client: httpx.Client, token: str, **inputs: Any) -> httpx.Response:
    body = {"inputs": inputs, "action": "ok", "user": "u"}
    return client.post(f"/form/human_input/{token}", json=body)


def events(client: httpx.Client, run_id: str, **query: Any) -> list[dict[str, Any]]:
    return decode(client.get(f"/workflow/{run_id}/events", params={"user": "u", **query}))


def detail(client: httpx.Client, run_id: str) -> Any:
    return client.get(f"/workflows/run/{run_id}").json()
