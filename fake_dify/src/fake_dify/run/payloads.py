"""The `data` of every event, as Dify 1.16.1 sends it live and in snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..base import Data
from ..contract import contract
from ..files import files_in
from ..state import Form, NodeRecord, Run, now

EMPTY: Data = {
    "index": 1,
    "predecessor_node_id": None,
    "inputs": None,
    "inputs_truncated": False,
    "extras": {},
    "agent_strategy": None,
    "outputs_truncated": False,
    "process_data": {},
    "process_data_truncated": False,
}
NO_END = "Workflow stream ended without a terminal event"


def _like(example: Iterable[str], source: object, given: Mapping[str, Any]) -> Data:
    """Return the fields of an example: from `given`, else mostly empty, else of an object."""
    return {
        name: given[name]
        if name in given
        else EMPTY[name]
        if name in EMPTY
        else getattr(source, name)
        for name in example
    }


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
    return contract().fill("WorkflowStartedData", run, **about)


def workflow_finished(run: Run, **given: Any) -> Data:
    created_by = {"id": run.app.user(run.user).id, "user": run.user}
    told: Data = {
        "created_by": created_by,
        "created_at": run.resumed_at,
        "files": files_in(run.outputs),
    }
    return contract().fill("WorkflowFinishedData", run, **told | given)


def workflow_paused(run: Run, forms: Sequence[Form], *, template: bool = False) -> Data:
    """Return a pause; template: as a snapshot tells it."""
    about: Data = {"workflow_run_id": run.id, "outputs": {}}
    about["paused_nodes"] = [form.node.node_id for form in forms]
    about["reasons"] = [reason(form, template=template) for form in forms]
    about["created_at"] = run.created_at if template else run.resumed_at
    about |= {"elapsed_time": 0.0} if template else {}
    return contract().fill("WorkflowPausedData", run, **about)


def node_started(node: NodeRecord) -> Data:
    return _like(contract().example_of("node_started"), node, {})


def node_finished(node: NodeRecord, **given: Any) -> Data:
    told = {"inputs": {}, "outputs": {}, "execution_metadata": None} | given
    return _like(
        contract().example_of("node_finished"),
        node,
        told | {"files": files_in(told["outputs"])},
    )


def snapshot_started(node: NodeRecord) -> Data:
    data = {**node_started(node), "index": node.index}
    del data["inputs_truncated"], data["agent_strategy"]
    return data


def snapshot_finished(node: NodeRecord) -> Data:
    data = {**node_finished(node), "index": node.index}
    for name in ("inputs", "process_data", "outputs"):
        data[name] = None
        del data[f"{name}_truncated"]
    return data


def group_started(node: NodeRecord, **given: Any) -> Data:
    about: Data = {"id": node.node_id, "created_at": now(), "extras": {}}
    about["inputs_truncated"] = False
    schema = f"{node.node_type.title()}StartedData"  # an iteration's or a loop's
    return contract().fill(schema, node, **about, **given)


def group_next(node: NodeRecord, index: int, **more: Any) -> Data:
    about = {"id": node.node_id, "index": index, "created_at": now(), **more}
    return _like(contract().example_of(f"{node.node_type}_next"), node, about)


def group_completed(node: NodeRecord, metadata: Data, **given: Any) -> Data:
    cost = {"total_tokens": 0, "total_price": "0.0", "currency": "USD"}
    told = {"error": None, "total_tokens": 0, **given}
    told["execution_metadata"] = {**cost, **metadata} if given["steps"] else {}
    told["id"] = node.node_id
    return _like(contract().example_of(f"{node.node_type}_completed"), node, told)


def _form(example: Iterable[str], form: Form, *, template: bool) -> Data:
    about = {
        "TYPE": "human_input_required",
        "form_id": form.id,
        "node_id": form.node.node_id,
        "node_title": form.node.node_id,
        "form_content": form.step.content if template else form.content,
        "inputs": [item.declaration() for item in form.step.inputs],
        "actions": [form.step.action(id) for id in form.step.actions],
        "display_in_ui": True,
        "form_token": form.token,
        "approval_channels": ["console"],
        "resolved_default_values": form.defaults,
    }
    return _like(example, form, about)


def reason(form: Form, *, template: bool = False) -> Data:
    """Return a form as an item of `reasons`; template: with its text as it was written."""
    example = contract().example_of("workflow_paused")["reasons"][0]
    return _form(example, form, template=template)


def human_input_required(form: Form, *, template: bool = False) -> Data:
    return _form(contract().example_of("human_input_required"), form, template=template)


def made_up_start(run_id: str, workflow_id: str, inputs: Any, reason: str = "initial") -> Data:
    """Return a start that Dify makes up, from 1.15 on; inputs: as they were asked for."""
    about = {"workflow_id": workflow_id, "inputs": inputs, "created_at": now(), "reason": reason}
    return _made_up("started", run_id, about)


def made_up_end(run_id: str, workflow_id: str, error: str = NO_END) -> Data:
    """Return an end that Dify makes up: `created_by` is empty, the task has the id of the run."""
    about: Data = {"workflow_id": workflow_id, "status": "failed", "error": error, "created_by": {}}
    about |= {"elapsed_time": 0.0, "total_tokens": 0, "total_steps": 0, "exceptions_count": 1}
    times = {"created_at": now(), "finished_at": now()}
    return _made_up("finished", run_id, {"outputs": None, "files": [], **about, **times})


def _made_up(name: str, run_id: str, about: Data) -> Data:
    data = contract().fill(f"Workflow{name.title()}Data", id=run_id, **about)
    event = {"event": f"workflow_{name}", "task_id": run_id, "workflow_run_id": run_id}
    return {**event, "data": data}
