"""Scripts that make no sense are refused when they are given, by the annotations of fields."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import isclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

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
    """A class whose fields must always be what their annotations say."""

    def __setattr__(self, name: str, value: Any) -> None:
        cls: Any = type(self)
        before = getattr(self, name, None)
        require(value, _hints(cls).get(name, Any), f"{cls.__name__}: {name}")
        super().__setattr__(name, value)
        try:
            if "_made" in self.__dict__:
                self.look()
        except ScriptError:
            super().__setattr__(name, before)
            raise

    def __attrs_post_init__(self) -> None:
        self.look()
        self.__dict__["_made"] = True

    def look(self) -> None:
        """Refuse what annotations cannot say."""

    def refuse(self, reason: str) -> None:
        raise ScriptError(f"{type(self).__name__}: {reason}")


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    ours = cls.__module__.startswith(f"{__package__}.")  # not steps of one's own
    hints = get_type_hints(cls) if ours else {}
    return {name: hint for name, hint in hints.items() if not name.startswith("_")}


def require(value: Any, hint: Any, where: str) -> None:
    """Refuse a value that is not what `hint` says; where: how the error calls it."""
    for problem in _problems(value, hint, where):
        raise ScriptError(problem)


def _problems(value: Any, hint: Any, where: str) -> Iterator[str]:
    """Say where a value is not what `hint` says, its items first."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        found = [list(_problems(value, part, where)) for part in parts]
        fits = [] in found
        every = [text for problems in found for text in problems if not fits]
        yield from (text for text in every if not text.startswith(f"{where} is "))
    elif origin is Literal:
        fits = value in parts
    elif origin is Callable:
        fits = callable(value) and not isclass(value)
    elif origin in (Sequence, list, tuple):
        fits = isinstance(value, list | tuple | range)
        for number, item in enumerate(value if fits else ()):
            yield from _problems(item, parts[0], f"{where}[{number}]")
    elif origin in (Mapping, dict):
        fits = isinstance(value, Mapping)
        for key, item in value.items() if fits else ():
            yield from _problems(key, parts[0], f"a key of {where}")
            yield from _problems(item, parts[1], f"{where}[{key!r}]")
    elif hint in (int, float):
        kinds = int if hint is int else int | float
        fits = isinstance(value, kinds) and not isinstance(value, bool) and value >= 0
    else:
        fits = hint is Any or isinstance(value, origin or hint)
    if not fits:
        yield f"{where} is {_shown(value)}, not {_called(hint)}"


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
    if origin in (Sequence, list, tuple):
        return f"a list of {_called(parts[0]).removeprefix('a ').removeprefix('an ')}"
    if origin in (Callable, Mapping, dict):
        return "a function" if origin is Callable else "a dict"
    return NAMES.get(hint) or f"{'an' if hint.__name__[0] in 'AEIO' else 'a'} {hint.__name__}"
