"""Versions of the package: the released one, and the next one that changes ask for."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from generator.diff.changes import Change, changes
from generator.document import CONTRACT, ROOT, ContractError, Document

SPEC = CONTRACT.relative_to(ROOT).as_posix()
VERSIONED = "wrapper/dify_workflow/_version.py"
NAMED = r'(?<=^__version__ = ")([\d.]+)'
Version = tuple[int, int, int]


def latest_tag(root: Path) -> str | None:
    """Give the latest tag v* before this commit; None without one, or without git."""
    command = ["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None


def at(root: Path, base: str, path: str) -> str:
    """Give a file of the project as it was in a git revision."""
    command = ["git", "show", f"{base}:./{path}"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise ContractError(f"{base}: {done.stderr.strip()}")
    return done.stdout


def version(module: str) -> Version:
    """Give the version that the text of the package's module names."""
    found = re.search(NAMED, module, re.M)
    assert found
    return numbers(found[1])


def numbers(text: str) -> Version:
    """Read a version."""
    first, second, third = text.split(".")
    return int(first), int(second), int(third)


def since(root: Path, base: str) -> tuple[list[Change], Version]:
    """Return what changed in the contract since a revision, and the version that this asks for."""
    found = changes(Document.read(at(root, base, SPEC)), Document.read(root / SPEC))
    return found, next_version(version(at(root, base, VERSIONED)), found)


def next_version(released: Version, found: list[Change]) -> Version:
    """Give the version that changes ask for; the released one without any."""
    major, minor, patch = released
    kinds = {change.kind for change in found}
    if not kinds:
        return released
    if "breaking" in kinds:
        return (major + 1, 0, 0) if major else (0, minor + 1, 0)
    if "additive" in kinds and major:
        return major, minor + 1, 0
    return major, minor, patch + 1


def dotted(number: Version) -> str:
    """Write a version."""
    return ".".join(map(str, number))
