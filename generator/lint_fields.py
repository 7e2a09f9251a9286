"""Rules for schemas: descriptions, examples, and what would break or empty the generated models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from openapi_python_client.strings import PythonIdentifier

from generator.contract import EVENT_UNION, METHODS, Node, refs, resolve
from generator.view import merged

UNIONS = ("allOf", "anyOf", "oneOf")


def below(where: str, schema: Any) -> Iterator[tuple[str, Any]]:
    """Give a schema and all that are written inside it, with their places."""
    yield where, schema
    if not isinstance(schema, dict):
        return
    for key, value in schema.get("properties", {}).items():
        yield from below(f"{where}.{key}", value)
    for union in UNIONS:
        for number, value in enumerate(schema.get(union, [])):
            # A part of an `allOf` is the thing itself, not something in it.
            yield from below(where if union == "allOf" else f"{where}|{number}", value)
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if key in schema and not (key == "additionalProperties" and schema[key] is False):
            yield from below(where + mark, schema[key])


def inline(where: str, node: Any) -> Iterator[tuple[str, Any]]:
    """Give the schemas that are written where an operation needs them."""
    if isinstance(node, dict):
        if "schema" in node:
            yield from below(where, node["schema"])
        for key, value in node.items():
            if key not in ("schema", "examples"):
                yield from inline(f"{where} {key}", value)
    elif isinstance(node, list):
        for value in node:
            yield from inline(where, value)


def schemas(spec: Node, *, read: bool | None = None) -> Iterator[tuple[str, Any]]:
    """Give every schema with its place; only those of answers and events with `read`."""
    components = spec["components"]
    answers = [
        (f"{method.upper()} {path}", operation["responses"])
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    answers.append(("components.responses", components.get("responses", {})))
    reached = {EVENT_UNION}
    todo = [*(ref for _, node in answers for ref in refs(node)), EVENT_UNION]
    while todo:
        reached.add(ref := todo.pop())
        todo.extend(set(refs(resolve(spec, ref))) - reached)
    for name, schema in components["schemas"].items():
        if not read or f"#/components/schemas/{name}" in reached:
            yield from below(name, schema)
    places = answers if read else [("paths", spec["paths"]), ("components", {**components})]
    for where, node in places:
        yield from inline(where, {k: v for k, v in node.items() if k != "schemas"})


def described(spec: Node) -> Iterator[str]:
    """Every component has a description, and every field one and an example."""
    for name, schema in spec["components"]["schemas"].items():
        if not schema.get("description"):
            yield f"{name}: has no description"
    for where, schema in schemas(spec):
        for key, field in (
            schema.get("properties", {}) if isinstance(schema, dict) else {}
        ).items():
            if not isinstance(field, dict):
                continue  # refused by `plain`
            if not field.get("description"):
                yield f"{where}.{key}: has no description"
            speaks = "$ref" in field or "const" in field or "$ref" in field.get("items", {})
            if not speaks and field.get("format") != "binary" and not field.get("examples"):
                yield f"{where}.{key}: has no example"


def open_values(spec: Node) -> Iterator[str]:
    """Answers are open: a value, a format or a field that is new must not make reading fail."""
    for where, schema in schemas(spec, read=True):
        if not isinstance(schema, dict):
            continue
        if "enum" in schema:
            yield f"{where}: a closed list of values in an answer; name them in its description"
        if "const" in schema and not where.endswith("Event.event"):
            yield f"{where}: a constant in an answer; only the `event` of an event may be one"
        if schema.get("format", "binary") != "binary":
            yield f"{where}: format {schema['format']} in an answer; say it in its description"
        if schema.get("additionalProperties") is False:
            yield f"{where}: additionalProperties: false would drop new fields of an answer"


def plain(spec: Node) -> Iterator[str]:
    """Schemas are written so that the tool takes them for what they are."""
    for where, schema in schemas(spec):
        if not isinstance(schema, dict):
            yield f"{where}: a schema must be a mapping, not {schema}"
            continue
        if "nullable" in schema or "example" in schema:
            yield f"{where}: nullable and example are of OpenAPI 3.0; write a type list, examples"
        if "array" in schema.get("type", "") and "items" not in schema:
            yield f"{where}: an array without items drops all that use it"
        is_part = where in spec["components"]["schemas"]  # a component, or a part of its allOf
        if "properties" in schema and not is_part:
            yield f"{where}: an object with properties needs to be a component"


def names(spec: Node) -> Iterator[str]:
    """Fields that are required exist, and no two have one name in Python."""
    for name, schema in spec["components"]["schemas"].items():
        whole = merged(spec, schema)
        fields = whole.get("properties", {})
        for key in dict.fromkeys(whole.get("required", [])):
            if key not in fields:
                yield f"{name}: {key} is required and not a field"
        python = Counter(str(PythonIdentifier(key, "field_")) for key in fields)
        for key in (key for key, count in python.items() if count > 1):
            yield f"{name}: two fields are called {key} in Python"


RULES = (described, open_values, plain, names)
