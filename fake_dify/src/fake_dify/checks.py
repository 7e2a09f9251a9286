"""Scripts that make no sense are refused when they are given, by the annotations of fields."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping, Sequence
from inspect import isclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

NAMES: dict[Any, str] = {
    int: "a whole number of 0 or more",
    float: "a number of 0 or more",
    str: "text",
    bytes: "bytes",
    bool: "True or False",
    type(None): "None",
    Any: "anything",
}


class ScriptError(ValueError):
    """A script, a form, a fault or an option that makes no sense; the text says where and why."""


class Checked:
    """A class of attrs whose fields must be what their annotations say."""

    def __attrs_post_init__(self) -> None:
        cls: Any = type(self)
        if cls.__module__.startswith(f"{__package__}."):  # not steps of one's own
            for attribute in cls.__attrs_attrs__:
                checked(self, attribute, getattr(self, attribute.name))
            self.look()

    def look(self) -> None:
        """Refuse what annotations cannot say."""

    def refuse(self, reason: str) -> None:
        raise ScriptError(f"{called(type(self))}: {reason}")


def called(cls: Any) -> str:
    """Return what users call a class."""
    return str(getattr(cls, "called", cls.__name__))


def checked(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Validate a field of attrs by its annotation."""
    cls: Any = type(instance)
    require(value, _hints(cls)[attribute.name], f"{called(cls)}: {attribute.name}")


def require(value: Any, hint: Any, where: str) -> None:
    """Refuse a value that is not what `hint` says; where: how the error calls it."""
    if (problem := _problem(value, hint, where)) is not None:
        raise ScriptError(problem)


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


def _problem(value: Any, hint: Any, where: str) -> str | None:
    """Say where a value is not what `hint` says, or None."""
    origin, parts = get_origin(hint), get_args(hint)
    fits, inside = hint is Any, []
    if origin in (Union, types.UnionType):
        found = [_problem(value, part, where) for part in parts]
        fits = None in found
        inside = [] if fits else [one for one in found if not f"{one}".startswith(f"{where} is ")]
    elif origin is Literal:
        fits = value in parts
    elif origin is Callable:
        fits = callable(value) and not isclass(value)
    elif origin in (Sequence, list, tuple):
        if fits := isinstance(value, list | tuple | range):
            every = (_problem(item, parts[0], f"{where}[{n}]") for n, item in enumerate(value))
            inside = [one for one in every if one]
    elif origin in (Mapping, dict):
        if fits := isinstance(value, Mapping):
            pairs = [(key, parts[0], f"a key of {where}") for key in value]
            pairs += [(item, parts[1], f"{where}[{key!r}]") for key, item in value.items()]
            inside = [one for one in (_problem(*pair) for pair in pairs) if one]
    elif hint in (int, float):
        kinds = int if hint is int else int | float
        fits = isinstance(value, kinds) and not isinstance(value, bool) and value >= 0
    elif not fits:
        fits = isinstance(value, origin or hint)
    if inside:
        return inside[0]
    return None if fits else f"{where} is {_shown(value)}, not {_called(hint)}"


def _shown(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    text = repr(value)
    return f"{text if len(text) < 60 else text[:57] + '...'} ({type(value).__name__})"


def _called(hint: Any) -> str:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType, Literal):
        texts = [repr(part) if origin is Literal else _called(part) for part in parts]
        return " or ".join(dict.fromkeys(texts))
    if origin is Callable:
        return "a function"
    if origin in (Sequence, list, tuple):
        return f"a list of {_called(parts[0]).removeprefix('a ').removeprefix('an ')}"
    if origin in (Mapping, dict):
        return "a dict"
    return NAMES.get(hint) or f"{'an' if hint.__name__[0] in 'AEIO' else 'a'} {hint.__name__}"
