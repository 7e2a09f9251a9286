"""The reading view: what openapi-python-client is given in place of the exact contract."""

from __future__ import annotations

from typing import Any

import pytest

from generator.document import ContractError, Document
from generator.generate.view import model, reading_view

Schema = dict[str, Any]
REF = "#/components/schemas/"
TEXT = {"type": "string"}
NULL = {"type": "null"}
OTHER = {"$ref": REF + "Other"}
FREE = {"$ref": REF + "Free"}
BASE = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {**TEXT, "description": "Id."}, "more": TEXT},
}


def view(**components: Schema) -> Schema:
    """The components of the view: `Read` is answered, `Sent` is sent, `DoneEvent` is streamed."""
    answer = {
        "application/json": {"schema": {"$ref": REF + "Read"}},
        "text/event-stream": {"schema": {"$ref": REF + "WorkflowEvent"}},
    }
    operation = {
        "operationId": "runIt",
        "tags": ["runs"],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": REF + "Sent"}}}},
        "responses": {"200": {"description": "Done.", "content": answer}},
    }
    schemas: Schema = {
        "Read": {"type": "object", "properties": {}},
        "Sent": {"type": "object", "properties": {}},
        "Other": {"type": "object", "required": ["id"], "properties": {"id": TEXT}},
        "Free": {"type": "object", "description": "Free."},
        "Base": BASE,
        "DoneEvent": {"type": "object", "properties": {"event": {"const": "done"}}},
        "WorkflowEvent": {
            "oneOf": [{"$ref": REF + "DoneEvent"}],
            "discriminator": {"mapping": {"done": REF + "DoneEvent"}},
        },
        **components,
    }
    spec: Schema = {"paths": {"/run": {"post": operation}}, "components": {"schemas": schemas}}
    seen = reading_view(Document(spec)).spec
    content = seen["paths"]["/run"]["post"]["responses"]["200"]["content"]
    assert list(content) == ["application/json"]
    assert spec["components"]["schemas"] == schemas  # the contract itself stays as it is
    found: Schema = seen["components"]["schemas"]
    return found


def read(value: Schema, *, required: bool) -> Schema:
    """How the view has a property of an answer."""
    needed = ["x"] if required else []
    seen = view(Read={"type": "object", "required": needed, "properties": {"x": value}})["Read"]
    assert seen["required"] == ["x"]
    found: Schema = seen["properties"]["x"]
    return found


def sent(value: Schema) -> Schema:
    """How the view has a property that is sent."""
    seen = view(Sent={"type": "object", "required": ["x"], "properties": {"x": value}})["Sent"]
    found: Schema = seen["properties"]["x"]
    return found


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (TEXT, {"type": ["string", "null"]}),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"const": "a"}, {"oneOf": [{"const": "a"}, NULL]}),
        ({**OTHER, "description": "D."}, {"description": "D.", "oneOf": [OTHER, NULL]}),
        ({"anyOf": [OTHER, NULL]}, {"anyOf": [OTHER, NULL]}),
        ({"anyOf": [TEXT, {"type": "integer"}]}, {"anyOf": [TEXT, {"type": "integer"}, NULL]}),
        ({"allOf": [OTHER], "description": "D."}, {"description": "D.", "oneOf": [OTHER, NULL]}),
        ({"type": "array", "items": OTHER}, {"type": ["array", "null"], "items": OTHER}),
    ],
)
def test_optional_is_required_and_nullable_in_answers(value: Schema, seen: Schema) -> None:
    assert read(value, required=False) == seen


def test_answers_take_any_value_where_requests_are_exact() -> None:
    choice = {"type": "string", "enum": ["a"], "format": "uuid"}
    assert read(choice, required=True) == TEXT
    assert sent(choice) == choice


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ({"type": "object"}, {}),
        ({"type": ["object", "null"], "description": "D."}, {"description": "D."}),
        ({"type": "object", "additionalProperties": OTHER}, {}),
        ({"anyOf": [{"type": "object"}, NULL], "description": "D."}, {"description": "D."}),
        ({"type": ["string", "object"]}, {}),
        ({"type": "array"}, {}),
        ({"type": "array", "items": {"type": "object"}}, {"type": "array", "items": {}}),
        ({"type": ["array", "null"], "items": {"type": "object"}}, {}),
        ({"type": "array", "items": FREE}, {"type": "array", "items": {}}),
        ({"description": "Any JSON."}, {"description": "Any JSON."}),
        ({"type": "object", "examples": [None, {"a": 1}]}, {"example": {"a": 1}}),
        ({"examples": ["a", "b"]}, {"example": "a"}),
    ],
)
def test_free_form_is_untyped_and_the_first_example_shown(value: Schema, seen: Schema) -> None:
    assert read(value, required=True) == sent(value) == seen


def test_all_of_is_merged() -> None:
    own = {"type": "object", "required": ["n"], "properties": {"id": {"const": "x"}, "n": TEXT}}
    whole = view(Read={"description": "D.", "allOf": [{"$ref": REF + "Base"}, own]})
    assert set(whole) == {"Read", "Sent", "DoneEvent"}  # only what is used is left
    assert whole["Read"] == {
        "description": "D.",
        "type": "object",
        "required": ["id", "more", "n"],
        "properties": {
            "id": {"type": "string", "description": "Id.", "const": "x"},
            "more": {"type": ["string", "null"]},
            "n": TEXT,
        },
    }


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (OTHER, "Other"),
        ({"oneOf": [OTHER, NULL]}, "Other"),
        ({"type": "array", "items": OTHER}, ["Other"]),
        ({"anyOf": [{"type": "array", "items": OTHER}, NULL]}, ["Other"]),
        ({"type": ["string", "null"]}, None),
        ({"type": "array", "items": TEXT}, None),
        ({"anyOf": [TEXT, {"type": "integer"}]}, None),
    ],
)
def test_model_of_a_value(value: Schema, name: object) -> None:
    assert model(value) == name


@pytest.mark.parametrize(
    "value",
    [
        {"oneOf": [OTHER, {"$ref": REF + "Read"}]},
        {"oneOf": [OTHER, TEXT]},
        {"type": "array", "items": {"type": "array", "items": OTHER}},
        {"type": "array", "items": {"oneOf": [OTHER, TEXT]}},
    ],
)
def test_models_that_no_reader_could_tell_apart_are_refused(value: Schema) -> None:
    with pytest.raises(ContractError, match="cannot be read"):
        model(value)
