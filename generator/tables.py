"""Write what stands beside the tool's own files: tables of the contract, and lazy exports.

Every function gives the text of one file; `generate.py` formats it.
"""

from __future__ import annotations

import textwrap

from openapi_python_client.strings import ClassName, PythonIdentifier

from generator.contract import SCHEMAS, ContractError, Node, events, operations, resolve, sides
from generator.view import model

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


def keys_py(spec: Node, view: Node) -> str:
    """Write the table of the keys of all models that answers and events are read into."""
    table: dict[str, dict[str, str | list[str] | None]] = {}
    read = sides(spec)[1]
    for name, schema in view["components"]["schemas"].items():
        if name in read and "properties" in schema:
            keys: dict[str, str | list[str] | None] = {}
            table[class_name(name)] = keys
            for key, value in schema["properties"].items():
                nested = model(value)
                if isinstance(nested, list):
                    keys[key] = [class_name(item) for item in nested]
                else:
                    keys[key] = class_name(nested) if nested else None
    return f'''{HEADER}"""The keys of every model of answers and events, each with what it holds.

`"Model"` stands for an object (or null) read into that model, `["Model"]` for a list of them (or
null), None for all else. Every key must be there when a model's `from_dict` is called.
"""

KEYS: dict[str, dict[str, str | list[str] | None]] = {table!r}
'''


def events_py(spec: Node, view: Node) -> str:
    """Write the table of all events and the union of what they carry."""
    table: dict[str, tuple[str, str | None]] = {}
    for name, ref in events(spec).items():
        payload = model(resolve(view, ref)["properties"].get("data", {}))
        if isinstance(payload, list):
            raise ContractError(f"{ref}: its data cannot be a list")
        event = class_name(ref.removeprefix(SCHEMAS))
        table[name] = (event, class_name(payload) if payload else None)
    carried = dict.fromkeys(payload or event for event, payload in table.values())
    return f'''{HEADER}"""Every event: name, its model, and the model of its `data` if any."""

from __future__ import annotations

from typing import TYPE_CHECKING

EVENTS: dict[str, tuple[str, str | None]] = {table!r}

if TYPE_CHECKING:
    from typing import TypeAlias

    from .models import ({", ".join(sorted(carried))},)

    # What an event carries: its payload, or the event itself where it has none.
    EventData: TypeAlias = {" | ".join(carried)}
else:

    def __getattr__(name):
        if name != "EventData":
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        from typing import Union

        from . import models

        return Union[tuple(getattr(models, data or event) for event, data in EVENTS.values())]
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


def lazy_init(docstring: str, modules: dict[str, str]) -> str:
    """Write an `__init__.py` that exports names without importing their modules before use."""
    imports = "\n".join(f"    from .{module} import {name}" for name, module in modules.items())
    return f'''{HEADER}"""{docstring}"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
{imports}
else:
    _MODULES = {modules!r}

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        from importlib import import_module

        value = getattr(import_module(f".{{_MODULES[name]}}", __name__), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted(__all__)


__all__ = {tuple(modules)!r}
'''
