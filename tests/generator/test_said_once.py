"""What the contract says stands in the client's code as few times as it can, and for a reason."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import dify_workflow
from dify_workflow_api.events import EVENTS
from dify_workflow_api.filters import LOG_FILTERS
from dify_workflow_api.operations import ANSWERS, ERRORS, OPERATIONS
from recorded_models import SPEC

ROOT = Path(dify_workflow.__file__).parent
ABOVE = ("batch", "cli", "_sync")  # programs on top of the client, and the half that is generated
SCHEMAS = SPEC["components"]["schemas"]
FIELDS = {name for schema in SCHEMAS.values() for name in schema.get("properties", {})}
KINDS: dict[str, set[str]] = {
    "operation": set(OPERATIONS),
    "path": {path for _, path, _ in OPERATIONS.values()},
    "schema": set(SCHEMAS) | set(ANSWERS.values()),
    "event": set(EVENTS) - FIELDS,
    "error code": set(ERRORS),
    "filter": set(LOG_FILTERS) - FIELDS,
}

# How many different words of a kind a room of the client may write at most, and why.
LEFT = {
    "operation in _api": 13,  # their requests are made of a run, a file or a form
    "schema in _api": 7,  # answers that are brought into one form, from all versions
    "schema in typed.py": 1,  # a file among typed outputs
    "schema in options.py": 1,  # the limit of a user
    "schema in types": 3,  # found in outputs, decoded on first access; the types of a file
    "event in _runs": 10,  # which a replay repeats or makes up; where text and ids come from
    "event in types": 8,  # those that begin, end and pause a run, text, reasoning and speech
    "error code in _api": 3,  # what to write instead; a form just submitted; a run of nulls
    "filter in _api": 2,  # the walk over the pages
    "filter in _runs": 1,  # a run is looked for by it
    "filter in versions.py": 1,  # a public name
}


def words(path: Path) -> set[str]:
    """The texts in a module that are no docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    }


def test_what_is_left_is_known() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(ROOT.rglob("*.py")):
        room = path.relative_to(ROOT).parts[0]
        if not set(path.parts) & set(ABOVE) and "by `make generate`" not in path.read_text("utf-8"):
            written = words(path)
            for kind, known in KINDS.items():
                found[f"{kind} in {room}"] |= written & known
    for place, said in found.items():
        assert len(said) <= LEFT.get(place, 0), (place, sorted(said))
