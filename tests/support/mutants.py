"""Recorded JSON with one thing wrong: a key gone, null, of another type, unknown, a new value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

GONE: Any = object()
FREE = {"inputs", "outputs", "process_data", "metadata", "tool_info", "iteration_duration_map"}
FREE |= {"loop_duration_map", "loop_variable_map", "parameters", "agent_log", "submitted_data"}
FILE = "dify_model_identity"
WRONG: list[Any] = [
    GONE,
    None,
    "a-new-value",
    "",
    5,
    -1.5,
    10**30,
    True,
    [],
    ["x"],
    [None],
    [{}],
    {},
    {"x": None},
]


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every key of an object, the nested ones too; of a list, those of each kind of item.

    What an app may call as it likes is left alone, but for the files in it.
    """
    if isinstance(value, dict):
        free = at and at[-1] in FREE
        for key, inner in value.items():
            if not free or (isinstance(inner, dict) and FILE in inner):
                yield (*at, key)
                yield from paths(inner, (*at, key))
    elif isinstance(value, list):
        seen: set[str] = set()
        for number, inner in enumerate(value):
            shape = str(sorted(inner) if isinstance(inner, dict) else type(inner))
            if shape not in seen:
                seen.add(shape)
                yield (*at, number)
                yield from paths(inner, (*at, number))


def changed(value: Any, path: Path, to: Any) -> Any:
    """A copy with another value at a place; GONE takes the key away."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    if to is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return copy


def mutants(value: Any, known: set[Path]) -> Iterator[tuple[str, Any]]:
    """Yield what was done, and the changed copy, for each path that `known` does not hold yet."""
    for path in paths(value):
        if path in known:
            continue
        known.add(path)
        where = ".".join(map(str, path))
        for wrong in WRONG:
            yield (
                f"{where} = {'gone' if wrong is GONE else repr(wrong)}",
                changed(value, path, wrong),
            )
        beside = (*path[:-1], "a_new_key")
        if isinstance(path[-1], str) and beside not in known:
            known.add(beside)
            yield f"{where}: a new key beside", changed(value, beside, {"x": 1})
