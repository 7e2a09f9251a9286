"""The contract of the API, as `make generate` writes it: routes, and checks of both sides.

The stand-in serves the routes that the contract lists and checks what it answers against it, so it
cannot drift away from what the client was generated from.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen
from jsonschema import Draft202012Validator

JSON = "application/json"
BOOLEANS = {"true": True, "false": False}


@frozen
class Operation:
    """One operation of the contract: `id` is its operationId."""

    id: str
    method: str
    path: str
    spec: Mapping[str, Any] = field(repr=False)
    pattern: re.Pattern[str] = field(repr=False)


class Contract:
    """The document, with a validator per schema."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._validators: dict[str, Draft202012Validator] = {}
        found = [
            Operation(spec["operationId"], method.upper(), path, spec, _pattern(path))
            for path, methods in document["paths"].items()
            for method, spec in methods.items()
            if method in {"get", "post", "put", "patch", "delete"}
        ]
        # Literal paths first: /workflows/run/... is not /workflows/{workflow_id}/...
        self.operations: list[Operation] = sorted(found, key=_wildcards)

    def match(self, path: str) -> list[tuple[Operation, dict[str, str]]]:
        """Return the operations that a path (without /v1) reaches, whatever their method."""
        found = [(op, op.pattern.fullmatch(path)) for op in self.operations]
        return [(op, match.groupdict()) for op, match in found if match]

    def event_problems(self, event: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with an event; events nobody knows are not checked."""
        mapping = self._schema("WorkflowEvent")["discriminator"]["mapping"]
        name = str(event.get("event"))
        if name not in mapping:
            return []
        return [f"event {name}: {text}" for text in self._check(mapping[name], event)]

    def response_problems(self, operation: Operation, status: int, body: Any) -> list[str]:
        """Return what is wrong with a JSON answer: undocumented status or unfitting body."""
        what = f"answer {status} of {operation.id}"
        response = self._resolve(operation.spec["responses"].get(str(status)))
        if response is None:
            return [] if status >= 500 else [f"{what}: the contract has no such status"]
        schema = response.get("content", {}).get(JSON, {}).get("schema")
        if schema is None:
            return [f"{what}: the contract has no JSON there"]
        return [f"{what}: {text}" for text in self._check(schema, body)]

    def request_problems(
        self, operation: Operation, query: Mapping[str, str], body: Any
    ) -> list[str]:
        """Return what is wrong with a request: unknown or unfitting parameters, unfitting body."""
        return [
            f"request of {operation.id}: {text}"
            for text in (*self._query_problems(operation, query), *self._body(operation, body))
        ]

    def _query_problems(self, operation: Operation, query: Mapping[str, str]) -> Iterator[str]:
        parameters = [self._resolve(item) for item in operation.spec.get("parameters", ())]
        known = {item["name"]: item for item in parameters if item["in"] == "query"}
        for name, text in query.items():
            if name not in known:
                yield f"unknown parameter {name!r}"
                continue
            schema = known[name]["schema"]
            value: Any = text
            if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", text):
                value = int(text)
            elif schema.get("type") == "boolean":
                value = BOOLEANS.get(text, text)
            yield from (f"{name}: {problem}" for problem in self._check(schema, value))

    def _body(self, operation: Operation, body: Any) -> Iterator[str]:
        content = self._resolve(operation.spec.get("requestBody") or {}).get("content", {})
        for media in content.values():
            yield from self._check(media["schema"], body)
            known = self._resolve(media["schema"]).get("properties", {})
            for name in set(body if isinstance(body, Mapping) else ()) - set(known):
                yield f"unknown field {name!r}"

    def _schema(self, name: str) -> Any:
        return self._document["components"]["schemas"][name]

    def _resolve(self, node: Any) -> Any:
        while isinstance(node, Mapping) and "$ref" in node:
            target: Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def _check(self, schema: Any, value: Any) -> Iterator[str]:
        key = schema if isinstance(schema, str) else json.dumps(schema, sort_keys=True)
        for error in self._validator(key).iter_errors(value):
            yield f"{error.json_path}: {error.message[:300]}"

    def _validator(self, key: str) -> Draft202012Validator:
        if key not in self._validators:
            schema = {"$ref": key} if key.startswith("#") else json.loads(key)
            whole = {"components": self._document["components"], **schema}
            self._validators[key] = Draft202012Validator(whole)
        return self._validators[key]


def _wildcards(operation: Operation) -> int:
    return operation.path.count("{")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))


@functools.cache
def contract() -> Contract:
    """Return the contract that this package was generated from."""
    text = importlib.resources.files("fake_dify").joinpath("openapi.json").read_text("utf-8")
    return Contract(json.loads(text))
