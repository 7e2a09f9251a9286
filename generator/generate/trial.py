"""Generate with other versions of the tools, or another Python, and show what would change.

    python -m generator.generate.trial 'openapi-python-client==0.30.0 ruff==0.18.0'

The tools are installed into a temporary environment, what is not named in the versions that
pyproject.toml pins. generated/ is not touched; the new tree is left in a temporary folder. Exit
status 1 when the contract cannot be generated with them.
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from generator.document import ROOT

COMMITTED = ROOT / "generated" / "dify_workflow_api"
TOOLS = ("openapi-python-client", "ruff")


def main(argv: list[str] | None = None) -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tools", nargs="?", default="", help="requirements, separated by spaces")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to use")
    args = parser.parse_args(argv)
    wanted = requirements(args.tools)
    output = Path(tempfile.mkdtemp(prefix="dify-workflow-")) / COMMITTED.name
    with tempfile.TemporaryDirectory(prefix="dify-workflow-tools-") as folder:
        try:
            python = environment(Path(folder), args.python, wanted)
            generate(python, output)
        except subprocess.CalledProcessError as error:
            print(f"{' '.join(wanted)}: {error.stderr or error}", file=sys.stderr)
            output.parent.rmdir()
            return 1
    changed = 0
    for lines in differences(COMMITTED, output):
        changed += 1
        sys.stdout.writelines(lines)
    print(f"{' '.join(wanted)}: {changed} files differ from generated/; the new ones: {output}")
    return 0


def requirements(given: str) -> list[str]:
    """Give what to install: what is asked for, and the pinned versions of the other tools."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pins = [pin for pin in project["dependency-groups"]["test"] if _name(pin) in TOOLS]
    asked = given.split()
    return [*asked, *(pin for pin in pins if _name(pin) not in map(_name, asked))]


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()


def environment(folder: Path, python: str, wanted: list[str]) -> Path:
    """Make an environment with some packages; give its interpreter."""
    run(python, "-m", "venv", str(folder))
    made = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(str(made), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
    return made


def generate(python: Path, output: Path) -> None:
    """Generate the contract by the tools of an interpreter's environment."""
    run(str(python), "-m", "generator.generate", f"--output={output}")


def run(*command: str) -> None:
    """Run a command; CalledProcessError with what it said if it fails."""
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)


def differences(old: Path, new: Path) -> Iterator[list[str]]:
    """Give the lines of a unified diff for each file that differs."""
    for name in sorted(_files(old) | _files(new)):
        before, after = (
            (root / name).read_text("utf-8").splitlines(keepends=True)
            if (root / name).exists()
            else []
            for root in (old, new)
        )
        if before != after:
            where = (f"generated/{name}", f"trial/{name}")
            yield list(difflib.unified_diff(before, after, *where))


def _files(root: Path) -> set[str]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {str(p.relative_to(root)) for p in found if "__pycache__" not in p.parts}


if __name__ == "__main__":
    sys.exit(main())
