"""Servers from 0.15.3 to before 1.14: every recording through the facade, read in today's form."""

from __future__ import annotations

import email.utils
import json
from contextlib import nullcontext
from importlib.metadata import version as installed
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    InvalidParam,
    NotFound,
    RouteNotFound,
    RunOutcomeUnknown,
    WorkflowFailed,
)
from dify_workflow._api.versions import Version, needed_for
from facade import Kind, both, client
from pauses import recorded_pauses
from recorded_runs import TERMINAL, is_run, names
from recordings import Ask, Recordings, call_of
from wire_archive import VERSIONS, Exchange, exchanges

from generator.compare.claims import is_older

each_version = pytest.mark.parametrize("version", [*filter(is_older, VERSIONS)])


def decoded(outputs: Any) -> Any:
    """Outputs of any version: JSON text, null, or an object."""
    return (json.loads(outputs) if isinstance(outputs, str) else outputs) or {}


def seconds(value: Any) -> Any:
    """A time of any version, in unix seconds."""
    if isinstance(value, str):
        return int(email.utils.parsedate_to_datetime(value).timestamp())
    return value


def check_run(item: Exchange, data: dict[str, Any], result: Any) -> None:
    assert (result.id, result.status) == (data["id"], data["status"]), item
    assert result.message == (data.get("error") or ""), item
    assert result.outputs == decoded(data["outputs"]), item
    assert result.data.created_at == seconds(data["created_at"]), item
    assert result.data.finished_at == seconds(data["finished_at"]), item
    ended_well = data["status"] not in ("failed", "stopped")
    with nullcontext() if ended_well else pytest.raises(WorkflowFailed):
        result.raise_for_status()
    assert result.headers["x-version"] == item.version, item


def check_stream(item: Exchange, events: list[Any], result: Any) -> None:
    recorded = item.events()
    end = recorded[-1]
    assert [event.raw for event in events] == recorded, item
    assert not any(isinstance(event.data, dict) for event in events), item
    assert {event.id for event in events} == {end["workflow_run_id"]}, item
    assert {event.task_id for event in events} == {end["task_id"]} == {result.task_id}, item
    assert {event.status for event in events[:-1]} <= {"running"}, item
    assert events[-1].status == end["data"]["status"], item
    check_run(item, end["data"], result)


def check_answer(item: Exchange, operation: str, value: Any) -> None:
    raw = item.json()
    if operation == "runWorkflowVersion":
        check_run(item, raw["data"], value)
        assert value.task_id == raw["task_id"], item
    elif operation == "getWorkflowRun":
        check_run(item, raw, value)
        assert value.inputs == json.loads(raw["inputs"]), item
        assert value.task_id is None
    elif operation == "stopWorkflowTask":
        assert (value.result, value.headers["x-version"]) == ("success", item.version)
    elif operation == "listWorkflowLogs":
        assert [entry.id for entry in value] == [entry["id"] for entry in raw["data"]], item
        assert all(isinstance(entry.created_at, int) for entry in value), item
        assert (value.total, value.has_more) == (raw["total"], raw["has_more"]), item
        assert value.headers["x-version"] == item.version
    else:
        told = value.to_dict()
        assert raw.items() <= told.items() or "user_input_form" in raw, item


def check_error(item: Exchange, operation: str, error: APIError) -> None:
    assert error.status_code == item.status, item
    assert error.headers["x-version"] == item.version, item
    if "html" in item.content_type:
        assert isinstance(error, RouteNotFound), item
        needed = needed_for(operation)
        if needed is not None and not needed.on(Version.of(item.version)):
            assert f"needs Dify {needed.since} or later, and this is {item.version}" in str(
                error
            ), item
        return
    raw = item.json()
    assert not isinstance(error, RouteNotFound), item
    if "errors" in raw:
        assert (error.code, type(error)) == ("invalid_param", InvalidParam), item
        (name,) = raw["errors"]
        assert error.message == f"{name}: {raw['errors'][name]}", item
    else:
        assert error.code == raw["code"], item
        params = f"{raw['params']}: " if "params" in raw else ""
        assert error.message == params + raw["message"], item


def check(dify: Any, item: Exchange, operation: str, ask: Ask) -> str:
    """Ask for one recording, compare what comes back, and say what it was."""
    ends = is_run(item) and item.is_stream and names(item.events())[-1:]
    if item.status == 0 or (item.is_stream and not (ends and ends[0] in TERMINAL)):
        with pytest.raises(RunOutcomeUnknown):
            ask(dify, item)
        return "lost"
    if ends and ends[0] == "error":
        with pytest.raises(APIError) as caught:
            ask(dify, item)
        recorded = item.events()[-1]
        assert caught.value.message == recorded["message"], item
        assert caught.value.code == recorded.get("code"), item
        return "errors"
    if item.is_stream:
        check_stream(item, *ask(dify, item))
        return "streams"
    missing = operation == "getWorkflowRun" and item.status == 200 and not item.json()["id"]
    if item.status < 400 and not missing:
        check_answer(item, operation, ask(dify, item))
        return "answers"
    with pytest.raises(APIError) as caught:
        ask(dify, item)
    if missing:  # to 1.12: 200 with nulls
        assert isinstance(caught.value, NotFound), item
        assert (caught.value.status_code, caught.value.code) == (200, "not_found")
    else:
        check_error(item, operation, caught.value)
    return "errors"


@pytest.mark.sample(4)
@both
@each_version
def test_every_recording_is_an_answer_or_a_typed_error(kind: Kind, version: str) -> None:
    counts = {"answers": 0, "errors": 0, "streams": 0, "lost": 0, "beside": 0}
    with Recordings() as server, client(kind, server.url, max_retries=0) as dify, recorded_pauses():
        for item in exchanges(version):
            found = call_of(item)
            if found is None:
                counts["beside"] += 1
                continue
            server.item = item
            counts[check(dify, item, *found)] += 1
            assert str(dify.server_version) == version, item
        agents = {request.headers["user-agent"] for request in server.requests}
        assert agents == {f"dify-workflow/{installed('dify-workflow')}"}
    assert counts["streams"] >= 25
    assert counts["answers"] >= 60
    assert counts["errors"] >= 25
    assert counts["lost"] <= 10
    assert counts["beside"] <= 10
