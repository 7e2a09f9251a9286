"""Tell words for people from what a contract says to programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WORDS = ("description", "summary", "title", "examples")
# What is said of servers: no code has to change for it.
TOLD = ("x-since", "x-what", "x-error-codes", "x-behaviours", "x-recorded")


def is_word(key: str, value: Any) -> bool:
    """Tell whether a key of the contract is for people; a dict is a field of that name."""
    return key in TOLD or (key in WORDS and not isinstance(value, dict))


def words(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give what is for people only, with its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            if is_word(key, value):
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
        kept = {key: value for key, value in node.items() if not is_word(key, value)}
        return {key: bare(value) for key, value in kept.items()}
    return [bare(value) for value in node] if isinstance(node, list) else node
