"""Turns a reply of Dify 1.16.1 into that of the older version that is pretended."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from ..contract import Operation, contract
from ..errors import ApiError
from ..replies import Json
from . import Rules
from .events import old_files

# The fields of a site that came last before 1.11.
LAST = {
    *("description", "copyright", "privacy_policy", "custom_disclaimer"),
    *("default_language", "show_workflow_steps", "use_icon_as_answer_icon"),
}


def old_reply(
    rules: Rules, asked: Operation, reply: Json, error: ApiError | None, tenant_id: str
) -> Json:
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


def _old_error(rules: Rules, operation: str, reply: Json, error: ApiError) -> Json:
    if operation == "getWorkflowRun" and error.status == 404 and not rules.since(1, 13):
        return Json(dict.fromkeys(contract().example("WorkflowRunDetail")))
    if error.code == "file_too_large":
        return evolve(reply, body={**reply.body, "message": "File size exceeded. {message}"})
    if error.field is not None and not rules.since(1, 11):
        errors = {error.field: error.old_text}
        return Json({"errors": errors, "message": "Input payload validation failed"}, 400)
    return reply


def _old_detail(rules: Rules, body: dict[str, Any], tenant_id: str) -> None:
    inputs = old_files(json.loads(body["inputs"]), tenant_id)
    if not rules.stores_timestamp:
        inputs.pop("sys.timestamp", None)
    body["inputs"] = json.dumps(inputs)
    if not rules.since(1, 13):
        outputs, running = body["outputs"], body["status"] == "running"
        body["outputs"] = json.dumps(outputs) if outputs or running else None
