"""Rows are run wherever an executor runs them: the client travels by pickle."""

from __future__ import annotations

import json
import os
import pickle
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from batches import Bench, busy, rows
from dify_workflow import DifyWorkflow, InvalidArgument
from dify_workflow.batch import iter_many
from dify_workflow.batch.journal import Flight
from dify_workflow.batch.one_row import Sealed, Task, run_remotely
from fake_dify import FakeDify, Gate
from fork_server import warm_context
from programs import python


def processes(count: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=warm_context())


def test_the_callers_threads_are_used_and_left(bench: Bench) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert bench.many(rows(5), executor=pool).ok
        assert pool.submit(int, "7").result() == 7


def test_rows_are_run_in_other_processes(fake: FakeDify, bench: Bench) -> None:
    fake.app("app-other")
    fake.faults.add(busy("0.05"), 2)
    options: Any = {"api_key": "app-other", "user": "me", "extra_headers": {"X-Row": "1"}}
    with processes() as pool:
        summary = bench.many(rows(20), executor=pool, concurrency=4, **options)
    assert (summary.rows, summary.ok) == (20, True)
    assert sorted(int(run.inputs["text"]) for run in fake.runs) == list(range(1, 21))
    assert {(run.user[:3], run.app.key) for run in fake.runs} == {("me-", "app-other")}
    assert {request.headers["x-row"] for request in fake.requests} == {"1"}
    assert fake.posts("listWorkflowLogs") == 0  # a pool never runs a task twice


def test_a_broken_pool_ends_the_batch_and_its_rows_are_found_later(
    fake: FakeDify, bench: Bench
) -> None:
    gate = Gate()
    fake.workflow = [gate]
    with processes() as pool:
        batch = bench.iter(rows(6), executor=pool, concurrency=2)
        with ThreadPoolExecutor(1) as thread:
            results: Future[Any] = thread.submit(list, batch)
            fake.wait_for(lambda: len(fake.runs) == 2)
            for worker in list(pool._processes):
                os.kill(worker, signal.SIGKILL)
            with pytest.raises(BrokenProcessPool):
                results.result()
    gate.open()
    assert bench.many(rows(6)).ok
    assert len(fake.runs) == 6


def test_a_client_that_cannot_be_pickled_is_refused(dify: DifyWorkflow) -> None:
    def answer(form: Any) -> None:
        return None

    with processes(1) as pool, pytest.raises(InvalidArgument, match="cannot be pickled"):
        next(iter_many(dify.with_options(on_human_input=answer), rows(1), executor=pool))


def test_a_task_that_a_scheduler_repeats_finds_its_run(fake: FakeDify, dify: DifyWorkflow) -> None:
    task = Task(key=1, inputs={"text": "a"}, flight=Flight("own-1", 0.0))
    first, again = (run_remotely(Sealed(pickle.dumps(dify)), task, True) for _ in range(2))
    assert first.result is not None
    assert again.result is not None
    assert (again.result.run_id, again.result.status) == (first.result.run_id, "succeeded")
    assert len(fake.runs) == 1
    other = Sealed(pickle.dumps(dify.with_options(api_key="app-no")))
    busy = run_remotely(other, task, True)
    assert (busy.started, type(busy.error).__name__) == (False, "AuthenticationError")


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


def test_a_row_whose_worker_was_lost_is_looked_up_first_and_no_log_has_the_key(
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
    assert "run_remotely" in executor.shown
    assert fake.api_key not in executor.shown


def test_a_row_that_loses_worker_after_worker_ends_the_batch(fake: FakeDify, bench: Bench) -> None:
    executor = Losing(9)
    with pytest.raises(OSError, match="worker lost"):
        bench.many(rows(1), executor=executor)
    assert len(executor.tasks) == 3
    line = json.loads(bench.journal.read_text())  # when a worker posted it is not known
    assert line == {"row": "1", "user": executor.tasks[0].flight.user, "at": None}
    assert bench.many(rows(1), lookup_seconds=0).ok  # and is read again


@pytest.mark.slow
def test_the_example_runs(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    table, output = tmp_path / "rows.csv", tmp_path / "out.jsonl"
    table.write_text("text\nhello\nworld\n")
    unset = dict.fromkeys(("DIFY_BASE_URL", "DIFY_API_KEY"), "")
    ran = python("examples/dask_batch.py", table, output, env=unset)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith("2 rows: 2 succeeded\n")
    assert len(output.read_text().splitlines()) == 2
