"""An executor that loses workers, and logs what its tasks are given."""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
from batches import rows
from dify_workflow import DifyWorkflow
from dify_workflow.batch import iter_many, run_many
from dify_workflow.batch.one_row import Task
from fake_dify import FakeDify


class Losing(Executor):
    """Loses the workers of its first tasks."""

    def __init__(self, losses: int) -> None:
        self.losses = losses
        self.tasks: list[Task] = []
        self.shown = ""  # what a scheduler may log

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.tasks.append(args[1])
        self.shown = repr((fn, args, kwargs))
        if len(self.tasks) <= self.losses:
            future.set_exception(OSError("worker lost"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_a_row_whose_worker_was_lost_is_looked_up_first(
    fake: FakeDify, dify: DifyWorkflow, caplog: pytest.LogCaptureFixture
) -> None:
    executor = Losing(1)
    (row,) = iter_many(dify, rows(1), executor=executor, lookup_seconds=0)
    assert row.ok
    assert "row 1: its worker was lost (OSError('worker lost'))" in caplog.text
    first, lookup, again = executor.tasks
    assert (first.in_flight, lookup.in_flight, again.in_flight) == (False, True, False)
    assert first.flight == lookup.flight != again.flight
    assert lookup.flight.at is None  # it may have been posted just now
    assert (row.user, len(fake.runs)) == (again.flight.user, 1)


def test_what_a_scheduler_may_log_has_no_key(fake: FakeDify, dify: DifyWorkflow) -> None:
    executor = Losing(0)
    assert next(iter_many(dify, rows(1), executor=executor)).ok
    assert "run_remotely" in executor.shown
    assert fake.api_key not in executor.shown


def test_when_a_worker_posts_a_row_is_not_known(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    executor = Losing(9)
    with pytest.raises(OSError, match="worker lost"):
        run_many(dify, rows(1), output, executor=executor)
    line = json.loads(Path(f"{output}.journal").read_text())
    assert line == {"row": "1", "user": executor.tasks[0].flight.user, "at": None}
    assert run_many(dify, rows(1), output, lookup_seconds=0).ok  # and is read again


def test_a_row_that_loses_worker_after_worker_ends_the_batch(
    fake: FakeDify, dify: DifyWorkflow
) -> None:
    executor = Losing(9)
    with pytest.raises(OSError, match="worker lost"):
        list(iter_many(dify, rows(1), executor=executor))
    assert len(executor.tasks) == 3
