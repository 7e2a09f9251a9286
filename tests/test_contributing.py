"""CONTRIBUTING.md: what it adds to the contract can be added, and gives what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
ADDITIONS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.S)]
PROGRAM = """
from dify_workflow_api.events import EVENTS
from dify_workflow_api.models import CreditUsedData, NodeFinishedData, RunCost
from dify_workflow_api.operations import OPERATIONS

print(NodeFinishedData.__annotations__["queue_seconds"])
print(EVENTS["credit_used"], CreditUsedData.from_dict({"node_id": "17", "amount": 3}).amount)
print(OPERATIONS["getRunCost"], RunCost.from_dict({"amount": 3}).amount)
"""


def added(base: Any, addition: Any) -> Any:
    """A document with another one in it: mappings join, lists grow."""
    if isinstance(base, dict) and isinstance(addition, dict):
        both = {name: added(base[name], value) for name, value in addition.items() if name in base}
        return {**base, **addition, **both}
    assert isinstance(base, list), "nothing that is there is replaced"
    return base + addition


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contract with all that the text adds."""
    path = tmp_path_factory.mktemp("contract") / "dify-workflow.yaml"
    document = yaml.load((ROOT / "openapi" / path.name).read_text("utf-8"), yaml.CSafeLoader)
    for addition in ADDITIONS:
        document = added(document, addition)
    path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    return path


def run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    ran = subprocess.run(
        [sys.executable, *map(str, command)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=env,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_there_is_one_of_each_kind() -> None:
    assert len(ADDITIONS) == 3


def test_the_rules_are_kept(contract: Path) -> None:
    run("generator/lint.py", "--spec", contract)


def test_one_edit_is_enough(contract: Path) -> None:
    package = contract.parent / "dify_workflow_api"
    run("generator/generate.py", "--spec", contract, "--output", package)
    field, event, operation = run(
        "-c", PROGRAM, env={"PYTHONPATH": str(package.parent)}
    ).splitlines()
    assert field == "float | None"
    assert event == "('CreditUsedData', 'data') 3"
    assert operation.startswith("('GET', '/workflows/run/{workflow_run_id}/cost', ")


def test_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    for named in re.findall(r"\bmake ((?:[a-z-]+ ?)+)", TEXT):
        assert set(named.split()) <= targets, named
    for path in re.findall(r"`([\w./-]+/[\w./-]*)`", TEXT):
        places = (ROOT, ROOT / "wrapper", ROOT / "wrapper" / "dify_workflow")
        assert any((place / path).exists() for place in places), path
