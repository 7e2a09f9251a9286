"""What belongs to the app: its input form, and files for its runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..types.files import is_file
from .clients import open_client
from .exits import Problem
from .output import as_json, console_on, is_live, write, write_json, write_table

if TYPE_CHECKING:
    from dify_workflow_api.models import AppParameters

COLUMNS = ("name", "type", "required", "default", "allowed", "label")


def params(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="All parameters, as JSON.")] = False,
) -> None:
    """Show the app's input form: what `run -i` takes."""
    with open_client(context) as dify:
        parameters = dify.parameters()
    if json:
        told = parameters.to_dict()
        told["user_input_form"] = [_known(entry) for entry in told["user_input_form"]]
        write_json(told)
    else:
        write_table(COLUMNS, rows(parameters), whole=COLUMNS[:3])


def _known(entry: dict[str, Any]) -> dict[str, Any]:
    """Leave out the kinds that an input is not of."""
    return {kind: field for kind, field in entry.items() if field is not None}


def rows(parameters: AppParameters) -> list[tuple[str, ...]]:
    """Return the inputs as rows of `COLUMNS`."""
    found = []
    for entry in parameters.user_input_form:
        for kind, field in entry.to_dict().items():
            if isinstance(field, dict):
                found.append(_row(kind, field))
    return found


def _row(kind: str, field: dict[str, Any]) -> tuple[str, ...]:
    default = field.get("default")
    return (
        str(field.get("variable", "")),
        kind,
        "yes" if field.get("required") else "",
        "" if default is None else default if isinstance(default, str) else as_json(default),
        _allowed(kind, field),
        str(field.get("label") or ""),
    )


def _allowed(kind: str, field: dict[str, Any]) -> str:
    most = field.get("max_length")
    parts = []
    if kind == "select":
        parts.append(" | ".join(map(str, field.get("options") or ())))
    if kind.startswith("file"):
        parts.append(" ".join(map(str, field.get("allowed_file_types") or ())))
    if most:
        parts.append(f"at most {most} {'files' if kind == 'file-list' else 'characters'}")
    return ", ".join(filter(None, parts))


def upload(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file.")],
    json: Annotated[bool, typer.Option("--json", help="All that the server says of it.")] = False,
) -> None:
    """Upload a file for later runs of the same user, and print its id.

    A run takes it as -i 'name:={"transfer_method": "local_file", "upload_file_id": "...", "type":
    "document"}'. `run --file name=path` does both at once.
    """
    if not is_file(path):
        raise Problem(f"no file {path}")
    with open_client(context) as dify, _bar(Path(path).name) as progress:
        uploaded = dify.upload_file(path, progress=progress)
    if json:
        write_json(uploaded.to_dict())
    else:
        write(uploaded.id)


def _bar(name: str) -> AbstractContextManager[Callable[[int, int], None] | None]:
    return _Bar(name) if is_live(sys.stderr) else nullcontext()


class _Bar(AbstractContextManager[Callable[[int, int], None]]):
    """A bar on stderr that goes away at the end."""

    def __init__(self, name: str) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
        from rich.progress import TransferSpeedColumn as Speed

        columns = (TextColumn("{task.description}", markup=False), BarColumn())
        console = console_on(sys.stderr)
        self._bar = Progress(*columns, DownloadColumn(), Speed(), console=console, transient=True)
        self._task = self._bar.add_task(name, total=None)

    def __enter__(self) -> Callable[[int, int], None]:
        self._bar.start()
        return self._moved

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _moved(self, sent: int, total: int) -> None:
        self._bar.update(self._task, completed=sent, total=total)
