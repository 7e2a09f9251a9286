"""What users write in their own tests: respx and pytest-httpx mock this client as any of httpx."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
import respx
from dify_workflow import ConnectionFailed, InvalidParam, RequestTimedOut, WorkflowRunRequest
from facade import Kind, both, client
from pytest_httpx import HTTPXMock

URL = "https://dify.example.com/v1"
RUN = f"{URL}/workflows/run"
IDS = {"workflow_run_id": "run-1", "task_id": "task-1"}
FINISHED: dict[str, Any] = {"id": "run-1", "status": "succeeded", "outputs": {"text": "Hello"}}
BLOCKING = {**IDS, "data": FINISHED}
EVENTS: list[dict[str, Any]] = [
    {"event": "workflow_started", **IDS, "data": {"id": "run-1"}},
    {"event": "text_chunk", **IDS, "data": {"text": "Hello"}},
    {"event": "workflow_finished", **IDS, "data": FINISHED},
]
STREAM = "".join(f"data: {json.dumps(event)}\n\n" for event in EVENTS)
SSE = {"content-type": "text/event-stream"}
REFUSED = {"code": "invalid_param", "message": "text is required in input form", "status": 400}


@both
@respx.mock
def test_respx_answers_a_streamed_run(kind: Kind) -> None:
    route = respx.post(RUN).respond(200, headers=SSE, text=STREAM)
    with client(kind, URL) as dify:
        stream = dify.run_workflow_stream({"text": "hi"})
        assert [item.event for item in stream] == [event["event"] for event in EVENTS]
        assert dify.run_workflow({"text": "hi"}).outputs == {"text": "Hello"}
    sent = json.loads(route.calls.last.request.content)
    assert (sent["inputs"], sent["response_mode"]) == ({"text": "hi"}, "streaming")


@both
@respx.mock
def test_respx_answers_a_blocking_run(kind: Kind) -> None:
    respx.post(RUN).respond(200, json=BLOCKING)
    with client(kind, URL) as dify:
        request = WorkflowRunRequest(inputs={"text": "hi"}, response_mode="blocking")
        response = dify.run_workflow(request)
    assert (response.id, response.outputs) == ("run-1", {"text": "Hello"})


@both
@respx.mock
def test_respx_refuses_and_fails(kind: Kind) -> None:
    route = respx.post(RUN)
    with client(kind, URL, max_retries=0) as dify:
        route.respond(400, json=REFUSED)
        with pytest.raises(InvalidParam, match="text is required"):
            dify.run_workflow({})
        route.side_effect = httpx.ConnectError
        with pytest.raises(ConnectionFailed):
            dify.run_workflow({})


@both
def test_pytest_httpx_answers_a_streamed_run(kind: Kind, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(method="POST", url=RUN, headers=SSE, text=STREAM, is_reusable=True)
    with client(kind, URL, api_key="app-test") as dify:
        stream = dify.run_workflow_stream({"text": "hi"})
        assert [item.event for item in stream] == [event["event"] for event in EVENTS]
        assert dify.run_workflow({"text": "hi"}).outputs == {"text": "Hello"}
    for sent in httpx_mock.get_requests():
        assert sent.headers["authorization"] == "Bearer app-test"
        assert json.loads(sent.content)["inputs"] == {"text": "hi"}


@both
def test_pytest_httpx_answers_a_blocking_run(kind: Kind, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(method="POST", url=RUN, json=BLOCKING)
    with client(kind, URL) as dify:
        request = WorkflowRunRequest(inputs={"text": "hi"}, response_mode="blocking")
        response = dify.run_workflow(request)
    assert (response.id, response.outputs) == ("run-1", {"text": "Hello"})


@both
def test_pytest_httpx_refuses_and_fails(kind: Kind, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(method="POST", url=RUN, status_code=400, json=REFUSED)
    httpx_mock.add_exception(httpx.ConnectTimeout("too slow"), method="POST", url=RUN)
    with client(kind, URL, max_retries=0) as dify:
        with pytest.raises(InvalidParam, match="text is required"):
            dify.run_workflow({})
        with pytest.raises(RequestTimedOut):
            dify.run_workflow({})


@both
def test_a_mocked_stream_that_breaks_is_recovered(kind: Kind, httpx_mock: HTTPXMock) -> None:
    first, rest = STREAM[: STREAM.index("\n\n") + 2], STREAM[STREAM.index("\n\n") + 2 :]
    httpx_mock.add_response(
        method="POST", url=RUN, headers=SSE | {"x-version": "1.14.2"}, text=first
    )
    events = re.compile(f"{URL}/workflow/run-1/events.*")
    httpx_mock.add_response(method="GET", url=events, headers=SSE, text=rest)
    with client(kind, URL) as dify, dify.run_workflow_stream({}) as stream:
        assert stream.result().outputs == {"text": "Hello"}
        assert stream.recovered
