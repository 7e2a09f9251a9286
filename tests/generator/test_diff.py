"""Changes of the contract are found, sorted by what they mean, and ask for a version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contract_edits import GONE, REF, SPEC, Spec, edited
from programs import git

from generator.diff import __main__ as diff
from generator.diff import versions
from generator.diff.changes import Change, changes
from generator.document import Document

FILTERS = "/workflows/logs get parameters"
LIMIT = f"{FILTERS} 3 schema"
LOGS = "listWorkflowLogs parameter"
SENT = "/text-to-audio post requestBody content application/json schema $ref"
ANSWER = "/info get responses"
NEW = {"type": "string"}
MORE = {"name": "new", "in": "query", "schema": NEW}
STATUS = f"{LOGS} status: values are failed,"
OR_NULL = ["string", "null"]
EVENTS = "WorkflowEvent oneOf"
ALL = SPEC["components"]["schemas"]["WorkflowEvent"]["oneOf"]
MAPPING = "WorkflowEvent discriminator mapping"
DROPPED = {
    f"{MAPPING} text_replace": GONE,
    EVENTS: [one for one in ALL if one["$ref"] != REF + "TextReplaceEvent"],
}
ADDED = {f"{MAPPING} new": REF + "NewEvent", f"{EVENTS} +": {"$ref": REF + "NewEvent"}}
PAGE = {"type": "array", "items": {"$ref": REF + "EndUser"}}

# (what is changed in the contract, what is told)
BREAKING: list[tuple[dict[str, Any], str]] = [
    ({"/info": GONE}, "getAppInfo: operation removed"),
    ({"/about": SPEC["paths"]["/info"], "/info": GONE}, "getAppInfo: is GET /about, was GET /info"),
    ({"/info get operationId": "getApp"}, "getAppInfo: operation removed"),
    ({"/info get tags": ["runs"]}, "getAppInfo: has another tag, so its module has moved"),
    # Parameters
    ({f"{FILTERS} 0": GONE}, f"{LOGS} keyword: removed"),
    ({f"{FILTERS} +": MORE | {"required": True}}, f"{LOGS} new: added, and required"),
    ({f"{FILTERS} 0 required": True}, f"{LOGS} keyword: is required now"),
    ({f"{FILTERS} 1 schema enum 0": GONE}, f"{STATUS} stopped, before failed, stopped, succeeded"),
    ({f"{FILTERS} 2 schema type": "string"}, f"{LOGS} page: type is string, before integer"),
    ({f"{LIMIT} maximum": 50}, f"{LOGS} limit: maximum is 50, was 100"),
    ({f"{LIMIT} minimum": 5}, f"{LOGS} limit: minimum is 5, was 1"),
    (
        {f"{FILTERS} 4 schema format": GONE},
        f"{LOGS} created_at__before: format is any, before date-time",
    ),
    # Request fields
    ({"RunWorkflowBody.files": GONE}, "RunWorkflowBody.files: removed"),
    ({"RunWorkflowBody required +": "files"}, "RunWorkflowBody.files: is required now"),
    (
        {SENT: REF + "StopTaskBody"},
        "textToAudio: the body is application/json StopTaskBody, "
        "was application/json TextToAudioBody",
    ),
    # Answers
    ({"AppInfo.mode": GONE}, "AppInfo.mode: removed"),
    ({"NodeRetryData.retry_index": GONE}, "NodeRetryData.retry_index: removed"),
    ({"AppInfo required mode": GONE}, "AppInfo.mode: is optional now"),
    ({"UploadedFile required +": "new"}, "the contract: changed in an unknown way"),
    ({"AppInfo.mode type": OR_NULL}, "AppInfo.mode: type is null, string, before string"),
    (
        {"AppInfo.tags items": {"type": "integer"}},
        "AppInfo.tags: is plain JSON of integer, was plain JSON of string",
    ),
    (
        {"WorkflowLogPage.data": PAGE},
        "WorkflowLogPage.data: is EndUser of object, was WorkflowLogEntry of object",
    ),
    ({f"{ANSWER} 200": GONE}, "getAppInfo: answer 200 removed"),
    (
        {f"{ANSWER} 200 content application/json schema $ref": REF + "AppSite"},
        "getAppInfo: answer 200: application/json is AppSite, was AppInfo",
    ),
    # Classes and events
    ({**DROPPED, "TextReplaceEvent": GONE}, "TextReplaceEvent: class removed"),
    (DROPPED, "event text_replace: removed"),
]
ADDITIVE: list[tuple[dict[str, Any], str]] = [
    ({"/new": {"get": {"operationId": "getNew", "responses": {}}}}, "getNew: operation added"),
    ({f"{FILTERS} +": MORE}, f"{LOGS} new: added"),
    (
        {f"{FILTERS} 1 schema enum +": "paused"},
        f"{STATUS} paused, stopped, succeeded, before failed, stopped, succeeded",
    ),
    ({f"{LIMIT} maximum": 200}, f"{LOGS} limit: maximum is 200, was 100"),
    ({f"{LIMIT} minimum": GONE}, f"{LOGS} limit: minimum is None, was 1"),
    ({"StopTaskBody.new": NEW}, "StopTaskBody.new: added"),
    ({"RunWorkflowBody required user": GONE}, "RunWorkflowBody.user: is optional now"),
    (
        {"RunWorkflowBody.user type": OR_NULL},
        "RunWorkflowBody.user: type is null, string, before string",
    ),
    ({"AppInfo.new": NEW}, "AppInfo.new: added"),
    ({"FileUploadSettings required +": "enabled"}, "FileUploadSettings.enabled: is required now"),
    (
        {"AppInfo.author_name type": "string"},
        "AppInfo.author_name: type is string, before null, string",
    ),
    ({f"{ANSWER} 409": {"description": "New."}}, "getAppInfo: answer 409 added"),
    (
        {"InputFormField.default type": "string"},
        "InputFormField.default: type is string, before any",
    ),
    ({"New": {"type": "object"}}, "New: class added"),
    ({**ADDED, "NewEvent": {"type": "object"}}, "event new: added"),
]
DOCUMENTATION: list[tuple[dict[str, Any], str]] = [
    ({f"{ANSWER} 401": GONE}, "getAppInfo: answer 401 removed"),
    ({"/info get summary": "Other."}, "getAppInfo: other words"),
    ({"AppInfo.description description": "Other."}, "AppInfo: other words"),
    ({"AppInfo.mode examples": ["chat"]}, "AppInfo: other words"),
    ({f"{FILTERS} 0 description": "Other."}, "listWorkflowLogs: other words"),
    ({"info description": "Other."}, "the top: other words"),
    ({"AppInfo.mode description": GONE}, "the contract: has more or fewer words"),
]
KINDS = {"breaking": BREAKING, "additive": ADDITIVE, "documentation": DOCUMENTATION}
CASES = [(edits, f"{kind} {text}") for kind, table in KINDS.items() for edits, text in table]


@pytest.mark.sample(16)
@pytest.mark.parametrize(("edits", "expected"), CASES, ids=[text for _, text in CASES])
def test_a_change_is_found_and_sorted(edits: dict[str, Any], expected: str) -> None:
    after = Document(edited(edits))
    found = [f"{change.kind} {change}" for change in changes(Document(SPEC), after)]
    assert expected in found
    more = {"getAppInfo: operation removed", "event new: added", "TextReplaceEvent: class removed"}
    if not any(text in expected for text in more):  # which are two changes
        assert found == [expected]


@pytest.mark.parametrize(
    ("released", "kinds", "expected"),
    [
        ((0, 3, 1), [], (0, 3, 1)),
        ((0, 3, 1), ["documentation"], (0, 3, 2)),
        ((0, 3, 1), ["additive", "documentation"], (0, 3, 2)),
        ((0, 3, 1), ["breaking", "additive"], (0, 4, 0)),
        ((1, 2, 3), ["documentation"], (1, 2, 4)),
        ((1, 2, 3), ["additive", "documentation"], (1, 3, 0)),
        ((1, 2, 3), ["additive", "breaking"], (2, 0, 0)),
    ],
)
def test_the_next_version_follows(released: Any, kinds: list[Any], expected: Any) -> None:
    found = [Change(kind, "x", "changed") for kind in kinds]
    assert versions.next_version(released, found) == expected


# The command


def write(root: Path, version: str, spec: Spec) -> None:
    for name, text in (
        ("openapi/dify-workflow.yaml", json.dumps(spec)),
        (versions.VERSIONED, f'__version__ = "{version}"\n'),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a repository whose version 0.1.0 is tagged, in a folder below the repository's root."""
    root = tmp_path / "inner"
    git(tmp_path, "init")
    write(root, "0.1.0", SPEC)
    git(root, "add", ".")
    git(root, "commit", "-m", "x")
    git(root, "tag", "v0.1.0")
    git(root, "tag", "vanity")
    return root


FIELD: dict[str, Any] = {"EndUser.new": NEW}
BROKEN = FIELD | {"AppInfo.mode": GONE, "AppInfo required mode": GONE, "info description": "Other."}
DRAFTED = """\
## 0.2.0 (unreleased)

The API, compared with v0.1.0:

Breaking:

- AppInfo.mode: removed

New:

- EndUser.new: added

Documentation:

- the top: other words
"""


@pytest.mark.long
def test_the_changelog_entry_is_drafted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff.main(["HEAD"], project) == 0
    assert capsys.readouterr().out == "The contract is that of HEAD.\n"
    assert diff.main(["v9"], project) == 1
    assert capsys.readouterr().err.startswith("v9: fatal:")
    write(project, "0.1.0", edited(BROKEN))
    assert diff.main(["v0.1.0"], project) == 0
    assert capsys.readouterr().out == DRAFTED


@pytest.mark.long
@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("edits", "version", "count"),
    [
        (BROKEN, "0.1.0", None),
        (BROKEN, "0.1.9", None),
        (BROKEN, "0.2.0", 3),
        (BROKEN, "0.10.0", 3),
        (BROKEN, "1.0.0", 3),
        (FIELD, "0.1.0", 1),  # what is new may stay in its version
        ({}, "0.1.0", 0),
    ],
)
def test_a_breaking_change_needs_its_version(
    edits: Any, version: str, count: int | None, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, version, edited(edits))
    assert diff.main(["--check"], project) == (count is None)
    told = capsys.readouterr()
    if count is None:
        assert "- AppInfo.mode: removed" in told.err
        assert told.err.endswith("_version.py: version must be 0.2.0 or later\n")
    else:
        assert told.out == (
            f"{count} changes of the contract since v0.1.0; the version is {version}\n"
        )


@pytest.mark.long
def test_without_a_release_there_is_nothing_to_check(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in a clone without tags, as CI makes them, nor in an unpacked archive."""
    git(project, "tag", "-d", "v0.1.0")
    archive = tmp_path.parent / f"{tmp_path.name}-archive"
    for root in (project, archive):
        write(root, "0.1.0", edited(BROKEN))
        assert diff.main(["--check"], root) == 0
    assert capsys.readouterr().out.count("nothing to compare the contract with") == 2
