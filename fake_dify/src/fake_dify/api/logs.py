"""The reply of GET /workflows/logs: its eight filters and their errors.

Entries of one second come in an order that depends on filters and limit.
"""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime

from ..base import Data
from ..contract import contract
from ..errors import ApiError, invalid_param, refused
from ..replies import Json, Reply
from ..run import payloads
from ..state import Run
from ..world import World
from .request import ApiRequest

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


def _whole(request: ApiRequest, name: str) -> int:
    """Return a whole number; its default and its limits are the contract's."""
    schema = request.operation.parameters[name]
    lowest, highest = schema["minimum"], schema["maximum"]
    text, model = request.query.get(name, str(schema["default"])), "WorkflowLogQuery"
    if not re.fullmatch(r"\s*[+-]?\d+\s*", text):
        problem = "Input should be a valid integer, unable to parse string as an integer"
        raise refused(model, name, problem, "int_parsing", text, f"{text} is not a valid integer")
    number = int(text)
    old = f"Invalid argument: {number}. argument must be within the range {lowest} - {highest}"
    if number < lowest:
        problem = f"Input should be greater than or equal to {lowest}"
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


async def list_logs(request: ApiRequest) -> Reply:
    query, rules = request.query, request.world.rules
    page, limit = _whole(request, "page"), _whole(request, "limit")
    status = query.get("status")
    if status is not None and status not in {"succeeded", "failed", "stopped"}:
        problem = "Input should be 'succeeded', 'failed' or 'stopped'"
        old = f"The value '{status}' is not a valid choice for 'status'."
        raise refused("WorkflowLogQuery", "status", problem, "literal_error", status, old)

    def time(run: Run) -> int:
        """Return when the entry was made: at the start, on old servers at the end of the run."""
        return run.created_at if rules.logs_show_running else run.finished_at or run.created_at

    runs = [run for run in request.world.runs if run.app is request.app and run.listed]
    if not rules.logs_show_running:
        runs = [run for run in runs if run.over]
    if status is not None:
        runs = [run for run in runs if run.status == status]
    if after := query.get("created_at__after"):
        earliest = parse_iso(after).timestamp()
        runs = [run for run in runs if time(run) >= earliest]
    if before := query.get("created_at__before"):
        latest = parse_iso(before).timestamp()
        runs = [run for run in runs if time(run) <= latest]
    if session := query.get("created_by_end_user_session_id"):
        runs = [run for run in runs if run.user == session]
    if account := query.get("created_by_account"):  # a member of the workspace, who runs nothing
        if account != request.world.account and rules.since(1, 10):
            raise ApiError(400, "invalid_param", f"Account not found: {account}")
        runs = []
    if keyword := query.get("keyword"):
        runs = [run for run in runs if _has(request.world, run, keyword)]
    shuffle = random.Random(json.dumps({**query, "page": "", "limit": limit}, sort_keys=True))
    shuffle.shuffle(runs)  # Dify orders by whole seconds alone
    runs.sort(key=lambda run: -time(run))
    shown = runs[(page - 1) * limit : page * limit]
    more = {"total": len(runs), "has_more": len(runs) > page * limit}
    data = [_entry(run, time(run)) for run in shown]
    return Json(contract().fill("WorkflowLogPage", page=page, limit=limit, data=data, **more))


def _entry(run: Run, created_at: int) -> Data:
    ended = ("elapsed_time", "total_tokens", "exceptions_count")
    not_yet = {} if run.over else dict.fromkeys(ended, 0) | {"elapsed_time": 0.0}
    about = {"version": run.app.version_text, "triggered_from": "app-run", **not_yet}
    example: Data = contract().example("WorkflowLogPage")["data"][0]
    return contract().fill(
        example,
        id=run.log_id,
        workflow_run=contract().fill("WorkflowLogRun", run, **about),
        created_by_end_user=contract().fill("LogEndUser", run.app.user(run.user)),
        created_at=created_at,
    )
