"""Recorded traffic of real servers, through both clients: all of them are read in today's form."""

from __future__ import annotations

import email.utils
import gzip
import json
import zlib
from collections import Counter
from contextlib import nullcontext
from importlib.metadata import version as installed
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    NotFound,
    RouteNotFound,
    RunOutcomeUnknown,
    StreamClosed,
    WorkflowFailed,
)
from facade import Kind, answered, both, client
from pauses import recorded_pauses
from places import WIRE
from recorded_runs import TERMINAL, body_of, is_failed, is_refused, names, request_of
from recordings import Ask, Recordings, call_of
from replay_reply import chunked, head
from replay_server import Reply, Sleep, Step
from wire_archive import VERSIONS, Exchange, exchange, exchanges

from generator.compare.claims import CUT, is_older


def decoded(outputs: Any) -> Any:
    """Outputs of any version: JSON text, null, or an object."""
    return (json.loads(outputs) if isinstance(outputs, str) else outputs) or {}


def seconds(value: Any) -> Any:
    """A time of any version, in unix seconds."""
    if isinstance(value, str):
        return int(email.utils.parsedate_to_datetime(value).timestamp())
    return value


def check_run(item: Exchange, raw: Any, data: dict[str, Any], result: Any) -> None:
    """A response says what the server said of the run, in an event, an answer or a detail."""
    assert result.status == data["status"], item
    assert result.message == (data.get("error") or ""), item
    stopped = data["status"] == "stopped" or "stop" in result.message.lower()
    assert result.stopped == stopped, item
    assert result.outputs == decoded(data.get("outputs")), item
    reasons = data.get("reasons") or []
    assert [form.token for form in result.forms] == [one["form_token"] for one in reasons], item
    for name in {"created_at", "finished_at"} & data.keys():
        assert getattr(result.data, name) == seconds(data[name]), item
    ended_well = data["status"] not in ("failed", "stopped")
    with nullcontext() if ended_well else pytest.raises(WorkflowFailed):
        result.raise_for_status()
    assert result.headers["x-version"] == item.version, item
    assert not result.recovered, item
    assert is_older(item.version) or result.raw == raw, item


def check_stream(item: Exchange, stream: Any, events: list[Any], result: Any) -> None:
    recorded = item.events()
    end = recorded[-1]
    assert [event.raw for event in events] == recorded, item
    assert [event.event for event in events] == names(recorded), item
    assert not any(isinstance(event.data, dict) for event in events), item  # each has its class
    ids = (end["workflow_run_id"], end["task_id"])
    assert {(event.id, event.task_id) for event in events} == {ids}, item
    assert (result.id, result.task_id) == ids, item
    assert {event.status for event in events[:-1]} <= {"running"}, item
    assert events[-1].status == end["data"]["status"], item
    for event, sent in zip(events, recorded, strict=True):
        if event.event == "text_chunk":
            assert event.message == sent["data"]["text"], item
        elif event.event.startswith(("node_", "iteration_", "loop_")):
            assert event.message == (sent["data"].get("error") or sent["data"]["title"]), item
    assert not any(event.recovered for event in events), item
    assert (stream.closed, stream.text_complete) == (True, True), item
    with pytest.raises(StreamClosed, match="read to its end"):
        list(stream)
    check_run(item, end, end["data"], result)


def check_logs(item: Exchange, page: Any) -> None:
    raw = item.json()
    for name in ("page", "limit", "total", "has_more"):
        assert getattr(page, name) == raw[name], (item, name)
    for entry, one in zip(page, raw["data"], strict=True):
        run = one["workflow_run"]
        assert (entry.id, entry.data.workflow_run.id) == (one["id"], run["id"]), item
        assert (entry.status, entry.message) == (run["status"], run["error"] or ""), item
        assert entry.created_at == seconds(one["created_at"]), item
        assert entry.finished_at == seconds(run["finished_at"]), item
        assert is_older(item.version) or entry.raw == one, item
    assert page.headers["x-version"] == item.version


def check_answer(item: Exchange, operation: str, value: Any) -> None:
    raw = item.json()
    if operation.startswith("runWorkflow"):
        assert (value.id, value.task_id) == (raw["data"]["id"], raw["task_id"]), item
        assert value.data.total_steps == raw["data"]["total_steps"], item
        check_run(item, raw, raw["data"], value)
    elif operation == "getWorkflowRun":
        assert (value.id, value.task_id) == (raw["id"], None), item
        assert value.inputs == json.loads(raw["inputs"]), item
        check_run(item, raw, raw, value)
    elif operation == "stopWorkflowTask":
        assert (value.result, value.headers["x-version"]) == ("success", item.version)
    elif operation == "listWorkflowLogs":
        check_logs(item, value)
    elif operation == "getHumanInputForm":
        assert (value.token, value.content) == (item.path[-22:], raw["form_content"]), item
        assert (value.expires_at, value.id, value.node_id) == (raw["expiration_time"], None, None)
        assert [action.to_dict() for action in value.actions] == raw["user_actions"], item
        assert len(value.inputs) == len(raw["inputs"]), item
    else:
        assert raw.items() <= value.to_dict().items() or "user_input_form" in raw, item


def check_error(item: Exchange, error: APIError) -> None:
    """What it means is held by tests/api/test_errors.py and test_versions.py."""
    assert (error.status_code, error.headers["x-version"]) == (item.status, item.version), item
    assert isinstance(error, RouteNotFound) == ("html" in item.content_type), item
    if not isinstance(error, RouteNotFound):
        raw = item.json()
        for name, text in raw.get("errors", {}).items():
            raw = {"code": "invalid_param", "message": f"{name}: {text}"}
        params = f"{raw['params']}: " if "params" in raw else ""
        message = raw["message"].partition(". You have requested this URI")[0]
        assert (error.code, error.message) == (raw["code"], params + message), item


def check_refusal(dify: Any, server: Recordings, item: Exchange, error: APIError) -> None:
    """What began no run is raised by every way to run, and no id of it is shown."""
    end = item.events()[0 if is_failed(item) else -1]
    assert error.message == (end.get("message") or end["data"]["error"]), item
    assert str(end.get("workflow_run_id") or "no id") not in str(error), item
    if not (is_failed(item) or is_refused(item)):
        return
    stream = dify.run_workflow_stream(request := request_of(item))
    for call in (stream.result, lambda: dify.run_workflow(request), lambda: dify.start(request)):
        server.item, server.held = item, False
        with pytest.raises(type(error)):
            call()
    assert (stream.id, stream.closed, stream.status) == (None, True, "failed"), item


def check(dify: Any, server: Recordings, item: Exchange, operation: str, ask: Ask) -> str:
    """Ask for one recording, compare what comes back, and say what it was."""
    last = names(item.events())[-1:] if item.is_stream else []
    if item.status == 0 or (item.is_stream and not TERMINAL.intersection(last)):
        with pytest.raises(RunOutcomeUnknown):
            ask(dify, item)
        return "lost"
    refused = item.is_stream and (last == ["error"] or is_failed(item) or is_refused(item))
    missing = operation == "getWorkflowRun" and item.status == 200 and not item.json()["id"]
    if refused or missing or item.status >= 400:
        with pytest.raises(APIError) as caught:
            ask(dify, item)
        if refused:
            check_refusal(dify, server, item, caught.value)
        elif missing:  # to 1.12: 200 with nulls
            assert isinstance(caught.value, NotFound), item
            assert (caught.value.status_code, caught.value.code) == (200, "not_found")
        else:
            check_error(item, caught.value)
        return "errors"
    if not item.is_stream:
        check_answer(item, operation, ask(dify, item))
        return "answers"
    check_stream(item, *ask(dify, item))
    server.item, end = item, item.events()[-1]
    check_run(item, end, end["data"], dify.run_workflow(request_of(item)))
    assert CUT.search(item.request_body or "") or server.requests[-1].json() == body_of(item)
    return "streams"


@pytest.mark.long
@both
@pytest.mark.parametrize("version", VERSIONS[-3:])
def test_every_recording_is_an_answer_or_a_typed_error(kind: Kind, version: str) -> None:
    counts: Counter[str] = Counter()
    with Recordings() as server:
        with client(kind, server, max_retries=0) as dify, recorded_pauses():
            for item in exchanges(version):
                if (found := call_of(item)) is not None:
                    server.item, server.held, before = item, True, len(server.requests)
                    counts[check(dify, server, item, *found)] += 1
                    sent = server.requests[before]
                    assert sent.method == item.method
                    assert found[0] == "streamWorkflowEvents" or (
                        sent.path == item.path.partition("?")[0]
                    ), item
                    assert str(dify.server_version) == version, item
        server.wait_closed()  # though streams are held open behind their last event
        agents = {request.headers["user-agent"] for request in server.requests}
    assert agents == {f"dify-workflow/{installed('dify-workflow')}"}
    assert counts >= Counter(streams=25, answers=60, errors=25)
    assert counts["lost"] <= 10


@pytest.mark.long
@pytest.mark.sample(4)
@both
@pytest.mark.parametrize("version", VERSIONS[:-3])
def test_so_is_every_recording_of_older_servers(kind: Kind, version: str) -> None:
    test_every_recording_is_an_answer_or_a_typed_error(kind, version)


# The same stream, however it is cut and framed.

HELD = Sleep(60)  # the server keeps the connection open; a test never waits for it
PACKED = ("Content-Encoding", "gzip")
CHUNKED = ("Transfer-Encoding", "chunked")


def _gzipped(frames: list[bytes]) -> list[bytes]:
    packer = zlib.compressobj(wbits=31)
    return [packer.compress(frame) + packer.flush(zlib.Z_SYNC_FLUSH) for frame in frames]


def _framings(item: Exchange) -> dict[str, Reply]:
    """Those that the client has a part in; tests/h1_streams has more."""
    body, frames = item.body, item.frames()
    kept = [pair for pair in item.headers if pair[0].lower() != "transfer-encoding"]

    def headed(*headers: tuple[str, object]) -> bytes:
        return head(200, [*kept, *((name, str(value)) for name, value in headers)])

    close, packed = ("Connection", "close"), gzip.compress(body)
    longer = headed(("Content-Length", len(body) + 10))
    late = b'data: {"event": "tts_message_end", "audio": ""}\n\n'
    steps: dict[str, tuple[Step, ...]] = {
        "byte by byte": Reply.of(item, split="bytes", hold_open=60).steps,
        "gzip frame by frame": (headed(CHUNKED, PACKED), *chunked(_gzipped(frames)), HELD),
        "gzip whole": (headed(PACKED, ("Content-Length", len(packed))), packed),
        "HTTP/1.0, held open": (headed(close).replace(b"1.1", b"1.0", 1), *frames, HELD),
        "with a length, held open before its end": (longer, body, HELD),
        "more events behind the last one": (headed(CHUNKED), *chunked([body + late]), HELD),
    }
    return {name: Reply(given) for name, given in steps.items()}


SPLIT = [
    exchange("1.14.2", case)
    for case in ("run/echo_unicode_streaming", "human/one_start", "files/run_remote_streaming")
]


@both
@pytest.mark.parametrize("framing", _framings(SPLIT[0]))
def test_any_framing_of_the_body_gives_the_same(kind: Kind, framing: str) -> None:
    for item in SPLIT:
        reply = _framings(item)[framing]
        with answered(kind, reply) as (server, dify):
            with dify.run_workflow_stream(request_of(item)) as stream:
                assert (stream.id, stream.task_id, server.requests) == (None, None, [])
                check_stream(item, stream, list(stream), stream.result())
            end = item.events()[-1]
            check_run(item, end, end["data"], dify.run_workflow(request_of(item)))
            assert [request.method for request in server.requests] == ["POST", "POST"]


# What the tests rely on.


def test_the_index_lists_every_recorded_exchange() -> None:
    lines = (WIRE / "INDEX.tsv").read_text(encoding="utf-8").splitlines()[1:]
    for line, item in zip(lines, exchanges(), strict=True):
        status, media = item.status or "-", item.content_type or "-"
        told = (item.version, item.case, item.method, item.path, status, media, len(item.body))
        assert line == "\t".join(map(str, told))
    assert (VERSIONS[0], VERSIONS[-1], len(VERSIONS)) == ("0.15.3", "1.16.1", 12)
    readme = (WIRE / "README.md").read_text(encoding="utf-8")
    assert f" {len(lines):,} request/response pairs of twelve versions" in readme
