"""The contract against Dify's published document: every kind of difference is found, and told."""

from __future__ import annotations

from typing import Any

import published_like
import pytest
from contract_edits import GONE, edited

from generator.compare import published
from generator.document import Document
from generator.facts import Reader

RUN = "POST /workflows/run"
STOP = "POST /workflows/tasks/{task_id}/stop"
TEXT = {"type": "string"}
PARAMETERS = "/workflows/tasks/{id}/stop post parameters"
BODY = "/workflows/run post requestBody content application/json schema"
ANSWERS = "/workflows/run post responses"
CONTENT = f"{ANSWERS} 200 content"
FIELDS = f"{CONTENT} application/json schema properties"
MAPPING = "ChunkWorkflowEvent discriminator mapping"
ONLY_CHAT = "**Available for**: Chatflow apps."
TOO = "**Available for**: Chatflow, Workflow apps."
NOT_THERE, NOT_OURS = "not in the published document", "not in the contract"

# (what is changed in the published document, what is told)
DIFFERENT: list[tuple[dict[str, Any], str]] = [
    # Operations
    ({"/workflows/run": GONE}, f"{RUN}: {NOT_THERE}"),
    ({"/workflows/new": {"get": {"responses": {}}}}, f"GET /workflows/new: {NOT_OURS}"),
    ({"/chat-messages post description": TOO}, f"POST /chat-messages: {NOT_OURS}"),
    ({"/workflows/run post description": ONLY_CHAT}, f"{RUN}: published as not for workflow apps"),
    # Parameters
    ({"/workflows/run post parameters": []}, f"{RUN} header trace: {NOT_THERE}"),
    (
        {f"{PARAMETERS} +": {"name": "new", "in": "query", "schema": {}}},
        f"{STOP} query new: {NOT_OURS}",
    ),
    ({f"{PARAMETERS} 1 required": True}, f"{STOP} query limit: optional, published required"),
    ({f"{PARAMETERS} 1 schema": TEXT}, f"{STOP} query limit: type integer, published string"),
    ({f"{PARAMETERS} 0 schema format": "uuid"}, f"{STOP} path task_id: format any, published uuid"),
    # Request fields
    ({f"{BODY} properties new": TEXT}, f"{RUN} body new: {NOT_OURS}"),
    ({f"{BODY} properties mode": GONE}, f"{RUN} body mode: {NOT_THERE}"),
    ({f"{BODY} required": GONE}, f"{RUN} body inputs: required, published optional"),
    (
        {f"{BODY} properties mode enum +": "lazy"},
        f"{RUN} body mode: values blocking, streaming, published blocking, lazy, streaming",
    ),
    (
        {f"{BODY} properties inputs additionalProperties": TEXT},
        f"{RUN} body inputs{{}}: {NOT_OURS}",
    ),
    # Answers
    ({f"{ANSWERS} 200": GONE}, f"{RUN} 200: {NOT_THERE}"),
    ({f"{ANSWERS} 429": {"description": "`busy` : Wait."}}, f"{RUN} 429: {NOT_OURS}"),
    ({f"{CONTENT} text/event-stream": GONE}, f"{RUN} 200 as text/event-stream: {NOT_THERE}"),
    ({f"{FIELDS} id": GONE}, f"{RUN} 200 id: {NOT_THERE}"),
    ({f"{FIELDS} new": TEXT}, f"{RUN} 200 new: {NOT_OURS}"),
    ({f"{FIELDS} took type": "integer"}, f"{RUN} 200 took: type number, published integer"),
    ({f"{FIELDS} anything": TEXT}, f"{RUN} 200 anything: type any, published string"),
    ({f"{FIELDS} error nullable": GONE}, f"{RUN} 200 error: may be null, published never"),
    ({f"{FIELDS} id nullable": True}, f"{RUN} 200 id: never null, published may"),
    ({f"{FIELDS} owner properties name": GONE}, f"{RUN} 200 owner.name: {NOT_THERE}"),
    ({f"{FIELDS} owner properties": GONE}, f"{RUN} 200 owner: fields are told, published not"),
    ({"File.size": {"type": "integer"}}, f"{RUN} 200 files[].size: {NOT_OURS}"),
    (
        {f"{FIELDS} by_name additionalProperties": TEXT},
        f"{RUN} 200 by_name{{}}: type integer, published string",
    ),
    # Error codes
    ({f"{ANSWERS} 400 description": ""}, f"{RUN} 400 code not_found: {NOT_THERE}"),
    (
        {f"{ANSWERS} 400 description": "`not_found`, `new_code` : Gone."},
        f"{RUN} 400 code new_code: {NOT_OURS}",
    ),
    # Events
    ({f"{MAPPING} new": "#/components/schemas/StreamNode"}, f"event new: {NOT_OURS}"),
    ({MAPPING: {}}, f"event node: {NOT_THERE}"),
    (
        {"StreamNode.data properties title nullable": True},
        "event node data.title: never null, published may",
    ),
    ({"StreamNode.data properties id": TEXT}, f"event node data.id: {NOT_OURS}"),
    (
        # and what leads to it
        {"ChunkWorkflowEvent": GONE, "StreamNode allOf 0": GONE},
        "events: ChunkWorkflowEvent lists none in the published document",
    ),
]
IN_GENERATED: list[tuple[dict[str, Any], str]] = [
    ({"/workflows/run": GONE}, f"{RUN}: {NOT_THERE}"),
    ({"/chat-messages": {"post": {"responses": {}}}}, f"POST /chat-messages: {NOT_OURS}"),
    (
        {"/workflows/run post parameters +": {"name": "new", "in": "header", "schema": {}}},
        f"{RUN} header new: {NOT_OURS}",
    ),
    ({"RunPayloadWithUser.user": TEXT}, f"{RUN} body user: {NOT_OURS}"),
    (
        {"RunPayloadWithUser $defs Mode enum +": "lazy"},
        f"{RUN} body mode: values blocking, streaming, published blocking, lazy, streaming",
    ),
    ({"RunResponse $defs Owner properties name": GONE}, f"{RUN} 200 owner.name: {NOT_THERE}"),
    ({"RunResponse.error": TEXT}, f"{RUN} 200 error: may be null, published never"),
    (
        {
            f"{ANSWERS} 400 description": "`not_found`, `invalid_param`, `quota_exceeded`, "
            "`new_code` : Gone."
        },
        f"{RUN} 400 code new_code: {NOT_OURS}",
    ),
    ({f"{ANSWERS} 403": {"description": "`new_code` : No."}}, f"{RUN} 403: {NOT_OURS}"),
]


def differences(theirs: dict[str, Any]) -> list[str]:
    ours = Document(published_like.OURS)
    return [str(one) for one in published.differences(ours, Document(theirs))]


def test_documents_that_say_the_same_in_other_words_differ_in_nothing() -> None:
    assert published.is_generated(Document(published_like.GENERATED))
    assert not published.is_generated(Document(published_like.PUBLISHED))
    assert differences(published_like.PUBLISHED) == []
    assert differences(published_like.GENERATED) == []


CASES = [(published_like.PUBLISHED, *row) for row in DIFFERENT]
CASES += [(published_like.GENERATED, *row) for row in IN_GENERATED]


@pytest.mark.parametrize(("document", "edits", "expected"), CASES)
def test_a_difference_is_told_once_and_nothing_else(
    document: Any, edits: dict[str, Any], expected: str
) -> None:
    assert differences(edited(edits, document)) == [expected]


def test_a_schema_that_holds_itself_is_walked_once() -> None:
    folder = {"$ref": "#/components/schemas/Folder"}
    fields = {"name": {"type": "string"}, "inner": {"type": "array", "items": folder}}
    document = Document(
        {"paths": {}, "components": {"schemas": {"Folder": {"properties": fields}}}}
    )
    assert list(Reader(document).values("x", folder)) == ["x", "x name", "x inner", "x inner[]"]
