"""The day the API changes: one edit of the contract carries it to users, documents and tests.

A clone gets a new field, event, filter and endpoint, as CONTRIBUTING.md adds them. Nothing else is
edited there by hand: `make generate` does the rest, and the lines of CI are green.
"""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from additions import SNIPPETS, contract
from places import ROOT
from programs import git

pytestmark = pytest.mark.slow

MADE = (  # by `make generate`
    "generated/",
    "fake_dify/src/fake_dify/openapi.json",
    "fake_dify/src/fake_dify/exported/",
    "wrapper/dify_workflow/_clients/_async/methods.py",
    "wrapper/dify_workflow/_clients/_sync/methods.py",
    "docs/versions.md",
    "docs/zh/quickstart.md",
)
PROGRAM = """
import asyncio
from typing import assert_type
import httpx
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow, InvalidArgument, RouteNotFound
from dify_workflow_api.models import CreditUsedData, RunCost
from fake_dify import Emit, FakeDify

USED = Emit("credit_used", {"node_id": "n", "amount": 3})

with FakeDify(workflow=[USED]) as fake:
    with DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify:
        for item in dify.run_workflow_stream({}):
            match item.data:
                case CreditUsedData(node_id=node, amount=amount):
                    print(node, amount)
        run_id = dify.run_workflow({}).id
        cost = dify.run_cost(run_id)
        assert_type(cost, RunCost)
        print(cost.amount, len(dify.logs(min_steps=3)))
        try:
            dify.logs(min_steps=-1)
        except InvalidArgument as error:
            print(error)

    async def main() -> None:
        async with AsyncDifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify:
            print(await dify.run_cost(run_id))

    asyncio.run(main())

old = httpx.Response(404, html="<html></html>", headers={"X-Version": "1.15.0"})
with httpx.Client(transport=httpx.MockTransport(lambda _: old)) as http:
    dify = DifyWorkflow(base_url="http://dify.test", api_key="app-x", http_client=http)
    try:
        dify.run_cost(run_id)
    except RouteNotFound as error:
        print(str(error).replace(run_id, "RUN"))
"""


def run(folder: Path, *command: str) -> str:
    """Run a command, in an environment without what this run of pytest has put into it."""
    ours = ("PYTEST_", "MAKE", "MFLAGS")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of what lies here, with an environment of its own that has the same packages."""
    folder = tmp_path / "dify-workflow"
    run(ROOT, "git", "clone", "--quiet", str(ROOT), str(folder))
    lying = run(ROOT, "git", "ls-files", "--cached", "--others", "--exclude-standard")
    for name in lying.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=as it lies")
    environment(folder / ".venv")
    return folder


def environment(made: Path) -> None:
    """Copy the environment of this interpreter, with the project's own packages from the clone."""
    old = Path(sys.prefix)
    shutil.copytree(old / "bin", made / "bin", symlinks=True)
    for file in (*old.glob(".[a-z]*"), old / "pyvenv.cfg"):
        if file.is_file():  # touched, so that make installs nothing into it
            shutil.copy(file, made)
    packages = Path(sysconfig.get_path("purelib"))
    target = made / packages.relative_to(old)
    target.mkdir(parents=True)
    for package in packages.iterdir():
        if package.suffix != ".pth":
            (target / package.name).symlink_to(package)
    for file in (*packages.glob("*.pth"), *(made / "bin").iterdir()):
        if file.is_symlink() or b"\0" in file.read_bytes():
            continue
        text = file.read_text("utf-8").replace(str(old), str(made))
        place = target / file.name if file.suffix == ".pth" else file
        place.write_text(text.replace(str(ROOT), str(made.parent)), "utf-8")


def test_four_edits_and_nothing_else(clone: Path) -> None:
    lines = contract().splitlines(keepends=True)
    for name, snippet in SNIPPETS.items():
        diff = list(difflib.unified_diff(lines, contract(snippet).splitlines(keepends=True), n=0))
        print(f"{name}: {sum(line[0] == '+' for line in diff) - 1} lines\n{''.join(diff)}")
        assert not [line for line in diff if line[0] == "-" and line[:3] != "---"]
    (clone / "openapi" / "dify-workflow.yaml").write_text(contract(*SNIPPETS.values()), "utf-8")
    run(clone, "make", "generate")
    changed = run(clone, "git", "status", "--porcelain", "--untracked-files=all").splitlines()
    by_hand = [line[3:] for line in changed if not line[3:].startswith(MADE)]
    assert by_hand == ["openapi/dify-workflow.yaml"]
    (clone / "tests" / "program.py").write_text(PROGRAM, "utf-8")
    told = run(clone, ".venv/bin/python", "tests/program.py").splitlines()
    assert told == [
        "n 3",
        "3 2",
        "min_steps: a whole number from 0 to inf",
        "RunCost(amount=3, additional_properties={})",
        "404: the answer is not Dify's (/workflows/run/RUN/cost). what a run has cost, "
        "`run_cost()`: needs Dify 1.16.0 or later, and this is 1.15.0",
    ]
    run(clone, ".venv/bin/python", "-m", "mypy", "--strict", "tests/program.py")
    (clone / "tests" / "program.py").unlink()
    run(clone, ".ci/run")
