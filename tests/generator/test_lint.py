"""The contract keeps the rules that generating needs, and each broken rule is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contract_edits import GONE, REF, SPEC, Spec, edited

from generator.document import Document
from generator.lint import __main__ as lint
from generator.lint import operations

NEW: Spec = {"type": "string", "description": "New.", "examples": ["x"]}
PARAMETERS = "/workflows/logs get parameters"
MORE: Spec = {"name": "more", "in": "query", "description": "More."}
MORE["schema"] = {"type": "string", "examples": ["x"]}
BODY = "/workflows/tasks/{task_id}/stop post requestBody"
WRONG = "components responses BadRequest content application/json"
UNION = "WorkflowEvent"
MAPPING = f"{UNION} discriminator mapping"
ID = "/info get operationId"
ANSWER = "/info get responses 200"
INLINE = {"type": "object", "properties": {"a": {"description": "A.", "examples": [1]}}}


def media(*kinds: str) -> dict[str, Any]:
    return {kind: {"schema": {"$ref": REF + "AppInfo"}} for kind in kinds}


# (what is changed in the contract, what is told)
BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"openapi": "3.2.0"}, "openapi: is 3.2.0, must be 3.1.x"),
    ({"openapi": "3.0.3"}, "openapi: is 3.0.3, must be 3.1.x"),
    ({"AppInfo.new": {"$ref": REF + "Gone"}}, f"$ref to nothing: {REF}Gone"),
    # Operations
    ({ID: GONE}, "GET /info: operationId must be a verb and a noun"),
    ({ID: "info"}, "GET /info: operationId must be a verb"),
    ({ID: "getAppParameters"}, "operationId getAppParameters is that of GET /info too"),
    ({"/info get tags": []}, "GET /info: needs exactly one tag"),
    ({"/info get tags": ["app", "runs"]}, "GET /info: needs exactly one tag"),
    ({"/info get tags": ["new"]}, "GET /info: tag new is not described at the top"),
    ({"/info get summary": GONE}, "GET /info: has no summary"),
    ({"/info get description": ""}, "GET /info: has no description"),
    ({f"{ANSWER} description": GONE}, "GET /info: answer 200 has no description"),
    ({"components responses Unauthorized description": GONE}, "answer 401 has no description"),
    # Parameters
    ({f"{PARAMETERS} +": MORE | {"description": ""}}, "parameter more has no description"),
    ({f"{PARAMETERS} +": MORE | {"schema": {"type": "string"}}}, "parameter more has no example"),
    ({f"{PARAMETERS} +": MORE | {"style": "deepObject"}}, "more: style and explode are ignored"),
    ({f"{PARAMETERS} +": MORE | {"explode": False}}, "more: style and explode are ignored"),
    (
        {f"{PARAMETERS} +": MORE | {"name": "created_at_before"}},
        "GET /workflows/logs: two parameters are called created_at_before in Python",
    ),
    ({"/end-users/{end_user_id} get parameters": []}, "path parameters differ in end_user_id"),
    ({"components parameters TaskId required": False}, "path parameters differ in task_id"),
    # Media types
    ({f"{ANSWER} content": media("application/zip")}, "application/zip of 200 cannot be read"),
    ({f"{ANSWER} content": media("*/*")}, "GET /info: */* of 200 cannot be read"),
    (
        {f"{ANSWER} content": media("application/json", "application/octet-stream")},
        "application/octet-stream of 200 is dropped, as application/json comes first",
    ),
    ({f"{BODY} content": media("text/plain")}, "a body of text/plain cannot be sent"),
    ({f"{BODY} content multipart/form-data": {}}, "stop: only one type of body can be sent"),
    # Fields
    ({"AppInfo description": GONE}, "AppInfo: has no description"),
    ({"AppInfo.new": NEW | {"description": ""}}, "AppInfo.new: has no description"),
    ({"StopTaskBody.new": NEW | {"description": ""}}, "StopTaskBody.new: has no description"),
    ({"AppInfo.new": NEW | {"examples": []}}, "AppInfo.new: has no example"),
    ({"AppInfo.new": NEW | {"enum": ["a", "b"]}}, "AppInfo.new: a closed list of values in an"),
    ({"AppInfo.new": NEW | {"items": {"enum": ["a"]}}}, "AppInfo.new[]: a closed list of values"),
    ({"AppInfo.new": NEW | {"anyOf": [{"enum": ["a"]}]}}, "AppInfo.new|0: a closed list of value"),
    ({"NodeFinishedData.new": NEW | {"enum": ["a"]}}, "NodeFinishedData.new: a closed list of"),
    ({f"{WRONG} schema": {"type": "string", "enum": ["a"]}}, f"{WRONG}: a closed list of values"),
    ({"AppInfo.new": NEW | {"const": "a"}}, "AppInfo.new: a constant in an answer"),
    ({"AppInfo.new": NEW | {"format": "date-time"}}, "AppInfo.new: format date-time in an answer"),
    ({"AppInfo.new": NEW | {"format": "uuid"}}, "AppInfo.new: format uuid in an answer"),
    ({"AppInfo additionalProperties": False}, "additionalProperties: false would drop new fields"),
    ({"AppInfo.new": NEW | {"nullable": True}}, "AppInfo.new: nullable and example are of Open"),
    ({"AppInfo.new": NEW | {"example": "x"}}, "AppInfo.new: nullable and example are of OpenAPI"),
    ({"AppInfo.new": NEW | {"type": "array"}}, "AppInfo.new: an array without items"),
    ({"AppInfo.new": NEW | {"type": ["array", "null"]}}, "AppInfo.new: an array without items"),
    ({"AppInfo.new": True}, "AppInfo.new: a schema must be a mapping"),
    ({"AppInfo.new": NEW | INLINE}, "AppInfo.new: an object with properties needs to be a comp"),
    ({"AppInfo required +": "gone"}, "AppInfo: gone is required and not a field"),
    ({"AppInfo.authorName": NEW}, "AppInfo: two fields are called author_name in Python"),
    # Events
    ({f"{UNION} oneOf 0": GONE}, "WorkflowStartedEvent: is not in the union"),
    ({f"{MAPPING} error": GONE}, "ErrorEvent: is not in the mapping"),
    (
        {"NewEvent": SPEC["components"]["schemas"]["ErrorEvent"]},
        f"NewEvent: is not in the union {UNION}",
    ),
    (
        {f"{MAPPING} error": GONE, f"{MAPPING} failure": REF + "ErrorEvent"},
        "ErrorEvent: the mapping calls it failure",
    ),
    ({"ErrorEvent.event const": "failure"}, "ErrorEvent: its `event` must be the constant error"),
    ({"ErrorEvent required event": GONE}, "ErrorEvent: `event` must be required"),
    # Components
    ({"NewThing": NEW}, "components.schemas.NewThing: is not used"),
    ({"components responses New": NEW}, "components.responses.New: is not used"),
]


def test_the_contract_breaks_no_rule() -> None:
    assert lint.findings(Document(SPEC)) == []


@pytest.mark.long
def test_each_broken_rule_is_told() -> None:
    """By the rule that finds it, so that no rule goes untried."""
    tried = set()
    for change, finding in BROKEN:
        contract = Document(edited(change))
        if list(lint.references(contract)):
            assert any(finding in text for text in lint.findings(contract)), finding
            continue
        told = {rule for rule in lint.RULES if any(finding in text for text in rule(contract))}
        assert told, finding
        tried |= told
    assert tried == set(lint.RULES)


def test_other_bytes_and_the_json_null_beside_bytes_are_no_loss() -> None:
    place = "/text-to-audio post responses 200 content"
    content = SPEC["paths"]["/text-to-audio"]["post"]["responses"]["200"]["content"]
    assert list(content)[::7] == ["audio/mpeg", "application/json"]
    spec = edited({f"{place} audio/aac schema": {"type": "string"}})
    lost = "POST /text-to-audio: audio/aac of 200 is dropped, as audio/mpeg comes first"
    assert list(operations.media(Document(spec))) == [lost]


def test_the_command_tells_each_finding_on_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "changed.yaml"
    spec = edited({"/info get summary": "", "/info get description": ""})
    path.write_text(json.dumps(spec), "utf-8")
    assert lint.main([f"--spec={path}"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "changed.yaml: GET /info: has no summary",
        "changed.yaml: GET /info: has no description",
    ]
    assert lint.main([f"--spec={tmp_path / 'no.yaml'}"]) == 1
    assert "No such file" in capsys.readouterr().out
