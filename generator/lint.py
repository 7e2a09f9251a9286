"""Check openapi/dify-workflow.yaml against the rules that keep the generated client whole.

`python generator/lint.py [--spec FILE]`; one line for each finding, exit status 1 if there is any.
What openapi-python-client leaves out without a word is found here, before it is generated.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # finds `generator` when run by path

from generator import contract, lint_fields, lint_operations
from generator.contract import EVENT_UNION, SCHEMAS, Node
from generator.view import merged

ROOT = Path(__file__).resolve().parents[1]
Rule = Callable[[Node], Iterator[str]]


def version(spec: Node) -> Iterator[str]:
    """The document is OpenAPI 3.1: the tool refuses newer ones, and 3.0 has no type lists."""
    if not str(spec.get("openapi", "")).startswith("3.1."):
        yield f"openapi: is {spec.get('openapi')}, must be 3.1.x"


def references(spec: Node) -> Iterator[str]:
    """Every `$ref` leads somewhere."""
    for ref in dict.fromkeys(contract.refs(spec)):
        try:
            contract.resolve(spec, ref)
        except contract.ContractError as error:
            yield str(error)


def used(spec: Node) -> Iterator[str]:
    """Every component is used: the tool makes a class of each schema that is not, too."""
    found: set[str] = set()
    todo = list(contract.refs(spec["paths"]))
    while todo:
        if (ref := todo.pop()) not in found:
            found.add(ref)
            todo.extend(contract.refs(contract.resolve(spec, ref)))
    for kind, components in spec["components"].items():
        for name in components:
            if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in found:
                yield f"components.{kind}.{name}: is not used"


def events(spec: Node) -> Iterator[str]:
    """Every event is a member of the union and in its mapping, under the name it has itself."""
    union = contract.resolve(spec, EVENT_UNION)
    mapping: dict[str, str] = union.get("discriminator", {}).get("mapping", {})
    members = set(contract.refs(union.get("oneOf", [])))
    named = {SCHEMAS + n for n in spec["components"]["schemas"] if n.endswith("Event")}
    for ref in sorted((named | members | set(mapping.values())) - {EVENT_UNION}):
        name = ref.removeprefix(SCHEMAS)
        if ref not in members:
            yield f"{name}: is not in the union WorkflowEvent"
        if ref not in mapping.values():
            yield f"{name}: is not in the mapping of WorkflowEvent"
    for event, ref in mapping.items():
        name = ref.removeprefix(SCHEMAS)
        schema = merged(spec, contract.resolve(spec, ref))
        if name != "".join(word.capitalize() for word in event.split("_")) + "Event":
            yield f"{name}: the mapping calls it {event}"
        if schema.get("properties", {}).get("event", {}).get("const") != event:
            yield f"{name}: its `event` must be the constant {event}"
        if "event" not in schema.get("required", []):
            yield f"{name}: `event` must be required"


RULES: tuple[Rule, ...] = (
    version,
    *lint_operations.RULES,
    *lint_fields.RULES,
    events,
    used,
)


def findings(spec: Node) -> list[str]:
    """Give what breaks a rule; references that lead nowhere alone, as no rule can follow them."""
    lost = list(references(spec))
    return lost or [finding for rule in RULES for finding in rule(spec)]


def main(argv: list[str] | None = None) -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi" / "dify-workflow.yaml")
    path: Path = parser.parse_args(argv).spec
    try:
        found = findings(contract.load(path))
    except (contract.ContractError, OSError) as error:
        found = [str(error)]
    for finding in found:
        print(f"{path.name}: {finding}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
