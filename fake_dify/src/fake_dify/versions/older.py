"""Turns an event or a reply of Dify 1.16.1 into that of the older version that is pretended.

Fields that came later are left out by the contract's `x-since`; here is what else was otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from ..base import Data
from ..contract import Operation, contract
from ..replies import ApiError, Reply
from . import Rules

PARALLEL = (
    *("parallel_id", "parallel_start_node_id"),
    *("parent_parallel_id", "parent_parallel_start_node_id"),
)


def old_files(value: Any, tenant_id: str) -> Any:
    """Return a value with its file objects as they were before 1.14."""
    if isinstance(value, Mapping):
        if value.get("dify_model_identity") == "__dify__file__":
            return _old_file(dict(value), tenant_id)
        return {key: old_files(item, tenant_id) for key, item in value.items()}
    if isinstance(value, list):
        return [old_files(item, tenant_id) for item in value]
    return value


def _old_file(file: Data, tenant_id: str) -> Data:
    file.pop("reference", None)
    if file["transfer_method"] == "local_file":
        file["remote_url"] = file["url"]
    first = ("dify_model_identity", "id", "tenant_id", "type", "transfer_method", "remote_url")
    file["tenant_id"] = tenant_id
    return {name: file[name] for name in (*first, "related_id")} | file


def old_event(rules: Rules, event: Data, tenant_id: str) -> Data:
    """Return the event as this version sends it."""
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
        _before_1_9(name, data)
    return event


def _before_1_10(name: str, data: Data) -> None:
    kind, _, what = name.partition("_")
    if name == "workflow_finished":
        data["error"] = data["error"] or ""
    if name == "node_finished":
        data["execution_metadata"] = data["execution_metadata"] or {}
    if what == "completed":
        del data["execution_metadata"]["total_price"], data["execution_metadata"]["currency"]
    if kind == "node":
        _insert(data, "iteration_id", {key: data.pop(key, None) for key in PARALLEL})
    if kind == "loop":
        data |= dict.fromkeys(PARALLEL[:2])
    if name == "node_started":
        _insert(data, "agent_strategy", {"parallel_run_id": None})
    if name == "loop_next":
        data["parallel_mode_run_id"] = None


def _insert(data: Data, before: str, new: Data) -> None:
    """Put new keys before another one."""
    tail = list(data)[list(data).index(before) :]
    data |= new
    for key in tail:
        data[key] = data.pop(key)


def _before_1_9(name: str, data: Data) -> None:
    if name.startswith("iteration_"):
        data |= dict.fromkeys(PARALLEL[:2])
    match name:
        case "node_finished":
            data["process_data"] = data["process_data"] or None
            if data["status"] == "exception":
                data["error"] = data["outputs"]["error_message"]
        case "node_retry":
            data |= {"inputs": None, "process_data": None, "outputs": None}
            ids = {"iteration_id": None, "parallel_mode_run_id": None, "loop_id": None}
            data["execution_metadata"] = ids
        case "iteration_started":
            data["metadata"] = {"iterator_length": data["metadata"]["iteration_length"]}
        case "iteration_next":
            for key in ("extras", *PARALLEL[:2], "parallel_mode_run_id", "duration"):
                data[key] = data.pop(key, None)
        case "iteration_completed":
            data["execution_metadata"] = {"total_tokens": 0}
        case "loop_next":
            data["duration"] = None


# The fields of a site that came last before 1.11.
LAST = {
    *("description", "copyright", "privacy_policy", "custom_disclaimer"),
    *("default_language", "show_workflow_steps", "use_icon_as_answer_icon"),
}


def old_reply(
    rules: Rules, asked: Operation, reply: Reply, error: ApiError | None, tenant_id: str
) -> Reply:
    """Return the reply as this version gives it; error: what it was made from."""
    operation = asked.id
    if not rules.since(1, 16) and error is None and operation != "getAppParameters":
        reply = evolve(reply, body=contract().older_reply(asked, reply.body, rules.release))
    if rules.since(1, 14):
        return reply
    if error is not None:
        return _old_error(rules, operation, reply, error)
    if reply.status >= 400:
        return reply
    body, media = old_files(reply.body, tenant_id), reply.media
    match operation:
        case "runWorkflow" | "runWorkflowVersion":
            if not rules.since(1, 10):
                body["data"]["error"] = body["data"]["error"] or ""
            media = media if rules.since(1, 11) else "application/json"
        case "getWorkflowRun" if reply.status == 200:
            _old_detail(rules, body, tenant_id)
        case "getAppSite" if not rules.since(1, 11):
            body = {name: body[name] for name in body if name not in LAST} | body
        case "listWorkflowLogs" if not rules.since(1, 11):
            for entry in body["data"]:
                entry["created_by_end_user"]["type"] = "service_api"
    return evolve(reply, body=body, media=media)


def _old_error(rules: Rules, operation: str, reply: Reply, error: ApiError) -> Reply:
    if operation == "getWorkflowRun" and error.status == 404 and not rules.since(1, 13):
        return Reply(dict.fromkeys(contract().example("WorkflowRunDetail")))
    if error.code == "file_too_large":
        return evolve(reply, body={**reply.body, "message": "File size exceeded. {message}"})
    if error.field is not None and not rules.since(1, 11):
        errors = {error.field: error.old_text}
        return Reply({"errors": errors, "message": "Input payload validation failed"}, 400)
    return reply


def _old_detail(rules: Rules, body: Data, tenant_id: str) -> None:
    inputs = old_files(json.loads(body["inputs"]), tenant_id)
    if not rules.stores_timestamp:
        inputs.pop("sys.timestamp", None)
    body["inputs"] = json.dumps(inputs)
    if not rules.since(1, 13):
        outputs, running = body["outputs"], body["status"] == "running"
        body["outputs"] = json.dumps(outputs) if outputs or running else None
