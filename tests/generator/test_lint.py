"""The contract keeps the rules that generating needs, and each broken rule is told."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contract_edits import REF, SPEC, Spec, fields, info, schemas

from generator.document import Document
from generator.lint import __main__ as lint
from generator.lint import operations

Change = Callable[[Spec], object]


def union(spec: Spec) -> Spec:
    found: Spec = schemas(spec)["WorkflowEvent"]
    return found


def mapping(spec: Spec) -> Spec:
    found: Spec = union(spec)["discriminator"]["mapping"]
    return found


def logs(spec: Spec, **changes: Any) -> None:
    parameter = {"name": "more", "in": "query", "description": "More."}
    more = {**parameter, "schema": {"type": "string", "examples": ["x"]}, **changes}
    spec["paths"]["/workflows/logs"]["get"]["parameters"].append(more)


def answer(spec: Spec, *kinds: str) -> None:
    media = {"schema": {"$ref": REF + "AppInfo"}}
    info(spec)["responses"]["200"]["content"] = dict.fromkeys(kinds, media)


def body(spec: Spec, *kinds: str) -> None:
    media = {"schema": {"$ref": REF + "StopTaskBody"}}
    stop = spec["paths"]["/workflows/tasks/{task_id}/stop"]["post"]
    stop["requestBody"]["content"] = dict.fromkeys(kinds, media)


def field(name: str, **changes: Any) -> Change:
    """Add a field `new` to a component."""
    new = {"type": "string", "description": "New.", "examples": ["x"], **changes}
    kept = {key: value for key, value in new.items() if value is not None}
    return lambda spec: fields(spec, name).update(new=kept)


BROKEN: list[tuple[Change, str]] = [
    (lambda s: s.update(openapi="3.2.0"), "openapi: is 3.2.0, must be 3.1.x"),
    (lambda s: s.update(openapi="3.0.3"), "openapi: is 3.0.3, must be 3.1.x"),
    (field("AppInfo", **{"$ref": REF + "Gone"}), f"$ref to nothing: {REF}Gone"),
    # Operations
    (lambda s: info(s).pop("operationId"), "GET /info: operationId must be a verb and a noun"),
    (lambda s: info(s).update(operationId="info"), "GET /info: operationId must be a verb"),
    (
        lambda s: info(s).update(operationId="getAppParameters"),
        "GET /parameters: operationId getAppParameters is that of GET /info too",
    ),
    (lambda s: info(s).update(tags=[]), "GET /info: needs exactly one tag"),
    (lambda s: info(s).update(tags=["app", "runs"]), "GET /info: needs exactly one tag"),
    (lambda s: info(s).update(tags=["new"]), "GET /info: tag new is not described at the top"),
    (lambda s: info(s).pop("summary"), "GET /info: has no summary"),
    (lambda s: info(s).update(description=""), "GET /info: has no description"),
    (
        lambda s: info(s)["responses"]["200"].pop("description"),
        "GET /info: answer 200 has no description",
    ),
    (
        lambda s: s["components"]["responses"]["Unauthorized"].pop("description"),
        "GET /info: answer 401 has no description",
    ),
    # Parameters
    (lambda s: logs(s, description=""), "parameter more has no description"),
    (lambda s: logs(s, schema={"type": "string"}), "parameter more has no example"),
    (lambda s: logs(s, style="deepObject"), "parameter more: style and explode are ignored"),
    (lambda s: logs(s, explode=False), "parameter more: style and explode are ignored"),
    (
        lambda s: logs(s, name="created_at_before"),
        "GET /workflows/logs: two parameters are called created_at_before in Python",
    ),
    (
        lambda s: s["paths"]["/end-users/{end_user_id}"]["get"].update(parameters=[]),
        "GET /end-users/{end_user_id}: path and required path parameters differ in end_user_id",
    ),
    (
        lambda s: s["components"]["parameters"]["TaskId"].update(required=False),
        "path and required path parameters differ in task_id",
    ),
    # Media types
    (lambda s: answer(s, "application/zip"), "GET /info: application/zip of 200 cannot be read"),
    (lambda s: answer(s, "*/*"), "GET /info: */* of 200 cannot be read"),
    (
        lambda s: answer(s, "application/json", "application/octet-stream"),
        "application/octet-stream of 200 is dropped, as application/json comes first",
    ),
    (lambda s: body(s, "text/plain"), "a body of text/plain cannot be sent"),
    (
        lambda s: body(s, "application/json", "multipart/form-data"),
        "POST /workflows/tasks/{task_id}/stop: only one type of body can be sent",
    ),
    # Fields
    (lambda s: schemas(s)["AppInfo"].pop("description"), "AppInfo: has no description"),
    (field("AppInfo", description=None), "AppInfo.new: has no description"),
    (field("StopTaskBody", description=None), "StopTaskBody.new: has no description"),
    (field("AppInfo", examples=None), "AppInfo.new: has no example"),
    (field("AppInfo", enum=["a", "b"]), "AppInfo.new: a closed list of values in an answer"),
    (field("AppInfo", items={"enum": ["a"]}), "AppInfo.new[]: a closed list of values"),
    (field("AppInfo", anyOf=[{"enum": ["a"]}]), "AppInfo.new|0: a closed list of values"),
    (
        field("NodeFinishedData", enum=["a"]),
        "NodeFinishedData.new: a closed list of values in an answer",
    ),
    (
        lambda s: s["components"]["responses"]["BadRequest"]["content"]["application/json"].update(
            schema={"type": "string", "enum": ["a"]}
        ),
        "components responses BadRequest content application/json: a closed list of values",
    ),
    (field("AppInfo", const="a"), "AppInfo.new: a constant in an answer"),
    (field("AppInfo", format="date-time"), "AppInfo.new: format date-time in an answer"),
    (field("AppInfo", format="uuid"), "AppInfo.new: format uuid in an answer"),
    (
        lambda s: schemas(s)["AppInfo"].update(additionalProperties=False),
        "AppInfo: additionalProperties: false would drop new fields",
    ),
    (field("AppInfo", nullable=True), "AppInfo.new: nullable and example are of OpenAPI 3.0"),
    (field("AppInfo", example="x"), "AppInfo.new: nullable and example are of OpenAPI 3.0"),
    (field("AppInfo", type="array"), "AppInfo.new: an array without items"),
    (field("AppInfo", type=["array", "null"]), "AppInfo.new: an array without items"),
    (lambda s: fields(s, "AppInfo").update(new=True), "AppInfo.new: a schema must be a mapping"),
    (
        field("AppInfo", type="object", properties={"a": {"description": "A.", "examples": [1]}}),
        "AppInfo.new: an object with properties needs to be a component",
    ),
    (
        lambda s: schemas(s)["AppInfo"]["required"].append("gone"),
        "AppInfo: gone is required and not a field",
    ),
    (
        lambda s: fields(s, "AppInfo").update(authorName=fields(s, "AppInfo")["author_name"]),
        "AppInfo: two fields are called author_name in Python",
    ),
    # Events
    (lambda s: union(s)["oneOf"].pop(0), "WorkflowStartedEvent: is not in the union"),
    (lambda s: mapping(s).pop("error"), "ErrorEvent: is not in the mapping"),
    (
        lambda s: schemas(s).update(NewEvent=schemas(s)["ErrorEvent"]),
        "NewEvent: is not in the union WorkflowEvent",
    ),
    (
        lambda s: mapping(s).update(failure=mapping(s).pop("error")),
        "ErrorEvent: the mapping calls it failure",
    ),
    (
        lambda s: fields(s, "ErrorEvent")["event"].update(const="failure"),
        "ErrorEvent: its `event` must be the constant error",
    ),
    (
        lambda s: schemas(s)["ErrorEvent"]["required"].remove("event"),
        "ErrorEvent: `event` must be required",
    ),
    # Components
    (
        lambda s: schemas(s).update(NewThing={"type": "object", "description": "New."}),
        "components.schemas.NewThing: is not used",
    ),
    (
        lambda s: s["components"]["responses"].update(New={"description": "New."}),
        "components.responses.New: is not used",
    ),
]


def test_the_contract_breaks_no_rule() -> None:
    assert lint.findings(Document(SPEC)) == []


@pytest.mark.long
def test_each_broken_rule_is_told() -> None:
    """By the rule that finds it, so that no rule goes untried."""
    tried = set()
    for change, finding in BROKEN:
        contract = Document(copy.deepcopy(SPEC))
        change(contract.spec)
        if list(lint.references(contract)):
            assert any(finding in text for text in lint.findings(contract)), finding
            continue
        told = {rule for rule in lint.RULES if any(finding in text for text in rule(contract))}
        assert told, finding
        tried |= told
    assert tried == set(lint.RULES)


def test_other_bytes_and_the_json_null_beside_bytes_are_no_loss() -> None:
    content = SPEC["paths"]["/text-to-audio"]["post"]["responses"]["200"]["content"]
    assert list(content)[::7] == ["audio/mpeg", "application/json"]
    spec = copy.deepcopy(SPEC)
    content = spec["paths"]["/text-to-audio"]["post"]["responses"]["200"]["content"]
    content["audio/aac"]["schema"] = {"type": "string"}
    lost = "POST /text-to-audio: audio/aac of 200 is dropped, as audio/mpeg comes first"
    assert list(operations.media(Document(spec))) == [lost]


def test_the_command_tells_each_finding_on_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = copy.deepcopy(SPEC)
    info(spec).update(summary="", description="")
    path = tmp_path / "changed.yaml"
    path.write_text(json.dumps(spec), "utf-8")
    assert lint.main([f"--spec={path}"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "changed.yaml: GET /info: has no summary",
        "changed.yaml: GET /info: has no description",
    ]
    assert lint.main([f"--spec={tmp_path / 'no.yaml'}"]) == 1
    assert "No such file" in capsys.readouterr().out
