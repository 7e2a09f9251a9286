"""The contract of the API, as `make generate` writes it: operations, examples, checks.

The stand-in serves the operations that it lists and holds what it sends against it, so it cannot
drift away from it.
"""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import field, frozen

JSON = "application/json"
ALWAYS = (0,)


@frozen
class Operation:
    """One operation: `id` is its operationId."""

    id: str
    method: str
    path: str
    spec: Mapping[str, Any] = field(repr=False)

    @property
    def parameters(self) -> dict[str, Mapping[str, Any]]:
        """The schemas of the query parameters."""
        every = self.spec.get("parameters", ())
        return {one["name"]: one["schema"] for one in every if one["in"] == "query"}

    @property
    def good_reply(self) -> tuple[int, Mapping[str, Any]]:
        """Status and content of the first reply that is no error."""
        replies = self.spec["responses"]
        status = min(code for code in replies if code.startswith("2"))
        return int(status), replies[status].get("content", {})


class Contract:
    """The document, all references resolved (there is no circle) and allOf put together."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._resolved: dict[str, Any] = {}
        whole = self._resolve(document, document)
        self._schemas: Mapping[str, Any] = whole["components"]["schemas"]
        refs = self._schemas["WorkflowEvent"]["discriminator"]["mapping"]
        self._events = {name: self._resolved[ref] for name, ref in refs.items()}
        found = [
            Operation(spec["operationId"], method.upper(), path, spec)
            for path, methods in whole["paths"].items()
            for method, spec in methods.items()
            if method in {"get", "post", "put", "patch", "delete"}
        ]
        # Literal paths first: /workflows/run/... is not /workflows/{workflow_id}/...
        self.operations: list[Operation] = sorted(found, key=lambda one: one.path.count("{"))

    def _resolve(self, node: Any, document: Mapping[str, Any]) -> Any:
        if isinstance(node, list):
            return [self._resolve(item, document) for item in node]
        if not isinstance(node, Mapping):
            return node
        made = {
            k: self._resolve(v, document) for k, v in node.items() if k not in ("$ref", "allOf")
        }
        for key in made.keys() & {"x-since", "x-until"}:
            made[key] = tuple(map(int, str(made[key]).split(".")))
        parts = [self._resolve(part, document) for part in node.get("allOf", ())]
        if ref := node.get("$ref"):
            if ref not in self._resolved:
                target = functools.reduce(operator.getitem, ref[2:].split("/"), document)
                self._resolved[ref] = self._resolve(target, document)
            made = self._resolved[ref] | made
        for key, join in (("properties", operator.or_), ("required", operator.add)):
            if parts and (every := [one[key] for one in parts if key in one]):
                made[key] = functools.reduce(join, every)
        return made

    # Checks

    def event_problems(self, event: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with an event; events that nobody knows are not checked."""
        schema = self._events.get(str(event.get("event")), {})
        return [f"event {event['event']}: {text}" for text in _problems(schema, event)]

    def reply_problems(self, operation: Operation, status: int, body: Any) -> list[str]:
        """Return what is wrong with a JSON reply: undocumented status or unfitting body."""
        what = f"answer {status} of {operation.id}"
        reply = operation.spec["responses"].get(str(status))
        if reply is None:
            return [] if status >= 500 else [f"{what}: the contract has no such status"]
        schema = reply.get("content", {}).get(JSON, {}).get("schema")
        if schema is None:
            return [f"{what}: the contract has no JSON there"]
        return [f"{what}: {text}" for text in _problems(schema, body)]

    def request_problems(
        self, operation: Operation, query: Mapping[str, str], body: Any
    ) -> list[str]:
        """Return what is wrong with a request: unknown or unfitting parameters, unfitting body."""
        known, found = operation.parameters, list[str]()
        for name, text in query.items():
            if name not in known:
                found.append(f"unknown parameter {name!r}")
                continue
            value: Any = text
            if known[name].get("type") in ("integer", "boolean"):
                with suppress(ValueError):
                    value = json.loads(text)
            found += [f"{name}: {problem}" for problem in _problems(known[name], value)]
        for media in operation.spec.get("requestBody", {}).get("content", {}).values():
            found += _problems(media["schema"], body)
            fields = set(body if isinstance(body, Mapping) else ())
            unknown = fields - set(media["schema"].get("properties", ()))
            found += [f"unknown field {name!r}" for name in unknown]
        return [f"request of {operation.id}: {text}" for text in found]

    # Examples

    def example(self, name: str) -> Any:
        """Return an example of a schema or of the data of an event, by its name."""
        if name in self._events:
            return _example(self._events[name])["data"]
        return _example(self._schemas[name])

    def example_reply(self, operation: Operation) -> tuple[int, str, Any]:
        """Return status, media type and body of an operation's first good reply."""
        status, content = operation.good_reply
        media = JSON if JSON in content else next(iter(content), "")
        described = content.get(media, {})
        named = [one["value"] for one in described.get("examples", {}).values()]
        if "example" in described or named:
            return status, media, [*named, described.get("example")][0]
        return status, media, _example(described["schema"]) if media else None

    # Older versions

    def tells(self, event: str, release: tuple[int, ...]) -> bool:
        """Tell whether a version has an event."""
        return has(self._events.get(event, {}), release)

    def older_event(self, event: dict[str, Any], release: tuple[int, ...]) -> Any:
        """Return an event with the fields of a version, those that are gone where they stood."""
        schema = self._events.get(event["event"], {})
        if isinstance(data := event.get("data"), Mapping) and schema:
            fields = schema["properties"]["data"]["properties"]
            gone = {name: one.get("x-before") for name, one in fields.items() if "x-until" in one}
            names = [name for name in data if name not in gone]
            for name, before in gone.items():
                names.insert(names.index(before) if before in names else len(names), name)
            event = {**event, "data": {name: data.get(name) for name in names}}
        return _older(schema, event, release)

    def older_reply(self, operation: Operation, body: Any, release: tuple[int, ...]) -> Any:
        return _older(operation.good_reply[1].get(JSON, {}).get("schema", {}), body, release)


def _problems(schema: Any, value: Any) -> Iterator[str]:
    from jsonschema import Draft202012Validator  # half of the time of a start

    for error in Draft202012Validator(schema).iter_errors(value):
        yield f"{error.json_path}: {error.message[:300]}"


def _example(schema: Any) -> Any:
    """Return an example of a schema, made of those of its parts; every field has one."""
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    if parts := schema.get("oneOf") or schema.get("anyOf"):
        return _example(parts[0])
    if "properties" in schema:
        return {name: _example(one) for name, one in schema["properties"].items()}
    if "items" in schema:
        return [_example(schema["items"])]
    return {} if schema.get("type") == "object" else None


def has(schema: Any, release: tuple[int, ...]) -> bool:
    """Tell whether a version has what a part of the contract describes."""
    since, until = schema.get("x-since", ALWAYS), schema.get("x-until", release)
    return bool(since <= release and release[: len(until)] <= until)


def _older(schema: Any, value: Any, release: tuple[int, ...]) -> Any:
    schema = (schema.get("oneOf") or schema.get("anyOf") or [schema])[0]
    if isinstance(value, list):
        return [_older(schema.get("items", {}), item, release) for item in value]
    if not isinstance(value, Mapping):
        return value
    known = schema.get("properties", {})
    return {
        name: _older(known.get(name, {}), item, release)
        for name, item in value.items()
        if has(known.get(name, {}), release)
    }


def load() -> Any:
    """Read the document."""
    return json.loads(Path(__file__).with_name("openapi.json").read_text("utf-8"))


@functools.cache
def contract() -> Contract:
    """Return the contract of this package."""
    return Contract(load())


def fill(like: str | Mapping[str, Any], source: object = None, /, **given: Any) -> dict[str, Any]:
    """Return something like an example, or the example of a schema or of an event's data.

    Each field is taken from `given`, else from the attributes of `source`, else from the example;
    what the example lacks comes behind it.
    """
    example = contract().example(like) if isinstance(like, str) else like
    return {key: getattr(source, key, value) for key, value in example.items()} | given
