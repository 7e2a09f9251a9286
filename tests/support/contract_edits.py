"""Places of the contract that tests change in a copy of it."""

from __future__ import annotations

from typing import Any

from generator.document import CONTRACT, Document

SPEC = Document.read(CONTRACT).spec
REF = "#/components/schemas/"
Spec = dict[str, Any]


def schemas(spec: Spec) -> Spec:
    found: Spec = spec["components"]["schemas"]
    return found


def fields(spec: Spec, name: str) -> Spec:
    """Give the fields of a component, those of its own where it has others from a base."""
    schema = schemas(spec)[name]
    found: Spec = schema.get("allOf", [schema])[-1]["properties"]
    return found


def info(spec: Spec) -> Spec:
    found: Spec = spec["paths"]["/info"]["get"]
    return found
