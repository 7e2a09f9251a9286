"""Every row of the interface this client was asked for, in the simplest form a user would write."""

from __future__ import annotations

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
FINISHED = RUN.events()[-1]
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
def dify(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client without a key of its own: every call brings one."""
    monkeypatch.delenv("DIFY_API_KEY", raising=False)
    with answered(kind, _dify, api_key=None) as (server, made):
        made.requests = server.requests
        yield made


def _last(dify: Any) -> Request:
    request: Request = dify.requests[-1]
    return request


@both
def test_1_1_run_workflow(dify: Any) -> None:
    request = WorkflowRunRequest(api_key="app-1", inputs={"text": "你好", "num": 2})
    response = dify.run_workflow(request)
    assert isinstance(response, WorkflowRunResponse)
    assert response.id == FINISHED["workflow_run_id"]
    assert response.status == "succeeded"
    assert response.message == ""
    assert response.task_id == FINISHED["task_id"]
    assert _last(dify).headers["authorization"] == "Bearer app-1"
    assert _last(dify).json()["inputs"] == {"text": "你好", "num": 2}


@both
def test_1_2_run_workflow_stream(dify: Any) -> None:
    """Each message of the stream has the same four fields as the response of a run."""
    seen = []
    for message in dify.run_workflow_stream(WorkflowRunRequest(api_key="app-1", inputs={})):
        assert isinstance(message, WorkflowStreamEvent)
        seen.append((message.id, message.status, message.message, message.task_id))
    ids = FINISHED["workflow_run_id"], FINISHED["task_id"]
    assert {(id, task_id) for id, _, _, task_id in seen} == {ids}
    assert [status for _, status, _, _ in seen] == ["running"] * (len(seen) - 1) + ["succeeded"]
    texts = [
        event["data"]["text"] or "" for event in RUN.events() if event["event"] == "text_chunk"
    ]
    assert [message for _, _, message, _ in seen if message in texts and message] == [
        text for text in texts if text
    ]
    assert _last(dify).headers["authorization"] == "Bearer app-1"


@both
def test_1_3_stop_workflow_stream(dify: Any) -> None:
    response = dify.stop_workflow_stream("task-1", user_id="user-1", api_key="app-1")
    assert isinstance(response, WorkflowStopResponse)
    assert response.result == "success"
    assert _last(dify).path == "/v1/workflows/tasks/task-1/stop"
    assert _last(dify).json() == {"user": "user-1"}
    assert _last(dify).headers["authorization"] == "Bearer app-1"


@both
def test_1_4_info(dify: Any) -> None:
    run_id = DETAIL.json()["id"]
    response = dify.info(run_id, api_key="app-1")
    assert isinstance(response, WorkflowRunResponse)
    assert response.id == run_id
    assert response.status == "failed"
    assert response.message == DETAIL.json()["error"]
    assert response.task_id is None  # the server does not tell it here
    assert _last(dify).path == f"/v1/workflows/run/{run_id}"
    assert _last(dify).headers["authorization"] == "Bearer app-1"


@both
def test_2_1_logs(dify: Any) -> None:
    page = dify.logs(WorkflowLogsRequest(api_key="app-1", last_id=LAST_ID, limit=5))
    assert isinstance(page, DifyPageResult)
    assert len(page) == 5
    for log, recorded in zip(page, LOGS.json()["data"][4:9], strict=True):
        assert isinstance(log, WorkflowLogs)
        assert log.id == recorded["id"]
        assert log.status == recorded["workflow_run"]["status"]
        assert log.message == (recorded["workflow_run"]["error"] or "")
        assert log.created_at == recorded["created_at"]
        assert log.finished_at == recorded["workflow_run"]["finished_at"]
    assert _last(dify).headers["authorization"] == "Bearer app-1"


@both
def test_2_1_logs_lists_twenty_by_default(dify: Any) -> None:
    page = dify.logs(WorkflowLogsRequest(api_key="app-1"))
    assert (len(page), page.limit, page.has_more) == (20, 20, True)
    assert "last_id" not in _last(dify).query


def test_the_interface_is_the_class_dify_workflow() -> None:
    names = {"run_workflow", "run_workflow_stream", "stop_workflow_stream", "info", "logs"}
    for kind in (DifyWorkflow, AsyncDifyWorkflow):
        assert names <= {name for name in dir(kind) if not name.startswith("_")}
