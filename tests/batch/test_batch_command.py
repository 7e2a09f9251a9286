"""`dify-workflow batch`: lines, the summary, the exit code, the bar, Ctrl-C and going on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from batches import busy, read
from cli_calls import cli
from cli_terminal import Terminal
from fake_dify import Fail, FakeDify, Gate, Input, Step

pytestmark = pytest.mark.long

FORM = [Input("text", "paragraph"), Input("count", "number")]


@pytest.fixture
def fake() -> Iterator[FakeDify]:
    with FakeDify(form=FORM, eof_delay=0.0) as dify:
        yield dify


@pytest.fixture
def command(tmp_path: Path) -> str:
    path = tmp_path / "rows.csv"
    path.write_text("id,text,count\na,one,1\nb,two,2\nc,three,\n")
    return f"batch {path} -o {tmp_path / 'out.jsonl'}"


def test_each_row_becomes_a_line_of_the_file(fake: FakeDify, command: str, tmp_path: Path) -> None:
    ended = cli(fake, f"{command} --key id --concurrency 2")
    assert (ended.exit_code, ended.out) == (0, "")
    assert ended.err == "3 rows: 3 succeeded\n"
    assert {line["key"] for line in read(tmp_path / "out.jsonl")} == {"a", "b", "c"}
    given = {(run.inputs["text"], run.inputs["count"]) for run in fake.runs}
    assert given == {("one", 1), ("three", None), ("two", 2)}
    again = cli(fake, f"{command} --key id --json")
    assert again.exit_code == 0
    assert again.json == {"statuses": {"succeeded": 3}, "earlier": 3, "rows": 3, "failed": 0}
    assert len(fake.runs) == 3


def test_without_a_file_the_lines_are_the_output(fake: FakeDify, command: str) -> None:
    ended = cli(fake, f"{command.partition(' -o ')[0]} --column text --column count")
    assert (ended.exit_code, ended.err) == (0, "3 rows: 3 succeeded\n")
    assert sorted(line["key"] for line in ended.lines) == [1, 2, 3]


def test_a_failed_row_is_in_the_exit_code(fake: FakeDify, command: str) -> None:
    fake.workflow = lambda inputs: [Fail("boom")] if inputs["text"] == "two" else []
    for _ in range(2):  # also when it failed earlier
        ended = cli(fake, f"{command} --key id")
        assert ended.exit_code == 1
        assert ended.err.startswith("3 rows: 2 succeeded, 1 failed")


def test_what_ends_the_batch_is_told(fake: FakeDify, command: str, tmp_path: Path) -> None:
    refused = cli(fake, command)
    assert refused.exit_code == 7
    assert "the app has no 'id'; choose columns among text, count" in refused.err
    assert cli(fake, f"DIFY_API_KEY=app-wrong {command} --key id").exit_code == 5
    for line, told in (
        (f"batch none.csv -o {tmp_path / 'x'}", "no file none.csv"),
        (f"{command.replace('out.jsonl', 'no/out')} --key id", "No such file or directory"),
    ):
        nowhere = cli(fake, line)
        assert (nowhere.exit_code, nowhere.err.count("\n")) == (2, 1)
        assert told in nowhere.err
    fake.faults.add(busy("0.05"), None)
    assert cli(fake, f"{command} --key id --patience 0.1").exit_code == 8
    assert not fake.runs


def test_the_bar_tells_how_far_it_is(fake: FakeDify, command: str) -> None:
    gate = Gate()
    held: dict[str, list[Step]] = {"three": [gate], "two": [Fail("boom")]}
    fake.workflow = lambda inputs: held.get(inputs["text"], [])
    with Terminal(fake, f"{command} --key id", piped=True) as terminal:
        terminal.expect("2/3")
        terminal.expect("/s 1 failed")
        gate.open()
        assert terminal.wait() == 1
        assert "3/3" in terminal.text
        assert terminal.text.rstrip().endswith("3 rows: 2 succeeded, 1 failed")
        assert terminal.out == ""


def test_ctrl_c_leaves_what_the_same_command_finds(fake: FakeDify, command: str) -> None:
    gate = Gate()
    fake.workflow = lambda inputs: [] if inputs["text"] == "one" else [gate]
    with Terminal(fake, f"{command} --key id") as terminal:
        terminal.expect("1/3")
        fake.wait_for(lambda: len(fake.runs) == 3)
        terminal.type("\x03")
        terminal.expect("interrupted after 1 rows: 1 succeeded; runs under way go on; the same")
        assert terminal.wait() == 130
    gate.open()
    ended = cli(fake, f"{command} --key id")
    assert (ended.exit_code, ended.err) == (0, "3 rows: 3 succeeded (1 of them earlier)\n")
    assert len(fake.runs) == 3
