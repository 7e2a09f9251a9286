"""The kinds of values that nodes give out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Named:
    """A kind by its name: str, float, int, bool, dict, file, none, or any."""

    name: str


@dataclass(frozen=True)
class ListOf:
    """A list."""

    item: Kind


@dataclass(frozen=True)
class Field:
    """A field of a record."""

    name: str
    kind: Kind
    required: bool


@dataclass(frozen=True)
class Record:
    """An object with known fields."""

    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Union:
    """One of several kinds; none, if it is there, is the last."""

    parts: tuple[Kind, ...]


Kind = Named | ListOf | Record | Union

STR, FLOAT, INT, BOOL = Named("str"), Named("float"), Named("int"), Named("bool")
DICT, FILE, NONE, ANY = Named("dict"), Named("file"), Named("none"), Named("any")
FILES = ListOf(FILE)

# Dify's words for types, in `value_type`, `output_type`, `var_type` and the like.
_WORDS: Mapping[str, Kind] = {
    "string": STR,
    "secret": STR,
    "secret-input": STR,
    "select": STR,
    "text-input": STR,
    "paragraph": STR,
    "number": FLOAT,
    "integer": FLOAT,
    "float": FLOAT,
    "boolean": BOOL,
    "bool": BOOL,
    "checkbox": BOOL,
    "object": DICT,
    "json_object": DICT,
    "file": FILE,
    "array": ListOf(ANY),
    "file-list": FILES,
    "files": FILES,
    "any": ANY,
    "none": NONE,
}

FILE_FIELDS: Mapping[str, Kind] = {
    "size": INT,
    **dict.fromkeys(("name", "type", "extension", "mime_type", "transfer_method"), STR),
    **dict.fromkeys(("url", "related_id"), Union((STR, NONE))),
}


def from_word(word: Any) -> Kind | None:
    """Return the kind of one of Dify's words for types; None for an unknown one."""
    text = word.strip().lower() if isinstance(word, str) else ""
    if text.startswith("array[") and text.endswith("]"):
        item = from_word(text[6:-1])
        return None if item is None else ListOf(item)
    return _WORDS.get(text)


def union(kinds: Iterable[Kind]) -> Kind:
    """Return the kind of a value that is of one of these kinds."""
    parts: dict[Kind, None] = {}
    for kind in kinds:
        parts.update(dict.fromkeys(kind.parts if isinstance(kind, Union) else (kind,)))
    if not parts or ANY in parts:
        return ANY
    if FLOAT in parts:
        parts.pop(INT, None)
    ordered = [part for part in parts if part != NONE] + [NONE] * (NONE in parts)
    return ordered[0] if len(ordered) == 1 else Union(tuple(ordered))


def optional(kind: Kind) -> Kind:
    """Return the kind of a value that may be null besides."""
    return union((kind, NONE))


def inner(kind: Kind, path: Iterable[str]) -> Kind | None:
    """Return the kind of what a path leads to inside a value; None where that is not known."""
    for name in path:
        may_be_null = isinstance(kind, Union) and NONE in kind.parts
        if isinstance(kind, Union) and len(kind.parts) == 2 and may_be_null:
            kind, _ = kind.parts
        part: Kind | None = None
        if kind == FILE:
            part = FILE_FIELDS.get(name)
        elif isinstance(kind, Record):
            field = next((field for field in kind.fields if field.name == name), None)
            if field is not None:
                part = field.kind if field.required else optional(field.kind)
        if part is None:
            return None
        kind = optional(part) if may_be_null else part
    return kind


_SCHEMA_WORDS: Mapping[str, Kind] = {
    "string": STR,
    "number": FLOAT,
    "integer": INT,
    "boolean": BOOL,
    "null": NONE,
}
_DEEPEST = 20


def from_schema(schema: Any, root: Any = None, depth: int = 0) -> Kind:
    """Return the kind that a JSON Schema describes, as far as it is plain."""
    root = schema if root is None else root
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return ANY
    if isinstance(schema.get("$ref"), str):
        return from_schema(_referenced(root, schema["$ref"]), root, depth + 1)
    for choice in ("anyOf", "oneOf"):
        if isinstance(schema.get(choice), list) and schema[choice]:
            return union(from_schema(one, root, depth + 1) for one in schema[choice])
    word = schema.get("type")
    if isinstance(word, list):
        return union(from_schema({**schema, "type": one}, root, depth + 1) for one in word)
    if word is None and isinstance(schema.get("properties"), Mapping):
        word = "object"
    if word is None and isinstance(schema.get("enum"), list):
        return union(_from_value(value) for value in schema["enum"])
    if word == "array":
        items = schema.get("items")
        return ListOf(ANY if items is None else from_schema(items, root, depth + 1))
    if word == "object":
        properties = schema.get("properties")
        if not isinstance(properties, Mapping) or not properties:
            return DICT
        required = schema.get("required")
        required = required if isinstance(required, list) else []
        return Record(
            tuple(
                Field(str(name), from_schema(one, root, depth + 1), name in required)
                for name, one in properties.items()
            )
        )
    return _SCHEMA_WORDS.get(word, ANY) if isinstance(word, str) else ANY


def _referenced(root: Any, pointer: str) -> Any:
    target = root
    for part in pointer.removeprefix("#").strip("/").split("/"):
        target = target.get(part) if isinstance(target, Mapping) else None
    return target


def _from_value(value: Any) -> Kind:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int | float):
        return INT if isinstance(value, int) else FLOAT
    return STR if isinstance(value, str) else ANY
