"""A batch: its files, opened and closed around its results."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from .. import DifyWorkflow
from ..errors import invalid
from .engine import Engine
from .journal import Journal
from .keys import KeySet
from .output_file import Output
from .row_results import BatchSummary, RowResult
from .rows import Rows, path_of
from .settings import BatchOptions, split
from .tasks import Tasks


class Batch:
    """The results of many runs, as they come; `summary` counts them. A context manager."""

    def __init__(
        self,
        client: DifyWorkflow,
        rows: Rows,
        output: str | os.PathLike[str] | None,
        options: BatchOptions,
    ) -> None:
        if not isinstance(client, DifyWorkflow):
            raise invalid("client", "a DifyWorkflow, not an async one")
        self._settings, theirs = split(options)
        self._client = client.with_options(**theirs)
        # Plans a run and sends nothing: raises what every row would be refused for.
        self._user = self._client.run_workflow_stream({}, unique_user=False).user
        self._rows = rows
        path = path_of(rows)
        self._path = None if output is None else Path(output)
        if path is not None and self._path is not None and path.resolve() == self._path.resolve():
            raise invalid("output", "the file of the rows itself")
        self.summary: BatchSummary = BatchSummary()
        self._results = self._run()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> RowResult:
        return next(self._results)

    def close(self) -> None:
        """Leave the rows that are under way (their runs go on), and close the files."""
        self._results.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> Generator[RowResult, None, None]:
        with ExitStack() as stack:
            output, done, seen = None, KeySet(), KeySet()
            stack.callback(done.close)
            stack.callback(seen.close)
            if self._path is not None:
                output = Output(self._path, done)
                stack.callback(output.close)
                self.summary.statuses.update(output.statuses)
                self.summary.earlier = self.summary.rows
            beside = None if self._path is None else Path(f"{self._path}.journal")
            journal = Journal(beside, done.__contains__)
            stack.callback(journal.close)
            tasks = Tasks(
                self._client, self._user, self._rows, self._settings, journal.found, done, seen
            )
            engine = Engine(self._client, self._settings, tasks, journal)
            stack.callback(engine.close)
            for result in engine.results():
                if output is not None:
                    output.write(result)
                journal.over(result.key)
                self.summary.statuses[result.status] += 1
                yield result
