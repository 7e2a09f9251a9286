"""The `data` of events, as Dify 1.16.1 sends it live and in snapshots: the contract's examples
with a run's values put in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base import Data
from ..contract import contract
from ..files import files_in
from ..state import Form, Run, now

NO_END = "Workflow stream ended without a terminal event"


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


def workflow_started(run: Run, reason: str, created_at: int, *, timestamp: bool = False) -> Data:
    inputs = {**run.inputs, **system_inputs(run, timestamp=timestamp)}
    about = {"inputs": inputs, "created_at": created_at, "reason": reason}
    return contract().fill("workflow_started", run, **about)


def workflow_finished(run: Run, **given: Any) -> Data:
    about: Data = {"created_by": {"id": run.app.user(run.user).id, "user": run.user}}
    about |= {"created_at": run.resumed_at, "files": files_in(run.outputs)}
    return contract().fill("workflow_finished", run, **about | given)


def workflow_paused(run: Run, *, template: bool = False) -> Data:
    """Return the present pause; template: as a snapshot tells it."""
    about: Data = {"workflow_run_id": run.id, "outputs": {}, **pause(run.pause, template=template)}
    about["created_at"] = run.created_at if template else run.resumed_at
    about |= {"elapsed_time": 0.0} if template else {}
    return contract().fill("workflow_paused", run, **about)


def pause(forms: Sequence[Form], *, template: bool = False) -> Data:
    """Return which forms a run waits for; template: with their texts as they were written."""
    example = contract().example("workflow_paused")["data"]["reasons"][0]
    return {
        "paused_nodes": [form.node.node_id for form in forms],
        "reasons": [contract().fill(example, **_form(form, template=template)) for form in forms],
    }


def human_input_required(form: Form, *, template: bool = False) -> Data:
    return contract().fill("human_input_required", **_form(form, template=template))


def _form(form: Form, *, template: bool) -> Data:
    return {
        "form_id": form.id,
        "node_id": form.node.node_id,
        "node_title": form.node.node_id,
        "form_content": form.step.content if template else form.content,
        "inputs": form.fields,
        "actions": form.actions,
        "form_token": form.token,
        "resolved_default_values": form.defaults,
        "expiration_time": form.expiration_time,
    }


def snapshot(run: Run) -> list[Data]:
    """Return the short replay of a run: nodes one after the other, no text, no progress."""
    paused = run.status == "paused"
    ids = {"task_id": run.task_id if paused else run.id, "workflow_run_id": run.id}
    started = workflow_started(run, "initial", run.created_at, timestamp=True)
    told = [("workflow_started", started)]
    untold: Data = dict.fromkeys(("inputs", "process_data", "outputs", "execution_metadata"))
    for node in run.nodes:
        data = contract().fill("node_started", node, index=node.position, inputs=None)
        del data["inputs_truncated"], data["agent_strategy"]
        told.append(("node_started", data))
        if node.status != "running":
            data = contract().fill("node_finished", node, index=node.position, files=[], **untold)
            data = {name: one for name, one in data.items() if not name.endswith("_truncated")}
            told.append(("node_finished", data))
    for form in run.pause if paused else ():
        told.append(("human_input_required", human_input_required(form, template=True)))
    told += [("workflow_paused", workflow_paused(run, template=True))] if paused else []
    return [{"event": name, **ids, "data": data} for name, data in told]


def made_up(
    run_id: str, workflow_id: str, inputs: Any, error: str = NO_END, reason: str = "initial"
) -> list[Data]:
    """Return a start and an end that Dify makes up, from 1.15 on; inputs: as they came."""
    about = {"workflow_id": workflow_id, "inputs": inputs, "created_at": now(), "reason": reason}
    started = _made_up("workflow_started", run_id, about)
    return [started, made_up_end(run_id, workflow_id, error)]


def made_up_end(run_id: str, workflow_id: str, error: str = NO_END) -> Data:
    """Return an end that Dify makes up: `created_by` is empty, the task has the id of the run."""
    about: Data = {"workflow_id": workflow_id, "status": "failed", "error": error, "created_by": {}}
    about |= {"elapsed_time": 0.0, "total_tokens": 0, "total_steps": 0, "exceptions_count": 1}
    about |= {"outputs": None, "files": [], "created_at": now(), "finished_at": now()}
    return _made_up("workflow_finished", run_id, about)


def _made_up(event: str, run_id: str, about: Data) -> Data:
    data = contract().fill(event, id=run_id, **about)
    return {"event": event, "task_id": run_id, "workflow_run_id": run_id, "data": data}
