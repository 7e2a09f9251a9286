"""Rows from files: what is read, what types the values get, what is refused."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from batches import ended
from dify_workflow import DifyWorkflow, InvalidArgument, WorkflowFile
from dify_workflow._api.validation import InputForm, input_form
from dify_workflow.batch import iter_many, run_many
from dify_workflow.batch.cells import typed
from dify_workflow.batch.rows import count_rows, read_rows
from fake_dify import FakeDify, Input, Run

FORM = [
    Input("text", "paragraph"),
    Input("count", "number"),
    Input("flag", "checkbox"),
    Input("data", "json_object"),
    Input("report", "file"),
    Input("pictures", "file-list"),
    Input("kind", "select", options=["a", "b"]),
]
DIALECTS = {"csv": "excel", "tsv": "excel-tab"}
TABLE = [
    {"id": "x1", "text": "中文, with\na line", "count": "3"},
    {"id": "x2", "text": "", "count": "2.5"},
]


@pytest.fixture
def fake() -> Iterator[FakeDify]:
    with FakeDify(form=FORM, eof_delay=0.0) as dify:
        yield dify


def given(run: Run) -> dict[str, Any]:
    """The inputs of a run that are set."""
    return {name: value for name, value in run.inputs.items() if value is not None}


def write(folder: Path, ending: str, rows: Sequence[Mapping[str, Any]] = TABLE) -> Path:
    path = folder / f"rows.{ending}"
    if ending == "parquet":
        pyarrow: Any = pytest.importorskip("pyarrow")
        parquet: Any = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif ending in ("csv", "tsv"):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), dialect=DIALECTS[ending])
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "ndjson", "parquet"])
def test_rows_of_files_are_run(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path, ending: str
) -> None:
    path = write(tmp_path, ending)
    assert (list(read_rows(path)), count_rows(path)) == (TABLE, 2)
    summary = run_many(dify, path, tmp_path / "out.jsonl", key="id", concurrency=1)
    assert summary.ok
    assert [given(run) for run in fake.runs] == [
        {"text": "中文, with\na line", "count": 3},
        {"text": "", "count": 2.5},
    ]


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ImportError, match=r"pip install 'dify-workflow\[parquet\]'"):
        list(read_rows(tmp_path / "a.parquet"))


@pytest.fixture(scope="module")
def form() -> InputForm:
    with (
        FakeDify(form=FORM) as fake,
        DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as client,
    ):
        return input_form(client.parameters())


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("text", "7", "7"),
        ("text", "", ""),
        ("text", None, None),
        ("kind", "a", "a"),
        ("count", " 7 ", 7),
        ("count", "-7.5e3", -7500.0),
        ("count", "", None),
        ("count", 7, 7),
        ("flag", "TRUE", True),
        ("flag", "no", False),
        ("flag", "1", True),
        ("flag", "", None),
        ("flag", False, False),
        ("data", '{"a": [1]}', {"a": [1]}),
        ("data", {"a": 1}, {"a": 1}),
        ("other", "x", "x"),
    ],
)
def test_text_gets_the_type_of_the_form(form: InputForm, name: str, value: Any, sent: Any) -> None:
    expected = {} if sent is None else {name: sent}
    found = typed(form, {name: value}, Path())
    assert found == expected
    assert [type(value) for value in found.values()] == [type(v) for v in expected.values()]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("count", "seven", "inputs.count: 'seven' is no number"),
        ("flag", "maybe", "inputs.flag: 'maybe' is no checkbox"),
        ("data", "{", "inputs.data: '{' is no json_object"),
        ("report", "none.txt", "inputs.report: path: no file at "),
        ("pictures", '["none.txt"]', "inputs.pictures: path: no file at "),
    ],
)
def test_text_of_another_type_is_the_error_of_its_row(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path, name: str, value: str, message: str
) -> None:
    path = write(tmp_path, "csv", [{name: value, "text": "a"}, {name: "", "text": "a"}])
    bad, good = iter_many(dify, path)
    assert (bad.key, *ended(bad)) == (1, "error", "InvalidArgument", None)
    assert bad.inputs == {name: value, "text": "a"}
    assert str(bad.error).find(message) > 0
    assert (good.key, good.status) == (2, "succeeded")
    assert fake.posts() == 1


def test_files_are_found_beside_the_table_and_uploaded(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("first")
    (tmp_path / "b.txt").write_text("second")
    url = "https://example.com/c.png"
    given = {"report": "a.txt", "pictures": f'["b.txt", "{url}"]'}
    path = write(tmp_path, "csv", [given, {"report": url, "pictures": "a.txt"}])
    first, second = sorted(iter_many(dify, path), key=lambda row: row.key)
    assert first.inputs == {"report": "a.txt", "pictures": ["b.txt", url]}
    assert second.inputs == {"report": url, "pictures": ["a.txt"]}
    assert first.ok
    assert second.ok
    assert fake.posts("uploadFile") == 3


def test_files_may_be_lists_in_json(form: InputForm, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("first")
    remote = {"type": "image", "transfer_method": "remote_url", "url": "https://example.com"}
    found = typed(form, {"pictures": ["a.txt", remote]}, tmp_path)
    assert isinstance(found["pictures"][0], WorkflowFile)
    assert found["pictures"][1] == remote


def test_columns_that_the_app_does_not_have_are_refused_before_any_run(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path
) -> None:
    (path := tmp_path / "rows.csv").write_text("text,note,id\na,b,c\n")
    with pytest.raises(InvalidArgument, match="there is no column 'txt', only text, note, id"):
        run_many(dify, path, tmp_path / "out.jsonl", inputs=["txt"])
    assert fake.posts() == 0
    assert run_many(dify, path, tmp_path / "out.jsonl", key="id", inputs=["text"]).ok
    assert given(fake.runs[0]) == {"text": "a"}


def test_values_from_python_are_sent_as_they_are(fake: FakeDify, dify: DifyWorkflow) -> None:
    (row,) = iter_many(dify, [{"count": 3, "text": "7"}])
    assert row.ok
    assert given(fake.runs[0]) == {"count": 3, "text": "7"}
    assert fake.posts("getAppParameters") == 0


def test_the_output_may_not_be_the_table(dify: DifyWorkflow, tmp_path: Path) -> None:
    path = write(tmp_path, "jsonl")
    with pytest.raises(InvalidArgument, match="output: the file of the rows itself"):
        run_many(dify, path, tmp_path / "." / "rows.jsonl")
