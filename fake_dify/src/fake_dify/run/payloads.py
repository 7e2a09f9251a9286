"""The `data` of events, as Dify 1.16.1 sends it live and in snapshots: the contract's examples
with a run's values put in."""

from __future__ import annotations

from typing import Any

from ..base import Data
from ..contract import contract, fill
from ..files import files_in
from ..replies import ApiError
from ..state import Form, Run, now

NO_END = "Workflow stream ended without a terminal event"


def error(problem: ApiError) -> Data:
    """Return the event of what breaks a run outside of its nodes."""
    about = {"code": problem.code, "status": problem.status, "message": problem.message}
    return {"event": "error", "workflow_run_id": None, **about}


def system_inputs(run: Run, *, timestamp: bool = False, old: bool = False) -> Data:
    """Return the `sys.*` inputs; only stored ones have `sys.timestamp`, in an old Dify the last."""
    stored = {"sys.timestamp": run.created_at} if timestamp else {}
    return {
        "sys.files": run.files,
        "sys.user_id": run.user,
        "sys.app_id": run.app.id,
        **({} if old else stored),
        "sys.workflow_id": run.workflow_id,
        "sys.workflow_run_id": run.id,
        **stored,
    }


def workflow_started(run: Run, reason: str = "initial", *, timestamp: bool = False) -> Data:
    inputs = {**run.inputs, **system_inputs(run, timestamp=timestamp)}
    created_at = run.created_at if reason == "initial" else run.resumed_at
    return fill("workflow_started", run, inputs=inputs, created_at=created_at, reason=reason)


def workflow_finished(run: Run, **given: Any) -> Data:
    about: Data = {"created_by": {"id": run.app.user(run.user).id, "user": run.user}}
    about |= {"created_at": run.resumed_at, "files": files_in(run.outputs)}
    return fill("workflow_finished", run, **about | given)


def workflow_paused(run: Run, **given: Any) -> Data:
    about: Data = {"workflow_run_id": run.id, "outputs": {}, **pause(run)}
    return fill("workflow_paused", run, **about | given)


def pause(run: Run, *, template: bool = False) -> Data:
    """Return which forms a run waits for; template: with their texts as they were written."""
    like = contract().example("workflow_paused")["reasons"][0]
    return {
        "paused_nodes": [form.node.node_id for form in run.pause],
        "reasons": [human_input_required(form, like, template=template) for form in run.pause],
    }


def human_input_required(
    form: Form, like: str | Data = "human_input_required", *, template: bool = False
) -> Data:
    node, text = form.node.node_id, form.step.content if template else form.form_content
    about = {"form_id": form.id, "form_token": form.token, "node_id": node, "node_title": node}
    return fill(like, form, form_content=text, **about)


def snapshot(run: Run) -> list[Data]:
    """Return the short replay of a run: nodes one after the other, no text, no progress."""
    paused, created_at = run.status == "paused", run.created_at
    told = [("workflow_started", workflow_started(run, timestamp=True))]
    untold: Data = dict.fromkeys(("inputs", "process_data", "outputs", "execution_metadata"))
    for node in run.nodes:
        data = fill("node_started", node, index=node.position, inputs=None)
        del data["inputs_truncated"], data["agent_strategy"]
        told.append(("node_started", data))
        if node.status != "running":
            data = fill("node_finished", node, index=node.position, files=[], **untold)
            data = {name: one for name, one in data.items() if not name.endswith("_truncated")}
            told.append(("node_finished", data))
    if paused:
        asked = [human_input_required(form, template=True) for form in run.pause]
        told += [("human_input_required", data) for data in asked]
        about = pause(run, template=True) | {"created_at": created_at, "elapsed_time": 0.0}
        told.append(("workflow_paused", workflow_paused(run, **about)))
    ids = {"task_id": run.task_id if paused else run.id, "workflow_run_id": run.id}
    return [{"event": name, **ids, "data": data} for name, data in told]


def made_up(
    run_id: str, workflow_id: str, inputs: Any = None, error: str = NO_END, reason: str = "initial"
) -> list[Data]:
    """Return a start and an end that Dify makes up, from 1.15 on; inputs: as they came.

    `created_by` is empty, the task has the id of the run.
    """
    ids: Data = {"id": run_id, "workflow_id": workflow_id, "created_at": now()}
    began = fill("workflow_started", inputs=inputs, reason=reason, **ids)
    end: Data = {"status": "failed", "error": error, "outputs": None, "files": []}
    end |= {"elapsed_time": 0.0, "total_tokens": 0, "total_steps": 0, "exceptions_count": 1}
    ended = fill("workflow_finished", created_by={}, finished_at=now(), **end | ids)
    ids = {"task_id": run_id, "workflow_run_id": run_id}
    told = {"workflow_started": began, "workflow_finished": ended}
    return [{"event": name, **ids, "data": data} for name, data in told.items()]
