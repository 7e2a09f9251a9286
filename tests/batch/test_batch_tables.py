"""Tables as Excel, WPS, pandas and Dify's own batch page write them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cli_calls import cli
from dify_workflow import DifyWorkflow, InvalidArgument
from dify_workflow.batch import iter_many, run_many
from fake_dify import FakeDify, Input
from odd_values import NaTType, NAType, Scalar

FORM = [
    Input("topic", required=True, label="主题"),
    Input("body", "paragraph", label="正文"),
    Input("n", "number", label="N"),
    Input("one", label="同"),
    Input("two", label="同"),
]


@pytest.fixture
def fake() -> Iterator[FakeDify]:
    with FakeDify(form=FORM) as server:
        yield server


def sent(fake: FakeDify) -> list[dict[str, Any]]:
    """The inputs of the runs, but for what was not given."""
    return [
        {name: value for name, value in run.inputs.items() if value not in (None, "")}
        for run in fake.runs
    ]


AB = {"topic": "a", "body": "b"}
CHINESE = {"topic": "联通", "body": "你好"}
CELLS = "topic,body\n联通,你好\n"
# what it is: (its bytes, the encoding that is said, the inputs that are sent)
TABLES: dict[str, tuple[bytes, str | None, list[dict[str, Any]]]] = {
    "blank rows at the end": (b"topic,body\na,b\n,\n , \n\n", None, [AB]),
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
    assert sent(fake) == rows


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
    ("a.csv", b"topic,n,id\na,1,c\n", "the app has no 'id'; choose columns among topic, body"),
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
    told = cli(fake, "batch", str(path), "-o", str(tmp_path / "out"))
    assert told.exit_code == 7
    assert fake.runs == []


@pytest.mark.parametrize(
    "text", ["1_000", "1,000", "nan", "inf", "Infinity", "0x10", "1 000", "five", "１２"]
)
def test_what_python_alone_takes_for_a_number_is_none(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f'topic,n\na,"{text}"\n', encoding="utf-8")
    (row,) = iter_many(dify, path)
    assert row.error is not None
    assert row.error.message == f"inputs.n: {text!r} is no number"
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
    assert [run.get("n") for run in sent(fake)] == [0, 1, *[None] * 5]
    with pytest.raises(InvalidArgument, match="text or a number is needed"):
        list(iter_many(dify, [{"id": math.nan, "topic": "a"}], key="id"))


def test_the_terminal_takes_the_encoding(fake: FakeDify, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(CELLS.encode("gb18030"))
    ended = cli(fake, "batch", str(path), "-o", str(tmp_path / "out"), "--encoding", "gb18030")
    assert (ended.exit_code, sent(fake)) == (0, [CHINESE])
