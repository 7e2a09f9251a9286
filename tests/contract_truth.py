"""Hold recorded traffic against the contract: which schema has to be true of which recorded value.

A `Claim` says that the schema at one place of the contract accepts one JSON value. The contract is
true when every claim passes that the recordings, and the contract's own examples, make.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import attrs
import yaml
from jsonschema import Draft202012Validator
from wire_archive import Exchange

CONTRACT = Path(__file__).resolve().parents[1] / "openapi" / "dify-workflow.yaml"
ERROR = "#/components/schemas/Error"
CURRENT = "1.14.2"
UNIONS = ("allOf", "anyOf", "oneOf")
CUT = re.compile(r"\.\.\.<\d+ bytes>$")  # how the recorder shortened very long request bodies

Schema = dict[str, Any]
Place = str  # JSON pointer into the contract, e.g. "#/components/schemas/Error/properties/code"
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


def load() -> Schema:
    """Read the contract."""
    contract: Schema = yaml.safe_load(CONTRACT.read_text("utf-8"))
    return contract


def join(place: Place, *keys: str | int) -> Place:
    """Give the place below a place."""
    return "/".join([place, *(str(key).replace("~", "~0").replace("/", "~1") for key in keys)])


def kind(value: Any) -> str:
    """Give the JSON type of a value; "number" is one with a fraction."""
    if isinstance(value, float) and value.is_integer():
        return "integer"
    names = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}
    return names.get(type(value)) or ("array" if isinstance(value, list) else "object")


def types(schema: Schema, *default: str) -> list[str]:
    """Give the JSON types that a schema names."""
    named: str | list[str] = schema.get("type", list(default))
    return [named] if isinstance(named, str) else named


class Contract:
    """The contract, and what recordings claim about it."""

    def __init__(self, contract: Schema) -> None:
        self.all = contract
        self._validator = Draft202012Validator(contract)  # its references lead into the contract
        self._routes = [
            (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$"), path)
            for path in sorted(contract["paths"], key=lambda path: path.count("{"))
        ]

    def at(self, place: Place) -> Any:
        """Give what stands at a place."""
        node: Any = self.all
        for key in place.split("/")[1:]:
            key = key.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) else node[key]
        return node

    def resolved(self, place: Place) -> Place:
        """Follow `$ref`s from a place to where they lead."""
        while "$ref" in (node := self.at(place)):
            place = node["$ref"]
        return place

    def errors(self, claim: Claim) -> list[str]:
        """Validate a claim, with the contract as it is now."""
        place = claim.place
        if claim.by_event:
            mapping = self.at(self.resolved(place)).get("discriminator", {}).get("mapping", {})
            name = claim.value["event"] if isinstance(claim.value, dict) else None
            if not isinstance(name, str) or name not in mapping:
                return [f"{claim.source}: no component for event {name!r}"]
            place = mapping[name]
        return [
            f"{claim.source}: {place} {error.json_path}: {error.message}"
            for error in self._validator.evolve(schema=self.at(place)).iter_errors(claim.value)
            if not (claim.partial and error.validator == "required")
        ]

    def route(self, exchange: Exchange) -> tuple[Place, dict[str, str]] | None:
        """Give the operation of an exchange and its path parameters; None if there is none."""
        path = exchange.path.partition("?")[0].removeprefix("/v1")
        method = exchange.method.lower()
        for pattern, template in self._routes:
            match = pattern.match(path)
            if match and method in self.all["paths"][template]:
                return join("#", "paths", template, method), match.groupdict()
        return None

    def claims(self, exchange: Exchange) -> Iterator[Claim]:
        """Give what an exchange claims, HTML nothing; KeyError if the contract lacks the answer."""
        routed = self.route(exchange)
        answer = exchange.content_type.partition(";")[0]
        if routed is None:  # another route or method; errors look alike everywhere
            if answer == "application/json" and exchange.status >= 400:
                yield Claim(str(exchange), ERROR, exchange.json())
            return
        operation, path = routed
        if answer not in ("", "text/html"):
            yield from self._answer(exchange, operation, answer)
        if 200 <= exchange.status < 300:
            yield from self._request(exchange, operation, path)

    def _answer(self, exchange: Exchange, operation: Place, content_type: str) -> Iterator[Claim]:
        response = self.resolved(join(operation, "responses", exchange.status))
        place = join(response, "content", content_type, "schema")
        self.at(place)
        claim = Claim(str(exchange), place, None, partial=exchange.version != CURRENT)
        if exchange.is_stream:
            for number, event in enumerate(exchange.events()):
                source = f"{exchange} event {number}"
                yield attrs.evolve(claim, source=source, value=event, by_event=True)
        else:
            is_json = content_type == "application/json"
            value = exchange.json() if is_json else exchange.body.decode("latin-1")
            yield attrs.evolve(claim, value=value)

    def _request(self, exchange: Exchange, operation: Place, path: Schema) -> Iterator[Claim]:
        sent = {
            "path": {name: unquote(value) for name, value in path.items()},
            "query": dict(parse_qsl(exchange.path.partition("?")[2], keep_blank_values=True)),
            "header": exchange.request["headers"],
        }
        for number, _ in enumerate(self.at(operation).get("parameters", [])):
            place = self.resolved(join(operation, "parameters", number))
            parameter = self.at(place)
            if (text := sent[parameter["in"]].get(parameter["name"])) is not None:
                value = from_text(parameter["schema"]["type"], text)
                yield Claim(f"{exchange} parameter", join(place, "schema"), value, sent=True)
        text = exchange.request_body
        if text and "requestBody" in self.at(operation):
            content_type = exchange.request["headers"]["Content-Type"].partition(";")[0]
            place = join(operation, "requestBody", "content", content_type, "schema")
            is_form = content_type == "multipart/form-data"
            if is_form or not CUT.search(text):
                body = form(text) if is_form else json.loads(text)
                yield Claim(f"{exchange} request", place, body, sent=True)

    def examples(self) -> Iterator[Claim]:
        """Give what every example claims about its own schema."""
        for place in self.schemas():
            for value in self.at(place).get("examples", []):
                yield Claim(f"example at {place}", place, value)

    def schemas(self) -> Iterator[Place]:
        """Give every place where a schema stands."""
        yield from self._schemas_below("#", self.all)

    def _schemas_below(self, place: Place, node: Any) -> Iterator[Place]:
        if isinstance(node, dict | list):
            for key, value in node.items() if isinstance(node, dict) else enumerate(node):
                below = join(place, key)
                is_schema = key == "schema" or place == "#/components/schemas"
                yield from self._within(below) if is_schema else self._schemas_below(below, value)

    def _within(self, place: Place) -> Iterator[Place]:
        yield place
        schema = self.at(place)
        below = [join(place, "properties", key) for key in schema.get("properties", {})]
        for word in UNIONS:
            below += [join(place, word, number) for number, _ in enumerate(schema.get(word, []))]
        below += [join(place, word) for word in ("items", "additionalProperties") if word in schema]
        for part in below:
            yield from self._within(part)

    def reached(self, claim: Claim) -> Iterator[tuple[Place, Keys, Any]]:
        """Give every schema that takes part in a claim, with the value it is about."""
        yield from self._reached(claim.place, (), claim.value)

    def _reached(self, place: Place, keys: Keys, value: Any) -> Iterator[tuple[Place, Keys, Any]]:
        yield place, keys, value
        schema = self.at(place)
        if "$ref" in schema:
            yield from self._reached(schema["$ref"], keys, value)
        for word in UNIONS:
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
        found = list(self.reached(claim))
        known = {keys for _, keys, _ in found}
        return [
            f"{claim.source}: {'.'.join(map(str, (*keys, key)))}"
            for place, keys, value in found
            if isinstance(value, dict) and "properties" in self.at(place)
            for key in value
            if (*keys, key) not in known
        ]


def from_text(type_: str, text: str) -> Any:
    """Read a parameter as its schema's type where its text allows that."""
    if type_ == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    return {"true": True, "false": False}.get(text, text) if type_ == "boolean" else text


def form(body: str) -> dict[str, str]:
    """Read the fields of a recorded multipart body, files as text."""
    return dict(re.findall(r'name="([^"]*)".*?\r\n\r\n(.*?)(?=\r\n--|$)', body, re.DOTALL))
