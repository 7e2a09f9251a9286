"""What an OpenAPI document says, place by place, so that two documents can be held side by side.

Places read like the API: "POST /workflows/run 200 data.outputs", "GET /workflows/logs query limit",
"POST /workflows/run 400 code invalid_param", "event node_finished data.files[].url". OpenAPI 3.0
and 3.1 give the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from generator.document import UNIONS, Document, Node, Operation, types

CODE = re.compile(r"`([a-z]+(?:_[a-z]+)*)`")
NUMBERS = {"int32", "int64", "float", "double"}  # formats that say nothing of the JSON


class Fact(NamedTuple):
    """What is known of one place; a place without a value (an operation, a code) has no types."""

    types: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    """The only values allowed; empty for all of the types."""
    required: bool = False
    described: bool = True
    """False for an object whose fields are not told."""


Facts = dict[str, Fact]


class Reader:
    """Reads the facts of a document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def operation(self, operation: Operation) -> Facts:
        """Return the facts of an operation."""
        where, node = operation.where, operation.node
        facts: Facts = {}
        for parameter in operation.parameters:
            place = f"{where} {parameter['in']} {parameter['name']}"
            needed = bool(parameter.get("required"))
            facts.update(self.values(place, parameter.get("schema", {}), required=needed))
        facts.update(self._content(f"{where} body", node.get("requestBody", {})))
        for status, answer in node["responses"].items():
            facts[f"{where} {status}"] = Fact()
            # Errors are of one form everywhere: their codes tell them apart.
            facts.update(self._content(f"{where} {status}", answer, values=status < "3"))
            for code in self._codes(self._document.resolved(answer)) if status >= "4" else []:
                facts[f"{where} {status} code {code}"] = Fact()
        return facts

    def events(self, union: Node) -> Facts:
        """Give the facts of the events in the mapping of a union."""
        facts: Facts = {}
        for event, ref in union["discriminator"]["mapping"].items():
            place = f"event {event}"
            known = self.values(place, self._document.resolve(ref))
            facts[place] = Fact()
            facts.update({k: v for k, v in known.items() if k not in (place, f"{place} event")})
        return facts

    def values(self, place: str, schema: Any, *, required: bool = False) -> Facts:
        """Give the facts of a value and of all inside it."""
        return dict(self._walk(place, self._merged([schema]), required, " ", ()))

    def _walk(
        self, place: str, whole: Node, required: bool, joint: str, inside: tuple[int, ...]
    ) -> Iterator[tuple[str, Fact]]:
        fields: dict[str, list[Any]] = whole["fields"]
        described = bool(fields) or "object" not in whole["types"]
        types, formats, values = (frozenset(whole[k]) for k in ("types", "formats", "values"))
        yield place, Fact(types, formats, values, required, described)
        if id(whole["source"]) in inside:
            return  # a schema that holds itself
        inside = (*inside, id(whole["source"]))
        for key, schemas in fields.items():
            needed = key in whole["needed"]
            yield from self._walk(place + joint + key, self._merged(schemas), needed, ".", inside)
        for part, mark in (("items", "[]"), ("others", "{}")):
            if whole[part]:
                yield from self._walk(place + mark, self._merged(whole[part]), False, ".", inside)

    def _merged(self, schemas: list[Any]) -> Node:
        """Put together what several schemas say of one value: a union is the sum of its parts."""
        whole: Node = {"types": set(), "formats": set(), "values": set(), "needed": set()}
        whole |= {"fields": {}, "items": [], "others": [], "source": schemas[0]}
        for schema in schemas:
            self._add(whole, schema)
        if whole["fields"] or whole["others"]:
            whole["types"].add("object")
        return whole

    def _add(self, whole: Node, schema: Any) -> None:
        if not isinstance(schema, dict):
            return  # `true`: anything
        if "$ref" in schema:
            self._add(whole, self._document.resolve(schema["$ref"]))
            schema = {key: value for key, value in schema.items() if key != "$ref"}
        whole["types"] |= set(types(schema))
        if schema.get("nullable"):
            whole["types"].add("null")
        if schema.get("format") not in {None, *NUMBERS}:
            whole["formats"].add(schema["format"])
        allowed = [schema["const"]] if "const" in schema else schema.get("enum", [])
        whole["values"] |= {str(value) for value in allowed}
        whole["types"] |= {"string" for value in allowed if isinstance(value, str)}
        whole["needed"] |= set(schema.get("required", []))
        for key, field in schema.get("properties", {}).items():
            whole["fields"].setdefault(key, []).append(field)
        if "items" in schema:
            whole["items"].append(schema["items"])
        if schema.get("additionalProperties") not in (None, True, False, {}):
            whole["others"].append(schema["additionalProperties"])
        for part in schema.get("allOf", []):
            self._add(whole, part)
        for union in UNIONS:
            for part in schema.get(union, []):
                # What one member of a union needs, the others may lack.
                if isinstance(part, dict):
                    self._add(whole, {key: v for key, v in part.items() if key != "required"})

    def _content(self, place: str, holder: Node, *, values: bool = True) -> Facts:
        facts: Facts = {}
        for kind, media in self._document.resolved(holder).get("content", {}).items():
            facts[f"{place} as {kind}"] = Fact()
            if values and kind in ("application/json", "multipart/form-data"):
                facts.update(self.values(place, media.get("schema", {})))
        return facts

    def _codes(self, answer: Node) -> list[str]:
        """Give the error codes of an answer: those its text is a list of, those of its examples."""
        found = []
        for item in re.split(r"\n\n|\n(?=- )", answer.get("description", "")):
            found += CODE.findall(item.partition(":")[0]) if ":" in item else []
        for media in answer.get("content", {}).values():
            shown = [example.get("value") for example in media.get("examples", {}).values()]
            found += [
                value["code"] for value in shown if isinstance(value, dict) and "code" in value
            ]
        return list(dict.fromkeys(found))
