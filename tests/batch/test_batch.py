"""Many runs: one result for each row, whatever becomes of it; what ends a batch."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from batches import Bench, busy, ended, read, rows
from dify_workflow import (
    AuthenticationError,
    ConnectionFailed,
    DifyWorkflow,
    InvalidArgument,
    TooManyRequests,
    WorkflowFile,
)
from dify_workflow.batch import RowError, RowResult, iter_many, run_many
from fake_dify import Answer, Fail, FakeDify, Fault, Gate, HumanInput, Input, Sleep, Step


def test_each_row_is_a_line_with_its_key_inputs_and_outputs(
    fake: FakeDify, bench: Bench, tmp_path: Path
) -> None:
    given = ({"id": f"row-{number}", "text": str(number)} for number in range(20))
    summary = bench.many(given, key="id", concurrency=3, user="me")
    assert (summary.rows, summary.failed, summary.ok, summary.earlier) == (20, 0, True, 0)
    assert str(summary) == "20 rows: 20 succeeded"
    found = {line["key"]: line for line in read(bench.output)}
    assert set(found) == {f"row-{number}" for number in range(20)}
    runs = {run.inputs["text"]: run for run in fake.runs}
    assert len(fake.runs) == len({run.user for run in fake.runs}) == 20
    for key, line in found.items():
        run = runs[key.removeprefix("row-")]
        assert line["inputs"] == line["outputs"] == run.inputs == {"text": key[4:]}
        assert (line["run_id"], line["task_id"], line["user"]) == (run.id, run.task_id, run.user)
        assert line["user"].startswith("me-")
        assert (line["status"], line["error"]) == ("succeeded", None)
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_the_same_call_again_runs_what_is_new_and_what_has_no_line(
    fake: FakeDify, bench: Bench
) -> None:
    bench.many(rows(3), concurrency=1, inputs=["text"])
    summary = bench.many(rows(5), concurrency=1, inputs=["text"])
    assert str(summary) == "5 rows: 5 succeeded (3 of them earlier)"
    bench.output.write_bytes(b"".join(bench.output.read_bytes().splitlines(True)[:4]))
    bench.many(rows(5), concurrency=1, inputs=["text"])
    assert [run.inputs["text"] for run in fake.runs] == ["1", "2", "3", "4", "5", "5"]
    assert [line["key"] for line in read(bench.output)] == [1, 2, 3, 4, 5]


def test_results_can_be_iterated_over_without_a_file(dify: DifyWorkflow) -> None:
    with iter_many(dify, rows(4), inputs=lambda row: {"text": row["text"] * 2}) as batch:
        found = {row.key: (row.ok, row.outputs) for row in batch}
    assert found == {number: (True, {"text": f"{number}" * 2}) for number in (1, 2, 3, 4)}
    assert batch.summary.rows == 4


def test_no_more_rows_are_under_way_than_asked_for(fake: FakeDify, dify: DifyWorkflow) -> None:
    gate = Gate()
    fake.workflow = [gate]
    taken: list[dict[str, Any]] = []

    def source() -> Iterator[dict[str, Any]]:
        for row in rows(9):
            taken.append(row)
            yield row

    results: list[RowResult] = []
    batch = iter_many(dify, source(), concurrency=3)
    thread = threading.Thread(target=lambda: results.extend(batch))
    thread.start()
    fake.wait_for(lambda: len(fake.runs) == 3)
    assert len(taken) == 3  # the others are not even read
    gate.open()
    thread.join()
    assert len(results) == 9


def test_a_row_that_fails_is_a_line_and_the_others_go_on(fake: FakeDify, bench: Bench) -> None:
    steps: dict[str, list[Step]] = {"fail": [Fail("boom")], "pause": [HumanInput()]}
    fake.workflow = lambda inputs: steps.get(inputs["text"], [])
    refusal = {"code": "invalid_param", "message": "no", "status": 400}
    fake.faults.add(Answer(status=400, body=refusal), 1)
    given: list[dict[str, Any]] = [{"text": text} for text in ("no", "fail", "pause", math.inf)]
    given.append({"text": "\udc80", "other": WorkflowFile.from_bytes(b"x", "x.txt")})
    given.append({"text": "well"})
    summary = bench.many(given, concurrency=1)
    assert summary.statuses == {"error": 3, "failed": 1, "paused": 1, "succeeded": 1}
    assert (summary.failed, summary.ok) == (5, False)
    found = {line["key"]: line for line in read(bench.output)}
    assert found[1]["error"] == {"type": "InvalidParam", "code": "invalid_param", "message": "no"}
    assert found[2]["error"] == {"type": "WorkflowFailed", "code": None, "message": "boom"}
    assert found[2]["run_id"] == fake.runs[0].id
    assert found[3]["error"] is None
    assert found[4]["error"]["type"] == "InvalidArgument"
    assert found[4]["inputs"] == {"text": "inf"}
    assert found[5]["inputs"] == {"text": "'\\udc80'", "other": "x.txt"}


@pytest.mark.parametrize("version", ["1.14.2", "1.15.0", "1.16.1"])
def test_a_row_that_the_server_refuses_has_no_run(version: str, tmp_path: Path) -> None:
    """From 1.15 on the server tells it as a run that has failed."""
    output = tmp_path / "out.jsonl"
    given = [{"text": "a"}, {"other": "b"}, {"text": "c"}]
    with (
        FakeDify(version, form=[Input("text", required=True)]) as fake,
        DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify,
    ):
        for _ in range(2):  # it is written, so it is not run again
            summary = run_many(dify, given, output, concurrency=1)
            assert summary.statuses == {"succeeded": 2, "error": 1}
            assert (fake.posts(), len(fake.runs)) == (3, 2)
    (row,) = [line for line in read(output) if line["key"] == 2]
    assert (row["status"], row["stopped"]) == ("error", False)
    assert (row["run_id"], row["task_id"], row["candidates"]) == (None, None, [])
    said = "text is required in input form"
    assert row["error"] == {"type": "InvalidParam", "code": "invalid_param", "message": said}


def test_a_run_that_was_lost_before_its_id_came_is_found_again(
    fake: FakeDify, dify: DifyWorkflow
) -> None:
    fake.faults.add(Fault(on="run", before_headers=True, then="reset"), 3)
    found = list(iter_many(dify, rows(4), concurrency=2))
    assert [row.status for row in found] == ["succeeded"] * 4
    assert len(fake.runs) == 4


def test_a_run_whose_end_is_not_seen_is_unknown(fake: FakeDify, dify: DifyWorkflow) -> None:
    fake.workflow = [Gate()]
    (row,) = iter_many(dify, rows(1), deadline=1.5)
    assert ended(row) == ("unknown", "DeadlineExceeded", fake.runs[0].id)


@pytest.mark.parametrize("keys", [(7, "7"), (1.0, "1.0"), ("a", "a")])
def test_a_key_that_comes_twice_is_refused(
    fake: FakeDify, dify: DifyWorkflow, keys: tuple[Any, Any]
) -> None:
    batch = iter_many(dify, [{"id": key} for key in keys], key="id", concurrency=1)
    assert next(batch).ok
    with pytest.raises(InvalidArgument, match=f"row 2 has the id of an earlier one, '{keys[1]}'"):
        next(batch)
    assert len(fake.runs) == 1


@pytest.mark.parametrize("key", [None, "", True, [1], math.nan, math.inf])
def test_a_row_needs_a_key(dify: DifyWorkflow, key: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"^key: text or a number is needed, and row 1 has"):
        list(iter_many(dify, [{"id": key}], key="id"))
    with pytest.raises(InvalidArgument, match="row 1 has no 'number', only id"):
        list(iter_many(dify, [{"id": key}], key="number"))


class Colour(str, Enum):  # noqa: UP042
    RED = "red"


@pytest.mark.parametrize("key", [Colour.RED, HTTPStatus.OK, 1.5, 1e300, "\ud800", "e\u0301", "é"])
def test_a_key_is_known_again_when_it_is_read_from_the_output(
    fake: FakeDify, bench: Bench, tmp_path: Path, key: Any
) -> None:
    for _ in range(2):
        run_many(bench.dify, [{"id": key, "text": "a"}], tmp_path / "out.jsonl", key="id")
    assert len(fake.runs) == 1


MEANINGLESS: dict[str, tuple[Any, ...]] = {
    "concurrency": (0, True, 10**400),
    "executor": (8,),
    "inputs": ("text",),
    "key": (bytearray(),),
    "patience": (math.nan, 10**400),
    "stop_on": ((ValueError,), TooManyRequests),
    "lookup_seconds": (-1,),
    "unique_user": (True,),
    "on_human_input": (print,),
    "deadline": (0,),
    "concurency": (8,),
    "rows": ({"text": "a"}, 7, "rows.xlsx", "none.csv", [{}, None]),
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(name, one) for name, many in MEANINGLESS.items() for one in many],
    ids=repr,
)
def test_what_cannot_be_meant_is_refused_at_once(
    dify: DifyWorkflow, field: str, value: Any
) -> None:
    rows: Any = value if field == "rows" else []
    options: Any = {} if field == "rows" else {field: value}
    with pytest.raises(InvalidArgument) as caught:
        iter_many(dify, rows, **options)
    assert caught.value.field == field


def test_a_line_is_json_whatever_the_server_sent() -> None:
    outputs = {"a": math.nan, "b": "\udc80", "c": [math.inf, "中文\u2028"]}
    error = RowError("InvalidParam", "invalid_param", "text is required")
    line = RowResult(key="k", status="error", outputs=outputs, error=error).line()
    assert line.count(b"\n") == 1
    told = json.loads(line)
    assert told["outputs"] == {"a": None, "b": "\udc80", "c": [None, "中文\u2028"]}
    assert told["error"] == {"type": error.type, "code": error.code, "message": error.message}
    plain = RowResult(key="k", status="succeeded", outputs={"a": "中文"}).line()
    assert "中文" in plain.decode()


# What ends a batch, and what only makes it wait: the rows that are left stay to be done.


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
