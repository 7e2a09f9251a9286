"""Recorded traffic against the contract: what came that it does not have, counted per schema."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from jsonschema import ValidationError
from jsonschema.exceptions import best_match

from generator.compare import traffic
from generator.compare.claims import Contract
from generator.compare.traffic import Traffic
from generator.compare.truth import Claim, Keys, event_name, kind
from generator.document import SCHEMAS, Document, Place, join

COMPONENT = re.compile(r"#/components/[a-z]+/([^/]+)")
EVENT = "WorkflowEvent"


class Findings:
    """What was seen of each schema, and what was wrong with it."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.seen: Counter[str] = Counter()
        self.wrong: dict[str, Counter[str]] = defaultdict(Counter)
        self.other_paths: Counter[str] = Counter()

    def add(self, exchange: Traffic) -> None:
        """Look at one exchange."""
        routed = self._contract.route(exchange)
        if routed is None:
            self.other_paths[f"{exchange.method} {exchange.path.partition('?')[0]}"] += 1
            return
        name = self._contract.at(routed[0])["operationId"]
        self.seen[name] += 1
        try:
            claims = list(self._contract.claims(exchange))
        except KeyError:
            media = exchange.content_type.partition(";")[0] or "nothing"
            self.wrong[name][f"unknown answer: {exchange.status} with {media}"] += 1
            return
        except json.JSONDecodeError:
            self.wrong[name][f"answer {exchange.status} or its request is no JSON"] += 1
            return
        for claim in claims:
            self._claim(claim)

    def _claim(self, claim: Claim) -> None:
        place = self._contract.place(claim)
        if place is None:
            self.wrong[EVENT][f"unknown event {event_name(claim.value)}"] += 1
            return
        for reached, _, _ in self._contract.reached(claim):
            if reached.startswith(SCHEMAS) and COMPONENT.fullmatch(reached):
                self.seen[self._name(reached)] += 1
        for error in self._contract.violations(claim, place):
            schema, what = self._violation(place, error)
            self.wrong[schema][what] += 1
        # Of a schema that is made of parts, the last one is its own.
        unknown = {keys: where for where, keys in self._contract.unknown(claim)}
        for keys, where in unknown.items():
            self.wrong[self._name(where)][f"unknown field {keys[-1]}"] += 1

    def _violation(self, place: Place, error: ValidationError) -> tuple[str, str]:
        """Give the schema that a value breaks, and what is wrong, without the value itself."""
        error = best_match([error])  # inside a choice: what the value was meant to be
        holder = self._contract.at(place.rpartition("/")[0])
        field: Keys = (holder["name"],) if "in" in holder else ()  # a parameter has a name
        for key in error.absolute_schema_path:  # it passes over references in silence
            while "$ref" in (node := self._contract.at(place)) and key not in node:
                place, field = node["$ref"], ()
            above = place.rpartition("/")[2]
            place = join(place, key)
            if above == "properties":
                field = (*field, key)
            elif key in ("items", "additionalProperties"):
                field = (*field, "[]" if key == "items" else "{}")
        return self._name(place), self._told(error, ".".join(map(str, field)) or "the value")

    def _told(self, error: ValidationError, field: str) -> str:
        wanted: Any = error.validator_value
        if error.validator == "required":
            missing = [key for key in wanted if error.message.startswith(repr(key))]
            return f"missing {missing[0]}"
        if error.validator == "type":
            named = wanted if isinstance(wanted, str) else " or ".join(wanted)
            return f"wrong type of {field}: {kind(error.instance)}, not {named}"
        return f"wrong value of {field} ({error.validator})"

    def _name(self, place: Place) -> str:
        """Name the component at a place, or the operation it is written in."""
        if component := COMPONENT.match(place):
            return component[1]
        return str(self._contract.at("/".join(place.split("/")[:4])).get("operationId", place))


def compare(contract: Document, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Give the report on the recordings in a folder, as JSON values and as lines of text."""
    exchanges = traffic.read(folder)
    findings = Findings(Contract(contract.spec))
    for exchange in exchanges:
        findings.add(exchange)
    schemas = {
        name: {"seen": findings.seen[name], "wrong": dict(findings.wrong.get(name, {}))}
        for name in sorted(findings.seen.keys() | findings.wrong.keys())
    }
    wrong = {name: entry for name, entry in schemas.items() if entry["wrong"]}
    report = {
        "ok": not wrong,
        "exchanges": len(exchanges),
        "schemas": schemas,
        "other_paths": dict(sorted(findings.other_paths.items())),
    }
    text = []
    for name in wrong:
        text.append(f"{name} (seen {findings.seen[name]} times)")
        text += [f"    {count} x {what}" for what, count in findings.wrong[name].most_common()]
    if others := sum(findings.other_paths.values()):
        text.append(f"{others} requests to paths that the contract does not have")
    total = sum(sum(counter.values()) for counter in findings.wrong.values())
    text.append(
        f"{len(exchanges)} exchanges, {len(schemas)} schemas and operations, {total} findings"
    )
    return report, text
