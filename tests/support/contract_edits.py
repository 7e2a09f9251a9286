"""Places of the contract that tests change in a copy of it."""

from __future__ import annotations

import json
from typing import Any

from places import ROOT

Spec = dict[str, Any]
# As `make generate` read it: so it is there in no time.
SPEC: Spec = json.loads((ROOT / "generated" / "dify_workflow_api" / "openapi.json").read_bytes())
REF = "#/components/schemas/"


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
