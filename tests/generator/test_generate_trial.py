"""Other versions of the tools, and other Pythons, are tried beside the committed client."""

from __future__ import annotations

import os
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


def test_what_would_change_is_shown_and_not_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(folder: Path, **contents: str) -> None:
        folder.mkdir()
        for name, text in contents.items():
            (folder / f"{name}.py").write_text(text, "utf-8")

    committed = here / "committed"
    write(committed, a="a\nold\n", gone="gone\n", same="same\n")
    monkeypatch.setattr(trial, "COMMITTED", committed)
    new = {"a": "a\nnew\n", "more": "x\n", "same": "same\n"}
    monkeypatch.setattr(trial, "generate", lambda _, output: write(output, **new))
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
