"""Turns an event or a reply of Dify 1.16.1 into that of the older version that is pretended.

Fields that came later are left out by the contract's `x-since`; here is what else was otherwise.
"""

from __future__ import annotations

import json

from attrs import evolve

from ..base import Data
from ..contract import Operation, contract
from ..replies import ApiError, Reply
from . import Rules

PARALLEL = (
    *("parallel_id", "parallel_start_node_id"),
    *("parent_parallel_id", "parent_parallel_start_node_id"),
)


def old_event(rules: Rules, event: Data) -> Data:
    """Return the event as this version sends it."""
    if not rules.since(1, 16):
        event = contract().older_event(event, rules.release)
    name, data = event["event"], event.get("data")
    if rules.since(1, 14) or not isinstance(data, dict):
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


def old_reply(rules: Rules, asked: Operation, reply: Reply, error: ApiError | None) -> Reply:
    """Return the reply as this version gives it; error: what it was made from."""
    operation, body = asked.id, reply.body
    if error is not None:
        return _old_error(rules, operation, reply, error)
    if not rules.since(1, 16) and operation != "getAppParameters":
        body = contract().older_reply(asked, body, rules.release)
    if operation in ("runWorkflow", "runWorkflowVersion") and not rules.since(1, 10):
        body["data"]["error"] = body["data"]["error"] or ""
    if operation == "getWorkflowRun" and not rules.since(1, 13):
        told = body["outputs"] or body["status"] == "running"
        body["outputs"] = json.dumps(body["outputs"]) if told else None
    if operation == "getAppSite" and not rules.since(1, 11):
        body = {name: body[name] for name in body if name not in LAST} | body
    if operation == "listWorkflowLogs" and not rules.since(1, 11):
        for entry in body["data"]:
            entry["created_by_end_user"]["type"] = "service_api"
    return evolve(reply, body=body)


def _old_error(rules: Rules, operation: str, reply: Reply, error: ApiError) -> Reply:
    if operation == "getWorkflowRun" and error.status == 404 and not rules.since(1, 13):
        return Reply(dict.fromkeys(contract().example("WorkflowRunDetail")))
    if error.code == "file_too_large" and not rules.since(1, 14):
        return evolve(reply, body={**reply.body, "message": "File size exceeded. {message}"})
    if error.field is not None and not rules.since(1, 11):
        errors = {error.field: error.old_text}
        return Reply({"errors": errors, "message": "Input payload validation failed"}, 400)
    return reply
