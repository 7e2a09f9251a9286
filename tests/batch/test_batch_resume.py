"""A batch that was stopped: what was in flight is looked up before anything is run again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from batches import Bench, busy, ended, read, rows
from dify_workflow import AuthenticationError, InvalidArgument, TooManyRequests
from dify_workflow.batch import run_many
from fake_dify import Answer, FakeDify, Fault, Gate, Input, Sleep
from programs import python


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> Iterator[FakeDify]:
    with FakeDify(getattr(request, "param", "1.14.2"), eof_delay=0.0) as dify:
        yield dify


def versions(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fake", names, indirect=True)


every_version = versions("1.8.1", "1.10.1", "1.11.4", "1.13.2", "1.14.2")


@every_version
@pytest.mark.parametrize("known", [True, False])
def test_a_run_is_followed_by_its_id_or_found_by_its_own_user(
    fake: FakeDify, bench: Bench, known: bool
) -> None:
    fake.add_run(user="own-2")
    run = fake.add_run(user="own-1", outputs={"text": "before"})
    bench.killed(run_id=run.id if known else None)
    summary = bench.many(rows(3))
    assert (summary.rows, summary.ok) == (3, True)
    (found,) = [line for line in read(bench.output) if line["key"] == 1]
    assert (found["run_id"], found["user"]) == (run.id, "own-1")
    assert (found["inputs"], found["outputs"]) == ({"text": "1"}, {"text": "before"})
    assert sorted(run.inputs["text"] for run in fake.runs[2:]) == ["2", "3"]
    assert not bench.journal.exists()


@versions("1.11.4", "1.14.2")
def test_a_run_that_goes_on_is_waited_for(fake: FakeDify, bench: Bench) -> None:
    gate = Gate()
    fake.workflow = [gate]
    started = bench.dify.start({"text": "1"}, user="own-1")
    started.close()
    bench.killed()
    timer = threading.Timer(0.2, gate.open)
    timer.start()
    (line,) = bench.iter(rows(1))
    timer.join()
    assert (line.run_id, line.status) == (started.id, "succeeded")
    assert fake.posts() == 1


@versions("1.11.4", "1.14.2")
@pytest.mark.parametrize("at", [1e9, 1e11])  # where the clock was set back since
def test_a_row_that_never_arrived_is_run_with_another_user(
    fake: FakeDify, bench: Bench, at: float
) -> None:
    bench.killed(at=at)
    (line,) = bench.iter(rows(1), lookup_seconds=0.05)
    assert line.status == "succeeded"
    assert line.user == fake.runs[0].user != "own-1"
    assert len(fake.runs) == 1


def test_a_run_may_be_late_in_the_logs(fake: FakeDify, bench: Bench) -> None:
    bench.killed(at=time.time())
    found: list[Any] = []
    batch = bench.iter(rows(1), lookup_seconds=30)
    thread = threading.Thread(target=lambda: found.extend(batch))
    thread.start()
    fake.wait_for(lambda: fake.posts("listWorkflowLogs") >= 2)
    run = fake.add_run(user="own-1", outputs={"text": "late"})
    thread.join()
    assert [(line.run_id, line.outputs) for line in found] == [(run.id, {"text": "late"})]
    assert fake.posts() == 0


@versions("1.8.1", "1.10.1")
def test_before_1_11_the_logs_prove_nothing(fake: FakeDify, bench: Bench) -> None:
    bench.killed()
    (line,) = bench.iter(rows(1))
    assert (*ended(line), line.user) == ("unknown", "RunOutcomeUnknown", None, "own-1")
    assert list(bench.iter(rows(1))) == []
    assert fake.posts() == 0
    bench.output.unlink()
    bench.killed()
    assert bench.many(rows(1), rerun_unknown=True).ok
    assert fake.posts() == 1


GONE = {"code": "invalid_param", "message": "gone", "status": 400}
UNKNOWN = Answer(on="events", status=400, body=GONE)
SPOILT = Fault(on="events", after_events=0, then="error event left open")
AWAY = Answer(on="logs", status=502, headers={"Retry-After": "0.05"})
# Whether the run's id is known, what the server answers, how the row ends.
ANSWERS: dict[str, tuple[bool, list[Any], tuple[str, str | None]]] = {
    "the run is not known any more": (True, [UNKNOWN], ("unknown", "InvalidParam")),
    "how asking went is not how the run went": (True, [SPOILT], ("error", "ServerError")),
    "a server that cannot be asked proves nothing": (False, [AWAY, AWAY], ("succeeded", None)),
}


@pytest.mark.parametrize(("known", "faults", "how"), ANSWERS.values(), ids=ANSWERS)
def test_what_is_answered_where_a_run_is_asked_for(
    fake: FakeDify, bench: Bench, known: bool, faults: list[Any], how: tuple[str, str | None]
) -> None:
    run = fake.add_run(user="own-1")
    bench.killed(run_id=run.id if known else None)
    for fault in faults:
        fake.faults.add(fault)
    (line,) = bench.iter(rows(1), max_retries=0)
    assert ended(line) == (*how, run.id)
    assert fake.posts() == 0


def test_a_wrong_key_leaves_the_row_in_flight(fake: FakeDify, bench: Bench) -> None:
    run = fake.add_run(user="own-1")
    for run_id in (None, run.id):
        bench.killed(run_id)
        before = bench.journal.read_bytes()
        with pytest.raises(AuthenticationError):
            bench.many(rows(1), api_key="app-wrong")
        assert bench.journal.read_bytes() == before
        assert bench.output.read_bytes() == b""
    assert bench.many(rows(1)).ok
    assert fake.posts() == 0


def test_leaving_the_iteration_leaves_the_runs_to_be_found(fake: FakeDify, bench: Bench) -> None:
    gate = Gate()
    fake.workflow = lambda inputs: [gate] if inputs["text"] != "1" else []
    with bench.iter(rows(6), concurrency=3) as batch:
        next(batch)
        fake.wait_for(lambda: sum(not run.over for run in fake.runs) >= 2)
    assert threading.active_count() < 10  # no thread waits for a run any more
    assert len(read(bench.output)) == 1
    posted = len(fake.runs)
    gate.open()
    summary = bench.many(rows(6))
    assert (summary.rows, summary.ok, summary.earlier) == (6, True, 1)
    assert len(fake.runs) == 6 > posted


def test_stop_on_exit_stops_the_runs_that_are_left(fake: FakeDify, bench: Bench) -> None:
    fake.workflow = lambda inputs: [Gate()] if inputs["text"] != "1" else [Sleep(0.05)]
    with bench.iter(rows(2), concurrency=2, stop_on_exit=True) as batch:
        next(batch)
        fake.wait_for(lambda: any('"run"' in line for line in journal(bench)))
    fake.wait_idle()
    statuses = bench.many(rows(2)).statuses
    assert sum(statuses.values()) == 2
    assert statuses["succeeded"] == 1
    assert len(fake.runs) == 2


def journal(bench: Bench) -> list[str]:
    return [line for line in bench.journal.read_text().splitlines() if '"2"' in line]


WRITER = """
import sys
from pathlib import Path
from dify_workflow.batch.keys import KeySet
from dify_workflow.batch.output_file import Output
Output(Path(sys.argv[1]), KeySet())
"""


@pytest.mark.long
def test_nobody_else_may_write_the_same_output(
    fake: FakeDify, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with bench.iter(rows(2), concurrency=1) as batch:
        next(batch)
        assert "another process is writing" in python("-c", WRITER, bench.output).stderr
        with pytest.raises(InvalidArgument, match="another batch is writing") as caught:
            run_many(bench.dify, rows(2), "out.jsonl")
        assert caught.value.field == "output"
        assert [row.key for row in batch] == [2]
    assert python("-c", WRITER, bench.output).returncode == 0
    assert run_many(bench.dify, rows(2), "out.jsonl").rows == 2
    assert len(fake.runs) == 2


def test_a_journal_that_cannot_be_read_is_not_guessed_at(bench: Bench) -> None:
    bench.journal.write_bytes(b"\0\0\0\n")
    with pytest.raises(InvalidArgument, match=r"line 1 of .*out.jsonl.journal cannot be read"):
        bench.many(rows(1))


def test_a_row_is_in_flight_from_its_post_on(fake: FakeDify, bench: Bench) -> None:
    """Not while it waits for a thread: the time in which it is looked for would be over by then."""
    gate = Gate()
    fake.workflow = [gate]
    with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(1) as thread:
        summary = thread.submit(bench.many, rows(3), executor=pool, concurrency=3)
        fake.wait_for(lambda: fake.posts() == 1)
        before = time.time()
        first = bench.journal.read_text().splitlines()
        gate.open()
        assert summary.result().ok
    posted = [json.loads(line) for line in first if '"user"' in line]
    assert [line["row"] for line in posted] == ["1"]
    assert 0 < posted[0]["at"] <= before


def test_a_row_in_flight_whose_cells_were_spoilt_is_unknown(
    fake: FakeDify, bench: Bench, tmp_path: Path
) -> None:
    fake.default_app.form = [Input("count", "number")]
    (tmp_path / "rows.csv").write_text("count\nmany\n")
    bench.killed()
    (line,) = bench.iter(tmp_path / "rows.csv")
    assert (*ended(line), line.user) == ("unknown", "InvalidArgument", None, "own-1")


def test_a_server_that_is_too_busy_to_be_asked_is_known_to_the_batch(
    fake: FakeDify, bench: Bench
) -> None:
    """It is not waited for in the row's thread, where Ctrl-C would have to wait as well."""
    bench.killed(at=time.time())
    fake.faults.add(busy("20", on="logs"))
    with pytest.raises(TooManyRequests):
        bench.many(rows(1), patience=10)
    assert fake.posts("listWorkflowLogs") == 1
    assert bench.journal.exists()
