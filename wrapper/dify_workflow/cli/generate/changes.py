"""What changed between two modules, or a module and a form, by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ...exported import Input

Form = Mapping[str, tuple[Any, ...]]  # by name: type, required, the options of a select

_SAME = {"paragraph": "text-input"}  # for who writes Python


@attrs.frozen
class Change:
    """A change, in words. `harmless`: a program that used the module before works on."""

    text: str
    harmless: bool = False


@attrs.frozen
class Promises:
    """What a module promises: the input form, and the outputs' types (None: not known)."""

    form: Form
    outputs: Mapping[str, str] | None


def form_of(inputs: tuple[Input, ...]) -> Form:
    """Return the form as a module holds it."""
    return {one.name: (one.type, one.required, *one.options) for one in inputs}


def promises_of(source: str) -> Promises | None:
    """Read a module without running it; None for what was not generated."""
    try:
        return _promises(ast.parse(source).body)
    except (SyntaxError, ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return None


def _promises(body: list[ast.stmt]) -> Promises:
    (form,) = [
        ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.AnnAssign) and node.value is not None
    ]
    for kind, required, *_ in form.values():
        if not isinstance(kind, str) or not isinstance(required, bool):
            raise ValueError("no form")
    nested: dict[str, dict[str, str]] = {}
    outputs: dict[str, str] | None = None
    for node in body:
        if isinstance(node, ast.ClassDef):
            fields = {_name_of(one): ast.unparse(one.annotation) for one in _fields(node.body)}
            if node.decorator_list:
                outputs = {name: _expanded(text, nested) for name, text in fields.items()}
            else:
                nested[node.name] = fields
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            name, table = node.value.args
            if isinstance(name, ast.Constant) and isinstance(table, ast.Dict):
                nested[str(name.value)] = {
                    str(ast.literal_eval(key)): ast.unparse(value)
                    for key, value in zip(table.keys, table.values, strict=True)
                    if key is not None
                }
    return Promises(form, outputs)


def _fields(body: list[ast.stmt]) -> Iterator[ast.AnnAssign]:
    return (node for node in body if isinstance(node, ast.AnnAssign))


def _name_of(field: ast.AnnAssign) -> str:
    """Return the output's name in the app."""
    if isinstance(field.value, ast.Call):
        for keyword in field.value.keywords:
            if keyword.arg == "metadata":
                name: str = ast.literal_eval(keyword.value)["name"]
                return name
    return ast.unparse(field.target)


def _expanded(annotation: str, nested: Mapping[str, Mapping[str, str]]) -> str:
    """Return an annotation with the fields of nested classes in place of their names."""

    def expand(match: re.Match[str]) -> str:
        fields = nested.get(match[0])
        if fields is None:
            return match[0]
        inner = (f"{name}: {_expanded(text, nested)}" for name, text in fields.items())
        return f"{{{', '.join(inner)}}}"

    return re.sub(r"\w+", expand, annotation)


def changes(old: Promises, new: Promises) -> Iterator[Change]:
    """Yield what changed from one module to the next."""
    yield from form_changes(old.form, new.form)
    if old.outputs is None or new.outputs is None:
        if old.outputs != new.outputs:
            yield Change(f"outputs: {'not ' if new.outputs is None else ''}known now")
        return
    for name, before in old.outputs.items():
        after = new.outputs.get(name)
        if after is None:
            yield Change(f"outputs.{name}: gone")
        elif after != before:
            yield Change(f"outputs.{name}: {after}, it was {before}", before == f"{after} | None")
    for name in new.outputs.keys() - old.outputs.keys():
        yield Change(f"outputs.{name}: new", harmless=True)


def form_changes(old: Form, new: Form) -> Iterator[Change]:
    """Yield what changed from one form to the next."""
    for name, (kind, required, *options) in old.items():
        where = f"inputs.{name}"
        if name not in new:
            yield Change(f"{where}: gone")
            continue
        kind_now, required_now, *options_now = new[name]
        if kind_now != kind:
            same = _SAME.get(kind, kind) == _SAME.get(kind_now, kind_now)
            yield Change(f"{where}: {kind_now}, it was {kind}", harmless=same)
        if required_now != required:
            text = "required now" if required_now else "no longer required"
            yield Change(f"{where}: {text}", harmless=not required_now)
        if kind_now == kind and bool(options) != bool(options_now):
            yield Change(f"{where}: other options", harmless=not options_now)
        elif kind_now == kind:
            for option in options:
                if option not in options_now:
                    yield Change(f"{where}: no option {option!r} any more")
            for option in options_now:
                if option not in options:
                    yield Change(f"{where}: a new option {option!r}", harmless=True)
    for name, (_, required, *_options) in new.items():
        if name not in old:
            text = "new, and required" if required else "new"
            yield Change(f"inputs.{name}: {text}", harmless=not required)
