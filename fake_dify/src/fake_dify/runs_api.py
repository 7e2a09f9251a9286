"""Answers of the run endpoints: start, stop, detail, events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from . import made_up, payloads
from .errors import INTERNAL, ApiError, Crash, invalid_param, not_found, refused
from .exchange import Exchange
from .inputs import BadNumber, read_file, read_inputs
from .mishaps import PipelineError
from .replies import Json, Reply, Stream
from .state import Run, Workflow, new_id
from .steps import Step
from .streams import (
    events_stream,
    finished_stream,
    leave_own_stream,
    own_stream,
    refused_stream,
    subscribe,
)

STREAM_JSON = "application/json; charset=utf-8"


def parse_id(text: str) -> str:
    """Return a run id in lower case; Dify crashes on anything that is no UUID."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise Crash() from None


async def run_workflow(x: Exchange) -> Reply:
    return await _run(x, x.app.workflow_id, x.app.workflow)


async def run_workflow_version(x: Exchange) -> Reply:
    body = x.json_object()
    x.user(body.get("user"))
    x.workflow_app()
    _check_body(x, body)
    given = x.params["workflow_id"]
    try:
        workflow_id = str(uuid.UUID(given))
    except ValueError:
        raise ApiError(400, "bad_request", f"Invalid workflow_id format: '{given}'. ") from None
    if workflow_id == x.app.draft_id:
        text = (
            f"Cannot use draft workflow version. Workflow ID: {workflow_id}. "
            "Please use a published workflow version or leave workflow_id empty."
        )
        raise ApiError(400, "bad_request", text)
    versions = {**x.app.versions, x.app.workflow_id: x.app.workflow}
    if workflow_id not in versions:
        raise not_found(f"Workflow not found with id: {given}")
    return await _run(x, workflow_id, versions[workflow_id])


def _check_body(x: Exchange, body: Mapping[str, Any]) -> None:
    model, inputs = "WorkflowRunPayload", body.get("inputs")
    if "inputs" not in body:
        old = "Missing required parameter in the JSON body"
        raise refused(model, "inputs", "Field required", "missing", dict(body), old)
    if not isinstance(inputs, dict):
        old = "Must not be null!" if inputs is None else f"{inputs} is not a dictionary"
        raise refused(
            model, "inputs", "Input should be a valid dictionary", "dict_type", inputs, old
        )
    mode = body.get("response_mode", "blocking")
    modes = ["blocking", "streaming", *([None] if x.world.rules.reads_null_mode else [])]
    if mode not in modes:
        problem = "Input should be 'blocking' or 'streaming'"
        old = f"The value '{mode}' is not a valid choice for 'response_mode'."
        raise refused(model, "response_mode", problem, "literal_error", mode, old)
    _check_files(x, body.get("files"))


def _check_files(x: Exchange, files: Any) -> None:
    """Refuse what are no file objects; Dify before 1.11 crashes on them."""
    model, problem = "WorkflowRunPayload", "Input should be a valid"
    if not files:
        return
    if not isinstance(files, list):
        error = refused(model, "files", f"{problem} list", "list_type", files)
        raise error if x.world.rules.since(1, 11) else Crash()
    for index, file in enumerate(files):
        if not isinstance(file, dict):
            place, kind = f"files.{index}", "dict_type"
            error = refused(model, place, f"{problem} dictionary", kind, file)
            raise error if x.world.rules.since(1, 11) else Crash()


def _check_slots(x: Exchange, *, streaming: bool) -> None:
    limit = x.app.max_active_requests
    if limit is None:
        return
    # A streaming run asks for two slots for a moment, once in the API and once in the worker.
    alone = streaming and x.world.rules.worker and limit == 1
    if alone or x.world.holding_slots(x.app) >= limit:
        raise invalid_param(
            "Too many requests. Please try again later. The current maximum concurrent requests "
            f"allowed for {x.app.id} is {limit}."
        )


async def _run(x: Exchange, workflow_id: str, workflow: Workflow) -> Reply:
    body = x.json_object()
    user = x.user(body.get("user"))
    x.workflow_app()
    _check_body(x, body)
    if not x.app.published:
        raise invalid_param("Workflow not published")
    streaming = body.get("response_mode") == "streaming"
    _check_slots(x, streaming=streaming)
    try:
        inputs = read_inputs(x.world, x.app, user, body["inputs"])
        files = [read_file(x.world, user, file) for file in body.get("files") or ()]
        steps = x.world.steps(x.app, workflow, inputs)
        _check_pipeline(steps)
    except (ApiError, BadNumber, _Broken) as problem:
        return _never_began(x, problem, workflow_id) if streaming else _refused(problem)
    run = Run(x.app, workflow_id, inputs, user.session_id, body["inputs"])
    run.files, run.streaming = files, streaming
    if streaming:
        reader = subscribe(x, run)
        x.world.start(run, steps)
        leave = partial(leave_own_stream, x, run, reader)
        return Stream(own_stream(x, run, reader), leave=leave)
    x.world.start(run, steps)
    await run.settled.wait()
    return Json(_blocking(x, run), media=STREAM_JSON, line=False)


class _Broken(Exception):
    """The workflow cannot be built: there is no run."""

    def __init__(self, step: PipelineError) -> None:
        self.step = step


def _check_pipeline(steps: Sequence[Step]) -> None:
    if steps and isinstance(steps[0], PipelineError):
        raise _Broken(steps[0])


Problem = ApiError | BadNumber | _Broken


def _refused(problem: Problem) -> NoReturn:
    if isinstance(problem, _Broken):
        raise ApiError(problem.step.status, problem.step.code, problem.step.message)
    if isinstance(problem, BadNumber):
        raise ApiError(500, "internal_server_error", INTERNAL)
    raise problem


def _never_began(x: Exchange, problem: Problem, workflow_id: str) -> Reply:
    """Answer a streaming run that cannot begin: in the stream, where a worker notices it."""
    rules, broken = x.world.rules, isinstance(problem, _Broken)
    if not rules.worker and not broken:
        _refused(problem)
    message = problem.step.message if isinstance(problem, _Broken) else problem.message
    events = [problem.step.event()] if isinstance(problem, _Broken) else []
    if rules.makes_ends_up:
        run_id, inputs = new_id(), x.json_object()["inputs"]
        told = message if rules.ends_tell_errors or not broken else made_up.NO_END
        events.append(made_up.started(run_id, workflow_id, inputs))
        events.append(made_up.finished(run_id, workflow_id, told))
    elif not broken and rules.since(1, 14):  # 1.13 says nothing at all
        events.append({"event": "error", "message": message, "status": 500})
    return Stream(refused_stream(x, events))


def _blocking(x: Exchange, run: Run) -> dict[str, Any]:
    waiting = run.pause if run.status == "paused" else []
    paused = {
        "paused_nodes": [form.step.id for form in waiting],
        "reasons": [form.reason() for form in waiting],
    }
    last = run.events[-1]["data"] if run.events else {}
    body = {
        "task_id": run.task_id,
        "workflow_run_id": run.id,
        "data": {
            "id": run.id,
            "workflow_id": run.workflow_id,
            "status": last.get("status", run.status),
            "outputs": run.outputs if run.over else {},
            "error": last.get("error"),
            "elapsed_time": run.elapsed_time,
            "total_tokens": run.total_tokens,
            "total_steps": run.total_steps,
            "created_at": run.created_at,
            "finished_at": run.finished_at,
            **(paused if waiting else {}),
        },
    }
    rendered: dict[str, Any] = x.world.files.render(body)
    return rendered


async def stop_task(x: Exchange) -> Reply:
    user = x.user(x.json_object().get("user"))
    x.workflow_app()
    run = next((run for run in x.world.runs if run.task_id == x.params["task_id"]), None)
    if run is not None and not run.over:
        ours = run.user == user.session_id and run.app is x.app
        if ours or not x.world.rules.stop_needs_same_user:
            run.stop_asked = True
            if run.active and run.task is not None:
                run.task.cancel()
    return Json({"result": "success"})


async def get_run(x: Exchange) -> Reply:
    if x.app.mode not in {"workflow", "advanced-chat"}:
        x.workflow_app()
    run = x.world.find_run(parse_id(x.params["workflow_run_id"]), x.app)
    if run is None:
        raise not_found("Workflow run not found.")
    old = x.world.rules.start_shows_system
    inputs = {**run.inputs, **payloads.system_inputs(run, timestamp=True, old=old)}
    return Json(
        {
            "id": run.id,
            "workflow_id": run.workflow_id,
            "status": run.status,
            "inputs": json.dumps(x.world.files.render(inputs)),
            "outputs": x.world.files.render(run.outputs) if run.over else {},
            "error": run.error,
            "total_steps": run.total_steps,
            "total_tokens": run.total_tokens if run.over else 0,
            "created_at": run.created_at,
            "finished_at": run.finished_at,
            "elapsed_time": run.elapsed_time if run.over else 0.0,
        }
    )


async def stream_events(x: Exchange) -> Reply:
    user = x.user(x.query.get("user"))
    if x.app.mode not in {"workflow", "advanced-chat"}:
        x.workflow_app()
    run = x.world.find_run(parse_id(x.params["workflow_run_id"]), x.app)
    if run is None or run.user != user.session_id:
        raise not_found("Workflow run not found")
    headers = {"cache-control": "no-cache"}
    if run.over:
        return Stream(finished_stream(x, run), headers)
    snapshot = x.query.get("include_state_snapshot") == "true"
    over_pauses = x.query.get("continue_on_pause") == "true"
    return Stream(events_stream(x, run, snapshot=snapshot, over_pauses=over_pauses), headers)
