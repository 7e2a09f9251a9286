"""Make a release ready, all but its publication: `make release VERSION=0.1.0`.

Sets the version, builds both distributions, checks them as the index does, runs each wheel alone on
every Python that `pyproject.toml` names, and drafts the notes. Nothing is uploaded, committed or
tagged: the commands are printed. What fails leaves the files as they were.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from generator.diff import versions
from generator.document import ROOT, ContractError

PROJECTS = ("pyproject.toml", "fake_dify/pyproject.toml")
CHANGELOG = "CHANGELOG.md"
UNRELEASED = re.compile(r"^## \S+ \(unreleased\)\n", re.M)
OWNERS = re.compile(r"^authors = .*?\n(?=\w)", re.M | re.S)
URLS = re.compile(r"^\[project\.urls\]\n.*?(?=^\[)", re.M | re.S)


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("version")
    parser.add_argument("pythons", nargs="*", help="the interpreters, if not those on the PATH")
    args = parser.parse_args(argv)
    pythons = args.pythons or [f"python{number}" for number in supported(root)]
    wrong = problems(root, args.version, pythons)
    if wrong:
        print("No release:", *wrong, sep="\n- ", file=sys.stderr)
        return 1
    texts = prepared(root, args.version)
    before = {path: path.read_text("utf-8") for path in texts}
    try:
        for path, text in texts.items():
            path.write_text(text, "utf-8")
        build(root, pythons)
    except BaseException as error:
        for path, text in before.items():
            path.write_text(text, "utf-8")
        if not isinstance(error, subprocess.CalledProcessError):
            raise
        print(f"No release: {' '.join(map(str, error.cmd))} failed", file=sys.stderr)
        return 1
    notes = root / "dist" / "notes.md"
    notes.write_text(drafted(root), "utf-8")
    print(
        f"\nBuilt and checked; nothing was published. The notes are in {notes.relative_to(root)}."
    )
    print("Look at `git diff`, and then:\n")
    print(f"    git commit -am 'Version {args.version}'")
    print(f"    git tag -a v{args.version} -F dist/notes.md --cleanup=verbatim")
    print(f"    git push origin HEAD v{args.version}")
    print("    python -m twine upload dist/*.whl dist/*.tar.gz")
    return 0


def supported(root: Path) -> list[str]:
    """Give the versions of Python that the classifiers name, such as "3.11"."""
    classifiers = project(root)["classifiers"]
    return re.findall(r":: (3\.\d+)$", "\n".join(classifiers), re.M)


def project(root: Path) -> dict[str, Any]:
    """Give the table `project` of the client."""
    found: dict[str, Any] = tomllib.loads((root / PROJECTS[0]).read_text("utf-8"))["project"]
    return found


def problems(root: Path, version: str, pythons: list[str]) -> list[str]:
    """Say all that stands in the way of a release."""
    wrong = []
    told = project(root)
    if not told.get("authors"):
        wrong.append(f"{PROJECTS[0]}: authors is empty: name a person or a group, with an address")
    if not str(told.get("urls", {}).get("Source", "")).startswith("https://"):
        wrong.append(f'{PROJECTS[0]}: [project.urls] has no Source = "https://..."')
    if not UNRELEASED.search((root / CHANGELOG).read_text("utf-8")):
        wrong.append(f'{CHANGELOG}: no section "## x.y.z (unreleased)" says what is new')
    if git(root, "status", "--porcelain"):
        wrong.append("git: there are changes that are not committed")
    if git(root, "tag", "--list", f"v{version}"):
        wrong.append(f"git: v{version} is there already")
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        wrong.append(f"VERSION={version}: three numbers are needed, such as 0.1.0")
    elif (least := wanted(root)) and versions.numbers(version) < least:
        wrong.append(f"VERSION={version}: the contract's changes ask for {versions.dotted(least)}")
    for python in pythons:
        if not works(python):
            wrong.append(f"{python} does not run: install it, or name others in PYTHONS=")
    return wrong


def git(root: Path, *args: str) -> str:
    """Give what git prints."""
    command = ["git", *args]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def works(python: str) -> bool:
    """Tell whether an interpreter runs; a pyenv shim can be there without one."""
    found = shutil.which(python)
    return (
        found is not None and not subprocess.run([found, "-c", ""], capture_output=True).returncode
    )


def wanted(root: Path) -> versions.Version | None:
    """Give the version that the contract asks for; None before the first release."""
    base = versions.latest_tag(root)
    return None if base is None else versions.since(root, base)[1]


def prepared(root: Path, version: str) -> dict[Path, str]:
    """Give the files with the version, and the stand-in's with the client's authors and urls."""
    client, fake = ((root / name).read_text("utf-8") for name in PROJECTS)
    owners, urls = OWNERS.search(client), URLS.search(client)
    assert owners
    assert urls
    fake = URLS.sub(lambda _: urls[0], OWNERS.sub(lambda _: owners[0], fake))
    module = (root / versions.VERSIONED).read_text("utf-8")
    texts = {
        root / versions.VERSIONED: re.sub(versions.NAMED, version, module, flags=re.M),
        root / PROJECTS[0]: re.sub(r"fake-dify==[\d.]+", f"fake-dify=={version}", client),
        root / PROJECTS[1]: re.sub(r'(?<=^version = ")[^"]*', version, fake, flags=re.M),
    }
    today = datetime.datetime.now(datetime.UTC).date()
    log = (root / CHANGELOG).read_text("utf-8")
    texts[root / CHANGELOG] = UNRELEASED.sub(f"## {version} ({today})\n", log, count=1)
    return texts


def build(root: Path, pythons: list[str]) -> None:
    """Build both distributions into dist/, and check them."""
    dist = root / "dist"
    shutil.rmtree(dist, ignore_errors=True)

    def run(*args: str | Path, **env: str) -> None:
        command = [sys.executable, "-m", *map(str, args)]
        subprocess.run(command, cwd=root, check=True, env=os.environ | env)

    for source in (root, root / "fake_dify"):
        run("build", "--no-isolation", "--outdir", dist, source)
    run("twine", "check", "--strict", *sorted(dist.iterdir()))
    run("check_wheel_contents", *sorted(dist.glob("*.whl")))
    run(
        *("pytest", "-n", "0", "tests/project/test_package.py", "-m", "not types"),
        DIFY_DIST=str(dist),
        DIFY_PYTHONS=" ".join(pythons),
    )


def drafted(root: Path) -> str:
    """Draft the notes: what the changelog says, and what changed in the contract."""
    section = re.search(r"^## .*?(?=^## |\Z)", (root / CHANGELOG).read_text("utf-8"), re.M | re.S)
    notes = section[0].strip() if section else ""
    base = versions.latest_tag(root)
    if base is not None:
        found, _ = versions.since(root, base)
        notes += f"\n\n### The API, since {base}\n\n"
        notes += "\n".join(f"- {change}" for change in found) or "Nothing has changed."
    return notes + "\n"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ContractError as error:
        sys.exit(str(error))
