"""Recorded traffic against the contract: each kind of difference is found and counted."""

from __future__ import annotations

import base64
import json
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
    """Give a line of our own recordings."""
    text = body if isinstance(body, str) else json.dumps(body)
    asked = {"headers": {}, "body": changes.pop("sent", None)}
    asked["headers"] |= changes.pop("sent_headers", {})
    given = {"method": "GET", "path": path, "request": asked, "status": 200, "body": text}
    return {**given, "headers": JSON, "complete": True, **changes}


def stream(events: list[Any], **changes: Any) -> Line:
    """Give the line of a stream."""
    text = "event: ping\n\n" + "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    path, kind = "/v1/workflow/r/events?user=u", {"content-type": "text/event-stream"}
    return line(path, text, headers={**kind, "x-version": "1.14.2"}, **changes)


def found(folder: Path, *lines: Line) -> dict[str, dict[str, int]]:
    """Compare some lines; give what was wrong by schema."""
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (folder / "traffic.jsonl").write_text(text, "utf-8")
    report, _ = recorded.compare(Document(SPEC), folder)
    wrong = {name: entry["wrong"] for name, entry in report["schemas"].items() if entry["wrong"]}
    assert report["ok"] is not bool(wrong)
    return wrong


def changed(number: int, change: Callable[[Line], object]) -> list[Line]:
    """Give the events of a run, one of them changed."""
    events: list[Line] = json.loads(json.dumps(RUN))
    change(events[number])
    return events


CASES: list[tuple[Line, dict[str, dict[str, int]]]] = [
    (line(), {}),
    (stream(RUN), {}),
    # Fields
    (line(body={**INFO, "new": 1}), {"AppInfo": {"unknown field new": 1}}),
    (line(body={k: v for k, v in INFO.items() if k != "mode"}), {"AppInfo": {"missing mode": 1}}),
    (line(body={**INFO, "mode": 5}), {"AppInfo": {"wrong type of mode: integer, not string": 1}}),
    (
        line(body={**INFO, "author_name": 5, "tags": [None, None]}),
        {
            "AppInfo": {
                "wrong type of author_name: integer, not string or null": 1,
                "wrong type of tags.[]: null, not string": 2,
            }
        },
    ),
    (
        line("/v1/workflows/logs", {**PAGE, "data": [{"created_by_end_user": {"id": 5}}]}, **OLD),
        {"LogEndUser": {"wrong type of id: integer, not string": 1}},  # and not null either
    ),
    (line(body=[]), {"AppInfo": {"wrong type of the value: array, not object": 1}}),
    # Events
    (
        stream([{"event": "new"}, {"event": "new"}, {"no": 1}, 5]),
        {"WorkflowEvent": {"unknown event new": 2, "unknown event None": 2}},
    ),
    (
        stream(changed(0, lambda event: event.update(new=1))),
        {"WorkflowStartedEvent": {"unknown field new": 1}},
    ),
    (
        stream(changed(0, lambda event: event.pop("task_id"))),
        {"EventEnvelope": {"missing task_id": 1}},
    ),
    (
        stream(changed(-1, lambda event: event["data"]["created_by"].update(id=None, new=1))),
        {"CreatedBy": {"wrong type of id: null, not string": 1, "unknown field new": 1}},
    ),
    # Answers and requests
    (line(status=418), {"getAppInfo": {"unknown answer: 418 with application/json": 1}}),
    (
        line(headers={"content-type": "text/csv"}),
        {"getAppInfo": {"unknown answer: 200 with text/csv": 1}},
    ),
    (line(body="<html>"), {"getAppInfo": {"answer 200 or its request is no JSON": 1}}),
    (line(status=502, headers={"content-type": "text/html"}, body="<html>"), {}),
    (
        line(**STOP, sent='{"user": 5, "new": 1}', sent_headers=JSON),
        {"StopTaskBody": {"wrong type of user: integer, not string": 1, "unknown field new": 1}},
    ),
    (
        line("/v1/workflows/logs?limit=900", PAGE),
        {"listWorkflowLogs": {"wrong value of limit (maximum)": 1}},
    ),
]


@pytest.mark.parametrize(("one", "expected"), CASES)
def test_what_is_wrong_is_counted_by_schema(
    one: Line, expected: dict[str, dict[str, int]], tmp_path: Path
) -> None:
    assert found(tmp_path, one) == expected
    twice = {name: {k: 2 * n for k, n in wrong.items()} for name, wrong in expected.items()}
    assert found(tmp_path, one, one) == twice


def test_an_older_server_may_lack_what_newer_ones_send(tmp_path: Path) -> None:
    less = {"name": "a", "description": 5}
    old = line(body=less, **OLD)
    new = line(body=less, headers={**JSON, "x-version": "1.15.0"})
    wrong = {"wrong type of description: integer, not string": 1}
    missing = {f"missing {key}": 1 for key in ("tags", "mode", "author_name")}
    assert found(tmp_path, old) == {"AppInfo": wrong}
    assert found(tmp_path, new) == {"AppInfo": {**missing, **wrong}}


def test_a_stream_that_was_cut_counts_as_far_as_it_came(tmp_path: Path) -> None:
    cut = stream(RUN, complete=False)
    cut["body"] = cut["body"][:-40]
    assert found(tmp_path, cut) == {}
    assert found(tmp_path, {**cut, "complete": True}) == {
        "streamWorkflowEvents": {"answer 200 or its request is no JSON": 1}
    }


@pytest.mark.slow
@pytest.mark.long
def test_the_recordings_of_the_tests_are_as_the_contract_says() -> None:
    """But for requests that were sent to see what a server puts up with."""
    report, text = recorded.compare(Document(SPEC), ROOT / "tests" / "wire" / "1.14.2.zip")
    wrong = {name: entry["wrong"] for name, entry in report["schemas"].items() if entry["wrong"]}
    assert wrong == {
        "RunWorkflowBody": {
            "wrong type of user: integer, not string": 1,
            "wrong type of user: object, not string": 1,
            "wrong type of response_mode: null, not string": 1,
            "wrong value of response_mode (enum)": 1,
            "unknown field workflow_id": 1,
        },
        "streamWorkflowEvents": {"wrong type of include_state_snapshot: string, not boolean": 1},
    }
    assert report["schemas"]["NodeFinishedData"]["seen"] > 150
    assert text[0].startswith("RunWorkflowBody (seen ")
    assert report["exchanges"] > 350
    assert report["other_paths"]["POST /v1/chat-messages"] > 0


# ---------------------------------------------------------------------- formats


def har(*entries: tuple[str, str, bytes, str]) -> str:
    """Write an HTTP archive: (URL, content type, body, encoding of the body)."""

    def entry(url: str, kind: str, body: bytes, encoding: str) -> dict[str, Any]:
        coded = base64.b64encode(body).decode() if encoding else body.decode()
        content = {"mimeType": kind, "text": coded, **({"encoding": encoding} if encoding else {})}
        asked = {"method": "GET", "url": url, "headers": [{"name": "accept", "value": "*/*"}]}
        version = [{"name": "X-Version", "value": "1.14.2"}]
        return {
            "request": asked,
            "response": {"status": 200, "headers": version, "content": content},
        }

    return json.dumps({"log": {"version": "1.2", "entries": [entry(*one) for one in entries]}})


def test_http_archives_are_read(tmp_path: Path) -> None:
    new = {"event": "new_event", "data": {"text": "é"}}
    events = f"event: ping\r\n\r\ndata: {json.dumps(new, ensure_ascii=False)}\r\n\r\n".encode()
    site, kind = "https://dify.example.com", "text/event-stream; charset=utf-8"
    text = har(
        (f"{site}/proxy/v1/workflow/r/events?user=u", kind, events, ""),
        (f"{site}/v1/workflow/r/events?user=u", kind, events, "base64"),
        (f"{site}/v1/info", "application/json", json.dumps({**INFO, "new": 1}).encode(), "base64"),
        (f"{site}/v1/datasets", "application/json", b"{}", ""),
        (f"{site}/logo.png", "image/png", b"\xff", "base64"),
    )
    (tmp_path / "browser").mkdir()
    (tmp_path / "browser" / "session.har").write_text("\ufeff" + text, "utf-8")
    read = traffic.read(tmp_path)
    assert [one.path for one in read] == [
        *["/v1/workflow/r/events?user=u"] * 2, "/v1/info", "/v1/datasets"
    ]  # fmt: skip
    assert [read[0].events(), read[1].events()] == [[new], [new]]
    assert {one.version for one in read} == {"1.14.2"}
    report, _ = recorded.compare(Document(SPEC), tmp_path)
    assert report["schemas"]["WorkflowEvent"]["wrong"] == {"unknown event new_event": 2}
    assert report["schemas"]["AppInfo"]["wrong"] == {"unknown field new": 1}
    assert report["other_paths"] == {"GET /v1/datasets": 1}


def test_a_posted_body_of_an_http_archive_is_read(tmp_path: Path) -> None:
    archive = json.loads(har(("http://h/v1/workflows/tasks/t/stop", "application/json",
                              b'{"result": "success"}', "")))  # fmt: skip
    asked = archive["log"]["entries"][0]["request"]
    asked |= {"method": "POST", "postData": {"text": '{"user": 5}'}}
    asked["headers"].append({"name": "content-type", "value": "application/json"})
    (tmp_path / "x.har").write_text(json.dumps(archive), "utf-8")
    report, _ = recorded.compare(Document(SPEC), tmp_path / "x.har")
    assert report["schemas"]["StopTaskBody"]["wrong"] == {
        "wrong type of user: integer, not string": 1
    }


@pytest.mark.parametrize("name", ["x.jsonl", "x.har", "x.zip"])
def test_what_is_no_recording_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no recorded requests"):
        traffic.read(tmp_path)
    (tmp_path / name).write_text('{"log": 5}', "utf-8")
    with pytest.raises(ContractError, match=f"{name}: not a recording"):
        traffic.read(tmp_path)


@pytest.mark.long
def test_the_command_tells_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found(tmp_path, line(body={**INFO, "new": "a secret value"}))
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
