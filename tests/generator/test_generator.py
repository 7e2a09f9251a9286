"""A changed contract shows in the generated client; a wrong one stops the generator."""

from __future__ import annotations

import copy
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import ROOT

pytestmark = pytest.mark.long

SPEC: dict[str, Any] = yaml.load(
    (ROOT / "openapi" / "dify-workflow.yaml").read_text("utf-8"), yaml.CSafeLoader
)
REF = "#/components/schemas/"
Spec = dict[str, Any]


def generate(spec: Spec, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the generator over a contract, into `folder / "package"`."""
    return generate_text(json.dumps(spec, ensure_ascii=False), folder)


def generate_text(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    source = folder / "changed.yaml"
    source.write_text(text, encoding="utf-8")
    output = folder / "out" / "package"
    command = [sys.executable, "-m", "generator.generate", f"--spec={source}", f"--output={output}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def extend(spec: Spec, name: str, **properties: Spec) -> None:
    """Add properties to a component, whatever it is made of."""
    schemas = spec["components"]["schemas"]
    schemas[name] = {"allOf": [schemas[name], {"type": "object", "properties": properties}]}


@pytest.fixture
def spec() -> Spec:
    return copy.deepcopy(SPEC)


def test_changes_of_the_contract_reach_the_client(spec: Spec, tmp_path: Path) -> None:
    schemas = spec["components"]["schemas"]
    new_object = {"$ref": REF + "NewThingData"}
    extend(spec, "NodeFinishedData", new_field={"type": "integer"}, new_object=new_object)
    schemas["NewThingData"] = {"type": "object", "properties": {"free": {"type": "object"}}}
    schemas["NewThingEvent"] = {
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "event": {"const": "new_thing"},
            "data": {"$ref": REF + "NewThingData"},
        },
    }
    union = schemas["WorkflowEvent"]
    union["oneOf"].append({"$ref": REF + "NewThingEvent"})
    union["discriminator"]["mapping"]["new_thing"] = REF + "NewThingEvent"
    logs = spec["paths"]["/workflows/logs"]["get"]
    logs["parameters"].append(
        {"name": "new__filter", "in": "query", "schema": {"type": "boolean"}, "description": "New."}
    )
    spec["paths"]["/new/{new_id}"] = {
        "get": {
            "operationId": "getNewThing",
            "tags": ["app"],
            "parameters": [
                {"name": "new_id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": {"200": {"description": "Nothing."}},
        }
    }
    done = generate(spec, tmp_path)
    assert done.returncode == 0, done.stderr

    package = tmp_path / "out" / "package"
    table = {n: runpy.run_path(str(package / f"{n}.py")) for n in ("events", "filters")}
    assert table["events"]["EVENTS"]["new_thing"] == ("NewThingData", "data")
    assert "| NewThingData" in (package / "events.py").read_text("utf-8")
    assert table["filters"]["LogFilters"].__annotations__["new_filter"] is bool

    code = """
from package.api.app.get_new_thing import _get_kwargs as get
from package.api.logs.list_workflow_logs import _get_kwargs as list_
from package.models import NodeFinishedData
read = NodeFinishedData.from_dict({"new_field": 3, "new_object": {"free": {"a": 1}}})
print(read.new_field, read.new_object.free, list_(new_filter=True)["params"]["new__filter"])
print(get("a b")["method"], get("a b")["url"])
"""
    env = {**os.environ, "PYTHONPATH": str(package.parent)}
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert out.stdout.split("\n") == ["3 {'a': 1} True", "get /new/a%20b", ""], out.stderr
    annotations = (package / "models" / "node_finished_data.py").read_text("utf-8")
    assert "    new_field: int | None\n" in annotations


def duplicate_operation(spec: Spec) -> None:
    spec["paths"]["/info"]["get"]["operationId"] = "getAppParameters"


def duplicate_module(spec: Spec) -> None:
    spec["paths"]["/info"]["get"]["operationId"] = "get_appParameters"


def no_tag(spec: Spec) -> None:
    del spec["paths"]["/info"]["get"]["tags"]


def dangling_ref(spec: Spec) -> None:
    extend(spec, "NodeFinishedData", id={"$ref": REF + "Gone"})


def shared_by_both_sides(spec: Spec) -> None:
    extend(spec, "AppInfo", x={"$ref": REF + "StopTaskBody"})


def event_missing_in_the_mapping(spec: Spec) -> None:
    del spec["components"]["schemas"]["WorkflowEvent"]["discriminator"]["mapping"]["error"]


def inline_object(spec: Spec) -> None:
    inline = {"type": "object", "properties": {"a": {"type": "string"}}}
    extend(spec, "AppInfo", x=inline)


def choice_of_components(spec: Spec) -> None:
    choice = [{"$ref": REF + "EndUser"}, {"$ref": REF + "UploadedFile"}]
    extend(spec, "AppInfo", x={"oneOf": choice})


def answer_the_tool_does_not_know(spec: Spec) -> None:
    content = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
    spec["paths"]["/info"]["get"]["responses"]["200"]["content"] = content


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (duplicate_operation, "GET /parameters: operationId getAppParameters is that of /info too"),
        (duplicate_module, "GET /parameters: operationId getAppParameters is that of /info too"),
        (no_tag, "GET /info: needs an operationId and exactly one tag"),
        (dangling_ref, "$ref to nothing: #/components/schemas/Gone"),
        (shared_by_both_sides, "StopTaskBody is used in requests and in responses"),
        (event_missing_in_the_mapping, "oneOf and discriminator.mapping name different schemas"),
        (inline_object, "AppInfo.x: an object with properties needs to be a component"),
        (choice_of_components, "a choice or a nested list of components cannot be read"),
        (answer_the_tool_does_not_know, "Unsupported content_type application/zip"),
    ],
)
def test_wrong_contract_is_refused_and_nothing_written(
    change: Callable[[Spec], None], message: str, spec: Spec, tmp_path: Path
) -> None:
    kept = tmp_path / "out" / "package" / "kept.py"
    kept.parent.mkdir(parents=True)
    kept.touch()
    change(spec)
    done = generate(spec, tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").rglob("*")) == [kept.parent, kept]


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    done = generate_text("info:\n  title: a\n  title: b\n", tmp_path)
    assert done.returncode == 1
    assert 'found duplicate key "title"' in done.stderr
    assert not (tmp_path / "out").exists()
