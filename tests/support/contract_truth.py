"""The contract as the tests read it, held against recordings by generator/compare/claims.py."""

from __future__ import annotations

import yaml
from places import ROOT

from generator.compare.claims import Contract
from generator.compare.truth import Claim, Keys, Schema, kind
from generator.document import Place, join, types

__all__ = [
    "CURRENT",
    "Claim",
    "Contract",
    "Keys",
    "Place",
    "Schema",
    "join",
    "kind",
    "load",
    "types",
]

CONTRACT = ROOT / "openapi" / "dify-workflow.yaml"
CURRENT = "1.16.1"


def load() -> Schema:
    """Read the contract, by another reader than the generator's."""
    contract: Schema = yaml.load(CONTRACT.read_text("utf-8"), yaml.CSafeLoader)
    return contract
