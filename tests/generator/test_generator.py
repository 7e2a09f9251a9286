"""A wrong contract stops the generator. (A right one with more in it: tests of CONTRIBUTING.)"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from contract_edits import REF, SPEC, Spec

from generator.document import ContractError
from generator.generate import __main__ as generate


def refusal(text: str, folder: Path) -> str:
    """Run the generator over a wrong contract; return what it says. Nothing is written."""
    source, output = folder / "changed.yaml", folder / "out" / "package"
    source.write_text(text, encoding="utf-8")
    output.mkdir(parents=True)
    (output / "kept.py").touch()
    with pytest.raises(ContractError) as caught:
        generate.generate(source, output)
    assert list((folder / "out").rglob("*")) == [output, output / "kept.py"]
    return str(caught.value)


def extend(spec: Spec, name: str, **properties: Spec) -> None:
    """Add properties to a component, whatever it is made of."""
    schemas = spec["components"]["schemas"]
    schemas[name] = {"allOf": [schemas[name], {"type": "object", "properties": properties}]}


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


@pytest.mark.long
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
    change: Callable[[Spec], None], message: str, tmp_path: Path
) -> None:
    spec = copy.deepcopy(SPEC)
    change(spec)
    assert message in refusal(json.dumps(spec), tmp_path)


@pytest.mark.parametrize("text", ["info:\n  title: a\n  title: b\n", '{"title": 1, "title": 2}'])
def test_a_key_written_twice_is_refused(text: str, tmp_path: Path) -> None:
    assert "found duplicate key" in refusal(text, tmp_path)
