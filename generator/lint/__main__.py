"""Check openapi/dify-workflow.yaml against the rules that keep the generated client whole.

`python -m generator.lint [--spec FILE]`; one line for each finding, exit status 1 if there is any.
What openapi-python-client leaves out without a word is found here, before it is generated.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from generator.document import CONTRACT, EVENT_UNION, SCHEMAS, ContractError, Document, refs
from generator.lint import fields, operations

Rule = Callable[[Document], Iterator[str]]


def version(contract: Document) -> Iterator[str]:
    """The document is OpenAPI 3.1: the tool refuses newer ones, and 3.0 has no type lists."""
    if not str(contract.spec.get("openapi", "")).startswith("3.1."):
        yield f"openapi: is {contract.spec.get('openapi')}, must be 3.1.x"


def references(contract: Document) -> Iterator[str]:
    """Every `$ref` leads somewhere."""
    for ref in dict.fromkeys(refs(contract.spec)):
        try:
            contract.resolve(ref)
        except ContractError as error:
            yield str(error)


def used(contract: Document) -> Iterator[str]:
    """Every component is used: the tool makes a class of each schema that is not, too."""
    found = contract.reachable(refs(contract.spec["paths"]))
    for kind, components in contract.spec["components"].items():
        for name in components:
            if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in found:
                yield f"components.{kind}.{name}: is not used"


def events(contract: Document) -> Iterator[str]:
    """Every event is a member of the union and in its mapping, under the name it has itself."""
    union = contract.resolve(EVENT_UNION)
    mapping: dict[str, str] = union.get("discriminator", {}).get("mapping", {})
    members = set(refs(union.get("oneOf", [])))
    named = {SCHEMAS + n for n in contract.schemas if n.endswith("Event")}
    for ref in sorted((named | members | set(mapping.values())) - {EVENT_UNION}):
        name = ref.removeprefix(SCHEMAS)
        if ref not in members:
            yield f"{name}: is not in the union WorkflowEvent"
        if ref not in mapping.values():
            yield f"{name}: is not in the mapping of WorkflowEvent"
    for event, ref in mapping.items():
        name = ref.removeprefix(SCHEMAS)
        schema = contract.merged(contract.resolve(ref))
        if name != "".join(word.capitalize() for word in event.split("_")) + "Event":
            yield f"{name}: the mapping calls it {event}"
        if schema.get("properties", {}).get("event", {}).get("const") != event:
            yield f"{name}: its `event` must be the constant {event}"
        if "event" not in schema.get("required", []):
            yield f"{name}: `event` must be required"


RULES: tuple[Rule, ...] = (
    version,
    *operations.RULES,
    *fields.RULES,
    events,
    used,
)


def findings(contract: Document) -> list[str]:
    """Give what breaks a rule; references that lead nowhere alone, as no rule can follow them."""
    lost = list(references(contract))
    return lost or [finding for rule in RULES for finding in rule(contract)]


def main(argv: list[str] | None = None) -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--spec", type=Path, default=CONTRACT)
    path: Path = parser.parse_args(argv).spec
    try:
        found = findings(Document.read(path))
    except (ContractError, OSError) as error:
        found = [str(error)]
    for finding in found:
        print(f"{path.name}: {finding}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
