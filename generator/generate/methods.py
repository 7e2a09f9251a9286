"""Write the plain methods of the client: the operations that are given one by `x-method`."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from jinja2 import Template
from openapi_python_client.strings import PythonIdentifier

from generator.document import SCHEMAS, ContractError, Document, Node, Operation
from generator.generate.tables import annotation, class_name, error_codes
from generator.generate.view import told

TEMPLATE = Path(__file__).with_name("methods.py.jinja")
WIDTH = 92
OF_ALL = ("401", "403", "500")  # answers of every operation: no method needs to name them


def methods_py(contract: Document) -> str:
    """Write the module of the async client; that of the sync one is made from it."""
    names = {o.id: o.node["x-method"] for o in contract.operations() if "x-method" in o.node}
    found = [method(contract, o, names[o.id]) for o in told(contract).operations() if o.id in names]
    text = Template(TEMPLATE.read_text("utf-8"), trim_blocks=True).render(methods=found)
    return str(text) + "\n"


def method(contract: Document, operation: Operation, name: str) -> Node:
    """Give what the template needs of one method.

    Raises:
        ContractError: for an operation that does not answer with a component in JSON.
    """
    model = contract.success(operation).get("$ref")
    if model is None:
        raise ContractError(f"{operation.id}: a plain method needs a component as its answer")
    path = [argument(p) for p in operation.parameters if p["in"] == "path"]
    named = [argument(p) for p in operation.parameters if p["in"] == "query"]
    if body := operation.node.get("requestBody"):
        body = contract.resolved(body)
        schema = next(iter(body["content"].values()))["schema"]
        kind = "models." + class_name(schema["$ref"].removeprefix(SCHEMAS))
        told_body = {"description": body.get("description", "What is sent.")}
        named.append(
            {**told_body, "name": "body", "python": "body", "type": kind, "required": True}
        )
    return {
        "name": name,
        "operation": operation.id,
        "model": class_name(model.removeprefix(SCHEMAS)),
        "path": path,
        "named": named,
        "text": docstring(contract, operation, [*path, *named]),
    }


def argument(parameter: Node) -> dict[str, Any]:
    """Give a parameter with its name and type in Python."""
    python = str(PythonIdentifier(parameter["name"], "field_"))
    return {**parameter, "python": python, "type": annotation(parameter["schema"])}


def docstring(contract: Document, operation: Operation, arguments: list[dict[str, Any]]) -> str:
    """Say what the operation does, what it takes, and which errors are its own."""
    summary, description = operation.node["summary"], operation.node["description"]
    parts = [f"{summary} ({operation.method} {operation.path})."]
    parts += [wrapped(part) for part in description.strip().split("\n\n")]
    if arguments:
        lines = [wrapped(f"{a['python']}: {a['description']}", "    ") for a in arguments]
        parts.append("\n".join(["Args:", *(f"    {line}" for line in lines)]))
    if raised := raises(contract, operation):
        lines = [wrapped(f"{error}: {why}", "    ") for error, why in raised.items()]
        parts.append("\n".join(["Raises:", *(f"    {line}" for line in lines)]))
    return "\n\n".join(parts)


def raises(contract: Document, operation: Operation) -> dict[str, str]:
    """Give the errors that are an operation's own, each with the first line that tells of it."""
    codes, found = error_codes(contract), dict[str, str]()
    for status, response in operation.node["responses"].items():
        if status[0] == "4" and status not in OF_ALL:
            for line in contract.resolved(response)["description"].splitlines():
                for code in re.findall(r"`(\w+)`", line):
                    if code in codes:
                        found.setdefault(codes[code], line.strip().removeprefix("- "))
    return found


def wrapped(text: str, indent: str = "") -> str:
    """Fill lines again; a list stays one."""
    if text.lstrip().startswith("- "):
        return text
    return textwrap.fill(
        " ".join(text.split()), WIDTH - 4, subsequent_indent=indent + "    " if indent else ""
    )
