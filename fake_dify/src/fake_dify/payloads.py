"""The `data` of every event, as Dify 1.16.1 sends it live and in snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .state import NodeRecord, Run, now

Data = dict[str, Any]


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
    return {
        "id": run.id,
        "workflow_id": run.workflow_id,
        "inputs": {**run.inputs, **system_inputs(run, timestamp=timestamp)},
        "created_at": created_at,
        "reason": reason,
    }


def workflow_finished(run: Run, status: str, error: str | None, files: Sequence[Any]) -> Data:
    return {
        "id": run.id,
        "workflow_id": run.workflow_id,
        "status": status,
        "outputs": run.outputs,
        "error": error,
        "elapsed_time": run.elapsed_time,
        "total_tokens": run.total_tokens,
        "total_steps": run.total_steps,
        "created_by": {"id": run.app.user(run.user).id, "user": run.user},
        "created_at": run.leg_created_at,
        "finished_at": run.finished_at,
        "exceptions_count": run.exceptions_count,
        "files": list(files),
    }


def workflow_paused(run: Run, reasons: Sequence[Data], elapsed_time: float) -> Data:
    return {
        "workflow_run_id": run.id,
        "paused_nodes": [reason["node_id"] for reason in reasons],
        "outputs": {},
        "reasons": list(reasons),
        "status": "paused",
        "created_at": run.leg_created_at,
        "elapsed_time": elapsed_time,
        "total_tokens": run.total_tokens,
        "total_steps": run.total_steps,
    }


def node_started(node: NodeRecord) -> Data:
    return {
        "id": node.id,
        "node_id": node.node_id,
        "node_type": node.type,
        "title": node.title,
        "index": 1,
        "predecessor_node_id": None,
        "inputs": None,
        "inputs_truncated": False,
        "created_at": node.created_at,
        "extras": {},
        "iteration_id": node.iteration_id,
        "loop_id": node.loop_id,
        "agent_strategy": None,
    }


def node_finished(
    node: NodeRecord,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    files: Sequence[Any],
    metadata: Mapping[str, Any] | None,
) -> Data:
    return {
        "id": node.id,
        "node_id": node.node_id,
        "node_type": node.type,
        "title": node.title,
        "index": 1,
        "predecessor_node_id": None,
        "inputs": inputs,
        "inputs_truncated": False,
        "process_data": {},
        "process_data_truncated": False,
        "outputs": outputs,
        "outputs_truncated": False,
        "status": node.status,
        "error": node.error,
        "elapsed_time": node.elapsed_time,
        "execution_metadata": metadata,
        "created_at": node.created_at,
        "finished_at": node.finished_at,
        "files": list(files),
        "iteration_id": node.iteration_id,
        "loop_id": node.loop_id,
    }


def snapshot_started(node: NodeRecord) -> Data:
    data = node_started(node)
    del data["inputs_truncated"], data["agent_strategy"]
    return {**data, "index": node.index}


def snapshot_finished(node: NodeRecord) -> Data:
    data = node_finished(node, {}, {}, [], None)
    for name in ("inputs", "process_data", "outputs"):
        data[name] = None
        del data[f"{name}_truncated"]
    return {**data, "index": node.index}


def group_event(node_id: str, type: str, title: str, **rest: Any) -> Data:
    """Return what all iteration_* and loop_* events begin with, and the rest."""
    return {"id": node_id, "node_id": node_id, "node_type": type, "title": title, **rest}


def group_started(
    node_id: str, type: str, title: str, inputs: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Data:
    return group_event(
        node_id,
        type,
        title,
        created_at=now(),
        extras={},
        metadata=metadata,
        inputs=inputs,
        inputs_truncated=False,
    )


def group_completed(
    node: NodeRecord,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    steps: int,
    metadata: Mapping[str, Any],
) -> Data:
    cost = {"total_tokens": 0, "total_price": "0.0", "currency": "USD"}
    return group_event(
        node.node_id,
        node.type,
        node.title,
        outputs=outputs,
        outputs_truncated=False,
        created_at=node.created_at,
        extras={},
        inputs=inputs,
        inputs_truncated=False,
        status=node.status,
        error=None,
        elapsed_time=node.elapsed_time,
        total_tokens=0,
        execution_metadata={**cost, **metadata} if steps else {},
        finished_at=node.finished_at,
        steps=steps,
    )
