"""The Python in the README runs as it stands, against the stand-in server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from fake_dify import FakeDify, Node, Text
from places import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


def test_the_readme_has_programs() -> None:
    assert len(BLOCKS) >= 7


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_program_runs(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    program = compile(BLOCKS[number], f"README block {number}", "exec")
    with FakeDify(workflow=[Text(["Hel", "lo"]), Node("after", seconds=0.01)]) as fake:
        monkeypatch.setenv("DIFY_BASE_URL", fake.url)
        monkeypatch.setenv("DIFY_API_KEY", fake.api_key)
        exec(program, {"__name__": "__main__"})
        assert fake.requests or "FakeDify" in BLOCKS[number]


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 200


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", (ROOT / name).read_text("utf-8"))
    for path, anchor in links:
        assert (ROOT / path).exists(), path
        if anchor:
            headings = re.findall(r"^#+ (.*)$", (ROOT / path).read_text("utf-8"), re.M)
            assert anchor in [title.lower().replace(" ", "-") for title in headings], anchor


@pytest.mark.types
def test_programs_type_check(tmp_path: Path) -> None:
    for number, block in enumerate(BLOCKS):
        (tmp_path / f"block_{number}.py").write_text(block)
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *map(str, sorted(tmp_path.glob("*.py")))],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
