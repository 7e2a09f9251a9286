"""Changes of the contract are found and sorted by what they mean to its users."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from contract_edits import REF, SPEC, Spec, fields, info, schemas

from generator.diff.changes import changes
from generator.document import Document

Edit = Callable[[Spec], object]


def filters(spec: Spec) -> list[Spec]:
    found: list[Spec] = spec["paths"]["/workflows/logs"]["get"]["parameters"]
    return found


def mapping(spec: Spec) -> Spec:
    found: Spec = schemas(spec)["WorkflowEvent"]["discriminator"]["mapping"]
    return found


def drop_event(spec: Spec) -> None:
    mapping(spec).pop("text_replace")
    schemas(spec)["WorkflowEvent"]["oneOf"].remove({"$ref": REF + "TextReplaceEvent"})


def add_event(spec: Spec) -> None:
    mapping(spec)["new"] = REF + "NewEvent"
    schemas(spec)["WorkflowEvent"]["oneOf"].append({"$ref": REF + "NewEvent"})
    schemas(spec)["NewEvent"] = {"type": "object"}


def optional(name: str, key: str) -> Edit:
    return lambda spec: schemas(spec)[name]["required"].remove(key)


def required(name: str, key: str) -> Edit:
    return lambda spec: schemas(spec)[name]["required"].append(key)


def field(name: str, key: str, **edits: Any) -> Edit:
    return lambda spec: fields(spec, name)[key].update(edits)


def other_body(spec: Spec) -> None:
    body = spec["paths"]["/text-to-audio"]["post"]["requestBody"]
    body["content"]["application/json"]["schema"] = {"$ref": REF + "StopTaskBody"}


def other_answer(spec: Spec) -> None:
    content = info(spec)["responses"]["200"]["content"]
    content["application/json"]["schema"] = {"$ref": REF + "AppSite"}


def drop_class(spec: Spec) -> None:
    drop_event(spec)
    del schemas(spec)["TextReplaceEvent"]


NEW = {"type": "string"}
STATUS = "listWorkflowLogs parameter status: values are "

CASES: list[tuple[Edit, str]] = [
    # Operations
    (lambda s: s["paths"].pop("/info"), "breaking getAppInfo: operation removed"),
    (
        lambda s: s["paths"].update({"/new": {"get": {"operationId": "getNew", "responses": {}}}}),
        "additive getNew: operation added",
    ),
    (
        lambda s: s["paths"].update({"/about": s["paths"].pop("/info")}),
        "breaking getAppInfo: is GET /about, was GET /info",
    ),
    (lambda s: info(s).update(operationId="getApp"), "breaking getAppInfo: operation removed"),
    (
        lambda s: info(s).update(tags=["runs"]),
        "breaking getAppInfo: has another tag, so its module has moved",
    ),
    # Parameters
    (lambda s: filters(s).pop(0), "breaking listWorkflowLogs parameter keyword: removed"),
    (
        lambda s: filters(s).append({"name": "new", "in": "query", "schema": NEW}),
        "additive listWorkflowLogs parameter new: added",
    ),
    (
        lambda s: filters(s).append(
            {"name": "new", "in": "query", "schema": NEW, "required": True}
        ),
        "breaking listWorkflowLogs parameter new: added, and required",
    ),
    (
        lambda s: filters(s)[0].update(required=True),
        "breaking listWorkflowLogs parameter keyword: is required now",
    ),
    (
        lambda s: filters(s)[1]["schema"]["enum"].append("paused"),
        "additive "
        + STATUS
        + "failed, paused, stopped, succeeded, before failed, stopped, succeeded",
    ),
    (
        lambda s: filters(s)[1]["schema"]["enum"].pop(0),
        "breaking " + STATUS + "failed, stopped, before failed, stopped, succeeded",
    ),
    (
        lambda s: filters(s)[2]["schema"].update(type="string"),
        "breaking listWorkflowLogs parameter page: type is string, before integer",
    ),
    (
        lambda s: filters(s)[3]["schema"].update(maximum=200),
        "additive listWorkflowLogs parameter limit: maximum is 200, was 100",
    ),
    (
        lambda s: filters(s)[3]["schema"].update(maximum=50),
        "breaking listWorkflowLogs parameter limit: maximum is 50, was 100",
    ),
    (
        lambda s: filters(s)[3]["schema"].update(minimum=5),
        "breaking listWorkflowLogs parameter limit: minimum is 5, was 1",
    ),
    (
        lambda s: filters(s)[3]["schema"].pop("minimum"),
        "additive listWorkflowLogs parameter limit: minimum is None, was 1",
    ),
    (
        lambda s: filters(s)[4]["schema"].pop("format"),
        "breaking listWorkflowLogs parameter created_at__before: format is any, before date-time",
    ),
    # Request fields
    (lambda s: fields(s, "StopTaskBody").update(new=NEW), "additive StopTaskBody.new: added"),
    (
        lambda s: fields(s, "RunWorkflowBody").pop("files"),
        "breaking RunWorkflowBody.files: removed",
    ),
    (required("RunWorkflowBody", "files"), "breaking RunWorkflowBody.files: is required now"),
    (optional("RunWorkflowBody", "user"), "additive RunWorkflowBody.user: is optional now"),
    (
        field("RunWorkflowBody", "user", type=["string", "null"]),
        "additive RunWorkflowBody.user: type is null, string, before string",
    ),
    (
        other_body,
        "breaking textToAudio: the body is application/json StopTaskBody, "
        "was application/json TextToAudioBody",
    ),
    # Answers
    (lambda s: fields(s, "AppInfo").update(new=NEW), "additive AppInfo.new: added"),
    (lambda s: fields(s, "AppInfo").pop("mode"), "breaking AppInfo.mode: removed"),
    (
        lambda s: fields(s, "NodeRetryData").pop("retry_index"),
        "breaking NodeRetryData.retry_index: removed",
    ),
    (optional("AppInfo", "mode"), "breaking AppInfo.mode: is optional now"),
    (required("UploadedFile", "new"), "breaking the contract: changed in an unknown way"),
    (
        required("FileUploadSettings", "enabled"),
        "additive FileUploadSettings.enabled: is required now",
    ),
    (
        field("AppInfo", "mode", type=["string", "null"]),
        "breaking AppInfo.mode: type is null, string, before string",
    ),
    (
        field("AppInfo", "author_name", type="string"),
        "additive AppInfo.author_name: type is string, before null, string",
    ),
    (
        field("AppInfo", "tags", items={"type": "integer"}),
        "breaking AppInfo.tags: is plain JSON of integer, was plain JSON of string",
    ),
    (
        lambda s: fields(s, "WorkflowLogPage").update(
            data={"type": "array", "items": {"$ref": REF + "EndUser"}}
        ),
        "breaking WorkflowLogPage.data: is EndUser of object, was WorkflowLogEntry of object",
    ),
    (
        lambda s: info(s)["responses"].update({"409": {"description": "New."}}),
        "additive getAppInfo: answer 409 added",
    ),
    (lambda s: info(s)["responses"].pop("200"), "breaking getAppInfo: answer 200 removed"),
    (lambda s: info(s)["responses"].pop("401"), "documentation getAppInfo: answer 401 removed"),
    (other_answer, "breaking getAppInfo: answer 200: application/json is AppSite, was AppInfo"),
    (
        field("InputFormField", "default", type="string"),
        "additive InputFormField.default: type is string, before any",
    ),
    # Classes and events
    (lambda s: schemas(s).update(New={"type": "object"}), "additive New: class added"),
    (drop_class, "breaking TextReplaceEvent: class removed"),
    (add_event, "additive event new: added"),
    (drop_event, "breaking event text_replace: removed"),
    # Words
    (lambda s: info(s).update(summary="Other."), "documentation getAppInfo: other words"),
    (field("AppInfo", "description", description="Other."), "documentation AppInfo: other words"),
    (field("AppInfo", "mode", examples=["chat"]), "documentation AppInfo: other words"),
    (
        lambda s: filters(s)[0].update(description="Other."),
        "documentation listWorkflowLogs: other words",
    ),
    (lambda s: s["info"].update(description="Other."), "documentation the top: other words"),
    (
        lambda s: fields(s, "AppInfo")["mode"].pop("description"),
        "documentation the contract: has more or fewer words",
    ),
]


def test_nothing_changed() -> None:
    assert changes(Document(SPEC), Document(copy.deepcopy(SPEC))) == []


@pytest.mark.sample(16)
@pytest.mark.parametrize(("edit", "expected"), CASES, ids=[text for _, text in CASES])
def test_a_change_is_found_and_sorted(edit: Edit, expected: str) -> None:
    spec = copy.deepcopy(SPEC)
    edit(spec)
    found = [f"{change.kind} {change}" for change in changes(Document(SPEC), Document(spec))]
    assert expected in found
    more = {"getAppInfo: operation removed", "event new: added", "TextReplaceEvent: class removed"}
    if not any(text in expected for text in more):  # which are two changes
        assert found == [expected]
