"""Read the contract and walk it: references, operations, events, the request and response sides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from openapi_python_client.strings import PythonIdentifier
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Node = dict[str, Any]

SCHEMAS = "#/components/schemas/"
EVENT_UNION = SCHEMAS + "WorkflowEvent"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class ContractError(ValueError):
    """The contract cannot be generated from; the message says what to change."""


class Operation(NamedTuple):
    """One operation, with the place of the module that the tool writes for it."""

    id: str
    method: str
    path: str
    module: str
    parameters: list[Node]
    node: Node


def load(path: Path) -> Node:
    """Read an OpenAPI document from a file."""
    return document(path)


def document(source: Path | str) -> Node:
    """Read an OpenAPI document, from a file or a text, as plain JSON values."""
    loaded = plain_yaml(source)
    if not isinstance(loaded, dict) or not {"paths", "components"} <= set(loaded):
        raise ContractError("not an OpenAPI document with paths and components")
    return loaded


def plain_yaml(source: Path | str) -> Any:
    """Read YAML or JSON, a file or a text, as JSON values; a key written twice is an error."""
    try:
        # The loader the tool itself uses. The way through JSON makes status codes strings.
        return json.loads(json.dumps(YAML(typ="safe").load(source), allow_nan=False))
    except (YAMLError, TypeError, ValueError) as error:
        raise ContractError(f"not readable as JSON values: {error}") from error


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


def resolve(spec: Node, ref: str) -> Node:
    """Give the component a `$ref` names."""
    node: Any = spec
    for key in ref.removeprefix("#/").split("/"):
        node = node.get(key) if isinstance(node, dict) else None
    if not ref.startswith("#/") or not isinstance(node, dict):
        raise ContractError(f"$ref to nothing: {ref}")
    return node


def reachable(spec: Node, roots: Iterable[str]) -> set[str]:
    """Give the names of all component schemas that can be reached from some references."""
    seen: set[str] = set()
    todo = list(roots)
    while todo:
        if (ref := todo.pop()) not in seen:
            seen.add(ref)
            todo.extend(refs(resolve(spec, ref)))
    return {ref.removeprefix(SCHEMAS) for ref in seen if ref.startswith(SCHEMAS)}


def sides(spec: Node) -> tuple[set[str], set[str]]:
    """Give the component schemas of requests, and those of responses and events."""
    items = [item for path in spec["paths"].values() for item in path.items()]
    operations = [node for method, node in items if method in METHODS]
    asked = [node for key, node in items if key == "parameters"]
    asked += [node.get(key) for node in operations for key in ("parameters", "requestBody")]
    answered = [node["responses"] for node in operations]
    return reachable(spec, refs(asked)), reachable(spec, [*refs(answered), EVENT_UNION])


def operations(spec: Node) -> list[Operation]:
    """Give all operations, in the contract's order; two that share a module are an error."""
    found: dict[str, Operation] = {}
    for path, item in spec["paths"].items():
        for method, node in item.items():
            if method not in METHODS:
                continue
            where, name = f"{method.upper()} {path}", node.get("operationId")
            if not name or len(node.get("tags", [])) != 1:
                raise ContractError(f"{where}: needs an operationId and exactly one tag")
            module = f"api.{PythonIdentifier(node['tags'][0], 'tag')}.{PythonIdentifier(name, '')}"
            taken = next((o for o in found.values() if name == o.id or module == o.module), None)
            if taken:
                raise ContractError(f"{where}: operationId {name} is that of {taken.path} too")
            given = [*item.get("parameters", []), *node.get("parameters", [])]
            parameters = [resolve(spec, p["$ref"]) if "$ref" in p else p for p in given]
            found[name] = Operation(name, method.upper(), path, module, parameters, node)
    return list(found.values())


def answer(spec: Node, operation: Operation) -> Node:
    """Give the schema of an operation's success in JSON; {} if there is none."""
    for status, response in operation.node["responses"].items():
        if status.startswith("2"):
            response = resolve(spec, response["$ref"]) if "$ref" in response else response
            schema: Node = response.get("content", {}).get("application/json", {}).get("schema", {})
            return schema
    return {}


def events(spec: Node) -> dict[str, str]:
    """Give each event's name with the reference to its schema."""
    union = resolve(spec, EVENT_UNION)
    mapping: dict[str, str] = union["discriminator"]["mapping"]
    if sorted(mapping.values()) != sorted(refs(union["oneOf"])):
        raise ContractError("WorkflowEvent: oneOf and discriminator.mapping name different schemas")
    return mapping
