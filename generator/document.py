"""An OpenAPI document: read, its references followed, its operations, events and schemas walked."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from openapi_python_client.strings import PythonIdentifier
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Node = dict[str, Any]
Place = str  # JSON pointer into the document, e.g. "#/components/schemas/Error/properties/code"

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = ROOT / "openapi" / "dify-workflow.yaml"
SCHEMAS = "#/components/schemas/"
EVENT_UNION = SCHEMAS + "WorkflowEvent"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
UNIONS = ("oneOf", "anyOf")


class ContractError(ValueError):
    """The contract cannot be generated from; the message says what to change."""


class Operation(NamedTuple):
    """One operation; its parameters are resolved, those of its path included."""

    method: str  # in capitals
    path: str
    parameters: list[Node]
    node: Node

    @property
    def where(self) -> str:
        """Return "METHOD /path"."""
        return f"{self.method} {self.path}"

    @property
    def id(self) -> str:
        """Return its operationId; "METHOD /path" where it has none."""
        return str(self.node.get("operationId", self.where))

    @property
    def module(self) -> str:
        """Return the module that the tool writes for it."""
        tag = PythonIdentifier(self.node["tags"][0], "tag")
        return f"api.{tag}.{PythonIdentifier(self.id, '')}"


class Document:
    """An OpenAPI document, as JSON values in `spec`."""

    def __init__(self, spec: Node) -> None:
        self.spec = spec

    @classmethod
    def read(cls, source: Path | str) -> Document:
        """Read a document from a file or a text.

        Raises:
            ContractError: it is no OpenAPI document, or a key is written twice.
        """
        spec = read_yaml(source)
        if not isinstance(spec, dict) or not {"paths", "components"} <= set(spec):
            raise ContractError("not an OpenAPI document with paths and components")
        return cls(spec)

    @property
    def schemas(self) -> dict[str, Node]:
        """Return the component schemas by name."""
        found: dict[str, Node] = self.spec["components"]["schemas"]
        return found

    def at(self, place: Place) -> Any:
        """Return what stands at a place; raises LookupError."""
        node: Any = self.spec
        for key in place.split("/")[1:]:
            key = key.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) else node[key]
        return node

    def resolve(self, ref: Place) -> Node:
        """Return the component that a `$ref` names; raises ContractError."""
        try:
            node = self.at(ref) if ref.startswith("#/") else None
        except (LookupError, TypeError, ValueError):
            node = None
        if not isinstance(node, dict):
            raise ContractError(f"$ref to nothing: {ref}")
        return node

    def resolved(self, node: Node) -> Node:
        """Follow a node's `$ref`, if it has one; what stands beside it counts."""
        return {**self.resolve(node["$ref"]), **node} if "$ref" in node else node

    def merged(self, schema: Node) -> Node:
        """Merge `allOf`; one that only lends a reference a description becomes that reference."""
        if "allOf" not in schema:
            return schema
        own = {key: value for key, value in schema.items() if key != "allOf"}
        parts: list[Node] = schema["allOf"]
        if len(parts) == 1 and "$ref" in parts[0] and "properties" not in own:
            return {**own, **parts[0]}
        whole: Node = {}
        for part in (*parts, own):
            part = self.merged(self.resolve(part["$ref"]) if "$ref" in part else part)
            properties = dict(whole.get("properties", {}))
            for key, value in part.get("properties", {}).items():
                properties[key] = {**properties.get(key, {}), **value}
            required = [*whole.get("required", []), *part.get("required", [])]
            whole = {**whole, **part, "properties": properties, "required": required}
        return whole

    def operations(self) -> list[Operation]:
        """Return all operations, in the document's order."""
        return [
            Operation(
                method.upper(),
                path,
                [
                    self.resolved(parameter)
                    for parameter in (*item.get("parameters", []), *node.get("parameters", []))
                ],
                node,
            )
            for path, item in self.spec["paths"].items()
            for method, node in item.items()
            if method in METHODS
        ]

    def success(self, operation: Operation) -> Node:
        """Return the schema of an operation's success in JSON; {} if there is none."""
        for status, response in operation.node["responses"].items():
            if status.startswith("2"):
                content = self.resolved(response).get("content", {})
                schema: Node = content.get("application/json", {}).get("schema", {})
                return schema
        return {}

    def events(self) -> dict[str, str]:
        """Return each event's name with the reference to its schema."""
        union = self.resolve(EVENT_UNION)
        mapping: dict[str, str] = union["discriminator"]["mapping"]
        if sorted(mapping.values()) != sorted(refs(union["oneOf"])):
            raise ContractError(
                "WorkflowEvent: oneOf and discriminator.mapping name different schemas"
            )
        return mapping

    def reachable(self, roots: Iterable[str]) -> set[str]:
        """Return all references that can be reached from some, these included."""
        seen: set[str] = set()
        todo = list(roots)
        while todo:
            if (ref := todo.pop()) not in seen:
                seen.add(ref)
                todo.extend(refs(self.resolve(ref)))
        return seen

    def sides(self) -> tuple[set[str], set[str]]:
        """Return the component schemas of requests, and those of responses and events."""
        found = self.operations()
        sent = [[o.parameters, o.node.get("requestBody")] for o in found]
        answered = [o.node["responses"] for o in found]
        return (
            schema_names(self.reachable(refs(sent))),
            schema_names(self.reachable([*refs(answered), EVENT_UNION])),
        )

    def walk(self) -> Iterator[tuple[Place, Any]]:
        """Give every schema with its place, those inside of others too."""
        yield from self._schemas_below("#", self.spec)

    def _schemas_below(self, place: Place, node: Any) -> Iterator[tuple[Place, Any]]:
        if not isinstance(node, dict | list):
            return
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            below = join(place, key)
            if key == "schema" or place == "#/components/schemas":
                yield from walk_schema(below, value)
            elif key != "examples":
                yield from self._schemas_below(below, value)


def walk_schema(place: Place, schema: Any) -> Iterator[tuple[Place, Any]]:
    """Give a schema and all that are written inside it."""
    yield place, schema
    if not isinstance(schema, dict):
        return
    for key, value in schema.get("properties", {}).items():
        yield from walk_schema(join(place, "properties", key), value)
    for word in ("allOf", *UNIONS):
        for number, value in enumerate(schema.get(word, [])):
            yield from walk_schema(join(place, word, number), value)
    for word in ("items", "additionalProperties"):
        if word in schema and not (word == "additionalProperties" and schema[word] is False):
            yield from walk_schema(join(place, word), schema[word])


def read_yaml(source: Path | str) -> Any:
    """Read YAML or JSON, a file or a text, as JSON values; a key written twice is an error."""
    text = source.read_text("utf-8") if isinstance(source, Path) else source
    try:
        return json.loads(_as_json(text))
    except (YAMLError, TypeError, ValueError) as error:
        raise ContractError(f"not readable as JSON values: {error}") from error


@functools.lru_cache(maxsize=8)
def _as_json(text: str) -> str:
    """Turn YAML, or JSON, to JSON: status codes become strings."""
    try:
        loaded = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError:
        loaded = YAML(typ="safe").load(text)  # the loader the tool itself uses; it takes a second
    return json.dumps(loaded, allow_nan=False)


def _once(pairs: list[tuple[str, Any]]) -> Node:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("found duplicate key")
    return found


def refs(node: object) -> Iterator[str]:
    """Give every `$ref` below a node."""
    if isinstance(node, dict):
        if isinstance(ref := node.get("$ref"), str):
            yield ref
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


def schema_names(references: Iterable[str]) -> set[str]:
    """Return the names of the component schemas among some references."""
    return {ref.removeprefix(SCHEMAS) for ref in references if ref.startswith(SCHEMAS)}


def join(place: Place, *keys: str | int) -> Place:
    """Return the place below a place."""
    return "/".join([place, *(str(key).replace("~", "~0").replace("/", "~1") for key in keys)])


def types(schema: Node, *default: str) -> list[str]:
    """Return the JSON types that a schema's own `type` names."""
    named: str | list[str] = schema.get("type", list(default))
    return [named] if isinstance(named, str) else named
