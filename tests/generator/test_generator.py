"""A wrong contract stops the generator; of a right one the tool is given the reading view.

What the contract itself has is seen in the committed package; here is what it may have one day.
(A whole one with more in it: tests of CONTRIBUTING.)
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from contract_edits import GONE, REF, SPEC, Spec, edited

from generator.document import ContractError, Document
from generator.generate import __main__ as generate
from generator.generate.view import model, reading_view

ID = "/info get operationId"
SAME = "GET /parameters: operationId getAppParameters is that of /info too"
CHOICE = {"oneOf": [{"$ref": REF + "EndUser"}, {"$ref": REF + "UploadedFile"}]}
INLINE = {"type": "object", "properties": {"a": {"type": "string"}}}
ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}


@pytest.mark.long
@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({ID: "getAppParameters"}, SAME),
        ({ID: "get_appParameters"}, SAME),
        ({"/info get tags": GONE}, "GET /info: needs an operationId and exactly one tag"),
        ({"NodeFinishedData.x": {"$ref": REF + "Gone"}}, f"$ref to nothing: {REF}Gone"),
        (
            {"AppInfo.x": {"$ref": REF + "StopTaskBody"}},
            "StopTaskBody is used in requests and in responses",
        ),
        (
            {"WorkflowEvent discriminator mapping error": GONE},
            "oneOf and discriminator.mapping name different schemas",
        ),
        ({"AppInfo.x": INLINE}, "AppInfo.x: an object with properties needs to be a component"),
        ({"AppInfo.x": CHOICE}, "a choice or a nested list of components cannot be read"),
        ({"/info get responses 200 content": ZIP}, "Unsupported content_type application/zip"),
        ("info:\n  title: a\n  title: b\n", "found duplicate key"),
        ('{"title": 1, "title": 2}', "found duplicate key"),
    ],
)
def test_wrong_contract_is_refused_and_nothing_written(
    edits: dict[str, Any] | str, message: str, tmp_path: Path
) -> None:
    source, output = tmp_path / "changed.yaml", tmp_path / "out" / "package"
    text = edits if isinstance(edits, str) else json.dumps(edited(edits))
    source.write_text(text, encoding="utf-8")
    output.mkdir(parents=True)
    (output / "kept.py").touch()
    with pytest.raises(ContractError) as caught:
        generate.generate(source, output)
    assert message in str(caught.value)
    assert list((tmp_path / "out").rglob("*")) == [output, output / "kept.py"]


# The reading view

TEXT = {"type": "string"}
NULL = {"type": "null"}
OTHER = {"$ref": REF + "EndUser"}
CLOSED = {"type": "string", "enum": ["a"], "format": "uuid"}


def view(**edits: Any) -> Spec:
    """The components of the view of the contract with something changed in it."""
    changed = edited({"Free": {"type": "object", "description": "Free."}, **edits})
    found: Spec = reading_view(Document(changed)).spec["components"]["schemas"]
    return found


def read(value: Spec, *, required: bool = True) -> Any:
    needed = {"AppInfo required +": "x"} if required else {}
    found = view(**{"AppInfo.x": value, **needed})["AppInfo"]
    assert "x" in found["required"]
    return found["properties"]["x"]


def sent(value: Spec) -> Any:
    return view(**{"StopTaskBody.x": value})["StopTaskBody"]["properties"]["x"]


@pytest.mark.parametrize(
    ("value", "optional"),
    [
        (TEXT, {"type": ["string", "null"]}),
        (CLOSED, {"type": ["string", "null"]}),  # any value is taken
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"const": "a"}, {"oneOf": [{"const": "a"}, NULL]}),
        ({**OTHER, "description": "D."}, {"description": "D.", "oneOf": [OTHER, NULL]}),
        ({"anyOf": [OTHER, NULL]}, {"anyOf": [OTHER, NULL]}),
        ({"anyOf": [TEXT, {"type": "integer"}]}, {"anyOf": [TEXT, {"type": "integer"}, NULL]}),
        ({"allOf": [OTHER], "description": "D."}, {"description": "D.", "oneOf": [OTHER, NULL]}),
        ({"type": "array", "items": OTHER}, {"type": ["array", "null"], "items": OTHER}),
    ],
)
def test_optional_is_required_and_nullable_in_answers(value: Spec, optional: Spec) -> None:
    assert read(value, required=False) == optional


def test_requests_are_exact() -> None:
    assert sent(CLOSED) == CLOSED


@pytest.mark.parametrize(
    ("value", "loose"),
    [
        ({"type": ["object", "null"], "description": "D."}, {"description": "D."}),
        ({"type": "object", "additionalProperties": TEXT}, {}),
        ({"anyOf": [{"type": "object"}, NULL], "description": "D."}, {"description": "D."}),
        ({"type": ["string", "object"]}, {}),
        ({"type": "array"}, {}),
        ({"type": "array", "items": {"type": "object"}}, {"type": "array", "items": {}}),
        ({"type": ["array", "null"], "items": {"type": "object"}}, {}),
        ({"type": "array", "items": {"$ref": REF + "Free"}}, {"type": "array", "items": {}}),
        ({"description": "Any JSON."}, {"description": "Any JSON."}),
        ({"type": "object", "examples": [None, {"a": 1}]}, {"example": {"a": 1}}),
    ],
)
def test_free_form_is_untyped_and_the_first_example_shown(value: Spec, loose: Spec) -> None:
    assert read(value) == sent(value) == loose


def test_all_of_is_merged() -> None:
    before = copy.deepcopy(SPEC)
    base = {"type": "object", "required": ["id"], "properties": {"id": TEXT, "more": TEXT}}
    own = {"type": "object", "required": ["n"], "properties": {"id": {"const": "x"}, "n": TEXT}}
    whole = {"description": "D.", "allOf": [{"$ref": REF + "Base"}, own]}
    found = view(Base=base, AppInfo=whole, Unused=base)
    assert not {"Base", "Unused"} & set(found)
    assert found["AppInfo"] == {
        "description": "D.",
        "type": "object",
        "required": ["id", "more", "n"],
        "properties": {
            "id": {**TEXT, "const": "x"},
            "more": {"type": ["string", "null"]},
            "n": TEXT,
        },
    }
    assert before == SPEC


@pytest.mark.parametrize(
    "value",
    [
        {"oneOf": [OTHER, TEXT]},
        {"type": "array", "items": {"type": "array", "items": OTHER}},
        {"type": "array", "items": {"oneOf": [OTHER, TEXT]}},
    ],
)
def test_models_that_no_reader_could_tell_apart_are_refused(value: Spec) -> None:
    with pytest.raises(ContractError, match="cannot be read"):
        model(value)
