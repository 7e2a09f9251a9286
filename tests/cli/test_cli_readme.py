"""What the README and the page on the terminal say is so, and their pictures are of today."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

import pytest
from cli_calls import cli
from dify_workflow.cli import profiles
from dify_workflow.cli.exits import MEANINGS
from fake_dify import FakeDify
from places import ROOT

DOCS = ROOT / "docs"
SECTION = (ROOT / "README.md").read_text("utf-8").partition("## In the terminal\n")[2]
SECTION = SECTION.partition("\n## ")[0]
PAGE = (DOCS / "terminal.md").read_text("utf-8")
COMMANDS = re.findall(r"^dify-workflow (.*?)(?: [>#].*)?$", SECTION, re.M)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(
    command: str, fake_dify: FakeDify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(COMMANDS) >= 4
    monkeypatch.chdir(tmp_path)
    Path("inputs.json").write_text('{"text": "hello"}')
    Path("q1.pdf").write_bytes(b"%PDF-1.4")
    Path("rows.csv").write_text("id,text\na,hello\n")
    Path("app.yml").write_bytes((ROOT / "tests" / "dsl" / "llm.yml").read_bytes())
    offline = ["--offline"] * ("generate" in command)  # the stand-in has published another app
    assert cli(fake_dify, command, *offline).exit_code == 0


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


def test_the_pictures_are_there_and_what_the_program_draws_today() -> None:
    assert all((ROOT / path).is_file() for path in re.findall(r"!\[.*?\]\((.*?)\)", SECTION))
    drawn = runpy.run_path(str(DOCS / "make_images.py"))["draw"]()
    assert drawn == (DOCS / "images" / "run.svg").read_text("utf-8"), "python docs/make_images.py"
    assert "@font-face" not in drawn
    assert "url(http" not in drawn
