"""Following a run to its end, and stopping it when the user interrupts."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Any

from .. import DifyError, RequestTimedOut
from .clients import Settings
from .exits import Exit, Problem, exit_code_of_run
from .output import note, write_json, write_outputs
from .views import View

if TYPE_CHECKING:
    from .. import WorkflowRunResponse, WorkflowStream

WAIT = 5.0  # s: for the first event of a run that shall be stopped, and then for its end
_POLL = 0.1  # s
_SHOWN = ("elapsed_time", "total_tokens", "total_steps", "created_at", "finished_at")


def follow(stream: WorkflowStream, view: View, *, ours: bool) -> WorkflowRunResponse:
    """Show a run until it ends; return its result.

    `ours`: the run was started by this program, so Ctrl-C stops it. The stream must be one with
    `read_ahead`: it is then read in a thread of its own, which Ctrl-C does not touch.

    Raises `Problem` when it was interrupted.
    """
    try:
        with view:
            for item in stream:
                view.show(item)
        return stream.result()
    except KeyboardInterrupt:
        raise (_stopped(stream) if ours else _left(stream)) from None
    finally:
        stream.close()


def _left(stream: WorkflowStream) -> Problem:
    said = f"interrupted: run {stream.id} goes on"
    return Problem(said, Exit.INTERRUPTED, run_id=stream.id, task_id=stream.task_id)


def _stopped(stream: WorkflowStream) -> Problem:
    """Stop the run; return what there is to say."""
    said = _stop(stream)
    known = {"run_id": stream.id, "task_id": stream.task_id, "status": stream.status}
    return Problem(f"interrupted: {said}", Exit.INTERRUPTED, user=stream.user, **known)


def _stop(stream: WorkflowStream) -> str:
    try:
        if not _knows_task(stream):
            return (
                "no event of the run has come; whether it has started is seen by "
                f"dify-workflow logs --end-user {stream.user}"
            )
        stream.stop(wait=WAIT)
        response = stream.result(timeout=_POLL)
    except RequestTimedOut:
        return f"run {stream.id} was asked to stop, and has not ended yet"
    except DifyError as error:
        return f"run {stream.id} may go on, stopping it failed: {error}"
    if exit_code_of_run(response) is Exit.RUN_STOPPED:
        return f"run {stream.id} is stopped"
    return f"run {stream.id} had ended as {response.status}"


def _knows_task(stream: WorkflowStream) -> bool:
    """Wait a moment for the task's id, which comes with the first event."""
    end = time.monotonic() + WAIT
    while stream.task_id is None and time.monotonic() < end:
        try:
            stream.result(timeout=_POLL)
        except RequestTimedOut:
            continue
        break
    return stream.task_id is not None


def finish(
    response: WorkflowRunResponse, settings: Settings, *, as_json: bool, written: bool = False
) -> None:
    """Write a run's result; raises what its end stands for.

    `written`: its events are on stdout already, and the result with them.
    """
    if as_json and not written:
        write_json(from_response(response))
    response.raise_for_status()
    if response.status == "paused":
        raise _paused(response, settings)
    if not as_json:
        write_outputs(response.outputs)
    if response.status == "partial-succeeded":
        note(f"run {response.id} has succeeded in part: a node failed, and its default was used")


def _paused(response: WorkflowRunResponse, settings: Settings) -> Problem:
    told = {
        "--base-url": settings.base_url,
        "--profile": settings.profile,
        "--api-key-file": settings.api_key_file,
    }
    ours = [f"{name} {shlex.quote(str(value))} " for name, value in told.items() if value]
    user = f" --user {shlex.quote(response.user)}" if response.user else ""
    commands = [
        f"dify-workflow {''.join(ours)}form {form.token} --run {response.id}{user}"
        if form.token
        else "a form that is not delivered by WebApp (it cannot be answered here)"
        for form in response.forms
    ]
    tokens = [form.token for form in response.forms]
    said = f"run {response.id} waits for human input: {', '.join(commands)}"
    if len(commands) > 1:
        said += " (one at a time: the next when the one before has ended)"
    return Problem(said, Exit.RUN_PAUSED, run_id=response.id, form_tokens=tokens)


def from_response(response: WorkflowRunResponse) -> dict[str, Any]:
    """Return a run as one JSON object."""
    found: dict[str, Any] = {
        "run_id": response.id,
        "task_id": response.task_id,
        "status": response.status,
        "message": response.message,
        "stopped": response.stopped,
        "outputs": response.outputs,
    }
    for name in _SHOWN:
        found[name] = getattr(response.data, name, None)
    if response.inputs:
        found["inputs"] = response.inputs
    if response.forms:
        found["forms"] = [
            {"token": form.token, "content": form.content, "node": form.node_title}
            for form in response.forms
        ]
    return found
