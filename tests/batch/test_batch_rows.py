"""Rows from files: what is read, what types the values get, what is refused."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batches import ended
from cli_calls import cli
from dify_workflow import DifyWorkflow, InvalidArgument, WorkflowFile
from dify_workflow._api.validation import InputForm, input_form
from dify_workflow.batch import iter_many, run_many
from dify_workflow.batch.cells import typed
from dify_workflow.batch.rows import count_rows, read_rows
from fake_dify import FakeDify, Input
from odd_values import NaTType, NAType, Scalar

FORM = [
    Input("text", "paragraph"),
    Input("count", "number"),
    Input("flag", "checkbox"),
    Input("data", "json_object"),
    Input("report", "file"),
    Input("pictures", "file-list"),
    Input("kind", "select", options=["a", "b"]),
    Input("topic", label="主题"),
    Input("body", "paragraph", label="正文"),
    Input("n", "number", label="N"),
    Input("one", label="同"),
    Input("two", label="同"),
]
# What Python alone takes for numbers, and people.
NO_NUMBERS = ("1_000", "1,000", "nan", "inf", "Infinity", "0x10", "1 000", "five", "１２")
DIALECTS = {"csv": "excel", "tsv": "excel-tab"}
TABLE = [
    {"id": "x1", "text": "中文, with\na line", "count": "3"},
    {"id": "x2", "text": "", "count": "2.5"},
]


@pytest.fixture
def fake() -> Iterator[FakeDify]:
    with FakeDify(form=FORM, eof_delay=0.0) as dify:
        yield dify


def given(fake: FakeDify) -> list[dict[str, Any]]:
    """The inputs of the runs that are set."""
    return [
        {name: value for name, value in run.inputs.items() if value not in (None, "")}
        for run in fake.runs
    ]


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
    assert given(fake) == [{"text": "中文, with\na line", "count": 3}, {"count": 2.5}]


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


# The values of a field, and what is sent for each.
TYPED: dict[str, list[tuple[Any, Any]]] = {
    "text": [("7", "7"), ("", ""), (None, None)],
    "kind": [("a", "a")],
    "count": [(" 7 ", 7), ("-7.5e3", -7500.0), ("", None), (7, 7)],
    "flag": [("TRUE", True), ("no", False), ("1", True), ("", None), (False, False)],
    "data": [('{"a": [1]}', {"a": [1]}), ({"a": 1}, {"a": 1})],
    "other": [("x", "x")],
}


@pytest.mark.parametrize(
    ("name", "value", "sent"), [(name, *pair) for name, pairs in TYPED.items() for pair in pairs]
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
        *(("n", text, f"inputs.n: {text!r} is no number") for text in NO_NUMBERS),
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
    assert given(fake) == [{"text": "a"}]


def test_values_from_python_are_sent_as_they_are(fake: FakeDify, dify: DifyWorkflow) -> None:
    (row,) = iter_many(dify, [{"count": 3, "text": "7"}])
    assert row.ok
    assert given(fake) == [{"count": 3, "text": "7"}]
    assert fake.posts("getAppParameters") == 0


def test_the_output_may_not_be_the_table(dify: DifyWorkflow, tmp_path: Path) -> None:
    path = write(tmp_path, "jsonl")
    with pytest.raises(InvalidArgument, match="output: the file of the rows itself"):
        run_many(dify, path, tmp_path / "." / "rows.jsonl")


# As Excel, WPS, pandas and Dify's own batch page write them.

AB = {"topic": "a", "body": "b"}
CHINESE = {"topic": "联通", "body": "你好"}
CELLS = "topic,body\n联通,你好\n"
# what it is: (its bytes, the encoding that is said, the inputs that are sent)
TABLES: dict[str, tuple[bytes, str | None, list[dict[str, Any]]]] = {
    "blank rows at the end": (b"topic,body\na,b\n,\n , \n\n", None, [AB]),
    "blank rows before the names": (b"\n,,\ntopic,body\na,b\n", None, [AB]),
    "the separator's own line": (b"sep=;\r\ntopic;body\r\na;b\r\n", None, [AB]),
    "a separator of any kind": (b"sep=|\ntopic|body\na|b\n", None, [AB]),
    "a blank row between": (b"topic,body\n,\na,b\n", None, [AB]),
    "^Z": (b"topic,body\r\na,b\r\n\x1a", None, [AB]),
    "empty columns at the end": (b"topic,body,,\na,b,,\n", None, [AB]),
    "cells but no column at the end": (b"topic,body\na,b,,,\n", None, [AB]),
    "short rows": (b"topic,body,n\na,b\n", None, [AB]),
    "spaces around names": (b"topic , body\na,b\n", None, [AB]),
    "labels": ("主题,正文\na,b\n".encode(), None, [AB]),
    "a label and a variable": ("主题,body\na,b\n".encode(), None, [AB]),
    "semicolons": (b'"topic";body\na;b\n', None, [AB]),
    "tabs": (b"topic\tbody\na\tb\n", None, [AB]),
    "a mark of its encoding": ("\ufefftopic,body\r\na,b\r\n".encode(), None, [AB]),
    "utf-16 with its mark": (CELLS.replace(",", "\t").encode("utf-16"), None, [CHINESE]),
    "utf-16": (CELLS.encode("utf-16-le"), "utf-16-le", [CHINESE]),
    "gb18030": (CELLS.encode("gb18030"), "gb18030", [CHINESE]),
    "cp1252": ("topic,body\n€,é\n".encode("cp1252"), "cp1252", [{"topic": "€", "body": "é"}]),
    "a long document": (b"topic\n" + b"x" * 200_000, None, [{"topic": "x" * 200_000}]),
    "numbers": (
        b"topic,n\na,+5\na,-1.50\na, 7 \na,1e3\na,.5\na,5.\n",
        None,
        [{"topic": "a", "n": n} for n in (5, -1.5, 7, 1000, 0.5, 5)],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_as_it_was_meant(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path, name: str
) -> None:
    content, encoding, rows = TABLES[name]
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    summary = run_many(dify, path, tmp_path / "out.jsonl", encoding=encoding, concurrency=1)
    assert (summary.rows, summary.ok) == (len(rows), True)
    assert given(fake) == rows


WRONG: list[tuple[str, bytes, str]] = [
    ("a.csv", b"", "a.csv has no rows"),
    ("a.csv", b"topic,body\n", "a.csv has no rows"),
    ("a.csv", b"topic,body\n,\n\x1a", "a.csv has no rows"),
    ("a.csv", CELLS.encode("gbk"), "a.csv is not UTF-8: .*encoding=.*gb18030.*cp1252"),
    ("a.csv", "topic\n联通".encode("utf-16")[:-1], "not UTF-16"),
    ("a.csv", b"topic,,body\na,,b\n", "column 2 has no name"),
    ("a.csv", b"n,topic,n\n1,2,3\n", "line 1 of a.csv: two columns have the same name"),
    ("a.csv", "topic,主题\na,b\n".encode(), "two columns are 'topic'"),
    ("a.csv", "topic,同\na,b\n".encode(), "the app has no '同'"),
    ("a.csv", b'topic;body;"x,y,z,"\na;b;\n', "the app has no 'x,y,z,'"),
    ("a.csv", b"topic,n,id\na,1,c\n", "the app has no 'id'; choose columns among text, count"),
    ("a.csv", b"topic,n\n1,2,3\n", "line 2 of a.csv: more cells than the header"),
    ("a.csv", b'topic\n"b"c\n', "line 2 of a.csv: "),
    ("a.jsonl", b'{"topic": 1}\n{"topic":\n', "line 2 of a.jsonl: "),
    ("a.jsonl", b"\n[1]\n", "line 2 of a.jsonl: a JSON object is needed"),
    ("a.parquet", b"not this", "a.parquet cannot be read"),
]


@pytest.mark.parametrize(("name", "content", "message"), WRONG)
def test_what_is_wrong_with_a_table_is_said_before_a_run(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidArgument, match=message):
        run_many(dify, path, tmp_path / "out.jsonl")
    assert fake.runs == []


@pytest.mark.parametrize("encoding", ["nonsense", "hex", 5, b"utf-8"])
def test_an_encoding_that_is_none(dify: DifyWorkflow, encoding: Any) -> None:
    with pytest.raises(InvalidArgument, match="gb18030") as caught:
        iter_many(dify, [], encoding=encoding)
    assert caught.value.field == "encoding"


class Series:
    """As a row of a DataFrame."""

    def __init__(self, row: dict[str, Any]) -> None:
        self._row = row

    def to_dict(self) -> dict[str, Any]:
        return self._row


def test_what_is_missing_in_a_frame_is_an_empty_cell(fake: FakeDify, dify: DifyWorkflow) -> None:
    missing = [math.nan, NaTType(1, 1, 1), NAType(), Decimal("nan"), Scalar("M", None)]
    rows = [Series({"id": Scalar("i", at), "topic": "a", "n": at}) for at in range(2)]
    rows += [Series({"id": 9 + at, "topic": "a", "n": one}) for at, one in enumerate(missing)]
    results = list(iter_many(dify, rows, key="id", concurrency=1))  # type: ignore[arg-type]
    assert [row.key for row in results] == [0, 1, *range(9, 14)]
    assert [run.get("n") for run in given(fake)] == [0, 1, *[None] * 5]
    with pytest.raises(InvalidArgument, match="text or a number is needed"):
        list(iter_many(dify, [{"id": math.nan, "topic": "a"}], key="id"))


def test_the_terminal_takes_the_encoding(fake: FakeDify, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(CELLS.encode("gb18030"))
    ended = cli(fake, "batch", str(path), "-o", str(tmp_path / "out"), "--encoding", "gb18030")
    assert (ended.exit_code, given(fake)) == (0, [CHINESE])
