"""What changed between two contracts, sorted by what it means to those who use the client.

breaking: code that uses the client has to change, or a type checker will complain.
additive: something new can be used, or more is accepted.
documentation: words, examples and error codes, of which nothing is generated but docstrings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from generator.diff.words import bare, words
from generator.document import SCHEMAS, Document, Node, Operation, refs
from generator.facts import Fact, Reader

Kind = Literal["breaking", "additive", "documentation"]
KINDS: tuple[Kind, ...] = ("breaking", "additive", "documentation")
TOP = ("info", "servers", "tags")  # for people as a whole


Side = Literal["request", "answer"]
GREATEST = ("maximum", "maxLength", "maxItems")
LIMITS = (*GREATEST, "minimum", "minLength", "minItems")


class Change(NamedTuple):
    """One change."""

    kind: Kind
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Member(NamedTuple):
    """A parameter or a field: its facts, the class of its value or of what it holds, its limits."""

    fact: Fact
    holds: str
    limits: dict[str, Any]


def changes(old: Document, new: Document) -> list[Change]:
    """Give all changes: breaking ones first, then additive ones, then documentation."""
    found = [*_operations(old, new), *_schemas(old, new), *_events(old, new), *_texts(old, new)]
    if not found and old.spec != new.spec:
        same = bare(old.spec) == bare(new.spec)
        what = "has more or fewer words" if same else "changed in an unknown way"
        kind: Kind = "documentation" if same else "breaking"
        found.append(Change(kind, "the contract", what))
    return sorted(dict.fromkeys(found), key=lambda change: (KINDS.index(change.kind), change))


def _operations(old: Document, new: Document) -> Iterator[Change]:
    before, after = ({o.id: o for o in side.operations()} for side in (old, new))
    for name, one in before.items():
        if name not in after:
            yield Change("breaking", name, "operation removed")
            continue
        two = after[name]
        if two.where != one.where:
            yield Change("breaking", name, f"is {two.where}, was {one.where}")
        if two.node.get("tags") != one.node.get("tags"):
            yield Change("breaking", name, "has another tag, so its module has moved")
        yield from _requests(name, (old, one), (new, two))
        yield from _answers(name, (old, one), (new, two))
    for name in after.keys() - before.keys():
        yield Change("additive", name, "operation added")


Version = tuple[Document, Operation]


def _requests(name: str, old: Version, new: Version) -> Iterator[Change]:
    """Compare parameters, and the class of the body; its fields are compared with the schemas."""
    before, after = _parameters(*old), _parameters(*new)
    for key in before.keys() | after.keys():
        yield from _compared("request", f"{name} {key}", before.get(key), after.get(key))
    bodies = [_body(*version) for version in (old, new)]
    if bodies[0] != bodies[1]:
        yield Change("breaking", name, f"the body is {bodies[1]}, was {bodies[0]}")


def _parameters(contract: Document, operation: Operation) -> dict[str, Member]:
    return {
        f"parameter {p['name']}": _member(contract, p.get("schema", {}), bool(p.get("required")))
        for p in operation.parameters
    }


def _body(contract: Document, operation: Operation) -> str:
    content = contract.resolved(operation.node.get("requestBody", {})).get("content", {})
    texts = [f"{kind} {_class(media.get('schema', {}))}" for kind, media in content.items()]
    return ", ".join(texts) or "nothing"


def _answers(name: str, old: Version, new: Version) -> Iterator[Change]:
    before, after = (
        {status: contract.resolved(each) for status, each in operation.node["responses"].items()}
        for contract, operation in (old, new)
    )
    for status in before.keys() | after.keys():
        if status not in after or status not in before:
            added = status in after
            kind: Kind = "additive" if added else "breaking" if status < "3" else "documentation"
            yield Change(kind, name, f"answer {status} {'added' if added else 'removed'}")
            continue
        one, two = (side[status].get("content", {}) for side in (before, after))
        for media in one.keys() | two.keys():
            classes = [_class(side[media].get("schema", {})) if media in side else "nothing"
                       for side in (one, two)]  # fmt: skip
            if classes[0] != classes[1]:
                kind = "additive" if media not in one else "breaking"
                text = f"answer {status}: {media} is {classes[1]}, was {classes[0]}"
                yield Change(kind, name, text)


def _schemas(old: Document, new: Document) -> Iterator[Change]:
    before, after = old.schemas, new.schemas
    for name in before.keys() - after.keys():
        yield Change("breaking", name, "class removed")
    for name in after.keys() - before.keys():
        yield Change("additive", name, "class added")
    sent, _ = new.sides()
    for name in before.keys() & after.keys():
        side: Side = "request" if name in sent else "answer"
        fields = [_fields(contract, contract.schemas[name]) for contract in (old, new)]
        for key in fields[0].keys() | fields[1].keys():
            one, two = fields[0].get(key), fields[1].get(key)
            yield from _compared(side, f"{name}.{key}", one, two)


def _fields(contract: Document, schema: Node) -> dict[str, Member]:
    whole = contract.merged(schema)
    needed = whole.get("required", [])
    fields = whole.get("properties", {}).items()
    found = {key: _member(contract, field, key in needed) for key, field in fields}
    if "additionalProperties" in whole and not found:
        found["{}"] = _member(contract, whole["additionalProperties"], False)
    return found


def _member(contract: Document, schema: Any, needed: bool) -> Member:
    facts = Reader(contract).values("", schema, required=needed)
    inner = [", ".join(sorted(facts[mark].types)) for mark in ("[]", "{}") if mark in facts]
    classes = _class(schema)
    limits = {key: schema[key] for key in LIMITS if key in schema}
    return Member(facts[""], " of ".join([classes, *inner]), limits)


def _class(schema: Any) -> str:
    names = sorted(ref.removeprefix(SCHEMAS) for ref in set(refs(schema)))
    return " or ".join(names) or "plain JSON"


def _compared(side: Side, where: str, old: Member | None, new: Member | None) -> Iterator[Change]:
    """Compare a parameter or a field of a request or an answer."""
    if old is None or new is None:
        if new is None:
            yield Change("breaking", where, "removed")
        elif side == "request" and new.fact.required:
            yield Change("breaking", where, "added, and required")
        else:
            yield Change("additive", where, "added")
        return
    # A caller must be able to send what it sent; a reader must know all that it may get.
    wider: Kind = "additive" if side == "request" else "breaking"
    narrower: Kind = "breaking" if side == "request" else "additive"
    one, two = old.fact, new.fact
    if old.holds != new.holds:
        yield Change("breaking", where, f"is {new.holds}, was {old.holds}")
    for word, first, second in (
        ("type is", one.types, two.types),
        ("values are", one.values, two.values),
    ):
        if first != second:
            kind: Kind = wider if _fewer(first, second) else "breaking"
            kind = narrower if _fewer(second, first) else kind
            yield Change(kind, where, f"{word} {_list(second)}, before {_list(first)}")
    if one.formats != two.formats:
        text = f"format is {_list(two.formats)}, before {_list(one.formats)}"
        yield Change("breaking", where, text)
    if one.required != two.required:
        kind = narrower if two.required else wider
        yield Change(kind, where, "is required now" if two.required else "is optional now")
    for key in LIMITS:
        was, now = old.limits.get(key), new.limits.get(key)
        if was != now:
            slack = now is None or (was is not None and (now > was) == (key in GREATEST))
            kind = "breaking" if side == "request" and not slack else "additive"
            yield Change(kind, where, f"{key} is {now}, was {was}")


def _events(old: Document, new: Document) -> Iterator[Change]:
    before, after = old.events(), new.events()
    for name in before.keys() | after.keys():
        if name not in after:
            yield Change("breaking", f"event {name}", "removed")
        elif name not in before:
            yield Change("additive", f"event {name}", "added")
        elif before[name] != after[name]:
            yield Change("breaking", f"event {name}", "has another class")


def _texts(old: Document, new: Document) -> Iterator[Change]:
    """Compare what is for people only; the words of what is new or gone are no change."""
    before, after = (dict(words(_units(contract), ())) for contract in (old, new))
    changed = {place[0] for place, text in before.items() if after.get(place, text) != text}
    yield from (Change("documentation", where, "other words") for where in changed)


def _units(contract: Document) -> dict[str, Any]:
    """Give the parts of a contract that a change of words is told for."""
    units: dict[str, Any] = {operation.id: operation.node for operation in contract.operations()}
    for components in contract.spec["components"].values():
        units |= components
    units["the top"] = {"description": [contract.spec.get(key) for key in TOP]}
    return units


def _fewer(some: frozenset[str], others: frozenset[str]) -> bool:
    """Tell whether the one allows less than the other; without a list, all is allowed."""
    return bool(some) and (not others or some < others)


def _list(values: frozenset[str]) -> str:
    return ", ".join(sorted(values)) or "any"
