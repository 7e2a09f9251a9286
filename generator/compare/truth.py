"""Hold JSON values against the schemas of the contract.

A `Claim` says that the schema at one place of the contract accepts one JSON value. The contract is
true when every claim passes that recordings (see claims.py) and its own examples make.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from jsonschema import Draft202012Validator, ValidationError

from generator.document import UNIONS, Document, Node, Place, join, types

Schema = Node
Keys = tuple[str | int, ...]  # the way from a value to one of its parts


@attrs.frozen
class Claim:
    """A value that the schema at a place must accept."""

    source: str
    place: Place
    value: Any = attrs.field(repr=False)
    by_event: bool = False  # by the component that the union at the place names for its `event`
    partial: bool = False  # from an older server, which may lack what the contract requires
    sent: bool = False  # by the client, not by the server


def kind(value: Any) -> str:
    """Give the JSON type of a value; "number" is one with a fraction."""
    if isinstance(value, float) and value.is_integer():
        return "integer"
    names = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}
    return names.get(type(value)) or ("array" if isinstance(value, list) else "object")


class Claims(Document):
    """A contract that claims are held against."""

    def __init__(self, spec: Schema) -> None:
        super().__init__(spec)
        self._validator = Draft202012Validator(spec)  # its references lead into the contract

    def target(self, place: Place) -> Place:
        """Follow `$ref`s from a place to where they lead."""
        while "$ref" in (node := self.at(place)):
            place = node["$ref"]
        return place

    def errors(self, claim: Claim) -> list[str]:
        """Validate a claim, with the contract as it is now."""
        place = self.place(claim)
        if place is None:
            return [f"{claim.source}: no component for event {event_name(claim.value)!r}"]
        return [
            f"{claim.source}: {place} {error.json_path}: {error.message}"
            for error in self.violations(claim, place)
        ]

    def place(self, claim: Claim) -> Place | None:
        """Give the place that has to accept a claim's value; None for an unknown event."""
        if not claim.by_event:
            return claim.place
        mapping = self.at(self.target(claim.place)).get("discriminator", {}).get("mapping", {})
        found: Place | None = mapping.get(event_name(claim.value))
        return found

    def violations(self, claim: Claim, place: Place) -> Iterator[ValidationError]:
        """Give what the schema at a place has against a claim's value."""
        for error in self._validator.evolve(schema=self.at(place)).iter_errors(claim.value):
            if not (claim.partial and error.validator == "required"):
                yield error

    def examples(self) -> Iterator[Claim]:
        """Give what every example claims about its own schema."""
        for place, schema in self.walk():
            for value in schema.get("examples", []):
                yield Claim(f"example at {place}", place, value)

    def reached(self, claim: Claim) -> Iterator[tuple[Place, Keys, Any]]:
        """Give every schema that takes part in a claim, with the value it is about."""
        yield from self._reached(claim.place, (), claim.value)

    def _reached(self, place: Place, keys: Keys, value: Any) -> Iterator[tuple[Place, Keys, Any]]:
        yield place, keys, value
        schema = self.at(place)
        if "$ref" in schema:
            yield from self._reached(schema["$ref"], keys, value)
        for word in ("allOf", *UNIONS):
            for number, part in enumerate(schema.get(word, [])):
                if word == "allOf" or self._meant(schema, part, value):
                    yield from self._reached(join(place, word, number), keys, value)
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                yield from self._reached(join(place, "items"), (*keys, index), item)
        if isinstance(value, dict):
            for key, item in value.items():
                below = join(place, "properties", key)
                if key not in schema.get("properties", {}):
                    if "additionalProperties" not in schema:
                        continue
                    below = join(place, "additionalProperties")
                yield from self._reached(below, (*keys, key), item)

    def _meant(self, union: Schema, part: Schema, value: Any) -> bool:
        if "discriminator" in union:
            return part == {"$ref": union["discriminator"]["mapping"].get(value["event"])}
        if "$ref" in part:
            part = self.at(part["$ref"])
        return kind(value) in types(part, "object")

    def undeclared(self, claim: Claim) -> list[str]:
        """Give the keys in a claim's value that its schema does not name."""
        found = self.unknown(claim)
        return [f"{claim.source}: {'.'.join(map(str, keys))}" for _, keys in found]

    def unknown(self, claim: Claim) -> list[tuple[Place, Keys]]:
        """Give the keys that are not named, each with the place of the schema that lacks it."""
        found = list(self.reached(claim))
        known = {keys for _, keys, _ in found}
        return [
            (place, (*keys, key))
            for place, keys, value in found
            if isinstance(value, dict) and "properties" in self.at(place)
            for key in value
            if (*keys, key) not in known
        ]


def event_name(value: Any) -> str | None:
    """Give the name of an event; None for what has none."""
    name = value.get("event") if isinstance(value, dict) else None
    return name if isinstance(name, str) else None
