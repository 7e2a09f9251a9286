"""What ends a batch, and what only makes it wait: the rows that are left stay to be done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batches import Bench, busy, ended, rows
from dify_workflow import (
    AuthenticationError,
    ConnectionFailed,
    DifyWorkflow,
    TooManyRequests,
    WorkflowFile,
)
from dify_workflow.batch import iter_many, run_many
from fake_dify import Answer, FakeDify, Fault, Sleep


def test_a_wrong_key_ends_the_batch_and_leaves_the_rows_to_do(
    fake: FakeDify, bench: Bench, tmp_path: Path
) -> None:
    with pytest.raises(AuthenticationError):
        bench.many(rows(50), api_key="app-wrong", concurrency=2)
    assert fake.posts() <= 2
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert bench.many(rows(5)).rows == 5
    assert len(fake.runs) == 5
    (row,) = iter_many(bench.dify, rows(1), api_key="app-wrong", stop_on=())
    assert ended(row) == ("error", "AuthenticationError", None)


def test_the_results_of_rows_under_way_come_before_the_end(
    fake: FakeDify, dify: DifyWorkflow
) -> None:
    def source() -> Iterator[dict[str, Any]]:
        yield {"text": "a"}
        raise ZeroDivisionError

    batch = iter_many(dify, source())
    assert next(batch).status == "succeeded"
    with pytest.raises(ZeroDivisionError):
        next(batch)


def test_a_server_that_stays_busy_ends_the_batch(fake: FakeDify, bench: Bench) -> None:
    fake.faults.add(busy("0.05"), None)
    with pytest.raises(TooManyRequests):
        bench.many(rows(5), patience=0.3)
    assert bench.output.read_bytes() == b""
    assert not fake.runs


def test_a_server_that_is_away_is_waited_for(tmp_path: Path) -> None:
    with FakeDify() as gone:
        port = int(gone.url.rpartition(":")[2].removesuffix("/v1"))
    output = tmp_path / "out.jsonl"
    back = FakeDify(port=port, eof_delay=0.0)
    with DifyWorkflow(base_url=gone.url, api_key=gone.api_key) as dify:
        with pytest.raises(ConnectionFailed):
            run_many(dify, rows(5), output, patience=0.1)
        assert output.read_bytes() == b""
        timer = threading.Timer(0.2, back.start)
        timer.start()
        try:
            assert run_many(dify, rows(5), output).ok
        finally:
            timer.join()
            back.stop()


@pytest.mark.long
def test_a_row_that_is_always_refused_does_not_hold_up_the_others(
    fake: FakeDify, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dify_workflow.batch.pace._FIRST_PAUSE", 0.001)
    fake.faults.add(Fault(on="upload", before_headers=True, then="close"), times=None)
    file = WorkflowFile.from_bytes(b"too much for a proxy", "a.txt")
    table = [{"text": file}, *rows(30)]
    found = list(bench.iter(table, concurrency=1, max_retries=0, patience=5))
    assert [row.key for row in found if row.ok] == list(range(2, 32))
    (refused,) = [row for row in found if not row.ok]
    assert (refused.key, *ended(refused)) == (1, "error", "ConnectionFailed", None)
    assert fake.posts("uploadFile") < 20


def test_a_server_may_ask_for_an_endless_wait(fake: FakeDify, dify: DifyWorkflow) -> None:
    fake.workflow = [Sleep(0.2)]
    fake.faults.add(Fault(on="run"))  # one that is under way while the other is refused
    fake.faults.add(busy("9" * 400))
    batch = iter_many(dify, rows(2), concurrency=2)
    assert next(batch).ok
    with pytest.raises(TooManyRequests):
        next(batch)


def test_a_key_that_a_gateway_repeats_is_not_kept(fake: FakeDify, bench: Bench) -> None:
    said = {"code": "x", "message": f"no: Bearer {fake.api_key}", "status": 500}
    fake.faults.add(Answer(status=500, body=said))
    bench.many(rows(1))
    assert "no: Bearer ***" in bench.output.read_text()
