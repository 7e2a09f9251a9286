"""Turns an event of Dify 1.16.1 into that of the older version that is pretended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..contract import contract
from ..state import NodeRecord
from . import Rules

ITERATIONS = ("iteration_started", "iteration_completed")
LOOPS = ("loop_started", "loop_next", "loop_completed")
PARALLEL = (
    *("parallel_id", "parallel_start_node_id"),
    *("parent_parallel_id", "parent_parallel_start_node_id"),
)
NODES = ("node_started", "node_finished", "node_retry")


def old_files(value: Any, tenant_id: str) -> Any:
    """Return a value with its file objects as they were before 1.14."""
    if isinstance(value, Mapping):
        if value.get("dify_model_identity") == "__dify__file__":
            return _old_file(dict(value), tenant_id)
        return {key: old_files(item, tenant_id) for key, item in value.items()}
    if isinstance(value, list):
        return [old_files(item, tenant_id) for item in value]
    return value


def _old_file(file: dict[str, Any], tenant_id: str) -> dict[str, Any]:
    file.pop("reference", None)
    if file["transfer_method"] == "local_file":
        file["remote_url"] = file["url"]
    first = ("dify_model_identity", "id", "tenant_id", "type", "transfer_method", "remote_url")
    file["tenant_id"] = tenant_id
    return {name: file[name] for name in (*first, "related_id")} | file


def old_event(
    rules: Rules, event: dict[str, Any], node: NodeRecord | None, tenant_id: str
) -> dict[str, Any]:
    """Return the event as this version sends it; node: the node that it is about."""
    if not rules.since(1, 16):
        event = contract().older_event(event, rules.release)
    if rules.since(1, 14):
        return event
    event = old_files(event, tenant_id)
    name, data = event["event"], event.get("data")
    if not isinstance(data, dict):
        return event
    if name == "loop_completed":
        metadata = data["execution_metadata"]
        for key in ("loop_duration_map", "loop_variable_map"):
            metadata[key] = metadata.pop(key)
    if not rules.since(1, 10):
        _before_1_10(name, data)
    if not rules.since(1, 9):
        _before_1_9(name, data, node)
    return event


def _before_1_10(name: str, data: dict[str, Any]) -> None:
    if name == "workflow_finished":
        data["error"] = data["error"] or ""
    if name == "node_finished":
        data["execution_metadata"] = data["execution_metadata"] or {}
    if name in ("iteration_completed", "loop_completed"):
        del data["execution_metadata"]["total_price"], data["execution_metadata"]["currency"]
    if name in NODES:
        _insert(data, "iteration_id", dict.fromkeys(PARALLEL))
    if name in LOOPS:
        data |= dict.fromkeys(PARALLEL[:2])
    if name == "node_started":
        _insert(data, "agent_strategy", {"parallel_run_id": None})
    if name == "loop_next":
        data["parallel_mode_run_id"] = None


def _insert(data: dict[str, Any], before: str, new: dict[str, Any]) -> None:
    """Put new keys before another one."""
    tail = list(data)[list(data).index(before) :]
    data |= new
    for key in tail:
        data[key] = data.pop(key)


def _before_1_9(name: str, data: dict[str, Any], node: NodeRecord | None) -> None:
    if name in NODES and node is not None:
        data |= {"index": node.position, "predecessor_node_id": node.predecessor}
        if node.parallel is not None:
            data["parallel_id"], data["parallel_start_node_id"] = node.parallel
    if name == "node_finished":
        data["process_data"] = data["process_data"] or None
        if data["status"] == "exception":
            data["error"] = data["outputs"]["error_message"]
    if name == "node_retry":
        data |= {"inputs": None, "process_data": None, "outputs": None}
        ids = {"iteration_id": None, "parallel_mode_run_id": None, "loop_id": None}
        data["execution_metadata"] = ids
    if name in ITERATIONS:
        data |= dict.fromkeys(PARALLEL[:2])
    if name == "iteration_started":
        data["metadata"] = {"iterator_length": data["metadata"]["iteration_length"]}
    if name == "iteration_next":
        data["extras"] = data.pop("extras")
        data |= {**dict.fromkeys(PARALLEL[:2]), "parallel_mode_run_id": None}
        data["duration"] = data.pop("duration")
    if name == "loop_next":
        data["duration"] = None
    if name == "iteration_completed":
        data["execution_metadata"] = {"total_tokens": 0}
