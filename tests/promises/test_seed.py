"""Every row of the interface this client was asked for, in the simplest form a user would write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    DifyPageResult,
    DifyWorkflow,
    WorkflowLogs,
    WorkflowLogsRequest,
    WorkflowRunRequest,
    WorkflowRunResponse,
    WorkflowStopResponse,
    WorkflowStreamEvent,
)
from facade import Kind, answered, both
from replay_server import Reply, Request
from wire_archive import exchange

RUN = exchange("1.14.2", "run/echo_unicode_streaming")
IDS = RUN.events()[-1]["workflow_run_id"], RUN.events()[-1]["task_id"]
DETAIL = exchange("1.14.2", "detail/failed")
LOGS = exchange("1.14.2", "logs/default")
LAST_ID = LOGS.json()["data"][3]["id"]


def _dify(request: Request) -> Reply:
    """A server that answers each endpoint with what a real one sent."""
    match request.method, request.path.removeprefix("/v1").split("/")[1:]:
        case "POST", ["workflows", "run"]:
            return Reply.of(RUN, hold_open=60)
        case "POST", ["workflows", "tasks", _, "stop"]:
            return Reply.of(exchange("1.14.2", "stop/finished"))
        case "GET", ["workflows", "run", _]:
            return Reply.of(DETAIL)
        case "GET", ["workflows", "logs"]:
            return Reply.of(LOGS)
    raise AssertionError(f"unexpected {request}")


@pytest.fixture
def dify(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client without a key of its own: every call brings one."""
    monkeypatch.delenv("DIFY_API_KEY", raising=False)
    with answered(kind, _dify, api_key=None) as (server, made):
        made.requests = server.requests
        yield made
        sent = {request.headers["authorization"] for request in server.requests}
        assert sent == {"Bearer app-1"}


@both
def test_1_1_run_workflow(dify: Any) -> None:
    inputs = {"text": "你好", "num": 2}
    response = dify.run_workflow(WorkflowRunRequest(api_key="app-1", inputs=inputs))
    assert isinstance(response, WorkflowRunResponse)
    assert (response.id, response.task_id) == IDS
    assert (response.status, response.message) == ("succeeded", "")
    assert dify.requests[-1].json()["inputs"] == inputs


@both
def test_1_2_run_workflow_stream(dify: Any) -> None:
    """Each message of the stream has the same four fields as the response of a run."""
    messages = list(dify.run_workflow_stream(WorkflowRunRequest(api_key="app-1", inputs={})))
    assert {type(message) for message in messages} == {WorkflowStreamEvent}
    assert {(message.id, message.task_id) for message in messages} == {IDS}
    *others, last = [message.status for message in messages]
    assert (set(others), last) == ({"running"}, "succeeded")
    texts = [event["data"]["text"] for event in RUN.events() if event["event"] == "text_chunk"]
    told = [message.message for message in messages if message.event == "text_chunk"]
    assert "".join(told) == "".join(texts) != ""


@both
def test_1_3_stop_workflow_stream(dify: Any) -> None:
    response = dify.stop_workflow_stream("task-1", user_id="user-1", api_key="app-1")
    assert isinstance(response, WorkflowStopResponse)
    assert response.result == "success"
    (request,) = dify.requests
    assert (request.path, request.json()) == ("/v1/workflows/tasks/task-1/stop", {"user": "user-1"})


@both
def test_1_4_info(dify: Any) -> None:
    raw = DETAIL.json()
    response = dify.info(raw["id"], api_key="app-1")
    assert isinstance(response, WorkflowRunResponse)
    assert (response.id, response.task_id) == (raw["id"], None)  # which is not told here
    assert (response.status, response.message) == ("failed", raw["error"])
    assert dify.requests[-1].path == f"/v1/workflows/run/{raw['id']}"


@both
def test_2_1_logs(dify: Any) -> None:
    page = dify.logs(WorkflowLogsRequest(api_key="app-1", last_id=LAST_ID, limit=5))
    assert isinstance(page, DifyPageResult)
    assert len(page) == 5
    for log, recorded in zip(page, LOGS.json()["data"][4:9], strict=True):
        run = recorded["workflow_run"]
        assert isinstance(log, WorkflowLogs)
        assert (log.id, log.created_at) == (recorded["id"], recorded["created_at"])
        assert (log.status, log.message) == (run["status"], run["error"] or "")
        assert log.finished_at == run["finished_at"]
    page = dify.logs(WorkflowLogsRequest(api_key="app-1"))
    assert (len(page), page.limit, page.has_more) == (20, 20, True)
    assert "last_id" not in dify.requests[-1].query


def test_the_interface_is_the_class_dify_workflow() -> None:
    names = {"run_workflow", "run_workflow_stream", "stop_workflow_stream", "info", "logs"}
    for kind in (DifyWorkflow, AsyncDifyWorkflow):
        assert names <= {name for name in dir(kind) if not name.startswith("_")}
