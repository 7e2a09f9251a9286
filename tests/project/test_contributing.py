"""CONTRIBUTING.md: what it adds to the contract keeps the rules, and gives what it says."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest
import yaml
from additions import SNIPPETS, TEXT, add
from contract_edits import SPEC
from places import ROOT
from programs import printed

pytestmark = pytest.mark.long

PROGRAM = """
from dify_workflow_api.api.logs.list_workflow_logs import _get_kwargs as listed
from dify_workflow_api.api.runs.get_run_cost import _get_kwargs as cost
from dify_workflow_api.events import EVENTS
from dify_workflow_api.filters import LogFilters
from dify_workflow_api.models import CreditUsedData, NodeFinishedData, RunCost
from dify_workflow_api.operations import ANSWERS, SINCE

print(NodeFinishedData.__annotations__["queue_seconds"])
print(EVENTS["credit_used"], CreditUsedData.from_dict({"node_id": "17", "amount": 3}).amount)
print(LogFilters.__annotations__["min_steps"], listed(min_steps=3)["params"]["min__steps"])
print(cost("a b")["method"], cost("a b")["url"])
print(ANSWERS["getRunCost"], SINCE["getRunCost"])
"""


def test_one_edit_is_enough(tmp_path: Path) -> None:
    """The whole of it, `make check test` in a clone, is in test_rehearsal.py."""
    spec, package = tmp_path / "dify-workflow.yaml", tmp_path / "dify_workflow_api"
    document = copy.deepcopy(SPEC)
    for snippet in SNIPPETS.values():
        add(document, yaml.safe_load(snippet))
    spec.write_text(json.dumps(document), "utf-8")
    printed("-m", "generator.lint", "--spec", spec)
    printed("-m", "generator.generate", "--spec", spec, "--output", package)
    assert printed("-c", PROGRAM, env={"PYTHONPATH": str(tmp_path)}).splitlines() == [
        "float | None",
        "('CreditUsedData', 'data') 3",
        "int | None 3",
        "get /workflows/run/a%20b/cost",
        "RunCost ('1.16', 'what a run has cost, `run_cost()`')",
    ]


def test_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    for named in re.findall(r"\bmake ((?:[a-z-]+ ?)+)", TEXT):
        assert set(named.split()) <= targets, named
    for path in re.findall(r"`([\w./-]+/[\w./-]*)`", TEXT):
        places = (ROOT, ROOT / "wrapper", ROOT / "wrapper" / "dify_workflow")
        assert any((place / path).exists() for place in places), path
