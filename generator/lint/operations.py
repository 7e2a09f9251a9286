"""Rules for operations: names, parameters, and the media types that the tool can read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from openapi_python_client.strings import PythonIdentifier
from ruamel.yaml import YAML

from generator.document import Document, Node
from generator.generate.__main__ import CONFIG as CONFIG_FILE

CONFIG: Node = YAML(typ="safe").load(CONFIG_FILE)
STREAM = "text/event-stream"  # the reading view leaves it out; streams are read by the event table
READ = {"application/json", "application/octet-stream", *CONFIG["content_type_overrides"]}
SENT = {"application/json", "multipart/form-data"}


def names(contract: Document) -> Iterator[str]:
    """Operations have an id of their own and one tag: they name the module that is generated."""
    taken: dict[str, str] = {}
    declared = {tag["name"] for tag in contract.spec.get("tags", [])}
    for operation in contract.operations():
        where, node = operation.where, operation.node
        name, tags = node.get("operationId"), node.get("tags", [])
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


def texts(contract: Document) -> Iterator[str]:
    """Operations, their parameters and their answers are described."""
    for operation in contract.operations():
        where = operation.where
        for key in ("summary", "description"):
            if not operation.node.get(key):
                yield f"{where}: has no {key}"
        for parameter in operation.parameters:
            if not parameter.get("description"):
                yield f"{where}: parameter {parameter['name']} has no description"
            if not parameter.get("schema", {}).get("examples"):
                yield f"{where}: parameter {parameter['name']} has no example"
        for status, answer in operation.node["responses"].items():
            if not contract.resolved(answer).get("description"):
                yield f"{where}: answer {status} has no description"


def ways(contract: Document) -> Iterator[str]:
    """Parameters are of a form that the tool sends: it drops or misreads the others in silence."""
    for operation in contract.operations():
        where, found = operation.where, operation.parameters
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


def media(contract: Document) -> Iterator[str]:
    """Bodies and answers are of types that the tool reads: the others are dropped in silence."""
    for operation in contract.operations():
        where = operation.where
        body = contract.resolved(operation.node.get("requestBody", {})).get("content", {})
        for kind in set(body) - SENT:
            yield f"{where}: a body of {kind} cannot be sent"
        if len(body) > 1:
            yield f"{where}: only one type of body can be sent"
        for status, answer in operation.node["responses"].items():
            content: dict[str, Any] = contract.resolved(answer).get("content", {})
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
