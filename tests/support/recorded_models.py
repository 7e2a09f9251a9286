"""Which operation a recorded request is of, and which model its answer, by the contract."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

from dify_workflow_api.operations import OPERATIONS
from wire_archive import Exchange, exchanges

from generator.compare.claims import Contract

SPEC: dict[str, Any] = json.loads(
    importlib.resources.files("dify_workflow_api").joinpath("openapi.json").read_text("utf-8")
)
CONTRACT = Contract(SPEC)
REF = "#/components/schemas/"


def component(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to; the node itself if it is none."""
    found: dict[str, Any] = CONTRACT.at(node["$ref"]) if "$ref" in node else node
    return found


def _model(operation: str) -> str | None:
    """The component that a success of the operation is read into."""
    responses = SPECIFIED[operation]["responses"]
    (success,) = (component(node) for status, node in responses.items() if status[0] == "2")
    schema = success.get("content", {}).get("application/json", {}).get("schema", {})
    return schema["$ref"].removeprefix(REF) if "$ref" in schema else None


SPECIFIED = {
    operation: SPEC["paths"][path][method.lower()]
    for operation, (method, path, _) in OPERATIONS.items()
}
PLAIN = {name: node["x-method"] for name, node in SPECIFIED.items() if "x-method" in node}

MODELS = {operation: model for operation in OPERATIONS if (model := _model(operation))}
# Those of an answer that is recorded, as the contract says.
RECORDED = {
    model for name, model in MODELS.items() if SPECIFIED[name].get("x-recorded") is not False
}


def operation_of(item: Exchange) -> str | None:
    """The operation of a recorded request, None where the contract has no such route."""
    routed = CONTRACT.route(item) if item.path.startswith("/v1/") else None
    return CONTRACT.at(routed[0])["operationId"] if routed else None


def model_of(item: Exchange) -> str | None:
    """The model of a recorded success in JSON, None for the others."""
    if not 200 <= item.status < 300 or not item.content_type.startswith("application/json"):
        return None
    return MODELS.get(operation_of(item) or "")


ANSWERS = [(item, name) for item in exchanges("1.14.2") if (name := model_of(item))]


def holds(whole: Any, part: Any) -> bool:
    """Whether everything in `part` is in `whole`, which may have more keys."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and holds(whole[key], value) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)
