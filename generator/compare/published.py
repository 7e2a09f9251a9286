"""Differences between the contract and an OpenAPI document of Dify's own.

There are two: the one that is published, written by hand, and the one that Dify's server generates
from its code. Only the operations of workflow apps are compared: those of the contract, and those
whose text does not say that they are for other apps. The generated document says so of none, and
has no events, since a stream is a string in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from generator.document import EVENT_UNION, SCHEMAS, ContractError, Document, Node
from generator.facts import Fact, Facts, Reader

EVENTS = "ChunkWorkflowEvent"  # the component that lists the events of workflow apps
APPS = re.compile(r"\*\*Available for\*\*: (.*)")
PATH = re.compile(r"\{\w+\}")


class Difference(NamedTuple):
    """One thing that one document says and the other does not, or says otherwise."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def load(source: str) -> Document:
    """Read a published document from a path or a URL."""
    if not re.match(r"https?://", source):
        return Document.read(Path(source))
    try:
        answer = httpx.get(source, follow_redirects=True, timeout=60).raise_for_status()
        document = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ContractError(f"{source}: {error}") from error
    if not isinstance(document, dict) or "paths" not in document:
        raise ContractError(f"{source}: no OpenAPI document")
    return Document(document)


def is_generated(document: Document) -> bool:
    """Tell Dify's generated document from the published one, which says what each part is for."""
    return not any(APPS.search(o.node.get("description", "")) for o in document.operations())


def differences(ours: Document, theirs: Document) -> list[Difference]:
    """Give all differences, those of operations first, then those of events."""
    if is_generated(theirs):
        return list(_operations(ours, with_own_refs(theirs)))
    found = list(_operations(ours, theirs))
    union = theirs.spec.get("components", {}).get("schemas", {}).get(EVENTS)
    if union is None or "mapping" not in union.get("discriminator", {}):
        return [*found, Difference("events", f"{EVENTS} lists none in the published document")]
    events = Reader(ours).events(ours.resolve(EVENT_UNION))
    return [*found, *_facts(events, Reader(theirs).events(union))]


def with_own_refs(document: Document) -> Document:
    """Make references to the `$defs` of a component lead there from the whole document.

    Generated components are JSON Schema documents of their own: `#/$defs/X` is one of their parts.
    """
    components = document.spec["components"]
    schemas = {
        name: _rebased(schema, f"{SCHEMAS}{name}/$defs/")
        for name, schema in components.get("schemas", {}).items()
    }
    return Document({**document.spec, "components": {**components, "schemas": schemas}})


def _rebased(node: Any, base: str) -> Any:
    if isinstance(node, list):
        return [_rebased(item, base) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value.replace("#/$defs/", base)
        if key == "$ref" and isinstance(value, str)
        else _rebased(value, base)
        for key, value in node.items()
    }


def _operations(ours: Document, published: Document) -> Iterator[Difference]:
    # The name of a path parameter is no difference: it is not sent.
    theirs = {PATH.sub("{}", operation.where): operation for operation in published.operations()}
    for operation in ours.operations():
        where = operation.where
        other = theirs.pop(PATH.sub("{}", where), None)
        if other is None:
            yield Difference(where, "not in the published document")
            continue
        if not _for_workflows(other.node):
            yield Difference(where, "published as not for workflow apps")
        there = other.where
        here = zip(PATH.findall(there), PATH.findall(where), strict=True)
        renamed = {f"{there} path {old[1:-1]}": f"{where} path {new[1:-1]}" for old, new in here}
        moved = {
            renamed.get(place, where + place.removeprefix(there)): fact
            for place, fact in Reader(published).operation(other).items()
        }
        yield from _facts(Reader(ours).operation(operation), moved)
    for other in theirs.values():
        if _for_workflows(other.node):
            yield Difference(other.where, "not in the contract")


def _for_workflows(operation: Node) -> bool:
    apps = APPS.search(operation.get("description", ""))
    return apps is None or bool(re.search(r"\bWorkflow\b", apps[1]))


def _facts(ours: Facts, theirs: Facts) -> Iterator[Difference]:
    """Compare facts; what is below a place that one side lacks goes without saying."""
    silent: list[str] = []
    for place in [*ours, *(place for place in theirs if place not in ours)]:
        if any(place.startswith(above) and place[len(above)] in " .[{" for above in silent):
            continue
        one, other = ours.get(place), theirs.get(place)
        if one is None or other is None:
            missing = "contract" if one is None else "published document"
            yield Difference(place, f"not in the {missing}")
            silent.append(place)
            continue
        if one.described != other.described:
            silent.append(place)
        yield from (Difference(place, what) for what in _what(place, one, other))


def _what(place: str, one: Fact, other: Fact) -> Iterator[str]:
    """Tell how one place differs."""
    null = frozenset({"null"})
    if one.types - null != other.types - null:
        yield f"type {_list(one.types - null)}, published {_list(other.types - null)}"
    if one.types and other.types and null & one.types != null & other.types:
        yield "may be null, published never" if "null" in one.types else "never null, published may"
    if one.formats != other.formats:
        yield f"format {_list(one.formats)}, published {_list(other.formats)}"
    if one.values != other.values:
        yield f"values {_list(one.values)}, published {_list(other.values)}"
    if one.described != other.described:
        yield (
            "fields are told, published not" if one.described else "fields not told, published are"
        )
    asked = re.search(r" (body|query|path|header) ", place)
    if asked and one.required != other.required:  # the published document has no required answers
        yield "required, published optional" if one.required else "optional, published required"


def _list(values: frozenset[str]) -> str:
    return ", ".join(sorted(values)) or "any"


class Known(NamedTuple):
    """A difference that was looked into: places and kind as patterns with `*`, and why."""

    where: list[str]
    what: str
    reason: str
    generated: bool = False
    """Whether it is one from the generated document only."""

    def covers(self, difference: Difference) -> list[str]:
        """Give the patterns of places that match, if it is a difference of this kind."""
        if not _matches(self.what, difference.what):
            return []
        return [pattern for pattern in self.where if _matches(pattern, difference.where)]


def _matches(pattern: str, text: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text))


def known(entries: Any) -> list[Known]:
    """Check the entries of known_differences.yaml."""
    found = []
    for entry in entries:
        where = entry.get("where") if isinstance(entry, dict) else None
        places = [where] if isinstance(where, str) else where
        keys = set(entry) - {"in"} if isinstance(entry, dict) else set()
        if not places or keys != {"where", "what", "reason"} or not entry["reason"]:
            raise ContractError(f"known difference needs where, what and reason: {entry}")
        if entry.get("in") not in (None, "generated"):
            raise ContractError(f"known difference is `in: generated` or in all: {entry}")
        reason = " ".join(entry["reason"].split())
        found.append(Known(places, entry["what"], reason, "in" in entry))
    return found


def sorted_out(
    found: list[Difference], entries: list[Known]
) -> tuple[list[tuple[Difference, str | None]], list[str]]:
    """Give each difference with its reason or None, and the patterns that matched nothing."""
    explained: list[tuple[Difference, str | None]] = []
    idle = {(number, place) for number, entry in enumerate(entries) for place in entry.where}
    for difference in found:
        reasons = []
        for number, entry in enumerate(entries):
            if places := entry.covers(difference):
                reasons.append(entry.reason)
                idle -= {(number, place) for place in places}
        explained.append((difference, reasons[0] if reasons else None))
    return explained, [f"{place}: {entries[number].what}" for number, place in sorted(idle)]
