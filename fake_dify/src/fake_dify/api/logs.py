"""The reply of GET /workflows/logs: its eight filters and their errors.

Entries of one second come in an order that depends on filters and limit.
"""

from __future__ import annotations

import json
import random
import re
from datetime import UTC

from dateutil.parser import isoparse

from ..base import Data
from ..contract import contract, fill
from ..replies import Reply, invalid_param, refuse_if, refused
from ..run import payloads
from ..state import Run
from ..world import World
from .request import ApiRequest

MODEL = "WorkflowLogQuery"
STATUSES = ("succeeded", "failed", "stopped")


def _seconds(text: str | None, otherwise: float) -> float:
    """Return a time as Dify reads it, with dateutil; without a zone it is UTC."""
    try:
        parsed = isoparse(text) if text else None
    except ValueError as problem:
        raise invalid_param(str(problem)) from None
    if parsed is None:
        return otherwise
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _whole(request: ApiRequest, name: str) -> int:
    """Return a whole number; its default and its limits are the contract's."""
    schema = request.spec.parameters[name]
    text = request.query.get(name, str(schema["default"]))
    if not re.fullmatch(r"\s*[+-]?\d+\s*", text):
        raise refused(MODEL, name, "int_parsing", text)
    number = int(text)
    if number < schema["minimum"]:
        raise refused(MODEL, name, "greater_than_equal", text, **schema)
    if number > schema["maximum"]:
        raise refused(MODEL, name, "less_than_equal", text, **schema)
    return number


def _has(world: World, run: Run, keyword: str) -> bool:
    """Tell whether the stored, ASCII-escaped JSON, the user or the run id match."""
    word = keyword[:30].lower()
    inputs = {**run.inputs, **payloads.system_inputs(run, timestamp=True)}
    stored = [json.dumps(world.files.render(part)) for part in (inputs, run.outputs)]
    found = any(word in text.lower() for text in (*stored, run.user))
    return found or keyword.lower() == run.id


async def list_workflow_logs(request: ApiRequest) -> Reply:
    query, world = request.query, request.world
    shows_running = world.rules.logs_show_running
    page, limit = _whole(request, "page"), _whole(request, "limit")
    status = query.get("status")
    if status is not None and status not in STATUSES:
        choices = "'succeeded', 'failed' or 'stopped'"
        raise refused(MODEL, "status", "literal_error", status, choices=choices)
    # An entry is made at the start of its run, on old servers at its end.
    made = {run.id: (not shows_running and run.finished_at) or run.created_at for run in world.runs}
    earliest = _seconds(query.get("created_at__after"), float("-inf"))
    latest = _seconds(query.get("created_at__before"), float("inf"))
    session, keyword = query.get("created_by_end_user_session_id"), query.get("keyword")
    account = query.get("created_by_account")  # a member of the workspace, who runs nothing
    unknown = account and account != world.account and world.rules.since(1, 10)
    refuse_if(unknown, f"Account not found: {account}")
    runs = [
        run
        for run in world.runs
        if run.app is request.app and run.listed and not account
        if (shows_running or run.over) and status in (None, run.status)
        if earliest <= made[run.id] <= latest and session in (None, "", run.user)
        if not keyword or _has(world, run, keyword)
    ]
    shuffle = random.Random(json.dumps({**query, "page": "", "limit": limit}, sort_keys=True))
    shuffle.shuffle(runs)  # Dify orders by whole seconds alone
    runs.sort(key=lambda run: -made[run.id])
    data = [_entry(run, made[run.id]) for run in runs[(page - 1) * limit : page * limit]]
    about = {"total": len(runs), "has_more": len(runs) > page * limit, "data": data}
    return Reply(fill("WorkflowLogPage", page=page, limit=limit, **about))


def _entry(run: Run, created_at: int) -> Data:
    entry: Data = contract().example("WorkflowLogPage")["data"][0]
    not_yet = {} if run.over else {"elapsed_time": 0.0, "total_tokens": 0, "exceptions_count": 0}
    told = fill(entry["workflow_run"], run, version=run.app.version_text, **not_yet)
    user = fill(entry["created_by_end_user"], run.app.user(run.user))
    about = {"workflow_run": told, "created_by_end_user": user}
    return fill(entry, id=run.log_id, created_at=created_at, **about)
