"""Rules for operations: names, parameters, and the media types that the tool can read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_python_client.strings import PythonIdentifier
from ruamel.yaml import YAML

from generator.contract import METHODS, Node, resolve

CONFIG: Node = YAML(typ="safe").load(Path(__file__).with_name("config.yml"))
STREAM = "text/event-stream"  # the reading view leaves it out; streams are read by the event table
READ = {"application/json", "application/octet-stream", *CONFIG["content_type_overrides"]}
SENT = {"application/json", "multipart/form-data"}


def operations(spec: Node) -> Iterator[tuple[str, Node]]:
    """Give every operation with "METHOD /path"."""
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def resolved(spec: Node, node: Node) -> Node:
    """Follow a `$ref`; what stands beside it counts."""
    return {**resolve(spec, node["$ref"]), **node} if "$ref" in node else node


def parameters(spec: Node, where: str, operation: Node) -> list[Node]:
    """Give the parameters of an operation, those of its path included."""
    item = spec["paths"][where.partition(" ")[2]]
    given = [*item.get("parameters", []), *operation.get("parameters", [])]
    return [resolved(spec, parameter) for parameter in given]


def names(spec: Node) -> Iterator[str]:
    """Operations have an id of their own and one tag: they name the module that is generated."""
    taken: dict[str, str] = {}
    declared = {tag["name"] for tag in spec.get("tags", [])}
    for where, operation in operations(spec):
        name, tags = operation.get("operationId"), operation.get("tags", [])
        if not name or not re.fullmatch(r"[a-z]+([A-Z][a-z]*)+", name):
            yield f"{where}: operationId must be a verb and a noun, as in runWorkflow"
        else:
            module = str(PythonIdentifier(name, ""))
            if module in taken:
                yield f"{where}: operationId {name} is that of {taken[module]} too"
            taken.setdefault(module, where)
        if len(tags) != 1:
            yield f"{where}: needs exactly one tag"
        for tag in set(tags) - declared:
            yield f"{where}: tag {tag} is not described at the top"


def texts(spec: Node) -> Iterator[str]:
    """Operations, their parameters and their answers are described."""
    for where, operation in operations(spec):
        for key in ("summary", "description"):
            if not operation.get(key):
                yield f"{where}: has no {key}"
        for parameter in parameters(spec, where, operation):
            if not parameter.get("description"):
                yield f"{where}: parameter {parameter['name']} has no description"
            if not parameter.get("schema", {}).get("examples"):
                yield f"{where}: parameter {parameter['name']} has no example"
        for status, answer in operation["responses"].items():
            if not resolved(spec, answer).get("description"):
                yield f"{where}: answer {status} has no description"


def ways(spec: Node) -> Iterator[str]:
    """Parameters are of a form that the tool sends: it drops or misreads the others in silence."""
    for where, operation in operations(spec):
        found = parameters(spec, where, operation)
        in_path = Counter(re.findall(r"\{(\w+)\}", where))
        in_path.subtract(p["name"] for p in found if p["in"] == "path" and p.get("required"))
        for name in sorted(name for name, count in in_path.items() if count):
            yield f"{where}: path and required path parameters differ in {name}"
        for parameter in found:
            if parameter.get("style") == "deepObject" or parameter.get("explode") is False:
                yield f"{where}: parameter {parameter['name']}: style and explode are ignored"
        python = Counter(str(PythonIdentifier(p["name"], "field_")) for p in found)
        for name in (name for name, count in python.items() if count > 1):
            yield f"{where}: two parameters are called {name} in Python"


def media(spec: Node) -> Iterator[str]:
    """Bodies and answers are of types that the tool reads: the others are dropped in silence."""
    for where, operation in operations(spec):
        body = resolved(spec, operation.get("requestBody", {})).get("content", {})
        for kind in set(body) - SENT:
            yield f"{where}: a body of {kind} cannot be sent"
        if len(body) > 1:
            yield f"{where}: only one type of body can be sent"
        for status, answer in operation["responses"].items():
            content: dict[str, Any] = resolved(spec, answer).get("content", {})
            kinds = [kind for kind in content if kind != STREAM]
            for kind in kinds:
                if kind not in READ:
                    yield f"{where}: {kind} of {status} cannot be read"
            schemas = [content[kind].get("schema", {}) for kind in kinds]
            for kind, schema in list(zip(kinds, schemas, strict=True))[1:]:
                # Only the first is read: the JSON null is no loss, nor are bytes beside bytes.
                both_bytes = schema.get("format") == schemas[0].get("format") == "binary"
                if schema.get("type") != "null" and not both_bytes:
                    yield f"{where}: {kind} of {status} is dropped, as {kinds[0]} comes first"


RULES = (names, texts, ways, media)
