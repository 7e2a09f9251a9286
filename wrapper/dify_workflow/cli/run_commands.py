"""Running a workflow: run, start, watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import WorkflowRunRequest
from ..versions import OUTLIVES_ITS_STREAM
from .clients import open_client, settings_of
from .exits import Exit, Problem
from .following import finish, follow
from .inputs import (
    DeadlineOption,
    FileOption,
    InputOption,
    InputsOption,
    RunIdArgument,
    ValidateOption,
    WorkflowIdOption,
    collect,
)
from .output import note, write, write_json
from .views import view_of

if TYPE_CHECKING:
    from .. import DifyWorkflow

TraceOption = Annotated[
    str | None, typer.Option(metavar="ID", help="An id for the server's tracing.")
]
UniqueOption = Annotated[
    bool,
    typer.Option("--unique-user", help="A user for this run alone: it can always be found again."),
]


def run(
    context: typer.Context,
    input: InputOption = None,
    inputs: InputsOption = None,
    file: FileOption = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Show the nodes and the text as they come, on stderr.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="The whole result as JSON; with --stream each event.")
    ] = False,
    validate: ValidateOption = False,
    deadline: DeadlineOption = None,
    unique_user: UniqueOption = False,
    workflow_id: WorkflowIdOption = None,
    trace_id: TraceOption = None,
) -> None:
    """Run the workflow and print its outputs. Ctrl-C stops the run.

    A text alone is printed as it is, without a model's reasoning, all other outputs as JSON.
    """
    request = _request(collect(input, inputs, file), workflow_id, trace_id)
    options = _options(validate=validate, unique_user=unique_user, deadline=deadline)
    view = view_of(streamed=stream, as_json=json)
    with open_client(context) as dify:
        events = dify.run_workflow_stream(request, read_ahead=True, **options)
        response = follow(events, view, ours=True)
    finish(response, settings_of(context), as_json=json, written=stream)


def start(
    context: typer.Context,
    input: InputOption = None,
    inputs: InputsOption = None,
    file: FileOption = None,
    json: Annotated[bool, typer.Option("--json", help="The ids as JSON.")] = False,
    validate: ValidateOption = False,
    unique_user: UniqueOption = False,
    workflow_id: WorkflowIdOption = None,
    trace_id: TraceOption = None,
) -> None:
    """Start the workflow, print its ids, and leave it to itself.

    The run's id is for `watch` and `info`, the task's id for `stop`.
    """
    request = _request(collect(input, inputs, file), workflow_id, trace_id)
    options = _options(validate=validate, unique_user=unique_user)
    with open_client(context) as dify:
        try:
            with dify.start(request, **options) as events:
                run_id, task_id, user = events.id, events.task_id or None, events.user
        except KeyboardInterrupt:
            said = "interrupted: whether the run has started is seen by dify-workflow logs"
            raise Problem(said, Exit.INTERRUPTED) from None
        _warn_of_old(dify)
    if json:
        write_json({"run_id": run_id, "task_id": task_id, "user": user})
        return
    write(f"run {run_id}")
    if task_id is not None:  # a run that was found in the logs has told none yet
        write(f"task {task_id}")
    if unique_user:
        write(f"user {user}")


def watch(
    context: typer.Context,
    run_id: RunIdArgument,
    json: Annotated[bool, typer.Option("--json", help="One event a line, as JSON.")] = False,
    deadline: DeadlineOption = None,
) -> None:
    """Follow a run that was started elsewhere, and print its outputs. Ctrl-C leaves it running.

    The user (--user) must be the one that it was started with; for another one only the end is
    seen. What happened before is shown again (Dify 1.14 on), but for the text.
    """
    view = view_of(streamed=True, as_json=json)
    with open_client(context) as dify:
        events = dify.attach(run_id, read_ahead=True, **_options(deadline=deadline))
        response = follow(events, view, ours=False)
    finish(response, settings_of(context), as_json=json, written=True)


def _request(
    inputs: dict[str, Any], workflow_id: str | None, trace_id: str | None
) -> WorkflowRunRequest:
    return WorkflowRunRequest(inputs=inputs, workflow_id=workflow_id, trace_id=trace_id)


def _options(
    *, validate: bool = False, unique_user: bool = False, deadline: float | None = None
) -> Any:
    given = {
        "validate": "strict" if validate else None,
        "unique_user": unique_user or None,
        "deadline": deadline,
    }
    return {name: value for name, value in given.items() if value is not None}


def _warn_of_old(dify: DifyWorkflow) -> None:
    if not OUTLIVES_ITS_STREAM.on(dify.server_version):
        note(
            f"warning: Dify {dify.server_version} ends a run whose stream is closed: "
            "use `run` there"
        )
