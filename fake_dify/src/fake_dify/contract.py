"""The contract of the API, as `make generate` writes it: operations, examples, checks.

The stand-in serves the operations that it lists and holds what it sends against it, so it cannot
drift away from it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

JSON = "application/json"
BOOLEANS = {"true": True, "false": False}


def _since(spec: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the first Dify version that has an operation or a field."""
    return tuple(map(int, str(spec.get("x-since", 0)).split(".")))


@frozen
class Operation:
    """One operation: `id` is its operationId, `since` the first Dify version that has it."""

    id: str
    method: str
    path: str
    spec: Mapping[str, Any] = field(repr=False)

    @property
    def since(self) -> tuple[int, ...]:
        return _since(self.spec)


class Contract:
    """The document, with a validator for each schema."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._validators: dict[str, Draft202012Validator] = {}
        self._fields: dict[str, dict[str, tuple[Any, bool]]] = {}
        found = [
            Operation(spec["operationId"], method.upper(), path, spec)
            for path, methods in document["paths"].items()
            for method, spec in methods.items()
            if method in {"get", "post", "put", "patch", "delete"}
        ]
        # Literal paths first: /workflows/run/... is not /workflows/{workflow_id}/...
        self.operations: list[Operation] = sorted(found, key=lambda one: one.path.count("{"))

    def event_problems(self, event: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with an event; events that nobody knows are not checked."""
        schema = self._event(str(event.get("event")))
        found = self._check(schema["$ref"], event) if schema else ()
        return [f"event {event['event']}: {text}" for text in found]

    def reply_problems(self, operation: Operation, status: int, body: Any) -> list[str]:
        """Return what is wrong with a JSON reply: undocumented status or unfitting body."""
        what = f"answer {status} of {operation.id}"
        reply = self._resolve(operation.spec["responses"].get(str(status)))
        if reply is None:
            return [] if status >= 500 else [f"{what}: the contract has no such status"]
        schema = reply.get("content", {}).get(JSON, {}).get("schema")
        if schema is None:
            return [f"{what}: the contract has no JSON there"]
        return [f"{what}: {text}" for text in self._check(schema, body)]

    def request_problems(
        self, operation: Operation, query: Mapping[str, str], body: Any
    ) -> list[str]:
        """Return what is wrong with a request: unknown or unfitting parameters, unfitting body."""
        found = (*self._query_problems(operation, query), *self._body_problems(operation, body))
        return [f"request of {operation.id}: {text}" for text in found]

    def parameters(self, operation: Operation) -> dict[str, Mapping[str, Any]]:
        """Return the schemas of an operation's query parameters."""
        every = [self._resolve(item) for item in operation.spec.get("parameters", ())]
        return {one["name"]: one["schema"] for one in every if one["in"] == "query"}

    def _query_problems(self, operation: Operation, query: Mapping[str, str]) -> Iterator[str]:
        known = self.parameters(operation)
        for name, text in query.items():
            if name not in known:
                yield f"unknown parameter {name!r}"
                continue
            value: Any = text
            if known[name].get("type") == "integer" and re.fullmatch(r"-?\d+", text):
                value = int(text)
            elif known[name].get("type") == "boolean":
                value = BOOLEANS.get(text, text)
            yield from (f"{name}: {problem}" for problem in self._check(known[name], value))

    def _body_problems(self, operation: Operation, body: Any) -> Iterator[str]:
        content = self._resolve(operation.spec.get("requestBody") or {}).get("content", {})
        for media in content.values():
            yield from self._check(media["schema"], body)
            known = self._resolve(media["schema"]).get("properties", {})
            for name in set(body if isinstance(body, Mapping) else ()) - set(known):
                yield f"unknown field {name!r}"

    # Examples

    def fill(self, schema: str, source: object = None, /, **given: Any) -> dict[str, Any]:
        """Return an object of a schema, in its order.

        Each field is taken from `given`, else from the attributes of `source`, else, when it is
        required, from the contract's example.
        """
        filled: dict[str, Any] = {}
        for name, (field_schema, required) in self.fields(schema).items():
            if name in given:
                filled[name] = given[name]
            elif hasattr(source, name):
                filled[name] = getattr(source, name)
            elif required:
                filled[name] = self.example(field_schema)
        return filled

    def fields(self, schema: str) -> dict[str, tuple[Any, bool]]:
        """Return the fields of a schema by name: the schema of each, and whether it is required."""
        if schema not in self._fields:
            self._fields[schema] = self._properties({"$ref": f"#/components/schemas/{schema}"})
        return self._fields[schema]

    def older(self, schema: Any, value: Any, release: tuple[int, ...]) -> Any:
        """Return a value of a schema without the fields that a version does not have yet."""
        schema = self._resolve(schema)
        schema = self._resolve((schema.get("oneOf") or schema.get("anyOf") or [schema])[0])
        if isinstance(value, list):
            return [self.older(schema.get("items", {}), item, release) for item in value]
        if not isinstance(value, Mapping):
            return value
        known = {name: one for name, (one, _) in self._properties(schema).items()}
        return {
            name: self.older(known.get(name, {}), item, release)
            for name, item in value.items()
            if _since(known.get(name, {})) <= release
        }

    def older_event(self, event: dict[str, Any], release: tuple[int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = self.older(self._event(event["event"]), event, release)
        return found

    def older_reply(self, operation: Operation, body: Any, release: tuple[int, ...]) -> Any:
        content = self._good_reply(operation)[1]
        return self.older(content.get(JSON, {}).get("schema", {}), body, release)

    def _good_reply(self, operation: Operation) -> tuple[int, Mapping[str, Any]]:
        status = min(code for code in operation.spec["responses"] if code.startswith("2"))
        return int(status), self._resolve(operation.spec["responses"][status]).get("content", {})

    def example_of(self, event: str) -> dict[str, Any]:
        """Return the payload of the contract's example of an event."""
        found: dict[str, Any] = self.example(self._event(event))["data"]
        return found

    def _event(self, name: str) -> Mapping[str, Any]:
        mapping = self._document["components"]["schemas"]["WorkflowEvent"]["discriminator"]
        ref = mapping["mapping"].get(name)
        return {} if ref is None else {"$ref": ref}

    def example(self, schema: Any) -> Any:
        """Return an example of a schema, made of those of its parts."""
        schema = self._resolve(schema)
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        for key in ("example", "const", "default"):
            if key in schema:
                return schema[key]
        if parts := schema.get("oneOf") or schema.get("anyOf"):
            return self.example(parts[0])
        merged: dict[str, Any] = {}
        for part in schema.get("allOf", ()):
            merged |= self.example(part)
        if "properties" in schema or merged:
            own = {name: self.example(one) for name, one in schema.get("properties", {}).items()}
            return merged | own
        if "items" in schema:
            return [self.example(schema["items"])]
        kinds = schema.get("type", "object")
        return _PLAIN[kinds if isinstance(kinds, str) else kinds[0]]

    def example_reply(self, operation: Operation) -> tuple[int, str, Any]:
        """Return status, media type and body of an operation's first good reply."""
        status, content = self._good_reply(operation)
        media = JSON if JSON in content else next(iter(content), "")
        described = content.get(media, {})
        if "example" in described:
            return status, media, described["example"]
        for one in described.get("examples", {}).values():
            return status, media, self._resolve(one)["value"]
        return status, media, self.example(described["schema"]) if media else None

    def _properties(self, schema: Any) -> dict[str, tuple[Any, bool]]:
        """Return the properties of an object's schema, and whether each is required."""
        schema = self._resolve(schema)
        every: dict[str, tuple[Any, bool]] = {}
        for part in schema.get("allOf", ()):
            every |= self._properties(part)
        own, required = schema.get("properties", {}), schema.get("required", ())
        return every | {name: (one, name in required) for name, one in own.items()}

    def _resolve(self, node: Any) -> Any:
        while isinstance(node, Mapping) and "$ref" in node:
            target: Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def _check(self, schema: Any, value: Any) -> Iterator[str]:
        key = schema if isinstance(schema, str) else json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            from jsonschema import Draft202012Validator  # half of the time of a start

            told = {"$ref": key} if key.startswith("#") else json.loads(key)
            whole = {"components": self._document["components"], **told}
            self._validators[key] = Draft202012Validator(whole)
        for error in self._validators[key].iter_errors(value):
            yield f"{error.json_path}: {error.message[:300]}"


_PLAIN: dict[str, Any] = {
    "object": {},
    "array": [],
    "string": "text",
    "integer": 1,
    "number": 0.5,
    "boolean": True,
    "null": None,
}


def load() -> Any:
    """Read the document."""
    return json.loads(Path(__file__).with_name("openapi.json").read_text("utf-8"))


@functools.cache
def contract() -> Contract:
    """Return the contract of this package."""
    return Contract(load())
