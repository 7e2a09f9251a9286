"""Plain requests to FakeDify: runs, their events, their forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
from fake_dify import FakeDify, Run

Events = list[dict[str, Any]]


class Plain(httpx.Client):
    """An HTTP client with the key of an app, by default that of the server's default app."""

    def __init__(self, dify: FakeDify, key: str = "") -> None:
        headers = {"authorization": f"Bearer {key or dify.api_key}"}
        super().__init__(base_url=dify.url, headers=headers, timeout=60, verify=False)

    def run(self, **inputs: Any) -> Events:
        return decode(self.post("/workflows/run", json=asked(**inputs)))

    def running(self, **inputs: Any) -> AbstractContextManager[httpx.Response]:
        return self.stream("POST", "/workflows/run", json=asked(**inputs))

    def following(
        self, run: Run, snapshot: bool = False, over_pauses: bool = False
    ) -> AbstractContextManager[httpx.Response]:
        """Open another stream of a run."""
        query: Any = {"user": "u", "include_state_snapshot": snapshot}
        query["continue_on_pause"] = over_pauses
        return self.stream("GET", f"/workflow/{run.id}/events", params=query)

    def stop(self, run: Run, user: str = "u") -> httpx.Response:
        return self.post(f"/workflows/tasks/{run.task_id}/stop", json={"user": user})

    def detail(self, run_id: str) -> Any:
        return self.get(f"/workflows/run/{run_id}").json()

    def status(self, run: Run) -> Any:
        return self.detail(run.id)["status"]

    def submit(self, token: str, **inputs: Any) -> httpx.Response:
        body = {"inputs": inputs, "action": "ok", "user": "u"}
        return self.post(f"/form/human_input/{token}", json=body)


Serve = Callable[..., tuple[FakeDify, Plain]]


def asked(mode: str = "streaming", **inputs: Any) -> dict[str, Any]:
    return {"inputs": inputs, "user": "u", "response_mode": mode}


def decode(stream: httpx.Response | bytes) -> Events:
    """Return the events of a stream, which is read to its end."""
    text = stream if isinstance(stream, bytes) else stream.read()
    parts = text.decode().split("\n\n")
    return [json.loads(part[6:]) for part in parts if part.startswith("data: ")]


def names(events: Events) -> list[str]:
    return [event["event"] for event in events]
