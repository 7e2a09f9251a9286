"""Recorded events, and runs that are fed with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dify_workflow._runs.state import RunState

Raw = dict[str, Any]


def sse(events: Iterable[Raw]) -> bytes:
    """The events as the server sends them."""
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def run_of(events: Iterable[Raw], **options: Any) -> RunState:
    """A run that was fed with the events."""
    state = RunState(**options)
    state.feed(sse(events))
    return state


RUN, TASK = "a-run", "a-task"


def live(name: str, **data: Any) -> Raw:
    """An event as a run's own stream tells it."""
    more = {"inputs_truncated": False} if name.startswith("node_") else {}
    return {"event": name, "workflow_run_id": RUN, "task_id": TASK, "data": {**data, **more}}


STARTED = live("workflow_started", id=RUN, reason="initial")
NODE_STARTED = live("node_started", id="n1", node_type="code", title="Code")
FORM = live("human_input_required", form_id="f1", node_title="ask")
