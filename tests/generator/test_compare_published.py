"""The contract against Dify's published document: every kind of difference is found, and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import published_like
import pytest

from generator.compare import published
from generator.document import Document
from generator.facts import Reader

RUN = "POST /workflows/run"
STOP = "POST /workflows/tasks/{task_id}/stop"
Spec = dict[str, Any]
Change = Callable[[Spec], object]


def run(spec: Spec) -> Spec:
    found: Spec = spec["paths"]["/workflows/run"]["post"]
    return found


def body(spec: Spec) -> Spec:
    found: Spec = run(spec)["requestBody"]["content"]["application/json"]["schema"]
    return found


def answer(spec: Spec) -> Spec:
    content = run(spec)["responses"]["200"]["content"]
    found: Spec = content["application/json"]["schema"]["properties"]
    return found


def stop(spec: Spec) -> Spec:
    found: Spec = spec["paths"]["/workflows/tasks/{id}/stop"]["post"]
    return found


def schemas(spec: Spec) -> Spec:
    found: Spec = spec["components"]["schemas"]
    return found


def data(spec: Spec) -> Spec:
    found: Spec = schemas(spec)["StreamNode"]["allOf"][1]["properties"]["data"]["properties"]
    return found


DIFFERENT: list[tuple[Change, str]] = [
    # Operations
    (lambda s: s["paths"].pop("/workflows/run"), f"{RUN}: not in the published document"),
    (
        lambda s: s["paths"].update({"/workflows/new": {"get": {"responses": {}}}}),
        "GET /workflows/new: not in the contract",
    ),
    (
        lambda s: s["paths"]["/chat-messages"]["post"].update(
            description="**Available for**: Chatflow, Workflow apps."
        ),
        "POST /chat-messages: not in the contract",
    ),
    (
        lambda s: run(s).update(description="**Available for**: Chatflow apps."),
        f"{RUN}: published as not for workflow apps",
    ),
    # Parameters
    (lambda s: run(s)["parameters"].clear(), f"{RUN} header trace: not in the published document"),
    (
        lambda s: stop(s)["parameters"].append({"name": "new", "in": "query", "schema": {}}),
        f"{STOP} query new: not in the contract",
    ),
    (
        lambda s: stop(s)["parameters"][1].update(required=True),
        f"{STOP} query limit: optional, published required",
    ),
    (
        lambda s: stop(s)["parameters"][1].update(schema={"type": "string"}),
        f"{STOP} query limit: type integer, published string",
    ),
    (
        lambda s: stop(s)["parameters"][0]["schema"].update(format="uuid"),
        f"{STOP} path task_id: format any, published uuid",
    ),
    # Request fields
    (
        lambda s: body(s)["properties"].update(new={"type": "string"}),
        f"{RUN} body new: not in the contract",
    ),
    (
        lambda s: body(s)["properties"].pop("mode"),
        f"{RUN} body mode: not in the published document",
    ),
    (lambda s: body(s).pop("required"), f"{RUN} body inputs: required, published optional"),
    (
        lambda s: body(s)["properties"]["mode"]["enum"].append("lazy"),
        f"{RUN} body mode: values blocking, streaming, published blocking, lazy, streaming",
    ),
    (
        lambda s: body(s)["properties"]["inputs"].update(additionalProperties={"type": "string"}),
        f"{RUN} body inputs{{}}: not in the contract",
    ),
    # Answers
    (lambda s: run(s)["responses"].pop("200"), f"{RUN} 200: not in the published document"),
    (
        lambda s: run(s)["responses"].update({"429": {"description": "`busy` : Wait."}}),
        f"{RUN} 429: not in the contract",
    ),
    (
        lambda s: run(s)["responses"]["200"]["content"].pop("text/event-stream"),
        f"{RUN} 200 as text/event-stream: not in the published document",
    ),
    (lambda s: answer(s).pop("id"), f"{RUN} 200 id: not in the published document"),
    (lambda s: answer(s).update(new={"type": "string"}), f"{RUN} 200 new: not in the contract"),
    (
        lambda s: answer(s)["took"].update(type="integer"),
        f"{RUN} 200 took: type number, published integer",
    ),
    (
        lambda s: answer(s)["anything"].update(type="string"),
        f"{RUN} 200 anything: type any, published string",
    ),
    (
        lambda s: answer(s)["error"].pop("nullable"),
        f"{RUN} 200 error: may be null, published never",
    ),
    (
        lambda s: answer(s)["id"].update(nullable=True),
        f"{RUN} 200 id: never null, published may",
    ),
    (
        lambda s: answer(s)["owner"]["properties"].pop("name"),
        f"{RUN} 200 owner.name: not in the published document",
    ),
    (
        lambda s: answer(s)["owner"].pop("properties"),
        f"{RUN} 200 owner: fields are told, published not",
    ),
    (
        lambda s: schemas(s)["File"]["properties"].update(size={"type": "integer"}),
        f"{RUN} 200 files[].size: not in the contract",
    ),
    (
        lambda s: answer(s)["by_name"].update(additionalProperties={"type": "string"}),
        f"{RUN} 200 by_name{{}}: type integer, published string",
    ),
    # Error codes
    (
        lambda s: run(s)["responses"]["400"].pop("description"),
        f"{RUN} 400 code not_found: not in the published document",
    ),
    (
        lambda s: run(s)["responses"]["400"].update(description="`not_found`, `new_code` : Gone."),
        f"{RUN} 400 code new_code: not in the contract",
    ),
    # Events
    (
        lambda s: schemas(s)["ChunkWorkflowEvent"]["discriminator"]["mapping"].update(
            new="#/components/schemas/StreamNode"
        ),
        "event new: not in the contract",
    ),
    (
        lambda s: schemas(s)["ChunkWorkflowEvent"]["discriminator"]["mapping"].clear(),
        "event node: not in the published document",
    ),
    (
        lambda s: data(s).update(title={"type": "string", "nullable": True}),
        "event node data.title: never null, published may",
    ),
    (lambda s: data(s).update(id={"type": "string"}), "event node data.id: not in the contract"),
    (
        lambda s: schemas(s).pop("ChunkWorkflowEvent"),
        "events: ChunkWorkflowEvent lists none in the published document",
    ),
]


def differences(theirs: dict[str, Any]) -> list[published.Difference]:
    return published.differences(Document(published_like.ours()), Document(theirs))


def test_documents_that_say_the_same_differ_in_nothing() -> None:
    assert differences(published_like.published()) == []


@pytest.mark.parametrize(("change", "expected"), DIFFERENT, ids=[text for _, text in DIFFERENT])
def test_a_difference_is_told_once_and_nothing_else(change: Change, expected: str) -> None:
    spec = published_like.published()
    if expected.startswith("events: "):
        schemas(spec)["StreamNode"]["allOf"].pop(0)  # it leads to the component that goes
    change(spec)
    found = differences(spec)
    assert [str(difference) for difference in found] == [expected]


IN_GENERATED: list[tuple[Change, str]] = [
    (lambda s: s["paths"].pop("/workflows/run"), f"{RUN}: not in the published document"),
    (
        lambda s: s["paths"].update({"/chat-messages": {"post": {"responses": {}}}}),
        "POST /chat-messages: not in the contract",
    ),
    (
        lambda s: run(s)["parameters"].append({"name": "new", "in": "header", "schema": {}}),
        f"{RUN} header new: not in the contract",
    ),
    (
        lambda s: schemas(s)["RunPayloadWithUser"]["properties"].update(user={"type": "string"}),
        f"{RUN} body user: not in the contract",
    ),
    (
        lambda s: schemas(s)["RunPayloadWithUser"]["$defs"]["Mode"]["enum"].append("lazy"),
        f"{RUN} body mode: values blocking, streaming, published blocking, lazy, streaming",
    ),
    (
        lambda s: schemas(s)["RunResponse"]["$defs"]["Owner"]["properties"].pop("name"),
        f"{RUN} 200 owner.name: not in the published document",
    ),
    (
        lambda s: schemas(s)["RunResponse"]["properties"].update(error={"type": "string"}),
        f"{RUN} 200 error: may be null, published never",
    ),
    (
        lambda s: run(s)["responses"]["400"].update(
            description="`not_found`, `invalid_param`, `quota_exceeded`, `new_code` : Gone."
        ),
        f"{RUN} 400 code new_code: not in the contract",
    ),
    (
        lambda s: run(s)["responses"].update({"403": {"description": "`new_code` : No."}}),
        f"{RUN} 403: not in the contract",
    ),
]


def test_the_generated_document_says_the_same_in_other_words() -> None:
    assert published.is_generated(Document(published_like.generated()))
    assert not published.is_generated(Document(published_like.published()))
    assert differences(published_like.generated()) == []


@pytest.mark.parametrize(("change", "expected"), IN_GENERATED, ids=[t for _, t in IN_GENERATED])
def test_a_difference_from_the_generated_document_is_told(change: Change, expected: str) -> None:
    spec = published_like.generated()
    change(spec)
    found = differences(spec)
    assert [str(difference) for difference in found] == [expected]


def test_a_schema_that_holds_itself_is_walked_once() -> None:
    folder = {"$ref": "#/components/schemas/Folder"}
    fields = {"name": {"type": "string"}, "inner": {"type": "array", "items": folder}}
    document = Document(
        {"paths": {}, "components": {"schemas": {"Folder": {"properties": fields}}}}
    )
    assert list(Reader(document).values("x", folder)) == ["x", "x name", "x inner", "x inner[]"]
