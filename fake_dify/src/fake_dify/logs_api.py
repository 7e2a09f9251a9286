"""Answers GET /workflows/logs: its eight filters and their errors.

Entries of one second come in an order that depends on filters and limit.
"""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from typing import Any

from . import payloads
from .errors import ApiError, invalid_param, refused
from .exchange import Exchange
from .replies import Json, Reply
from .state import Run
from .world import World

ISO = re.compile(
    r"(?P<date>\d{4}(-?\d{2}(-?\d{2})?)?)"
    r"([T ](?P<time>\d{2}(:?\d{2}(:?\d{2}([.,]\d{1,6})?)?)?)(?P<zone>Z|[+-]\d{2}(:?\d{2})?)?)?"
)


def parse_iso(text: str) -> datetime:
    """Return a time as dateutil's isoparse reads it; without a zone it is UTC."""
    if text.isdigit() and len(text) not in {4, 6, 8}:
        raise invalid_param("ISO time too short")
    if not ISO.fullmatch(text):
        if ISO.match(text) and " " in text.strip():
            raise invalid_param("Unused components in ISO string")
        problem = f"invalid literal for int() with base 10: {text[:4].encode()!r}"
        raise invalid_param(problem)
    if len(text) == 4:
        text += "-01-01"
    elif re.fullmatch(r"\d{4}-\d{2}", text):
        text += "-01"
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as problem:
        raise invalid_param(str(problem)) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _whole(x: Exchange, name: str, default: int, highest: int) -> int:
    text, model = x.query.get(name, str(default)), "WorkflowLogQuery"
    if not re.fullmatch(r"\s*[+-]?\d+\s*", text):
        problem = "Input should be a valid integer, unable to parse string as an integer"
        raise refused(model, name, problem, "int_parsing", text, f"{text} is not a valid integer")
    number = int(text)
    old = f"Invalid argument: {number}. argument must be within the range 1 - {highest}"
    if number < 1:
        problem = "Input should be greater than or equal to 1"
        raise refused(model, name, problem, "greater_than_equal", text, old)
    if number > highest:
        problem = f"Input should be less than or equal to {highest}"
        raise refused(model, name, problem, "less_than_equal", text, old)
    return number


def _has(world: World, run: Run, keyword: str) -> bool:
    """Tell whether the stored, ASCII-escaped JSON, the user or the run id match."""
    word = keyword[:30].lower()
    inputs = {**run.inputs, **payloads.system_inputs(run, timestamp=True)}
    stored = [json.dumps(world.files.render(part)) for part in (inputs, run.outputs)]
    found = any(word in text.lower() for text in (*stored, run.user))
    return found or keyword.lower() == run.id


async def list_logs(x: Exchange) -> Reply:
    query = x.query
    page, limit = _whole(x, "page", 1, 99999), _whole(x, "limit", 20, 100)
    status = query.get("status")
    if status is not None and status not in {"succeeded", "failed", "stopped"}:
        problem = "Input should be 'succeeded', 'failed' or 'stopped'"
        old = f"The value '{status}' is not a valid choice for 'status'."
        raise refused("WorkflowLogQuery", "status", problem, "literal_error", status, old)
    runs = [run for run in x.world.runs if run.app is x.app and run.listed]
    if not x.world.rules.logs_show_running:
        runs = [run for run in runs if run.over]
    if status is not None:
        runs = [run for run in runs if run.status == status]
    if after := query.get("created_at__after"):
        earliest = parse_iso(after).timestamp()
        runs = [run for run in runs if _time(x, run) >= earliest]
    if before := query.get("created_at__before"):
        latest = parse_iso(before).timestamp()
        runs = [run for run in runs if _time(x, run) <= latest]
    if session := query.get("created_by_end_user_session_id"):
        runs = [run for run in runs if run.user == session]
    if account := query.get("created_by_account"):
        _check_account(x, account)
        runs = []
    if keyword := query.get("keyword"):
        runs = [run for run in runs if _has(x.world, run, keyword)]
    shuffle = random.Random(json.dumps({**query, "page": "", "limit": limit}, sort_keys=True))
    shuffle.shuffle(runs)  # Dify orders by whole seconds alone
    runs.sort(key=lambda run: -_time(x, run))
    shown = runs[(page - 1) * limit : page * limit]
    return Json(
        {
            "page": page,
            "limit": limit,
            "total": len(runs),
            "has_more": len(runs) > page * limit,
            "data": [_entry(x, run) for run in shown],
        }
    )


def _check_account(x: Exchange, account: str) -> None:
    """Accounts are members of the workspace, named by e-mail; there is one, and it runs nothing."""
    if account != x.world.account and x.world.rules.since(1, 10):
        raise ApiError(400, "invalid_param", f"Account not found: {account}")


def _time(x: Exchange, run: Run) -> int:
    """Return when the entry was made: at the start, on old servers at the end of the run."""
    late = not x.world.rules.logs_show_running and run.finished_at is not None
    return run.finished_at if late and run.finished_at is not None else run.created_at


def _entry(x: Exchange, run: Run) -> dict[str, Any]:
    user = run.app.user(run.user)
    return {
        "id": run.log_id,
        "workflow_run": {
            "id": run.id,
            "version": run.app.version_text,
            "status": run.status,
            "triggered_from": "app-run",
            "error": run.error,
            "elapsed_time": run.elapsed_time if run.over else 0.0,
            "total_tokens": run.total_tokens if run.over else 0,
            "total_steps": run.total_steps,
            "created_at": run.created_at,
            "finished_at": run.finished_at,
            "exceptions_count": run.exceptions_count if run.over else 0,
        },
        "details": None,
        "created_from": "service-api",
        "created_by_role": "end_user",
        "created_by_account": None,
        "created_by_end_user": {
            "id": user.id,
            "type": "service-api",
            "is_anonymous": user.is_anonymous,
            "session_id": user.session_id,
        },
        "created_at": _time(x, run),
    }
