"""Replies of the run endpoints: start, stop, detail, events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from ..base import Data, Step, Workflow
from ..checks import require
from ..contract import fill
from ..replies import EVENTS, ApiError, Reply, as_uuid, crash, each, refuse_if, refused
from ..run import payloads
from ..run.engine import start
from ..state import App, Run, new_id
from ..steps.builtin import BUILTINS
from ..steps.nodes import PipelineError
from .inputs import read_file, read_inputs
from .request import ApiRequest
from .streams import Reader, events_stream, refused_stream

MODEL = "WorkflowRunPayload"


async def run_workflow(request: ApiRequest) -> Reply:
    """Run the app's workflow, or the published version of it that the path names."""
    body, app, world, rules = request.json_object(), request.app, request.world, request.rules
    user = request.user(body.get("user"))
    request.workflow_app()
    _check_body(request, body)
    workflow_id, workflow = _chosen(app, request.params.get("workflow_id"))
    refuse_if(not app.published, "Workflow not published")
    streaming = body.get("response_mode") == "streaming"
    _check_slots(request, streaming=streaming)
    try:
        inputs = read_inputs(world, app, user, body["inputs"])
        files = [read_file(world, user, file) for file in body.get("files") or ()]
        steps = _steps(app, workflow, inputs)
    except ApiError as problem:
        if streaming and (rules.worker or not problem.builds):
            return _never_began(request, problem, workflow_id)
        raise
    run = Run(app, workflow_id, inputs, user.session_id, body["inputs"])
    run.files, run.streaming, request.run = files, streaming, run
    reader = Reader(request, run) if streaming else None
    start(world, run, steps)
    if reader is not None:
        return Reply(media=EVENTS, content=reader.own(), leave=reader.leave_own)
    await run.settled.wait()
    media = "application/json; charset=utf-8" if rules.since(1, 11) else "application/json"
    return Reply(_blocking(request, run), media=media, line=False)


def _chosen(app: App, given: str | None) -> tuple[str, Workflow]:
    if given is None:
        return app.workflow_id, app.workflow
    odd = ApiError(400, "bad_request", f"Invalid workflow_id format: '{given}'. ")
    workflow_id = as_uuid(given, odd)
    text = (
        f"Cannot use draft workflow version. Workflow ID: {workflow_id}. "
        "Please use a published workflow version or leave workflow_id empty."
    )
    refuse_if(workflow_id == app.draft_id, text, "bad_request")
    versions = {**app.versions, app.workflow_id: app.workflow}
    refuse_if(workflow_id not in versions, f"Workflow not found with id: {given}", "not_found", 404)
    return workflow_id, versions[workflow_id]


def _check_body(request: ApiRequest, body: Mapping[str, Any]) -> None:
    rules, inputs, files = request.rules, body.get("inputs"), body.get("files") or []
    if "inputs" not in body:
        raise refused(MODEL, "inputs", "missing", dict(body))
    if not isinstance(inputs, dict):
        error = refused(MODEL, "inputs", "dict_type", inputs)
        raise error if inputs is not None else evolve(error, old_text="Must not be null!")
    mode = body.get("response_mode", "blocking")
    if mode not in ["blocking", "streaming", *([None] if rules.reads_null_mode else [])]:
        choices = "'blocking' or 'streaming'"
        raise refused(MODEL, "response_mode", "literal_error", mode, choices=choices)
    wrong = [] if isinstance(files, list) else [("files", "list_type", files)]
    items = [(f"files.{n}", "dict_type", one) for n, one in enumerate(files) if not wrong]
    for name, kind, value in [*wrong, *(item for item in items if not isinstance(item[2], dict))]:
        raise refused(MODEL, name, kind, value) if rules.since(1, 11) else crash()


def _check_slots(request: ApiRequest, *, streaming: bool) -> None:
    """Refuse a run that is one too many; before 1.13, streaming ones count as long as they run."""
    app, limit, rules = request.app, request.app.max_active_requests, request.rules
    if limit is None:
        return
    # A streaming run asks for two slots for a moment, once in the API and once in the worker.
    alone = streaming and rules.worker and limit == 1
    mine = [run for run in request.world.runs if run.app is app and run.task is not None]
    counted = [run for run in mine if not (rules.worker and run.streaming)]
    text = (
        "Too many requests. Please try again later. The current maximum concurrent requests "
        f"allowed for {app.id} is {limit}."
    )
    refuse_if(alone or sum(not run.settled.is_set() for run in counted) >= limit, text)


def _steps(app: App, workflow: Workflow, inputs: Mapping[str, Any]) -> Sequence[Step]:
    """Return the steps of a run; an app without any takes those that the input `workflow` names."""
    named = inputs.get("workflow") if not workflow and app.form is None else None
    workflow = BUILTINS.get(named, workflow) if isinstance(named, str) else workflow
    steps = workflow(inputs) if callable(workflow) else workflow
    require(steps, Sequence[Step], "what the function `workflow` returned")
    if steps and isinstance(first := steps[0], PipelineError):
        raise ApiError(first.status, first.code, first.message, builds=False)
    return steps


def _never_began(request: ApiRequest, problem: ApiError, workflow_id: str) -> Reply:
    """Answer a streaming run that cannot begin: in the stream, where a worker notices it."""
    rules = request.rules
    events = [] if problem.builds else [payloads.error(problem)]
    if rules.makes_ends_up:
        tells = rules.ends_tell_errors or problem.builds
        told = (problem.message if tells else payloads.NO_END,)
        events += payloads.made_up(new_id(), workflow_id, request.body["inputs"], *told)
    elif problem.builds and rules.since(1, 14):  # 1.13 says nothing at all
        events.append({"event": "error", "message": problem.message, "status": 500})
    return Reply(media=EVENTS, content=refused_stream(request, events))


def _blocking(request: ApiRequest, run: Run) -> Data:
    paused = payloads.pause(run) if run.status == "paused" else {}
    last = run.events[-1]["data"] if run.events else {}
    told = {"outputs": run.outputs if run.over else {}, "error": last.get("error")}
    told |= {"status": last.get("status", run.status), **paused}
    body = fill("BlockingRunResult", run, workflow_run_id=run.id)
    body["data"] = fill(body["data"], run, **told)
    rendered: Data = request.world.files.render(body)
    return rendered


run_workflow_version = run_workflow


async def stop_workflow_task(request: ApiRequest) -> Reply:
    user, world = request.user(request.json_object().get("user")), request.world
    request.workflow_app()
    for run in world.runs:
        may = run.user == user.session_id and run.app is request.app
        may = may or not request.rules.stop_needs_same_user
        if run.task_id == request.params["task_id"] and not run.over and may:
            run.stop_asked = True
            run.cancel()
    return Reply({"result": "success"})


def _find_run(request: ApiRequest, message: str, user: str | None = None) -> Run:
    """Return the run of the path; Dify crashes on anything that is no UUID."""
    request.workflow_app("advanced-chat")
    run_id = as_uuid(request.params["workflow_run_id"], crash())
    for run in request.world.runs:
        theirs = run.app is request.app and user in (None, run.user)
        if run.id == run_id and run.listed and theirs:
            return run
    raise ApiError(404, "not_found", message)


async def get_workflow_run(request: ApiRequest) -> Reply:
    run, world = _find_run(request, "Workflow run not found."), request.world
    stores, old = request.rules.stores_timestamp, request.rules.start_shows_system
    system = payloads.system_inputs(run, timestamp=stores, old=old)
    not_yet: Data = {"outputs": {}, "total_tokens": 0, "elapsed_time": 0.0}
    told = {"outputs": world.files.render(run.outputs)} if run.over else not_yet
    inputs = json.dumps(world.files.render({**run.inputs, **system}))
    return Reply(fill("WorkflowRunDetail", run, inputs=inputs, **told))


async def stream_workflow_events(request: ApiRequest) -> Reply:
    user, query = request.user(request.query.get("user")), request.query
    run = _find_run(request, "Workflow run not found", user.session_id)
    request.run = run
    if run.over:
        event = {"event": "workflow_finished", "task_id": run.id, "workflow_run_id": run.id}
        data = payloads.workflow_finished(run, created_at=run.created_at)
        told = request.world.event({**event, "data": data})
        chunks = each([f"data: {json.dumps(told)}\n\n".encode()])
    else:
        snapshot = query.get("include_state_snapshot") == "true"
        over_pauses = query.get("continue_on_pause") == "true"
        chunks = events_stream(request, run, snapshot=snapshot, over_pauses=over_pauses)
    return Reply(media=EVENTS, content=chunks, headers={"cache-control": "no-cache"})
