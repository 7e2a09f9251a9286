"""-i, --inputs and --file: what is meant, and what is refused before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_calls import cli
from dify_workflow import WorkflowFile
from dify_workflow.cli.exits import Problem
from dify_workflow.cli.inputs import collect
from fake_dify import FakeDify


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ("a=1", {"a": "1"}),
        ("a=", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("a= b ", {"a": " b "}),
        ("a=:=1", {"a": ":=1"}),
        ("a b=你好", {"a b": "你好"}),
        ("a:=1", {"a": 1}),
        ("a:=1.50", {"a": 1.5}),
        ("a:=true", {"a": True}),
        ("a:=null", {"a": None}),
        ('a:={"b": [1, "="]}', {"a": {"b": [1, "="]}}),
        ('a:="text"', {"a": "text"}),
    ],
)
def test_pairs(pair: str, expected: dict[str, Any]) -> None:
    assert collect([pair], None, None) == expected


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (["a"], "write name=text"),
        (["=1"], "write name=text"),
        ([":=1"], "write name=text"),
        (["a:=x"], "write a=x for text"),
        (["a=1", "a:=2"], "given twice"),
    ],
)
def test_pairs_that_are_refused(pairs: list[str], said: str) -> None:
    with pytest.raises(Problem, match=said):
        collect(pairs, None, None)


def test_a_file_of_inputs_and_a_pair_over_it(fake_dify: FakeDify, tmp_path: Path) -> None:
    source = tmp_path / "inputs.json"
    source.write_text('{"a": 1, "b": "x"}')
    assert cli(fake_dify, "run", "--inputs", str(source), "-i", "b=y").exit_code == 0
    assert fake_dify.runs[0].inputs == {"a": 1, "b": "y"}


def test_standard_input(fake_dify: FakeDify) -> None:
    ended = cli(fake_dify, "run", "--inputs", "-", stdin='{"a": "你好"}'.encode())
    assert (ended.exit_code, ended.out) == (0, "你好\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [("[1]", "a JSON object"), ("{", "not JSON"), (b"\xff", "not JSON"), ("", "not JSON")],
)
def test_inputs_that_are_no_object(fake_dify: FakeDify, content: str | bytes, said: str) -> None:
    ended = cli(fake_dify, "run", "--inputs", "-", stdin=content)
    assert ended.exit_code == 2
    assert f"--inputs standard input: {said}" in ended.err
    assert fake_dify.requests == []


def test_inputs_that_are_not_there(fake_dify: FakeDify) -> None:
    ended = cli(fake_dify, "run", "--inputs", "missing.json")
    assert (ended.exit_code, ended.err) == (
        2,
        "dify-workflow: --inputs missing.json: No such file or directory\n",
    )


def test_files_are_uploaded(fake_dify: FakeDify, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    one, two = tmp_path / "a.txt", tmp_path / "b.txt"
    options = [f"one={one}", f"many={one}", f"many={two}", f"list[]={two}"]
    ended = cli(fake_dify, "run", *(part for option in options for part in ("--file", option)))
    assert ended.exit_code == 0
    assert fake_dify.posts("uploadFile") == 4
    inputs = fake_dify.runs[0].inputs
    assert isinstance(inputs["one"], dict) or not isinstance(inputs["one"], list)
    assert [len(inputs[name]) for name in ("many", "list")] == [2, 1]


def test_a_url_is_a_file_too() -> None:
    found = collect(None, None, ["picture=https://example.com/a.png"])["picture"]
    assert isinstance(found, WorkflowFile)
    assert found.url == "https://example.com/a.png"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["a"], "write name=path"),
        (["=x"], "write name=path"),
        (["a="], "write name=path"),
        (["a=missing.txt"], "--file a: no file"),
        (["a=https://example.com/x"], "--file a: type"),
    ],
)
def test_files_that_are_refused(files: list[str], said: str) -> None:
    with pytest.raises(Problem, match=said):
        collect(None, None, files)


def test_a_name_is_a_value_or_a_file() -> None:
    with pytest.raises(Problem, match="as a value too"):
        collect(["a=1"], None, ["a=https://example.com/a.png"])


def test_a_file_of_nobody_is_refused(fake_dify: FakeDify) -> None:
    ended = cli(fake_dify, "run", "--file", "report=~no-such-user/a.pdf")
    assert ended.exit_code == 2
    assert ended.err.startswith("dify-workflow: --file report: ")
