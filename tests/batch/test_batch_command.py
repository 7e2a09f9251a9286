"""`dify-workflow batch`: lines, the summary, the exit code, the bar, Ctrl-C and going on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_calls import cli
from cli_terminal import Terminal
from fake_dify import Answer, Fail, FakeDify, Gate, Input, Step

pytestmark = pytest.mark.long

FORM = [Input("text", "paragraph"), Input("count", "number")]


@pytest.fixture
def fake() -> Iterator[FakeDify]:
    with FakeDify(form=FORM, eof_delay=0.0) as dify:
        yield dify


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("id,text,count\na,one,1\nb,two,2\nc,three,\n")
    return path


def read(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_row_becomes_a_line_of_the_file(fake: FakeDify, table: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    ended = cli(fake, "batch", str(table), "-o", str(output), "--key", "id", "--concurrency", "2")
    assert (ended.exit_code, ended.out) == (0, "")
    assert ended.err == "3 rows: 3 succeeded\n"
    assert sorted(line["key"] for line in read(output.read_text())) == ["a", "b", "c"]
    assert sorted((run.inputs["text"], run.inputs["count"] or 0) for run in fake.runs) == [
        ("one", 1),
        ("three", 0),
        ("two", 2),
    ]
    again = cli(fake, "batch", str(table), "-o", str(output), "--key", "id", "--json")
    assert again.exit_code == 0
    assert again.json == {"statuses": {"succeeded": 3}, "earlier": 3, "rows": 3, "failed": 0}
    assert len(fake.runs) == 3


def test_without_a_file_the_lines_are_the_output(fake: FakeDify, table: Path) -> None:
    ended = cli(fake, "batch", str(table), "--column", "text", "--column", "count")
    assert ended.exit_code == 0
    assert sorted(line["key"] for line in read(ended.out)) == [1, 2, 3]
    assert ended.err == "3 rows: 3 succeeded\n"


def test_a_failed_row_is_in_the_exit_code(fake: FakeDify, table: Path, tmp_path: Path) -> None:
    steps: dict[str, list[Step]] = {"two": [Fail("boom")]}
    fake.workflow = lambda inputs: steps.get(inputs["text"], [])
    output = tmp_path / "out.jsonl"
    for _ in range(2):  # also when it failed earlier
        ended = cli(fake, "batch", str(table), "-o", str(output), "--key", "id")
        assert ended.exit_code == 1
        assert ended.err.startswith("3 rows: 2 succeeded, 1 failed")


def test_what_ends_the_batch_is_told(fake: FakeDify, table: Path, tmp_path: Path) -> None:
    given = ("batch", str(table), "-o", str(tmp_path / "out.jsonl"))
    refused = cli(fake, *given)
    assert refused.exit_code == 7
    assert "the app has no 'id'; choose columns among text, count" in refused.err
    assert cli(fake, *given, "--key", "id", DIFY_API_KEY="app-wrong").exit_code == 5
    assert cli(fake, "batch", "none.csv", "-o", str(tmp_path / "x")).exit_code == 7
    nowhere = cli(fake, "batch", str(table), "-o", str(tmp_path / "no" / "out"), "--key", "id")
    assert (nowhere.exit_code, nowhere.err.count("\n")) == (2, 1)
    assert "No such file or directory" in nowhere.err
    busy = {"code": "too_many_requests", "message": "Too many requests.", "status": 429}
    fake.faults.add(Answer(status=429, body=busy, headers={"Retry-After": "0.05"}), None)
    assert cli(fake, *given, "--key", "id", "--patience", "0.1").exit_code == 8
    assert not fake.runs


def test_the_bar_tells_how_far_it_is(fake: FakeDify, table: Path, tmp_path: Path) -> None:
    gate = Gate()
    held: dict[str, list[Step]] = {"three": [gate], "two": [Fail("boom")]}
    fake.workflow = lambda inputs: held.get(inputs["text"], [])
    given = ("batch", str(table), "-o", str(tmp_path / "out.jsonl"), "--key", "id")
    with Terminal(fake, *given, piped=True) as terminal:
        terminal.expect("2/3")
        terminal.expect("/s 1 failed")
        gate.open()
        assert terminal.wait() == 1
        assert "3/3" in terminal.text
        assert terminal.text.rstrip().endswith("3 rows: 2 succeeded, 1 failed")
        assert terminal.out == ""


def test_ctrl_c_leaves_what_the_same_command_finds(
    fake: FakeDify, table: Path, tmp_path: Path
) -> None:
    gate = Gate()
    held: dict[str, list[Step]] = {"one": []}
    fake.workflow = lambda inputs: held.get(inputs["text"], [gate])
    given = ("batch", str(table), "-o", str(tmp_path / "out.jsonl"), "--key", "id")
    with Terminal(fake, *given) as terminal:
        terminal.expect("1/3")
        fake.wait_for(lambda: len(fake.runs) == 3)
        terminal.type("\x03")
        terminal.expect("interrupted after 1 rows: 1 succeeded; runs under way go on; the same")
        assert terminal.wait() == 130
    gate.open()
    ended = cli(fake, *given)
    assert (ended.exit_code, ended.err) == (0, "3 rows: 3 succeeded (1 of them earlier)\n")
    assert len(fake.runs) == 3
