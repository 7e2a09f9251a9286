"""Rules for schemas: descriptions, examples, and what would break or empty the generated models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from openapi_python_client.strings import PythonIdentifier

from generator.document import SCHEMAS, Document, Place


def schemas(contract: Document, *, read: bool = False) -> Iterator[tuple[str, Any]]:
    """Give every schema with its name; only those of answers and events with `read`."""
    reached = contract.sides()[1] if read else set()
    for place, schema in contract.walk():
        component = place.removeprefix(SCHEMAS).partition("/")[0] if SCHEMAS in place else None
        if not read or component in reached or "/responses/" in place:
            yield name_of(place), schema


def name_of(place: Place) -> str:
    """Name a schema as people do: `NodeFinishedData.files[].url`.

    A part of an `allOf` is the thing itself, not something in it.
    """
    end = "/" if place.startswith(SCHEMAS) else "/schema"  # of what is no part of the schema itself
    head, _, rest = place.removeprefix(SCHEMAS).removeprefix("#/").partition(end)
    text, keys = " ".join(unescaped(head)), unescaped(rest)
    while keys:
        match keys.pop(0):
            case "properties":
                text += f".{keys.pop(0)}"
            case "items":
                text += "[]"
            case "additionalProperties":
                text += "{}"
            case "allOf":
                keys.pop(0)
            case _:
                text += f"|{keys.pop(0)}"
    return text


def unescaped(pointer: str) -> list[str]:
    """Return the keys of a JSON pointer."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/") if key]


def described(contract: Document) -> Iterator[str]:
    """Every component has a description, and every field one and an example."""
    for name, schema in contract.schemas.items():
        if not schema.get("description"):
            yield f"{name}: has no description"
    for where, schema in schemas(contract):
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


def open_values(contract: Document) -> Iterator[str]:
    """Answers are open: a value, a format or a field that is new must not make reading fail."""
    for where, schema in schemas(contract, read=True):
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


def plain(contract: Document) -> Iterator[str]:
    """Schemas are written so that the tool takes them for what they are."""
    for where, schema in schemas(contract):
        if not isinstance(schema, dict):
            yield f"{where}: a schema must be a mapping, not {schema}"
            continue
        if "nullable" in schema or "example" in schema:
            yield f"{where}: nullable and example are of OpenAPI 3.0; write a type list, examples"
        if "array" in schema.get("type", "") and "items" not in schema:
            yield f"{where}: an array without items drops all that use it"
        is_part = where in contract.schemas  # a component, or a part of its allOf
        if "properties" in schema and not is_part:
            yield f"{where}: an object with properties needs to be a component"


def names(contract: Document) -> Iterator[str]:
    """Fields that are required exist, and no two have one name in Python."""
    for name, schema in contract.schemas.items():
        whole = contract.merged(schema)
        fields = whole.get("properties", {})
        for key in dict.fromkeys(whole.get("required", [])):
            if key not in fields:
                yield f"{name}: {key} is required and not a field"
        python = Counter(str(PythonIdentifier(key, "field_")) for key in fields)
        for key in (key for key, count in python.items() if count > 1):
            yield f"{name}: two fields are called {key} in Python"


RULES = (described, open_values, plain, names)
