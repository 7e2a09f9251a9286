"""Many runs from a table: a line of JSON for each row, and a bar that tells how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from ..types.files import is_file
from .clients import open_client
from .exits import Exit, Problem
from .inputs import ValidateOption, WorkflowIdOption, seconds
from .output import console_on, is_live, note, write_event, write_json

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from ..batch import BatchOptions, BatchSummary

TOLD_EVERY = 30.0  # s, where no bar can be drawn


def batch(
    context: typer.Context,
    rows: Annotated[
        Path,
        typer.Argument(metavar="TABLE", help="A .csv, .tsv, .jsonl, .ndjson or .parquet file."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="Append a line of JSON for each row to this file.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The column that names a row; else its number."),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="COLUMN", help="An input; repeatable. Else all but the key are."
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The table's, such as gb18030 or cp1252; else UTF-8."),
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, metavar="N", help="Rows under way at most.")
    ] = 8,
    deadline: Annotated[
        float | None,
        typer.Option(parser=seconds, metavar="SECONDS", help="The longest that a run may take."),
    ] = None,
    patience: Annotated[
        float,
        typer.Option(parser=seconds, metavar="SECONDS", help="How long to wait for a busy server."),
    ] = 600.0,
    rerun_unknown: Annotated[
        bool,
        typer.Option("--rerun-unknown", help="Run rows again of which the logs prove nothing."),
    ] = False,
    validate: ValidateOption = False,
    workflow_id: WorkflowIdOption = None,
    json: Annotated[bool, typer.Option("--json", help="The summary as JSON, with -o.")] = False,
) -> None:
    """Run the workflow for every row of a table.

    With -o, the same command goes on where it was stopped: rows in the file are not run again, and
    those that were in flight are looked up first. Without -o, the lines go to standard output.

    Values are typed after the app's form. A file is a path beside the table, or a URL.
    """
    from ..batch import iter_many
    from ..batch.rows import count_rows

    if not is_file(rows):
        raise Problem(f"no file {rows}")
    options: BatchOptions = {
        "key": key,
        "encoding": encoding,
        "concurrency": concurrency,
        "patience": patience,
        "rerun_unknown": rerun_unknown,
        "inputs": inputs or None,
        "deadline": deadline,
        "validate": "strict" if validate else None,
        "workflow_id": workflow_id,
    }
    with ExitStack() as stack, _told_plainly():
        dify = stack.enter_context(open_client(context))
        results = stack.enter_context(iter_many(dify, rows, output, **options))
        view = stack.enter_context(_view(count_rows(rows, encoding)))
        try:
            for result in results:
                if output is None:
                    write_event(attrs.asdict(result))
                view.show(results.summary)
        except KeyboardInterrupt:
            told = f"interrupted after {results.summary}; runs under way go on"
            again = "; the same command finds them and goes on" if output is not None else ""
            raise Problem(told + again, Exit.INTERRUPTED) from None
    summary = results.summary
    if json and output is not None:
        write_json({**attrs.asdict(summary), "rows": summary.rows, "failed": summary.failed})
    else:
        note(str(summary))
    if not summary.ok:
        raise typer.Exit(Exit.RUN_FAILED)


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn what a missing extra raises into a line."""
    try:
        yield
    except ImportError as error:
        raise Problem(str(error)) from None


class View(ExitStack):
    """Tells of the progress now and then, in lines on stderr."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self._total = total
        self._began = self._told = time.monotonic()

    def show(self, summary: BatchSummary) -> None:
        """Take the summary so far."""
        now = time.monotonic()
        if now - self._told >= TOLD_EVERY:
            self._told = now
            note(f"{summary} of {self._total:,}, {self._rate(summary)}")

    def _rate(self, summary: BatchSummary) -> str:
        seconds = time.monotonic() - self._began
        return f"{(summary.rows - summary.earlier) / max(seconds, 0.001):.1f}/s"


class Bar(View):
    """Draws a bar on stderr, with the rate, the failures and the time that is left."""

    def __init__(self, total: int) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        super().__init__(total)
        self._progress: Progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[failed]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console_on(sys.stderr),
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task: TaskID | None = None
        self._add(0)
        self.enter_context(self._progress)

    def _add(self, earlier: int) -> None:
        """Begin the bar where an earlier program ended, whose rows tell nothing of the speed."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(
            "", total=self._total, completed=earlier, rate="", failed=""
        )

    def show(self, summary: BatchSummary) -> None:
        if summary.rows == summary.earlier + 1:
            self._add(summary.earlier)
        assert self._task is not None
        failed = f"{summary.failed:,} failed" if summary.failed else ""
        self._progress.update(
            self._task, completed=summary.rows, rate=self._rate(summary), failed=failed
        )


def _view(total: int) -> View:
    return Bar(total) if is_live(sys.stderr) else View(total)
