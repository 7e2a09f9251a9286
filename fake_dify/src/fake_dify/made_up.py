"""What Dify makes up, from 1.15 on: the start and the end of a run that it has none of.

`created_by` is empty in a made-up end, and the task has the id of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .state import now

NO_END = "Workflow stream ended without a terminal event"


def started(
    run_id: str, workflow_id: str, inputs: Mapping[str, Any], reason: str = "initial"
) -> dict[str, Any]:
    """Return the event; inputs: as they were asked for, without `sys.*`."""
    about = {"inputs": inputs, "created_at": now(), "reason": reason}
    return _event("workflow_started", run_id, workflow_id, about)


def finished(run_id: str, workflow_id: str, error: str = NO_END) -> dict[str, Any]:
    about: dict[str, Any] = {
        "status": "failed",
        "outputs": None,
        "error": error,
        "elapsed_time": 0.0,
        "total_tokens": 0,
        "total_steps": 0,
        "created_by": {},
        "created_at": now(),
        "finished_at": now(),
        "exceptions_count": 1,
        "files": [],
    }
    return _event("workflow_finished", run_id, workflow_id, about)


def _event(name: str, run_id: str, workflow_id: str, about: dict[str, Any]) -> dict[str, Any]:
    data = {"id": run_id, "workflow_id": workflow_id, **about}
    return {"event": name, "task_id": run_id, "workflow_run_id": run_id, "data": data}
