"""The contract against documents of Dify's: a difference is told, or known with a reason."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import published_like
import pytest
from contract_edits import GONE, edited
from replay_server import ReplayServer, Reply

from generator.compare import __main__ as compare
from generator.compare import published
from generator.document import ContractError, Document, read_yaml
from generator.facts import Reader

RUN = "POST /workflows/run"
STOP = "POST /workflows/tasks/{task_id}/stop"
TEXT = {"type": "string"}
PARAMETERS = "/workflows/tasks/{id}/stop post parameters"
BODY = "/workflows/run post requestBody content application/json schema"
ANSWERS = "/workflows/run post responses"
WORDS = f"{ANSWERS} 400 description"
CONTENT = f"{ANSWERS} 200 content"
FIELDS = f"{CONTENT} application/json schema properties"
EVENTS = "ChunkWorkflowEvent discriminator"
NOT_THERE, NOT_OURS = "not in the published document", "not in the contract"
MODES = "values blocking, streaming, published blocking, lazy, streaming"
NEW = {"name": "new", "in": "query", "schema": {}}
CODES = "`not_found`, `invalid_param`, `quota_exceeded`"

# (what is changed in the published document, to what, what is told)
DIFFERENT: list[tuple[str, Any, str]] = [
    # Operations
    ("/workflows/run", GONE, f"{RUN}: {NOT_THERE}"),
    ("/workflows/new", {"get": {"responses": {}}}, f"GET /workflows/new: {NOT_OURS}"),
    (
        "/chat-messages post description",
        "**Available for**: Chatflow, Workflow apps.",
        f"POST /chat-messages: {NOT_OURS}",
    ),
    (
        "/workflows/run post description",
        "**Available for**: Chatflow apps.",
        f"{RUN}: published as not for workflow apps",
    ),
    # Parameters
    ("/workflows/run post parameters", [], f"{RUN} header trace: {NOT_THERE}"),
    (f"{PARAMETERS} +", NEW, f"{STOP} query new: {NOT_OURS}"),
    (f"{PARAMETERS} 1 required", True, f"{STOP} query limit: optional, published required"),
    (f"{PARAMETERS} 1 schema", TEXT, f"{STOP} query limit: type integer, published string"),
    (f"{PARAMETERS} 0 schema format", "uuid", f"{STOP} path task_id: format any, published uuid"),
    # Request fields
    (f"{BODY} required", GONE, f"{RUN} body inputs: required, published optional"),
    (f"{BODY} properties mode enum +", "lazy", f"{RUN} body mode: {MODES}"),
    (f"{BODY} properties inputs additionalProperties", TEXT, f"{RUN} body inputs{{}}: {NOT_OURS}"),
    # Answers
    (f"{ANSWERS} 200", GONE, f"{RUN} 200: {NOT_THERE}"),
    (f"{ANSWERS} 429", {"description": "`busy` : Wait."}, f"{RUN} 429: {NOT_OURS}"),
    (f"{CONTENT} text/event-stream", GONE, f"{RUN} 200 as text/event-stream: {NOT_THERE}"),
    (f"{FIELDS} took type", "integer", f"{RUN} 200 took: type number, published integer"),
    (f"{FIELDS} anything", TEXT, f"{RUN} 200 anything: type any, published string"),
    (f"{FIELDS} error nullable", GONE, f"{RUN} 200 error: may be null, published never"),
    (f"{FIELDS} id nullable", True, f"{RUN} 200 id: never null, published may"),
    (f"{FIELDS} owner properties name", GONE, f"{RUN} 200 owner.name: {NOT_THERE}"),
    (f"{FIELDS} owner properties", GONE, f"{RUN} 200 owner: fields are told, published not"),
    ("File.size", {"type": "integer"}, f"{RUN} 200 files[].size: {NOT_OURS}"),
    (
        f"{FIELDS} by_name additionalProperties",
        TEXT,
        f"{RUN} 200 by_name{{}}: type integer, published string",
    ),
    (WORDS, "", f"{RUN} 400 code not_found: {NOT_THERE}"),
    (WORDS, "`not_found`, `new_code` : Gone.", f"{RUN} 400 code new_code: {NOT_OURS}"),
    # Events
    (f"{EVENTS} mapping new", "#/components/schemas/StreamNode", f"event new: {NOT_OURS}"),
    (f"{EVENTS} mapping", {}, f"event node: {NOT_THERE}"),
    ("StreamNode.data properties id", TEXT, f"event node data.id: {NOT_OURS}"),
    (EVENTS, GONE, "events: ChunkWorkflowEvent lists none in the published document"),
]
IN_GENERATED: list[tuple[str, Any, str]] = [
    ("/chat-messages", {"post": {"responses": {}}}, f"POST /chat-messages: {NOT_OURS}"),
    ("RunPayloadWithUser $defs Mode enum +", "lazy", f"{RUN} body mode: {MODES}"),
    ("RunResponse $defs Owner properties name", GONE, f"{RUN} 200 owner.name: {NOT_THERE}"),
    ("RunResponse.error", TEXT, f"{RUN} 200 error: may be null, published never"),
    (WORDS, f"{CODES}, `new_code` : Gone.", f"{RUN} 400 code new_code: {NOT_OURS}"),
]


def differences(theirs: dict[str, Any]) -> list[str]:
    ours = Document(published_like.OURS)
    return [str(one) for one in published.differences(ours, Document(theirs))]


def test_documents_that_say_the_same_in_other_words_differ_in_nothing() -> None:
    assert differences(published_like.PUBLISHED) == []
    assert differences(published_like.GENERATED) == []


CASES = [(published_like.PUBLISHED, *row) for row in DIFFERENT]
CASES += [(published_like.GENERATED, *row) for row in IN_GENERATED]


@pytest.mark.parametrize(("document", "place", "value", "expected"), CASES)
def test_a_difference_is_told_once_and_nothing_else(
    document: Any, place: str, value: Any, expected: str
) -> None:
    assert differences(edited({place: value}, document)) == [expected]


def test_a_schema_that_holds_itself_is_walked_once() -> None:
    folder = {"$ref": "#/components/schemas/Folder"}
    fields = {"name": TEXT, "inner": {"type": "array", "items": folder}}
    document = Document(
        {"paths": {}, "components": {"schemas": {"Folder": {"properties": fields}}}}
    )
    assert list(Reader(document).values("x", folder)) == ["x", "x name", "x inner", "x inner[]"]


# What is known

ENTRY = {"where": f"{RUN} 200 *", "what": "may be *, *", "reason": "Recorded."}
IDLE = ENTRY | {"where": [f"{RUN} 200 error", f"{RUN} 200 idle", "* 2?? error"]}
CHAT = {"where": "* /chat-*", "what": NOT_OURS, "reason": "Other apps.", "in": "generated"}
CHANGED = edited({f"{FIELDS} error nullable": GONE}, published_like.PUBLISHED)
NULL = f"{RUN} 200 error: may be null, published never"
NEVER = "may be *, * (known_differences.yaml explains what is no more)"
Run = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Give the command, for a document and what is known: its status, its lines, its errors."""
    monkeypatch.chdir(tmp_path)

    def command(theirs: Any, *known: Any, more: str = "--known=known") -> Any:
        for name, written in (("ours", published_like.OURS), ("known", known), ("theirs", theirs)):
            Path(name).write_text(json.dumps(written), "utf-8")
        status = compare.main(["--spec=ours", "--known=known", "--published=theirs", more])
        told = capsys.readouterr()
        return status, told.out.splitlines(), told.err

    return command


def test_the_command_fails_on_what_is_new_and_on_what_is_stale(run: Run) -> None:
    reason = ["known (1): Recorded.", f"    {NULL}"]
    last = "1 differences: {} known, {} new; {} stale entries"
    assert run(CHANGED, ENTRY) == (0, [*reason, last.format(1, 0, 0)], "")
    stale = [f"STALE: {where}: {NEVER}" for where in ("* 2?? error", f"{RUN} 200 idle")]
    assert run(CHANGED, IDLE) == (1, [*reason, *stale, last.format(1, 0, 2)], "")
    other = ENTRY | {"what": "may be *, *t"}
    stale = [f"STALE: {RUN} 200 *: {NEVER.replace(', *', ', *t')}"]
    assert run(CHANGED, other) == (1, [f"NEW: {NULL}", *stale, last.format(0, 1, 1)], "")
    status, lines, _ = run(CHANGED, more="--json")
    where, _, what = NULL.partition(": ")
    new = [{"where": where, "what": what, "reason": None}]
    assert (status, json.loads("".join(lines))) == (
        1,
        {"ok": False, "differences": new, "stale": []},
    )


def test_the_generated_document_has_known_differences_of_its_own(run: Run) -> None:
    chat: dict[str, Any] = {"/chat-messages": {"post": {"responses": {}}}}
    status, lines, _ = run(edited(chat, published_like.GENERATED), CHAT, IDLE)
    assert (status, lines[-1]) == (0, "1 differences: 1 known, 0 new; 0 stale entries")
    assert run(CHANGED, CHAT)[1] == [
        f"NEW: {NULL}",
        "1 differences: 0 known, 1 new; 0 stale entries",
    ]


def test_the_published_document_can_be_fetched(run: Run) -> None:
    replies = [Reply.json(200, CHANGED), Reply.json(200, 5), Reply.json(404, {})]
    with ReplayServer(replies) as server:
        more = f"--published={server.url}/published.json"
        assert run({}, ENTRY, more=more)[0] == 0
        assert run({}, more=more)[::2] == (1, f"{server.url}/published.json: no OpenAPI document\n")
        assert "404" in run({}, more=more)[2]
    assert run({}, more="--published=gone")[2].startswith("[Errno 2] No such file")


@pytest.mark.parametrize(
    "entry",
    [
        {"where": "x", "what": "y"},
        {"where": "x", "what": "y", "reason": ""},
        {"where": [], "what": "y", "reason": "z"},
        {"where": "x", "what": "y", "reason": "z", "more": 1},
        {"where": "x", "what": "y", "reason": "z", "in": "some"},
        "x",
    ],
)
def test_an_entry_without_a_reason_is_refused(entry: Any) -> None:
    with pytest.raises(ContractError, match=r"^known difference "):
        published.known([entry])


def test_every_entry_of_the_file_is_of_a_kind_that_exists() -> None:
    entries = published.known(read_yaml(compare.KNOWN))
    assert len(entries) > 40
    kinds = re.compile(
        r"not in the (contract|published document)|published as not for workflow apps"
        r"|may be null, published never|never null, published may|fields are told, published not"
        r"|fields not told, published are|(type|format|values) .*, published .*"
    )
    assert [entry.what for entry in entries if not kinds.fullmatch(entry.what)] == []


@pytest.mark.skipif("DIFY_PUBLISHED" not in os.environ, reason="DIFY_PUBLISHED names no document")
def test_every_difference_from_the_published_document_is_known() -> None:
    assert compare.main([f"--published={os.environ['DIFY_PUBLISHED']}"]) == 0
