"""The committed generated client is what generator/ makes of the contract, and all of it."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml
from dify_workflow_api import events, models
from dify_workflow_api.events import EVENTS
from dify_workflow_api.filters import LOG_FILTERS, LogFilters
from dify_workflow_api.operations import OPERATIONS
from dify_workflow_api.types import Unset
from places import ROOT, files_below
from recorded_models import REF, SPEC, component

from generator.document import Document
from generator.generate import __main__ as generate

PACKAGE = ROOT / "generated" / "dify_workflow_api"
SCHEMAS = SPEC["components"]["schemas"]
MAPPING = SCHEMAS["WorkflowEvent"]["discriminator"]["mapping"]
SOURCE = ROOT / "openapi" / "dify-workflow.yaml"


@pytest.mark.long
def test_committed_tree_is_what_the_contract_generates(tmp_path: Path) -> None:
    output = tmp_path / "new" / "package"
    output.parent.mkdir()
    command = [sys.executable, "-m", "generator.generate", "--output", str(output)]
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    new, committed = files_below(output), files_below(PACKAGE)
    assert sorted(new) == sorted(committed)
    assert [name for name in new if new[name] != committed[name]] == []
    assert [p.name for p in output.parent.iterdir()] == ["package"]


@pytest.mark.long
def test_what_is_made_elsewhere_is_what_the_contract_says() -> None:
    """The plain methods of the client, and the tables of what came with which Dify."""
    made = generate.beside(Document.read(SOURCE))
    assert [path.name for path, text in made.items() if path.read_text("utf-8") != text] == []


def test_own_files_name_the_command_that_wrote_them() -> None:
    own = ["events", "filters", "operations", "__init__", "models/__init__"]
    for name in [*(f"{n}.py" for n in own), "py.typed"]:
        first = (PACKAGE / name).read_text("utf-8").partition("\n")[0]
        assert "make generate" in first


def test_nothing_of_this_machine_is_written() -> None:
    text = b"\n".join(files_below(PACKAGE).values()).decode()
    assert str(ROOT) not in text
    assert str(Path.home()) not in text


def test_the_stand_in_has_the_same_contract_and_the_same_reader_of_apps() -> None:
    ours = ROOT / "fake_dify" / "src" / "fake_dify"
    assert (ours / "openapi.json").read_bytes() == (PACKAGE / "openapi.json").read_bytes()
    readers = [ROOT / "wrapper" / "dify_workflow" / "exported", ours / "exported"]
    copied, copies = ({one.name: one.read_bytes() for one in r.glob("*.py")} for r in readers)
    assert copied == copies


def test_openapi_json_is_the_contract() -> None:
    contract = yaml.load(SOURCE.read_text("utf-8"), yaml.CSafeLoader)
    assert json.loads(json.dumps(contract)) == SPEC


def test_every_operation_has_its_module() -> None:
    specified = {(method.upper(), path) for path, item in SPEC["paths"].items() for method in item}
    assert {(method, path) for method, path, _ in OPERATIONS.values()} == specified
    written = {".".join(p.parts) for p in map(Path, files_below(PACKAGE)) if p.parts[0] == "api"}
    modules = {f"dify_workflow_api.{name[:-3]}" for name in written if "__init__" not in name}
    assert {module for _, _, module in OPERATIONS.values()} == modules


class Body:
    """A body whose content does not matter."""

    def to_dict(self) -> dict[str, Any]:
        return {}

    def to_multipart(self) -> list[Any]:
        return []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_module_builds_the_request_of_its_operation(operation: str) -> None:
    method, path, module = OPERATIONS[operation]
    get_kwargs = importlib.import_module(module)._get_kwargs
    needed = [
        name for name, p in inspect.signature(get_kwargs).parameters.items() if p.default is p.empty
    ]
    kwargs = get_kwargs(**{name: Body() if name == "body" else f"<{name}>" for name in needed})
    assert kwargs["method"].upper() == method
    segments = [f"%3C{s[1:-1]}%3E" if s.startswith("{") else s for s in path.split("/")]
    assert kwargs["url"] == "/".join(segments)


@pytest.mark.parametrize("name", MAPPING)
def test_an_event_is_read_into_its_data_or_itself(name: str) -> None:
    model, key = EVENTS[name]
    event = MAPPING[name].removeprefix(REF)
    *_, own = SCHEMAS[event].get("allOf", [SCHEMAS[event]])
    data = own["properties"].get("data", {"$ref": MAPPING[name]})
    assert (REF + model, key) == (data["$ref"], "data" if "data" in own["properties"] else None)
    assert key is None or not hasattr(models, event)  # an envelope that nobody builds


def test_event_data_joins_the_payloads_of_all_events() -> None:
    assert list(EVENTS) == list(MAPPING)
    expected = {getattr(models, model) for model, _ in EVENTS.values()}
    assert set(get_args(events.EventData)) == expected


ALONE = """
import sys
from dify_workflow_api.models.workflow_log_entry import WorkflowLogEntry
from dify_workflow_api.models import WorkflowLogEntry as same
assert same is WorkflowLogEntry
import dify_workflow_api.events, dify_workflow_api.operations
print(*[m for m in sys.modules if m.startswith("dify_workflow_api.models.") or m == "httpx"])
"""


def test_one_model_is_imported_alone() -> None:
    env = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    out = subprocess.check_output([sys.executable, "-c", ALONE], env=env, text=True)
    assert out == "dify_workflow_api.models.workflow_log_entry\n"


def test_every_exported_name_is_there_and_no_other() -> None:
    for package in (importlib.import_module("dify_workflow_api"), models):
        assert dir(package) == sorted(package.__all__)
        assert {getattr(package, name).__module__ for name in package.__all__}
        with pytest.raises(AttributeError, match="no attribute 'Absent'"):
            package.Absent  # noqa: B018


def test_filters_are_the_query_parameters_of_the_log_listing() -> None:
    listing = importlib.import_module(OPERATIONS["listWorkflowLogs"][2])
    hints = get_type_hints(listing._get_kwargs)
    parameters = map(component, SPEC["paths"]["/workflows/logs"]["get"]["parameters"])
    rules = {p["name"].replace("__", "_"): p["schema"] for p in parameters if p["in"] == "query"}
    assert list(rules) == list(LogFilters.__annotations__) == list(LOG_FILTERS)
    for name, hint in get_type_hints(LogFilters).items():
        is_time = rules[name].get("format") == "date-time"
        assert hint | Unset == hints[name] | None | (str if is_time else Unset)
        assert LOG_FILTERS[name]["type"] == rules[name]["type"]
        rule = {key: value for key, value in LOG_FILTERS[name].items() if key != "description"}
        assert rule.items() <= rules[name].items()
        assert {"enum", "format", "minimum", "maximum"} & set(rules[name]) <= set(LOG_FILTERS[name])
