"""Plain requests to FakeDify: runs, their events, their forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
from fake_dify import FakeDify, Run

Serve = Callable[..., tuple[FakeDify, httpx.Client]]


@contextmanager
def plain(dify: FakeDify, key: str = "") -> Iterator[httpx.Client]:
    """Give an HTTP client with the key of an app, by default the server's default app."""
    headers = {"authorization": f"Bearer {key or dify.api_key}"}
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


def running(client: httpx.Client, **inputs: Any) -> AbstractContextManager[httpx.Response]:
    """Open the stream of a run."""
    return client.stream("POST", "/workflows/run", json=asked(**inputs))


def following(
    client: httpx.Client, run: Run, snapshot: bool = False, over_pauses: bool = False
) -> AbstractContextManager[httpx.Response]:
    """Open another stream of a run."""
    query: Any = {"user": "u", "include_state_snapshot": snapshot, "continue_on_pause": over_pauses}
    return client.stream("GET", f"/workflow/{run.id}/events", params=query)


def stop(client: httpx.Client, run: Run, user: str = "u") -> httpx.Response:
    return client.post(f"/workflows/tasks/{run.task_id}/stop", json={"user": user})


def status(client: httpx.Client, run: Run) -> Any:
    """Return the status that the detail of a run tells."""
    return detail(client, run.id)["status"]


def submit(client: httpx.Client, token: str, **inputs: Any) -> httpx.Response:
    body = {"inputs": inputs, "action": "ok", "user": "u"}
    return client.post(f"/form/human_input/{token}", json=body)


def events(client: httpx.Client, run_id: str, **query: Any) -> list[dict[str, Any]]:
    return decode(client.get(f"/workflow/{run_id}/events", params={"user": "u", **query}))


def detail(client: httpx.Client, run_id: str) -> Any:
    return client.get(f"/workflows/run/{run_id}").json()
