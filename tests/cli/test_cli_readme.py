"""What the README and the page on the terminal say is so."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from cli_calls import cli
from dify_workflow.cli import profiles
from dify_workflow.cli.exits import MEANINGS
from fake_dify import FakeDify
from places import ROOT

SECTION = (ROOT / "README.md").read_text("utf-8").partition("## In the terminal\n")[2]
SECTION = SECTION.partition("\n## ")[0]
PAGE = (ROOT / "docs" / "terminal.md").read_text("utf-8")
COMMANDS = re.findall(r"^dify-workflow .*$", SECTION, re.M)


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(
    command: str, fake_dify: FakeDify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("inputs.json").write_text('{"text": "hello"}')
    Path("q1.pdf").write_bytes(b"%PDF-1.4")
    Path("rows.csv").write_text("id,text\na,hello\n")
    Path("app.yml").write_bytes((ROOT / "tests" / "dsl" / "llm.yml").read_bytes())
    words = shlex.split(command.partition(" > ")[0], comments=True)
    offline = ["--offline"] * ("generate" in words)  # the stand-in has published another app
    assert cli(fake_dify, *words[1:], *offline).exit_code == 0


def test_the_exit_codes() -> None:
    told = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.M)
    assert [(int(code), meaning) for code, meaning in told] == list(MEANINGS.items())


def test_the_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = re.findall(r"```toml[^\n]*\n(.*?)```", PAGE, re.S)[0]
    assert "lab" in tomllib.loads(text)["profiles"]
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    (tmp_path / "lab.key").write_text("app-key")
    monkeypatch.setattr(profiles, "config_path", lambda: path)
    assert profiles.load("lab").user == "ann"


def test_the_picture_is_there() -> None:
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", SECTION):
        assert (ROOT / picture).is_file()
