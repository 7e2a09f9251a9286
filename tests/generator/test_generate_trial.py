"""Other versions of the tools, and other Pythons, are tried beside the committed client."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from places import files_below

from generator.generate import trial

PINS = ["openapi-python-client==0.29.1", "ruff==0.17.6"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", PINS),
        ("openapi-python-client==1.0", ["openapi-python-client==1.0", PINS[1]]),
        ("Ruff>=0.18", ["Ruff>=0.18", PINS[0]]),
        ("ruff openapi-python-client", ["ruff", "openapi-python-client"]),
    ],
)
def test_what_is_not_asked_for_stays_pinned(given: str, expected: list[str]) -> None:
    assert trial.requirements(given) == expected


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Use this environment instead of a new one, and a folder of ours for temporary ones."""
    monkeypatch.setattr(trial, "environment", lambda *_: Path(sys.executable))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.slow
def test_the_same_tools_write_the_same_tree(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trial.main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{' '.join(PINS)}: 0 files differ from generated/; the new ones: {here}")
    (new,) = here.glob("dify-workflow-*/dify_workflow_api")
    assert files_below(new) == files_below(trial.COMMITTED)
    assert sorted(path.parent for path in here.rglob("events.py")) == [new]


def test_what_would_change_is_shown_and_not_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    committed = here / "committed"
    committed.mkdir()
    for name, content in (("a.py", b"a\nold\n"), ("gone.py", b"gone\n"), ("same.py", b"same\n")):
        (committed / name).write_bytes(content)

    def generate(python: Path, output: Path) -> None:
        output.mkdir()
        for name, content in (("a.py", b"a\nnew\n"), ("more.py", b"x\n"), ("same.py", b"same\n")):
            (output / name).write_bytes(content)

    monkeypatch.setattr(trial, "COMMITTED", committed)
    monkeypatch.setattr(trial, "generate", generate)
    before = files_below(committed)
    assert trial.main(["ruff==1"]) == 0
    *diff, last = capsys.readouterr().out.splitlines()
    assert [line for line in diff if line[0] in "+-"] == [
        *("--- generated/a.py", "+++ trial/a.py", "-old", "+new"),
        *("--- generated/gone.py", "+++ trial/gone.py", "-gone"),
        *("--- generated/more.py", "+++ trial/more.py", "+x"),
    ]
    assert last.startswith("ruff==1 openapi-python-client==0.29.1: 3 files differ")
    assert files_below(committed) == before


def test_tools_that_fail_are_told_and_leave_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(python: Path, output: Path) -> None:
        trial.run(sys.executable, "-c", "raise SystemExit('no such tool')")

    monkeypatch.setattr(trial, "generate", fail)
    assert trial.main(["ruff==99"]) == 1
    told = capsys.readouterr()
    assert told.err == f"ruff==99 {PINS[0]}: no such tool\n\n"
    assert list(here.iterdir()) == []


@pytest.mark.index
@pytest.mark.slow
@pytest.mark.skipif("DIFY_PYTHONS" not in os.environ, reason="DIFY_PYTHONS names no interpreters")
@pytest.mark.parametrize("python", os.environ.get("DIFY_PYTHONS", "").split())
def test_every_python_writes_the_same_bytes(python: str, tmp_path: Path) -> None:
    """DIFY_PYTHONS="python3.12 python3.13"; the pinned tools are installed for each."""
    made = trial.environment(tmp_path / "environment", python, PINS)
    trial.generate(made, tmp_path / "out" / "dify_workflow_api")
    assert files_below(tmp_path / "out" / "dify_workflow_api") == files_below(trial.COMMITTED)
    named = subprocess.run([str(made), "--version"], capture_output=True, text=True, check=True)
    assert named.stdout.startswith("Python 3.")
