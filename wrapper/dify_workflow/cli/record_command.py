"""Record what a Dify really sends, so that the contract can be held against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .clients import open_client
from .inputs import FileOption, InputOption, InputsOption, collect
from .output import write

if TYPE_CHECKING:
    from .. import DifyWorkflow, WorkflowLogs


def record(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The folder to write into.", metavar="DIR")],
    input: InputOption = None,
    inputs: InputsOption = None,
    file: FileOption = None,
) -> None:
    """Record a tour of the API into a folder, without keys, users and what signs links.

    With inputs it runs the workflow too; without, nothing is started.
    """
    import httpx

    from .. import DifyError
    from .recording import recording_hooks

    given = collect(input, inputs, file) if input or inputs or file else None
    with (
        httpx.Client(event_hooks=recording_hooks(out)) as http,
        open_client(context, http_client=http) as dify,
    ):
        for name, step in _tour(dify, given):
            try:
                step()
                write(f"{name}: recorded")
            except DifyError as error:  # an answer as well
                write(f"{name}: recorded {type(error).__name__}: {error}")


def _tour(
    dify: DifyWorkflow, inputs: dict[str, Any] | None
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Give the steps; later ones depend on what the earlier ones were answered."""
    from .. import WorkflowRunRequest

    if inputs is not None:
        blocking = WorkflowRunRequest(inputs=inputs, response_mode="blocking")
        yield "a streaming run", lambda: list(dify.run_workflow_stream(inputs))
        yield "a blocking run", partial(dify.run_workflow, blocking)
        yield "an upload", partial(dify.upload_file, b"recorded", name="recorded.txt")
    yield "the app", dify.app_info
    yield "its parameters", dify.parameters
    yield "its icons", dify.meta
    yield "its page", dify.site
    entries: list[WorkflowLogs] = []
    yield "the logs", lambda: entries.extend(dify.logs(limit=5, page=1))
    for number, entry in enumerate(entries, 1):
        run, user = entry.data.workflow_run, entry.data.created_by_end_user
        yield f"run {number}", partial(dify.info, run.id)
        if run.status not in ("running", "paused"):
            yield f"its events {number}", partial(list, dify.attach(run.id))
        if user is not None:
            yield f"its user {number}", partial(dify.end_user, user.id)
