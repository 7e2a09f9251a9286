"""Tell what changed in the contract since a release, and which version that asks for.

    python generator/diff.py BASE        the changes since a git revision, and a CHANGELOG entry
    python generator/diff.py --check     exit status 1 if they are breaking since the latest tag
                                         v* and the version of pyproject.toml did not follow

Versions are semantic; before 1.0.0 a breaking change raises the second number, any other the third.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # finds `generator` when run by path

from generator import contract
from generator.changes import KINDS, Change, changes
from generator.contract import ContractError

ROOT = Path(__file__).resolve().parents[1]
SPEC = "openapi/dify-workflow.yaml"
PROJECT = "pyproject.toml"
TITLES = {"breaking": "Breaking", "additive": "New", "documentation": "Documentation"}
Version = tuple[int, int, int]


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("base", nargs="?", help="a git revision, such as v0.1.0")
    what.add_argument("--check", action="store_true", help="compare with the latest tag v*")
    args = parser.parse_args(argv)
    try:
        base = latest_tag(root) if args.check else args.base
        if base is None:
            print("no release tag v* here: nothing to compare the contract with")
            return 0
        old = contract.document(at(root, base, SPEC))
        new = contract.load(root / SPEC)
        released = version(at(root, base, PROJECT))
        current = version((root / PROJECT).read_text("utf-8"))
    except (ContractError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    found = changes(old, new)
    wanted = next_version(released, found)
    if not args.check:
        print(report(base, found, wanted))
        return 0
    if current < wanted and any(change.kind == "breaking" for change in found):
        print(report(base, found, wanted), file=sys.stderr)
        print(f"{PROJECT}: version must be {dotted(wanted)} or later", file=sys.stderr)
        return 1
    print(f"{len(found)} changes of the contract since {base}; the version is {dotted(current)}")
    return 0


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


def version(project: str) -> Version:
    """Give the version that a pyproject.toml names."""
    first, second, third = tomllib.loads(project)["project"]["version"].split(".")
    return int(first), int(second), int(third)


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


def report(base: str, found: list[Change], wanted: Version) -> str:
    """Write the changes as an entry of the CHANGELOG."""
    if not found:
        return f"The contract is that of {base}."
    lines = [f"## {dotted(wanted)} (unreleased)", "", f"The API, compared with {base}:"]
    for kind in KINDS:
        same = [change for change in found if change.kind == kind]
        if same:
            lines += ["", f"{TITLES[kind]}:", "", *(f"- {change}" for change in same)]
    return "\n".join(lines)


def dotted(number: Version) -> str:
    """Write a version."""
    return ".".join(map(str, number))


if __name__ == "__main__":
    sys.exit(main())
