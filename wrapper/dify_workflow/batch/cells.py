"""From the cells of a row to the inputs of a run; values in files are typed by the app's form."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import InvalidArgument, WorkflowFile
from ..errors import invalid
from ..typed import TypedRequest
from .rows import Row

InputForm = Mapping[str, Any]  # as `input_form` gives it
Inputs = Callable[[Row], Mapping[str, Any] | TypedRequest[Any]] | Sequence[str] | None

_YES = ("true", "yes", "1")
_NO = ("false", "no", "0")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def choose(
    row: Row | TypedRequest[Any], inputs: Inputs, key: str | None
) -> Mapping[str, Any] | TypedRequest[Any]:
    """Return the inputs of a row: what a function makes of it, some columns, or all but the key.

    A row that is a typed request, or of which a function makes one, is returned as such.
    """
    if isinstance(row, TypedRequest):
        return row
    if callable(inputs):
        chosen = inputs(row)
        if isinstance(chosen, TypedRequest):
            return chosen
        if not isinstance(chosen, Mapping):
            raise invalid("inputs", "a function that returns a mapping")
        return chosen
    if inputs is None:
        return {name: value for name, value in row.items() if name != key}
    missing = [name for name in inputs if name not in row]
    if missing:
        have = ", ".join(map(str, row))
        raise invalid("inputs", f"there is no column {missing[0]!r}, only {have}")
    return {name: row[name] for name in inputs}


def inputs_of(request: TypedRequest[Any]) -> Mapping[str, Any]:
    """Return a typed request's inputs; raises `InvalidArgument` for one that asks for more."""
    if request != TypedRequest(inputs=request.inputs, outputs=request.outputs):
        raise invalid(
            "rows", "of a typed request the inputs alone count; options are those of the batch"
        )
    return request.inputs


def by_variable(form: InputForm, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs by the variables of the form; a column may have the label of one.

    Raises `InvalidArgument` for inputs that the app does not have: it would drop them silently. A
    form without any field tells nothing.
    """
    if not form:
        return dict(inputs)
    labels = Counter(field.label for field in form.values() if field)
    names = {
        str(field.label).strip(): name
        for name, field in form.items()
        if field and labels[field.label] == 1
    } | {name: name for name in form}
    unknown = [name for name in inputs if name not in names]
    if unknown:
        raise invalid(
            "inputs",
            f"the app has no {', '.join(map(repr, unknown))}; "
            f"choose columns among {', '.join(form)}",
        )
    found: dict[str, Any] = {}
    for column, value in inputs.items():
        if names[column] in found:
            raise invalid("inputs", f"two columns are {names[column]!r}")
        found[names[column]] = value
    return found


def typed(form: InputForm, inputs: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return inputs with the types that the app's form asks for.

    Text becomes a number, a checkbox's True or False (true/false, yes/no, 1/0), a JSON object, or
    a file (a path in `folder`, or a URL; a list of them, also as a JSON array). An empty cell is an
    empty text for a text, and not given for everything else. Raises `InvalidArgument`.
    """
    fields = {name: form.get(name) for name in inputs}
    kinds = {name: field.type_ if field else "" for name, field in fields.items()}
    return {
        name: _typed(kinds[name], value, f"inputs.{name}", folder)
        for name, value in inputs.items()
        if value is not None and (value != "" or kinds[name] not in _TYPES)
    }


def _typed(kind: str, value: Any, where: str, folder: Path) -> Any:
    try:
        if kind == "file-list" and isinstance(value, list):
            return [_file(item, folder) if isinstance(item, str) else item for item in value]
        if kind in _TYPES and isinstance(value, str):
            return _TYPES[kind](value.strip(), folder)
    except InvalidArgument as error:
        raise invalid(where, str(error)) from None
    except (ValueError, RecursionError):
        raise invalid(where, f"{value!r} is no {kind}") from None
    return value


def _number(text: str, folder: Path) -> int | float:
    if not _NUMBER.fullmatch(text):  # Python's own take underscores, "nan" and "infinity"
        raise ValueError
    return float(text) if set(text) & set(".eE") else int(text)


def _checkbox(text: str, folder: Path) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise ValueError
    return text.lower() in _YES


def _json_object(text: str, folder: Path) -> Any:
    return json.loads(text)


def _file(text: str, folder: Path) -> WorkflowFile:
    if text.startswith(("http://", "https://")):
        return WorkflowFile.from_url(text)
    return WorkflowFile.from_path(folder / text)


def _files(text: str, folder: Path) -> list[Any]:
    items = json.loads(text) if text.startswith("[") else [text]
    return [_file(item, folder) if isinstance(item, str) else item for item in items]


_TYPES: dict[str, Callable[[str, Path], Any]] = {
    "number": _number,
    "checkbox": _checkbox,
    "json_object": _json_object,
    "file": _file,
    "file-list": _files,
}
