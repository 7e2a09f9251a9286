"""Tell what changed in the contract since a release, and which version that asks for.

    python -m generator.diff BASE        the changes since a git revision, and a CHANGELOG entry
    python -m generator.diff --check     exit status 1 if they are breaking since the latest tag
                                         v* and the package's version did not follow

Versions are semantic; before 1.0.0 a breaking change raises the second number, any other the third.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generator.diff.changes import KINDS, Change
from generator.diff.versions import VERSIONED, Version, dotted, latest_tag, since, version
from generator.document import ROOT, ContractError

TITLES = {"breaking": "Breaking", "additive": "New", "documentation": "Documentation"}


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
        found, wanted = since(root, base)
        current = version((root / VERSIONED).read_text("utf-8"))
    except (ContractError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if not args.check:
        print(report(base, found, wanted))
        return 0
    if current < wanted and any(change.kind == "breaking" for change in found):
        print(report(base, found, wanted), file=sys.stderr)
        print(f"{VERSIONED}: version must be {dotted(wanted)} or later", file=sys.stderr)
        return 1
    print(f"{len(found)} changes of the contract since {base}; the version is {dotted(current)}")
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
