"""What changed since a release asks for a version; the check fails when it did not follow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contract_edits import GONE, SPEC, Spec, edited
from programs import git

from generator.diff import __main__ as diff
from generator.diff import versions
from generator.diff.changes import Change

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("released", "kinds", "expected"),
    [
        ((0, 3, 1), [], (0, 3, 1)),
        ((0, 3, 1), ["documentation"], (0, 3, 2)),
        ((0, 3, 1), ["additive", "documentation"], (0, 3, 2)),
        ((0, 3, 1), ["breaking", "additive"], (0, 4, 0)),
        ((1, 2, 3), ["documentation"], (1, 2, 4)),
        ((1, 2, 3), ["additive", "documentation"], (1, 3, 0)),
        ((1, 2, 3), ["additive", "breaking"], (2, 0, 0)),
    ],
)
def test_the_next_version_follows(released: Any, kinds: list[Any], expected: Any) -> None:
    found = [Change(kind, "x", "changed") for kind in kinds]
    assert versions.next_version(released, found) == expected


def write(root: Path, version: str, spec: Spec) -> None:
    (root / "openapi").mkdir(exist_ok=True)
    (root / "openapi" / "dify-workflow.yaml").write_text(json.dumps(spec), "utf-8")
    module = root / versions.VERSIONED
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(f'__version__ = "{version}"\n', "utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a repository whose version 0.1.0 is tagged, in a folder below the repository's root."""
    root = tmp_path / "inner"
    root.mkdir()
    git(tmp_path, "init")
    write(root, "0.1.0", SPEC)
    git(root, "add", ".")
    git(root, "commit", "-m", "x")
    git(root, "tag", "v0.1.0")
    git(root, "tag", "vanity")
    return root


NEW: dict[str, Any] = {"EndUser.new": {"type": "string"}}
BROKEN = NEW | {"AppInfo.mode": GONE, "AppInfo required mode": GONE, "info description": "Other."}
DRAFTED = """\
## 0.2.0 (unreleased)

The API, compared with v0.1.0:

Breaking:

- AppInfo.mode: removed

New:

- EndUser.new: added

Documentation:

- the top: other words
"""


def test_the_changelog_entry_is_drafted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, "0.1.0", edited(BROKEN))
    assert diff.main(["v0.1.0"], project) == 0
    assert capsys.readouterr().out == DRAFTED


def test_it_says_that_nothing_changed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff.main(["HEAD"], project) == 0
    assert capsys.readouterr().out == "The contract is that of HEAD.\n"
    assert diff.main(["--check"], project) == 0
    assert diff.main(["v9"], project) == 1
    assert capsys.readouterr().err.startswith("v9: fatal:")


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("version", "status"), [("0.1.0", 1), ("0.1.9", 1), ("0.2.0", 0), ("0.10.0", 0), ("1.0.0", 0)]
)
def test_a_breaking_change_needs_its_version(
    version: str, status: int, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, version, edited(BROKEN))
    assert diff.main(["--check"], project) == status
    told = capsys.readouterr()
    if status:
        assert "- AppInfo.mode: removed" in told.err
        assert told.err.endswith("_version.py: version must be 0.2.0 or later\n")
    else:
        assert told.out == f"3 changes of the contract since v0.1.0; the version is {version}\n"


def test_what_is_new_may_stay_in_its_version(project: Path) -> None:
    write(project, "0.1.0", edited(NEW))
    assert diff.main(["--check"], project) == 0


def test_without_a_release_there_is_nothing_to_check(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in a clone without tags, as CI makes them, nor in an unpacked archive."""
    git(project, "tag", "-d", "v0.1.0")
    write(project, "0.1.0", edited(BROKEN))
    assert diff.main(["--check"], project) == 0
    archive = tmp_path.parent / f"{tmp_path.name}-archive"
    archive.mkdir()
    write(archive, "0.1.0", edited(BROKEN))
    assert diff.main(["--check"], archive) == 0
    assert capsys.readouterr().out.count("nothing to compare the contract with") == 2
