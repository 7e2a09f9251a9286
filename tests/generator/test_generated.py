"""The committed generated client is what generator/ makes of the contract, and all of it."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
import yaml
from contract_edits import REF, SPEC
from dify_workflow_api import models
from dify_workflow_api.events import EVENTS
from dify_workflow_api.operations import OPERATIONS
from places import ROOT, files_below
from programs import printed

from generator.document import Document
from generator.generate import __main__ as generate

PACKAGE = ROOT / "generated" / "dify_workflow_api"
SOURCE = ROOT / "openapi" / "dify-workflow.yaml"


@pytest.mark.long
def test_committed_tree_is_what_the_contract_generates(tmp_path: Path) -> None:
    output = tmp_path / "new" / "package"
    output.parent.mkdir()
    printed("-m", "generator.generate", "--output", output, env={"PYTHONHASHSEED": "7"})
    new, committed = files_below(output), files_below(PACKAGE)
    assert sorted(new) == sorted(committed)
    assert [name for name in new if new[name] != committed[name]] == []
    assert [p.name for p in output.parent.iterdir()] == ["package"]


@pytest.mark.long
def test_what_is_made_elsewhere_is_what_the_contract_says() -> None:
    """The plain methods of the client, and the tables of what came with which Dify."""
    made = generate.beside(Document.read(SOURCE))
    assert [path.name for path, text in made.items() if path.read_text("utf-8") != text] == []


def test_own_files_name_the_command_that_wrote_them_and_nothing_of_this_machine() -> None:
    own = ["events", "filters", "operations", "__init__", "models/__init__"]
    files = files_below(PACKAGE)
    for name in [*(f"{n}.py" for n in own), "py.typed"]:
        assert b"make generate" in files[name].partition(b"\n")[0]
    text = b"\n".join(files.values()).decode()
    assert str(ROOT) not in text
    assert str(Path.home()) not in text


def test_the_stand_in_has_the_same_contract_and_the_same_reader_of_apps() -> None:
    ours = ROOT / "fake_dify" / "src" / "fake_dify"
    assert (ours / "openapi.json").read_bytes() == (PACKAGE / "openapi.json").read_bytes()
    readers = [ROOT / "wrapper" / "dify_workflow" / "exported", ours / "exported"]
    copied, copies = ({one.name: one.read_bytes() for one in r.glob("*.py")} for r in readers)
    assert copied == copies


def test_the_contract_is_there_by_another_reader_too() -> None:
    contract = yaml.load(SOURCE.read_text("utf-8"), yaml.CSafeLoader)
    assert json.loads(json.dumps(contract)) == SPEC
    specified = {(method.upper(), path) for path, item in SPEC["paths"].items() for method in item}
    assert {(method, path) for method, path, _ in OPERATIONS.values()} == specified


def test_an_event_is_read_into_its_data_or_itself() -> None:
    contract = Document(SPEC)
    assert list(EVENTS) == list(contract.events())
    for name, ref in contract.events().items():
        data = contract.merged(contract.resolve(ref))["properties"].get("data")
        expected = (data["$ref"], "data") if data else (ref, None)
        model, key = EVENTS[name]
        assert (REF + model, key) == expected


ALONE = """
import sys
from dify_workflow_api.models.workflow_log_entry import WorkflowLogEntry
from dify_workflow_api.models import WorkflowLogEntry as same
assert same is WorkflowLogEntry
import dify_workflow_api.events, dify_workflow_api.operations
print(*[m for m in sys.modules if m.startswith("dify_workflow_api.models.") or m == "httpx"])
"""


def test_one_model_is_imported_alone() -> None:
    told = printed("-c", ALONE, env={"PYTHONPATH": str(PACKAGE.parent)})
    assert told == "dify_workflow_api.models.workflow_log_entry\n"


def test_every_exported_name_is_there_and_no_other() -> None:
    for package in (importlib.import_module("dify_workflow_api"), models):
        assert dir(package) == sorted(package.__all__)
        assert {getattr(package, name).__module__ for name in package.__all__}
        with pytest.raises(AttributeError, match="no attribute 'Absent'"):
            package.Absent  # noqa: B018
