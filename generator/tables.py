"""Write what stands beside the tool's own files: tables of the contract, and lazy exports.

Every function gives the text of one file; `generate.py` formats it.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from jinja2 import Template
from openapi_python_client.strings import ClassName, PythonIdentifier

from generator.contract import ContractError, Node, operations
from generator.view import carried

PACKAGE = "dify_workflow_api"
HEADER = (
    "# Written by `python generator/generate.py` from openapi/dify-workflow.yaml: do not edit.\n"
)
CHECKED = ("type", "enum", "format", "minimum", "maximum")
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def class_name(name: str) -> str:
    """Name the class that the tool writes for a component."""
    return str(ClassName(name, "field_"))


def operations_py(spec: Node) -> str:
    """Write the table of all operations."""
    table = {o.id: (o.method, o.path, f"{PACKAGE}.{o.module}") for o in operations(spec)}
    return f'''{HEADER}"""Every operation: method, path, and the module that builds its requests."""

OPERATIONS: dict[str, tuple[str, str, str]] = {table!r}
'''


def readme_md(spec: Node) -> str:
    """Write how the package is used by itself."""
    text = Path(__file__).with_name("alone.md.jinja").read_text("utf-8")
    return str(Template(text, trim_blocks=True).render(operations=operations(spec))) + "\n"


def events_py(spec: Node) -> str:
    """Write the table of all events and the union of what they carry."""
    table = {name: (class_name(model), key) for name, (model, key) in carried(spec).items()}
    models = dict.fromkeys(model for model, _ in table.values())
    return f'''{HEADER}"""Every event: its name, and what it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

# By name: the model, and the key of the event that holds it (None: the event itself is read).
EVENTS: dict[str, tuple[str, str | None]] = {table!r}

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


def filters_py(view: Node) -> str:
    """Write the query parameters of listWorkflowLogs: their types, and what they may be."""
    listing = next((o for o in operations(view) if o.id == "listWorkflowLogs"), None)
    if listing is None:
        raise ContractError("no operation listWorkflowLogs")
    fields, rules = "", {}
    for parameter in listing.parameters:
        if parameter["in"] == "query":
            for line in textwrap.wrap(parameter.get("description", ""), width=94):
                fields += f"    # {line}\n"
            name = PythonIdentifier(parameter["name"], "field_")
            fields += f"    {name}: {annotation(parameter['schema'])}\n"
            rules[str(name)] = {k: v for k, v in parameter["schema"].items() if k in CHECKED}
    return f'''{HEADER}"""The filters of {listing.method} {listing.path}."""

import datetime
from typing import Any, Literal, TypedDict


class LogFilters(TypedDict, total=False):
    """The query parameters of {listing.method} {listing.path}, by their Python names."""

{fields}

# What each of them may be, in the words of JSON Schema: requests are checked by it.
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
