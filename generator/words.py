"""Tell words for people from what a contract says to programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WORDS = ("description", "summary", "title", "examples")


def words(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give what is for people only, with its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in WORDS and not isinstance(value, dict):  # a dict: a field of that name
                yield (*place, key), value
            else:
                yield from words(value, (*place, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            name = value.get("name", value.get("$ref")) if isinstance(value, dict) else None
            yield from words(value, (*place, str(name or number)))


def bare(node: Any) -> Any:
    """Give the rest."""
    if isinstance(node, dict):
        kept = {k: v for k, v in node.items() if k not in WORDS or isinstance(v, dict)}
        return {key: bare(value) for key, value in kept.items()}
    return [bare(value) for value in node] if isinstance(node, list) else node
