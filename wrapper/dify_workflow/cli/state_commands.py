"""Runs that are on the server: info and stop."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from .clients import open_client
from .following import from_response
from .inputs import RunIdArgument
from .output import as_json, write, write_json


def info(
    context: typer.Context,
    run_id: RunIdArgument,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show how a run stands. The exit code tells only whether it could be asked."""
    with open_client(context) as dify:
        found = from_response(dify.info(run_id))
    if json:
        write_json(found)
        return
    for name, value in found.items():
        if value is not None and value is not False and value != "":
            write(f"{name + ':':<14} {_shown(name, value)}")


def stop(
    context: typer.Context,
    task_id: Annotated[str, typer.Argument(metavar="TASK_ID", help="As `start` prints it.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Ask the server to stop a task, by the id that `start` has printed.

    The server says "success" whatever the id; `info` shows what became of the run. To Dify 1.8 the
    user (--user) must be the run's.
    """
    with open_client(context) as dify:
        answer = dify.stop_workflow_stream(task_id)
    if json:
        write_json({"task_id": task_id, "result": answer.result})
    else:
        write(f"asked to stop: {answer.result}")


def local_time(seconds: Any) -> str:
    """Return unix seconds as a time of this place, with its zone; "" for none."""
    if not isinstance(seconds, int | float):
        return ""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "seconds")


def _shown(name: str, value: Any) -> str:
    if name.endswith("_at"):
        return local_time(value)
    return value if isinstance(value, str) else as_json(value)
