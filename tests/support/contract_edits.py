"""The contract with something changed in it, and the rest as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from places import ROOT

Spec = dict[str, Any]
# As `make generate` read it: so it is there in no time.
SPEC: Spec = json.loads((ROOT / "generated" / "dify_workflow_api" / "openapi.json").read_bytes())
REF = "#/components/schemas/"
GONE: Any = object()


def edited(edits: Mapping[str, Any], spec: Spec = SPEC) -> Spec:
    """Return a copy with other values at some places; what is GONE is taken out.

    A place is the way to it, in words: `/info get tags`, `AppInfo required mode` (an item of a
    list), `AppInfo.mode type` (of a field; of the component's own ones, if others are from a base).
    The word + adds to a list.
    """
    for place, value in edits.items():
        spec = _with(spec, _keys(spec, place), value)
    return spec


def _keys(spec: Spec, place: str) -> list[str]:
    first, *more = place.split()
    if first[0] == "/":
        return ["paths", first, *more]
    name, _, field = first.partition(".")
    if not name[0].isupper():
        return [first, *more]
    own = ["allOf", "-1"] if field and "allOf" in spec["components"]["schemas"][name] else []
    return ["components", "schemas", name, *own, *(["properties", field] if field else []), *more]


def _with(node: Any, keys: list[str], value: Any) -> Any:
    if not keys:
        return value
    word, *more = keys
    if word == "+":
        return [*node, value]
    made = node.copy()
    key: Any = word
    if isinstance(node, list):
        key = int(word) if word.lstrip("-").isdigit() else node.index(word)
    if value is GONE and not more:
        del made[key]
    else:
        made[key] = _with(node[key] if more else None, more, value)
    return made
