"""-i, --inputs and --file: what is meant, and what is refused before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_calls import cli
from dify_workflow.cli.exits import Problem
from dify_workflow.cli.inputs import collect
from fake_dify import FakeDify

PICTURE = "https://example.com/a.png"


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
    ("pairs", "files", "said"),
    [
        (["a"], None, "write name=text"),
        (["=1"], None, "write name=text"),
        ([":=1"], None, "write name=text"),
        (["a:=x"], None, "write a=x for text"),
        (["a=1", "a:=2"], None, "given twice"),
        (["a=1"], [f"a={PICTURE}"], "as a value too"),
        (None, ["a"], "write name=path"),
        (None, ["=x"], "write name=path"),
        (None, ["a="], "write name=path"),
        (None, ["a=missing.txt"], "--file a: no file"),
        (None, ["a=https://example.com/x"], "--file a: type"),
        (None, ["a=~no-such-user/a.pdf"], "^--file a: "),
    ],
)
def test_what_is_refused(pairs: list[str] | None, files: list[str] | None, said: str) -> None:
    with pytest.raises(Problem, match=said):
        collect(pairs, None, files)


def test_inputs_of_a_file_or_of_standard_input_and_a_pair_over_them(
    fake_dify: FakeDify, tmp_path: Path
) -> None:
    source = tmp_path / "inputs.json"
    source.write_text('{"a": 1, "b": "x"}')
    assert cli(fake_dify, f"run --inputs {source} -i b=y").exit_code == 0
    assert fake_dify.runs[0].inputs == {"a": 1, "b": "y"}
    ended = cli(fake_dify, "run --inputs -", stdin='{"a": "你好"}'.encode())
    assert (ended.exit_code, ended.out) == (0, "你好\n")


@pytest.mark.parametrize(
    ("source", "content", "said"),
    [
        ("-", "[1]", "standard input: a JSON object"),
        ("-", "{", "standard input: not JSON"),
        ("-", b"\xff", "standard input: not JSON"),
        ("-", "", "standard input: not JSON"),
        ("missing.json", None, "missing.json: No such file or directory\n"),
    ],
)
def test_inputs_that_are_no_object(
    fake_dify: FakeDify, source: str, content: str | bytes | None, said: str
) -> None:
    ended = cli(fake_dify, f"run --inputs {source}", stdin=content)
    assert ended.exit_code == 2
    assert ended.err.startswith(f"dify-workflow: --inputs {said}")
    assert fake_dify.requests == []


def test_files_are_uploaded(fake_dify: FakeDify, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    one, two = tmp_path / "a.txt", tmp_path / "b.txt"
    files = f"--file one={one} --file many={one} --file many={two} --file list[]={two}"
    assert cli(fake_dify, f"run {files} --file url={PICTURE}").exit_code == 0
    assert fake_dify.posts("uploadFile") == 4
    inputs = fake_dify.runs[0].inputs
    assert not isinstance(inputs["one"], list)
    assert inputs["url"].url == PICTURE
    assert [len(inputs[name]) for name in ("many", "list")] == [2, 1]
