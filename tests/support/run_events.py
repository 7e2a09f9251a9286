"""Recorded events, and runs that are fed with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from dify_workflow._runs.state import RunState
from recorded_runs import is_made_up
from wire_archive import VERSIONS, Exchange, exchanges

Raw = dict[str, Any]
TERMINAL = ("workflow_finished", "workflow_paused", "error")
STREAMS = {
    version: [item for item in exchanges(version) if item.is_stream and item.events()]
    for version in VERSIONS
}
each_version = pytest.mark.parametrize("version", VERSIONS)


def sse(events: Iterable[Raw]) -> bytes:
    """The events as the server sends them."""
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def run_of(events: Iterable[Raw], **options: Any) -> RunState:
    """A run that was fed with the events."""
    state = RunState(**options)
    state.feed(sse(events))
    return state


def ended(item: Exchange) -> bool:
    """Whether the recording goes to the end of its run, no error and no made-up end on the way."""
    events = item.events()
    if any(event["event"] == "error" or is_made_up(event) for event in events):
        return False
    return events[-1]["event"] in ("workflow_finished", "workflow_paused")


RUN, TASK = "a-run", "a-task"


def live(name: str, **data: Any) -> Raw:
    """An event as a run's own stream tells it."""
    more = {"inputs_truncated": False} if name.startswith("node_") else {}
    return {"event": name, "workflow_run_id": RUN, "task_id": TASK, "data": {**data, **more}}


STARTED = live("workflow_started", id=RUN, reason="initial")
NODE_STARTED = live("node_started", id="n1", node_type="code", title="Code")
FORM = live("human_input_required", form_id="f1", node_title="ask")
