"""Recorded traffic against the contract: each kind of difference is found and counted."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contract_edits import SPEC
from places import ROOT
from wire_archive import exchange

from generator.compare import __main__ as compare
from generator.compare import recorded, traffic
from generator.document import ContractError, Document

Line = dict[str, Any]
RUN = exchange("1.14.2", "run/empty_streaming").events()
PAGE: dict[str, Any] = {"page": 1, "limit": 1, "total": 1, "has_more": False, "data": []}
INFO: dict[str, Any] = dict.fromkeys(("name", "description", "mode"), "a")
JSON = {"content-type": "application/json"}
OLD: dict[str, Any] = {"headers": {**JSON, "x-version": "1.12.1"}}
STOP: Line = {"path": "/v1/workflows/tasks/t/stop", "body": {"result": "success"}, "method": "POST"}
INFO |= {"tags": [], "author_name": None}


def line(path: str = "/v1/info", body: Any = INFO, **changes: Any) -> Line:
    text = body if isinstance(body, str) else json.dumps(body)
    asked = {"headers": changes.pop("sent_headers", {}), "body": changes.pop("sent", None)}
    given = {"method": "GET", "path": path, "request": asked, "status": 200, "body": text}
    return {**given, "headers": JSON, "complete": True, **changes}


def stream(events: list[Any], cut: int = 0, **changes: Any) -> Line:
    """Give the line of a stream, whose last bytes may be missing."""
    text = "event: ping\n\n" + "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    path, kind = "/v1/workflow/r/events?user=u", {"content-type": "text/event-stream"}
    body = text[: len(text) - cut]
    return line(path, body, headers={**kind, "x-version": "1.14.2"}, **changes)


def compared(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Compare what is in a folder; give the report, and each thing that was wrong."""
    report, _ = recorded.compare(Document(SPEC), folder)
    found: Counter[str] = Counter()
    for name, entry in report["schemas"].items():
        found.update({f"{name}: {what}": count for what, count in entry["wrong"].items()})
    assert report["ok"] is not bool(found)
    return report, sorted(found.elements())


def changed(number: int, change: Callable[[Line], object]) -> list[Line]:
    events: list[Line] = json.loads(json.dumps(RUN))
    change(events[number])
    return events


LOGS = "/v1/workflows/logs"
NO_ID = {**PAGE, "data": [{"created_by_end_user": {"id": 5}}]}
NO_TEXT = "integer, not string"
LESS = {"name": "a", "description": 5}
WRONG = f"AppInfo: wrong type of description: {NO_TEXT}"
CASES: list[tuple[Line, list[str]]] = [
    (line(), []),
    (stream(RUN), []),
    # Fields
    (line(body={**INFO, "new": 1}), ["AppInfo: unknown field new"]),
    (line(body={k: v for k, v in INFO.items() if k != "mode"}), ["AppInfo: missing mode"]),
    (line(body={**INFO, "mode": 5}), [f"AppInfo: wrong type of mode: {NO_TEXT}"]),
    (
        line(body={**INFO, "author_name": 5, "tags": [None, None]}),
        [
            f"AppInfo: wrong type of author_name: {NO_TEXT} or null",
            *["AppInfo: wrong type of tags.[]: null, not string"] * 2,
        ],
    ),
    (line(LOGS, NO_ID, **OLD), [f"LogEndUser: wrong type of id: {NO_TEXT}"]),  # nor null
    (line(body=[]), ["AppInfo: wrong type of the value: array, not object"]),
    # An older server may lack what newer ones send
    (line(body=LESS, **OLD), [WRONG]),
    (
        line(body=LESS),
        [*(f"AppInfo: missing {key}" for key in ("author_name", "mode", "tags")), WRONG],
    ),
    # Events
    (
        stream([{"event": "new"}, {"event": "new"}, {"no": 1}, 5]),
        [*["WorkflowEvent: unknown event None"] * 2, *["WorkflowEvent: unknown event new"] * 2],
    ),
    (
        stream(changed(0, lambda event: event.update(new=1))),
        ["WorkflowStartedEvent: unknown field new"],
    ),
    (stream(changed(0, lambda event: event.pop("task_id"))), ["EventEnvelope: missing task_id"]),
    (
        stream(changed(-1, lambda event: event["data"]["created_by"].update(id=None, new=1))),
        ["CreatedBy: unknown field new", "CreatedBy: wrong type of id: null, not string"],
    ),
    (stream(RUN, cut=40, complete=False), []),  # it counts as far as it came
    (stream(RUN, cut=40), ["streamWorkflowEvents: answer 200 or its request is no JSON"]),
    # Answers and requests
    (line(status=418), ["getAppInfo: unknown answer: 418 with application/json"]),
    (line(headers={"content-type": "text/csv"}), ["getAppInfo: unknown answer: 200 with text/csv"]),
    (line(body="<html>"), ["getAppInfo: answer 200 or its request is no JSON"]),
    (line(status=502, headers={"content-type": "text/html"}, body="<html>"), []),
    (
        line(**STOP, sent='{"user": 5, "new": 1}', sent_headers=JSON),
        ["StopTaskBody: unknown field new", f"StopTaskBody: wrong type of user: {NO_TEXT}"],
    ),
    (line(f"{LOGS}?limit=900", PAGE), ["listWorkflowLogs: wrong value of limit (maximum)"]),
]


@pytest.mark.parametrize(("one", "expected"), CASES)
def test_what_is_wrong_is_counted_by_schema(one: Line, expected: list[str], tmp_path: Path) -> None:
    for times in (1, 2):
        (tmp_path / "traffic.jsonl").write_text((json.dumps(one) + "\n") * times, "utf-8")
        assert compared(tmp_path)[1] == sorted(expected * times)


@pytest.mark.slow
@pytest.mark.long
def test_the_recordings_of_the_tests_are_as_the_contract_says() -> None:
    """But for requests that a server puts up with: test_contract.py tells each."""
    report, wrong = compared(ROOT / "tests" / "wire" / "1.14.2.zip")
    schemas = [one.partition(":")[0] for one in wrong]
    assert schemas == [*["RunWorkflowBody"] * 5, "streamWorkflowEvents"]
    assert report["schemas"]["NodeFinishedData"]["seen"] > 150
    assert report["exchanges"] > 350
    assert report["other_paths"]["POST /v1/chat-messages"] > 0


# Formats


def entry(url: str, kind: str, body: bytes, encoding: str = "", **request: Any) -> dict[str, Any]:
    """Give an entry of an HTTP archive; encoding: of the body."""
    coded = base64.b64encode(body).decode() if encoding else body.decode()
    content = {"mimeType": kind, "text": coded, **({"encoding": encoding} if encoding else {})}
    asked = {"method": "GET", "url": url, "headers": [{"name": "accept", "value": "*/*"}]}
    version = [{"name": "X-Version", "value": "1.14.2"}]
    answer = {"status": 200, "headers": version, "content": content}
    return {"request": {**asked, **request}, "response": answer}


def test_http_archives_are_read(tmp_path: Path) -> None:
    new = {"event": "new_event", "data": {"text": "é"}}
    events = f"event: ping\r\n\r\ndata: {json.dumps(new, ensure_ascii=False)}\r\n\r\n".encode()
    site, kind = "https://dify.example.com", "text/event-stream; charset=utf-8"
    sent: Any = {"postData": {"text": '{"user": 5}'}, "method": "POST"}
    sent["headers"] = [{"name": "content-type", "value": "application/json"}]
    entries = [
        entry(f"{site}/proxy/v1/workflow/r/events?user=u", kind, events),
        entry(f"{site}/v1/workflow/r/events?user=u", kind, events, "base64"),
        entry(f"{site}/v1/info", JSON["content-type"], json.dumps({**INFO, "new": 1}).encode()),
        entry(f"{site}/v1/datasets", JSON["content-type"], b"{}"),
        entry(f"{site}/logo.png", "image/png", b"\xff", "base64"),
        entry(f"{site}{STOP['path']}", JSON["content-type"], b'{"result": "success"}', **sent),
    ]
    (tmp_path / "browser").mkdir()
    archive = json.dumps({"log": {"version": "1.2", "entries": entries}})
    (tmp_path / "browser" / "session.har").write_text("\ufeff" + archive, "utf-8")
    read = traffic.read(tmp_path)
    path = "/v1/workflow/r/events?user=u"
    assert [one.path for one in read] == [path, path, "/v1/info", "/v1/datasets", STOP["path"]]
    assert [read[0].events(), read[1].events()] == [[new], [new]]
    assert {one.version for one in read} == {"1.14.2"}
    report, wrong = compared(tmp_path / "browser" / "session.har")
    assert wrong == [
        "AppInfo: unknown field new",
        f"StopTaskBody: wrong type of user: {NO_TEXT}",
        *["WorkflowEvent: unknown event new_event"] * 2,
    ]
    assert report["other_paths"] == {"GET /v1/datasets": 1}


@pytest.mark.parametrize("name", ["x.jsonl", "x.har", "x.zip"])
def test_what_is_no_recording_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no recorded requests"):
        traffic.read(tmp_path)
    (tmp_path / name).write_text('{"log": 5}', "utf-8")
    with pytest.raises(ContractError, match=f"{name}: not a recording"):
        traffic.read(tmp_path)


@pytest.mark.long
def test_the_command_tells_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(line(body={**INFO, "new": "a secret value"}))
    (tmp_path / "traffic.jsonl").write_text(text, "utf-8")
    assert compare.main([f"--recorded={tmp_path}"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "AppInfo (seen 1 times)",
        "    1 x unknown field new",
        "1 exchanges, 2 schemas and operations, 1 findings",
    ]
    assert compare.main([f"--recorded={tmp_path}", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["schemas"]["AppInfo"]["seen"] == 1
    assert compare.main([f"--recorded={tmp_path / 'none'}"]) == 1
    assert "no recorded requests" in capsys.readouterr().err
