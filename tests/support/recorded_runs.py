"""Recorded runs as requests that can be made again, and what must come back for them."""

from __future__ import annotations

import json
from typing import Any

import attrs
from dify_workflow import WorkflowRunRequest
from wire_archive import Exchange, exchanges

TERMINAL = frozenset({"workflow_finished", "workflow_paused", "error"})
_FIELDS = {field.name for field in attrs.fields(WorkflowRunRequest)}


def is_run(item: Exchange) -> bool:
    """Whether this is a POST that starts a run."""
    return item.method == "POST" and item.path.endswith("/run")


def run_streams(version: str | None = None) -> list[Exchange]:
    """The recorded run streams that were read to their last event."""
    found = [item for item in exchanges(version) if is_run(item) and item.is_stream]
    return [item for item in found if item.events() and item.events()[-1]["event"] in TERMINAL]


def is_made_up(event: dict[str, Any]) -> bool:
    """Whether this is an end that the server made up (Dify 1.15 and later)."""
    return bool(event["event"] == "workflow_finished" and event["data"].get("created_by") == {})


def is_failed(item: Exchange) -> bool:
    """Whether the recorded stream tells first that the run failed to start."""
    return bool(item.events()[0]["event"] == "error")


def is_refused(item: Exchange) -> bool:
    """Whether the recorded stream tells of a run that was refused before it ran as of a run."""
    *start, end = item.events()
    return names(start) == ["workflow_started"] and is_made_up(end)


def names(items: list[dict[str, Any]]) -> list[str]:
    return [str(item["event"]) for item in items]


def body_of(item: Exchange) -> dict[str, Any]:
    """The body that the recorded client sent; empty inputs where it was no JSON object."""
    try:
        body = json.loads(item.request_body or "")
    except ValueError:  # sent so, or of many kilobytes and shortened in the recording
        body = None
    return body if isinstance(body, dict) else {"inputs": {}}


def request_of(item: Exchange, **changes: Any) -> WorkflowRunRequest:
    """The request object that asks for what the recorded client asked for."""
    given = {name: value for name, value in body_of(item).items() if name in _FIELDS}
    given.pop("workflow_id", None)  # in a body it means nothing: it belongs into the path
    parts = item.path.split("/")
    if len(parts) == 5:  # /v1/workflows/{workflow_id}/run
        given["workflow_id"] = parts[3]
    return WorkflowRunRequest(**{**given, **changes})
