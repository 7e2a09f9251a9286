"""A wrong contract is noticed: every type in it, and every recorded value, is made wrong in turn.

Each change is tried on the smallest values that reach the changed place, so a change counts as
noticed when one of the claims of test_contract.py fails.
"""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from contract_edits import SPEC
from wire_archive import VERSIONS, exchanges

from generator.compare.claims import Contract
from generator.compare.truth import Claim, Keys, Schema, kind
from generator.document import Place, join, types

pytestmark = pytest.mark.slow

UNION = "#/components/schemas/WorkflowEvent"
SAMPLES: list[Any] = [None, True, 7, 7.5, "other", [], {}]
KINDS = {kind(sample) for sample in SAMPLES}

PART = re.compile(r"/(properties/[^/]+|items|additionalProperties|schema)$")
"""A place where a value of its own begins."""

AUDIO = join("#", "paths", "/text-to-audio", "post", "responses", 200, "content")
LATER = ("aac", "flac", "mp4", "ogg", "wav", "webm")
UNSEEN = {  # places that no recorded value reaches and no example can
    # Servers answer 400 in this case, and 502 is in Dify's document of 1.17 only.
    "#/components/responses/TooManyRequests/content/application~1json/schema",
    "#/components/responses/PluginFailed/content/application~1json/schema",
    # They are in Dify's document of 1.17 only: audio/mpeg is sent.
    *(
        join(AUDIO, f"audio/{kind}", "schema")
        for kind in ["aac", "flac", "mp4", "ogg", "wav", "webm"]
    ),
}
ANYTHING = {  # fields that hold any JSON value
    "#/components/schemas/Error/properties/details",
    "#/components/schemas/InputFormField/properties/default",
    "#/components/schemas/IterationNextData/allOf/1/properties/pre_iteration_output",
    "#/components/schemas/LoopNextData/allOf/1/properties/pre_loop_output",
}


@attrs.frozen
class Witness:
    """A claim that reaches a place, and the way to the value there."""

    claim: Claim
    keys: Keys


CONTRACT = Contract(copy.deepcopy(SPEC))  # to be made wrong


def all_claims() -> Iterator[Claim]:
    """Give the claims that hold, recorded ones first, the current version's before older ones."""
    for version in sorted(VERSIONS, key=lambda version: version != VERSIONS[-1]):
        made = [claim for item in exchanges(version) for claim in CONTRACT.claims(item)]
        yield from sorted(made, key=lambda claim: len(json.dumps(claim.value)))
    yield from CONTRACT.examples()


@functools.cache
def witnesses() -> dict[Place, dict[str, Witness]]:
    """Give for every place one claim per JSON type of the value that it has there."""
    found: dict[Place, dict[str, Witness]] = {}
    events: dict[str, Claim] = {}
    for claim in all_claims():
        reached = [*CONTRACT.reached(claim)]
        new = [item for item in reached if kind(item[2]) not in found.get(item[0], {})]
        if new and not CONTRACT.errors(claim):
            for place, keys, value in new:
                found.setdefault(place, {}).setdefault(kind(value), Witness(claim, keys))
        if isinstance(claim.value, dict) and isinstance(claim.value.get("event"), str):
            whole = Claim(f"{claim.source} as a union", UNION, claim.value)
            if claim.value["event"] not in events and not CONTRACT.errors(whole):
                events[claim.value["event"]] = whole
    for name, claim in events.items():
        place = CONTRACT.at(UNION)["discriminator"]["mapping"][name]
        number = CONTRACT.at(UNION)["oneOf"].index({"$ref": place})
        found[join(UNION, "oneOf", number)] = {"object": Witness(claim, ())}
    return found


def noticed(place: Place) -> bool:
    seen = witnesses().get(place, {}).values()
    return any(CONTRACT.errors(witness.claim) for witness in seen)


def allowed(place: Place) -> set[str]:
    """Give the JSON types that the schema at a place lets pass."""
    schema = CONTRACT.at(CONTRACT.target(place))
    if "const" in schema:
        return set()
    if "anyOf" in schema:
        branches = range(len(schema["anyOf"]))
        return set().union(*(allowed(join(place, "anyOf", number)) for number in branches))
    if "allOf" in schema or "oneOf" in schema:
        return {"object"}
    names = set(types(schema, *KINDS))
    return names | {"integer"} if "number" in names else names


def wrong_schemas(schema: Schema) -> Iterator[Schema]:
    """Give the schema with its type changed: to every other, or with one of several left out.

    A type made wider is not among them, but is noticed as well: the part that was added can then
    be left out without a claim failing.
    """
    if "$ref" in schema:
        yield {"type": "string"}
    if "const" in schema:
        yield {**schema, "const": "other"}
    if "anyOf" in schema:
        for branch in schema["anyOf"]:
            yield {**schema, "anyOf": [other for other in schema["anyOf"] if other != branch]}
    if "type" in schema:
        names = types(schema)
        for other in KINDS - {*names, *({"number"} if "integer" in names else ())}:
            yield {**schema, "type": other}
        if len(names) > 1:
            for name in names:
                yield {**schema, "type": [other for other in names if other != name]}
        if "number" in names:
            yield {**schema, "type": [{"number": "integer"}.get(name, name) for name in names]}


def test_every_wrong_type_in_the_contract_is_noticed() -> None:
    witnesses()  # before anything is changed
    tried, survivors = 0, set()
    for place, schema in list(CONTRACT.walk()):
        above, _, key = place.rpartition("/")
        parent = CONTRACT.at(above)
        name = int(key) if isinstance(parent, list) else key.replace("~1", "/")
        for wrong in wrong_schemas(schema):
            parent[name] = wrong
            tried += 1
            if not noticed(place):
                survivors.add(place)
        parent[name] = schema
    assert tried > 3000
    assert survivors == UNSEEN


def test_every_recorded_value_of_another_type_is_noticed() -> None:
    survivors, tried = [], 0
    for place, by_kind in witnesses().items():
        if not PART.search(place):  # the same value again, as a part of the schema there sees it
            continue
        passing = allowed(place)
        for witness in by_kind.values():
            for sample in SAMPLES:
                if kind(sample) not in passing and sample != value_at(witness):
                    tried += 1
                    if not CONTRACT.errors(with_value(witness, sample)):
                        survivors.append((place, sample))
    assert tried > 2000
    assert not survivors


def test_only_fields_that_hold_anything_have_no_type() -> None:
    typed = ("type", "const", "$ref", "anyOf", "allOf", "oneOf")
    schemas = list(CONTRACT.walk())
    untyped = {place for place, schema in schemas if not any(word in schema for word in typed)}
    assert untyped == ANYTHING


def value_at(witness: Witness) -> Any:
    return functools.reduce(lambda value, key: value[key], witness.keys, witness.claim.value)


def with_value(witness: Witness, value: Any) -> Claim:
    """Give the claim with another value where the witness points."""
    if not witness.keys:
        return attrs.evolve(witness.claim, value=value)
    changed = copy.deepcopy(witness.claim.value)
    *above, last = witness.keys
    functools.reduce(lambda part, key: part[key], above, changed)[last] = value
    return attrs.evolve(witness.claim, value=changed)
