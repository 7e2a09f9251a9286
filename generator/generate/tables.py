"""Write what stands beside the tool's own files: tables of the contract, and lazy exports.

Every function gives the text of one file; `generate.py` formats it.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Literal

from jinja2 import Template
from openapi_python_client.strings import ClassName, PythonIdentifier

from generator.document import SCHEMAS, ContractError, Document, Node
from generator.generate.view import carried

PACKAGE = "dify_workflow_api"
HEADER = "# Written by `make generate` from openapi/dify-workflow.yaml: do not edit.\n"
LIMITS = ("enum", "minimum", "maximum", "minLength", "maxLength", "default")
CHECKED = ("type", "format", *LIMITS)
Tongue = Literal["en", "zh"]
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def class_name(name: str) -> str:
    """Name the class that the tool writes for a component."""
    return str(ClassName(name, "field_"))


def operations_py(contract: Document) -> str:
    """Write the tables of all operations, and of what they are sent and answer."""
    found = contract.operations()
    table = {o.id: (o.method, o.path, f"{PACKAGE}.{o.module}") for o in found}
    answers = {o.id: contract.success(o).get("$ref") for o in found}
    models = {name: class_name(ref.removeprefix(SCHEMAS)) for name, ref in answers.items() if ref}
    bodies = {
        class_name(name): rules
        for name in sorted(contract.sides()[0])
        if (rules := limits(contract.schemas[name].get("properties", {})))
    }
    return f'''{HEADER}"""Every operation, its answer, its errors, and what came when."""

from typing import Any

# Method, path, and the module that builds its requests.
OPERATIONS: dict[str, tuple[str, str, str]] = {table!r}

# The model that a success in JSON is read into.
ANSWERS: dict[str, str] = {models!r}

# The class of an error by its code.
ERRORS: dict[str, str] = {error_codes(contract)!r}

# What the fields of the bodies may be, in the words of JSON Schema, where it is limited.
BODIES: dict[str, dict[str, dict[str, Any]]] = {bodies!r}

# The version of Dify that something came with, and what it is, for people ("" if it needs no word).
SINCE: dict[str, tuple[str, str]] = { ({name: row[:2] for name, row in since(contract).items()})!r}
'''


def error_codes(contract: Document) -> dict[str, str]:
    """Give the class of each error that the contract tells apart by its code."""
    code = contract.schemas["Error"]["properties"]["code"]
    return {code: error for error, codes in code["x-error-codes"].items() for code in codes}


def limits(properties: Node) -> dict[str, Node]:
    """Give the fields that have limits, with these."""
    found = {
        name: {key: schema[key] for key in LIMITS if key in schema}
        for name, schema in properties.items()
    }
    return {name: rules for name, rules in found.items() if rules}


def since(contract: Document) -> dict[str, tuple[str, str, str]]:
    """Give what came after the oldest servers: its version, what it is in English and Chinese."""
    found: dict[str, Node] = dict(contract.spec.get("x-behaviours", {}))
    for operation in contract.operations():
        found |= {p["name"]: p for p in operation.parameters if p["in"] == "query"}
        found[operation.id] = operation.node
    return {
        name: (
            node["x-since"],
            *(node.get("x-what", {}).get(tongue, "") for tongue in ("en", "zh")),
        )
        for name, node in found.items()
        if "x-since" in node
    }


def since_md(contract: Document, tongue: Tongue) -> str:
    """Write the table of `since` for people, oldest first; things that are said alike once."""
    head = {"en": ("what", "since Dify"), "zh": ("功能", "起始 Dify 版本")}[tongue]
    rows = sorted(since(contract).values(), key=lambda row: version_key(row[0]))
    lines = [f"| {' | '.join(head)} |", "| --- | --- |"]
    for version, en, zh in rows:
        number = ".".join(map(str, version_key(version)))
        lines.append(f"| {en if tongue == 'en' else zh} | {number} |")
    return "\n".join(dict.fromkeys(line for line in lines if not line.startswith("|  |"))) + "\n"


def version_key(version: str) -> tuple[int, ...]:
    """Turn "1.4" into (1, 4, 0)."""
    return (*map(int, version.split(".")), 0, 0)[:3]


def readme_md(contract: Document) -> str:
    """Write how the package is used by itself."""
    text = Path(__file__).with_name("alone.md.jinja").read_text("utf-8")
    return str(Template(text, trim_blocks=True).render(operations=contract.operations())) + "\n"


def events_py(contract: Document) -> str:
    """Write the table of all events and the union of what they carry."""
    table = {name: (class_name(model), key) for name, (model, key) in carried(contract).items()}
    models = dict.fromkeys(model for model, _ in table.values())
    ends = [
        name for name, ref in contract.events().items() if contract.resolve(ref).get("x-terminal")
    ]
    return f'''{HEADER}"""Every event: its name, and what it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

# By name: the model, and the key of the event that holds it (None: the event itself is read).
EVENTS: dict[str, tuple[str, str | None]] = {table!r}

# Those that a stream ends with.
TERMINAL: frozenset[str] = frozenset({ends!r})

if TYPE_CHECKING:
    from typing import TypeAlias

    from .models import ({", ".join(sorted(models))},)

    # What an event carries: its payload, or the event itself where it has none.
    EventData: TypeAlias = {" | ".join(models)}
else:

    def __getattr__(name):
        if name != "EventData":
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        from typing import Union

        from . import models

        return Union[tuple(getattr(models, model) for model, _ in EVENTS.values())]
'''


def filters_py(view: Document) -> str:
    """Write the query parameters of listWorkflowLogs: their types, and what they may be."""
    listing = next((o for o in view.operations() if o.id == "listWorkflowLogs"), None)
    if listing is None:
        raise ContractError("no operation listWorkflowLogs")
    fields, rules = "", {}
    for parameter in listing.parameters:
        if parameter["in"] == "query":
            for line in textwrap.wrap(parameter.get("description", ""), width=94):
                fields += f"    # {line}\n"
            name = PythonIdentifier(parameter["name"], "field_")
            fields += f"    {name}: {annotation(parameter['schema'])} | None\n"
            rules[str(name)] = {
                "description": re.split(r"(?<=\.)\s", parameter["description"])[0].strip(),
                **{k: v for k, v in parameter["schema"].items() if k in CHECKED},
            }
    return f'''{HEADER}"""The filters of {listing.method} {listing.path}."""

import datetime
from typing import Any, Literal, TypedDict


class LogFilters(TypedDict, total=False):
    """The query parameters of {listing.method} {listing.path}; None leaves one out."""

{fields}

# What each of them is and may be, in the words of JSON Schema: requests are checked by it.
LOG_FILTERS: dict[str, dict[str, Any]] = {rules!r}
'''


def annotation(schema: Node) -> str:
    """Give the Python type that the tool gives to a query parameter; times are text as well."""
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    if schema.get("type") == "array":
        return f"list[{annotation(schema['items'])}]"
    if schema.get("type") == "string" and schema.get("format") == "date-time":
        return "datetime.datetime | str"
    if schema.get("type") not in TYPES:
        raise ContractError(f"listWorkflowLogs: no Python type for a query parameter of {schema}")
    return TYPES[schema["type"]]
