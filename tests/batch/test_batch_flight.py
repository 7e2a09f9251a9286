"""When a row counts as in flight, for how long it is looked for, and who may write of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from batches import rows
from dify_workflow import DifyWorkflow, InvalidArgument, TooManyRequests
from dify_workflow.batch import iter_many, run_many
from fake_dify import Answer, FakeDify, Gate, Input


@pytest.fixture
def fake() -> Iterator[FakeDify]:
    with FakeDify(form=[Input("text"), Input("count", "number")], eof_delay=0.0) as dify:
        yield dify


def in_flight(folder: Path, **line: Any) -> Path:
    """Write the journal of a batch whose row 1 was in flight when it was killed."""
    (folder / "out.jsonl.journal").write_text(json.dumps({"row": "1", **line}) + "\n")
    return folder / "out.jsonl"


def test_a_second_batch_of_this_process_may_not_either(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with iter_many(dify, rows(2), tmp_path / "out.jsonl", concurrency=1) as batch:
        next(batch)
        with pytest.raises(InvalidArgument, match="another batch is writing") as caught:
            run_many(dify, rows(2), "out.jsonl")
        assert caught.value.field == "output"
    assert run_many(dify, rows(2), "out.jsonl").rows == 2
    assert len(fake.runs) == 2


def test_a_clock_that_was_set_back_does_not_hold_up_the_row(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path
) -> None:
    output = in_flight(tmp_path, user="own-1", at=time.time() + 1e6)
    assert run_many(dify, rows(1), output, lookup_seconds=0.05).ok
    assert len(fake.runs) == 1


def test_a_row_is_in_flight_from_its_post_on(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path
) -> None:
    """Not while it waits for a thread: the time in which it is looked for would be over by then."""
    gate, output = Gate(), tmp_path / "out.jsonl"
    fake.workflow = [gate]
    with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(1) as thread:
        summary = thread.submit(run_many, dify, rows(3), output, executor=pool, concurrency=3)
        fake.wait_for(lambda: fake.posts() == 1)
        before = time.time()
        first = Path(f"{output}.journal").read_text().splitlines()
        gate.open()
        assert summary.result().ok
    posted = [json.loads(line) for line in first if '"user"' in line]
    assert [line["row"] for line in posted] == ["1"]
    assert 0 < posted[0]["at"] <= before


def test_a_row_in_flight_whose_cells_were_spoilt_is_unknown(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("count\nmany\n")
    output = in_flight(tmp_path, user="own-1", at=1.0)
    (line,) = list(iter_many(dify, tmp_path / "rows.csv", output))
    assert (line.status, line.user) == ("unknown", "own-1")
    assert line.error is not None
    assert line.error.type == "InvalidArgument"


def test_a_server_that_is_too_busy_to_be_asked_is_known_to_the_batch(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path
) -> None:
    """It is not waited for in the row's thread, where Ctrl-C would have to wait as well."""
    output = in_flight(tmp_path, user="own-1", at=time.time())
    busy = {"code": "too_many_requests", "message": "Too many requests.", "status": 429}
    fake.faults.add(Answer(on="logs", status=429, body=busy, headers={"Retry-After": "20"}))
    with pytest.raises(TooManyRequests):
        run_many(dify, rows(1), output, patience=10)
    assert fake.posts("listWorkflowLogs") == 1
    assert Path(f"{output}.journal").exists()
