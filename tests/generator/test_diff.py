"""Changes of the contract are found and sorted by what they mean to its users."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from contract_edits import GONE, REF, SPEC, edited

from generator.diff.changes import changes
from generator.document import Document

FILTERS = "/workflows/logs get parameters"
LIMIT = f"{FILTERS} 3 schema"
LOGS = "listWorkflowLogs parameter"
SENT = "/text-to-audio post requestBody content application/json schema $ref"
ANSWER = "/info get responses"
NEW = {"type": "string"}
MORE = {"name": "new", "in": "query", "schema": NEW}
STATUS = f"{LOGS} status: values are "
UNION = "WorkflowEvent"
MAPPING = f"{UNION} discriminator mapping"
DROPPED = {
    f"{MAPPING} text_replace": GONE,
    f"{UNION} oneOf": [
        one
        for one in SPEC["components"]["schemas"][UNION]["oneOf"]
        if one["$ref"] != REF + "TextReplaceEvent"
    ],
}

# (what is changed in the contract, what is told)
CASES: list[tuple[dict[str, Any], str]] = [
    # Operations
    ({"/info": GONE}, "breaking getAppInfo: operation removed"),
    (
        {"/new": {"get": {"operationId": "getNew", "responses": {}}}},
        "additive getNew: operation added",
    ),
    (
        {"/about": SPEC["paths"]["/info"], "/info": GONE},
        "breaking getAppInfo: is GET /about, was GET /info",
    ),
    ({"/info get operationId": "getApp"}, "breaking getAppInfo: operation removed"),
    ({"/info get tags": ["runs"]}, "breaking getAppInfo: has another tag, so its module has moved"),
    # Parameters
    ({f"{FILTERS} 0": GONE}, f"breaking {LOGS} keyword: removed"),
    ({f"{FILTERS} +": MORE}, f"additive {LOGS} new: added"),
    ({f"{FILTERS} +": MORE | {"required": True}}, f"breaking {LOGS} new: added, and required"),
    ({f"{FILTERS} 0 required": True}, f"breaking {LOGS} keyword: is required now"),
    (
        {f"{FILTERS} 1 schema enum +": "paused"},
        f"additive {STATUS}failed, paused, stopped, succeeded, before failed, stopped, succeeded",
    ),
    (
        {f"{FILTERS} 1 schema enum 0": GONE},
        f"breaking {STATUS}failed, stopped, before failed, stopped, succeeded",
    ),
    (
        {f"{FILTERS} 2 schema type": "string"},
        f"breaking {LOGS} page: type is string, before integer",
    ),
    ({f"{LIMIT} maximum": 200}, f"additive {LOGS} limit: maximum is 200, was 100"),
    ({f"{LIMIT} maximum": 50}, f"breaking {LOGS} limit: maximum is 50, was 100"),
    ({f"{LIMIT} minimum": 5}, f"breaking {LOGS} limit: minimum is 5, was 1"),
    ({f"{LIMIT} minimum": GONE}, f"additive {LOGS} limit: minimum is None, was 1"),
    (
        {f"{FILTERS} 4 schema format": GONE},
        f"breaking {LOGS} created_at__before: format is any, before date-time",
    ),
    # Request fields
    ({"StopTaskBody.new": NEW}, "additive StopTaskBody.new: added"),
    ({"RunWorkflowBody.files": GONE}, "breaking RunWorkflowBody.files: removed"),
    ({"RunWorkflowBody required +": "files"}, "breaking RunWorkflowBody.files: is required now"),
    ({"RunWorkflowBody required user": GONE}, "additive RunWorkflowBody.user: is optional now"),
    (
        {"RunWorkflowBody.user type": ["string", "null"]},
        "additive RunWorkflowBody.user: type is null, string, before string",
    ),
    (
        {SENT: REF + "StopTaskBody"},
        "breaking textToAudio: the body is application/json StopTaskBody, "
        "was application/json TextToAudioBody",
    ),
    # Answers
    ({"AppInfo.new": NEW}, "additive AppInfo.new: added"),
    ({"AppInfo.mode": GONE}, "breaking AppInfo.mode: removed"),
    ({"NodeRetryData.retry_index": GONE}, "breaking NodeRetryData.retry_index: removed"),
    ({"AppInfo required mode": GONE}, "breaking AppInfo.mode: is optional now"),
    ({"UploadedFile required +": "new"}, "breaking the contract: changed in an unknown way"),
    (
        {"FileUploadSettings required +": "enabled"},
        "additive FileUploadSettings.enabled: is required now",
    ),
    (
        {"AppInfo.mode type": ["string", "null"]},
        "breaking AppInfo.mode: type is null, string, before string",
    ),
    (
        {"AppInfo.author_name type": "string"},
        "additive AppInfo.author_name: type is string, before null, string",
    ),
    (
        {"AppInfo.tags items": {"type": "integer"}},
        "breaking AppInfo.tags: is plain JSON of integer, was plain JSON of string",
    ),
    (
        {"WorkflowLogPage.data": {"type": "array", "items": {"$ref": REF + "EndUser"}}},
        "breaking WorkflowLogPage.data: is EndUser of object, was WorkflowLogEntry of object",
    ),
    ({f"{ANSWER} 409": {"description": "New."}}, "additive getAppInfo: answer 409 added"),
    ({f"{ANSWER} 200": GONE}, "breaking getAppInfo: answer 200 removed"),
    ({f"{ANSWER} 401": GONE}, "documentation getAppInfo: answer 401 removed"),
    (
        {f"{ANSWER} 200 content application/json schema $ref": REF + "AppSite"},
        "breaking getAppInfo: answer 200: application/json is AppSite, was AppInfo",
    ),
    (
        {"InputFormField.default type": "string"},
        "additive InputFormField.default: type is string, before any",
    ),
    # Classes and events
    ({"New": {"type": "object"}}, "additive New: class added"),
    ({**DROPPED, "TextReplaceEvent": GONE}, "breaking TextReplaceEvent: class removed"),
    (
        {
            f"{MAPPING} new": REF + "NewEvent",
            f"{UNION} oneOf +": {"$ref": REF + "NewEvent"},
            "NewEvent": {"type": "object"},
        },
        "additive event new: added",
    ),
    (DROPPED, "breaking event text_replace: removed"),
    # Words
    ({"/info get summary": "Other."}, "documentation getAppInfo: other words"),
    ({"AppInfo.description description": "Other."}, "documentation AppInfo: other words"),
    ({"AppInfo.mode examples": ["chat"]}, "documentation AppInfo: other words"),
    ({f"{FILTERS} 0 description": "Other."}, "documentation listWorkflowLogs: other words"),
    ({"info description": "Other."}, "documentation the top: other words"),
    ({"AppInfo.mode description": GONE}, "documentation the contract: has more or fewer words"),
]


def test_nothing_changed() -> None:
    assert changes(Document(SPEC), Document(copy.deepcopy(SPEC))) == []


@pytest.mark.sample(16)
@pytest.mark.parametrize(("edits", "expected"), CASES, ids=[text for _, text in CASES])
def test_a_change_is_found_and_sorted(edits: dict[str, Any], expected: str) -> None:
    after = Document(edited(edits))
    found = [f"{change.kind} {change}" for change in changes(Document(SPEC), after)]
    assert expected in found
    more = {"getAppInfo: operation removed", "event new: added", "TextReplaceEvent: class removed"}
    if not any(text in expected for text in more):  # which are two changes
        assert found == [expected]
