"""What users write in their own tests: respx and pytest-httpx mock this client as any of httpx."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx
from dify_workflow import ConnectionFailed, InvalidParam, RequestTimedOut
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


@pytest.fixture(params=["respx", "pytest_httpx"])
def mock(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any, Any]]:
    """Give what answers the next run, what lets it fail, and what lists the requests."""
    if request.param == "respx":
        with respx.mock:
            route = respx.post(RUN)
            yield (
                route.respond,
                lambda error: setattr(route, "side_effect", error),
                lambda: [call.request for call in route.calls],
            )
        return
    mock: HTTPXMock = request.getfixturevalue("httpx_mock")
    yield (
        lambda status=200, **answer: mock.add_response(url=RUN, status_code=status, **answer),
        lambda error: mock.add_exception(error, url=RUN),
        mock.get_requests,
    )


@both
def test_a_mock_answers_refuses_and_fails(kind: Kind, mock: tuple[Any, Any, Any]) -> None:
    answer, fail, requests = mock
    with client(kind, URL, api_key="app-test", max_retries=0) as dify:
        answer(headers=SSE, text=STREAM)
        stream = dify.run_workflow_stream({"text": "hi"})
        assert [item.event for item in stream] == [event["event"] for event in EVENTS]
        answer(headers=SSE, text=STREAM)
        assert dify.run_workflow({"text": "hi"}).outputs == {"text": "Hello"}
        answer(json=BLOCKING)
        response = dify.run_workflow({"text": "hi"}, response_mode="blocking")
        assert (response.id, response.outputs) == ("run-1", {"text": "Hello"})
        answer(400, json=REFUSED)
        with pytest.raises(InvalidParam, match="text is required"):
            dify.run_workflow({"text": "hi"})
        for error, expected in (
            (httpx.ConnectError("refused"), ConnectionFailed),
            (httpx.ConnectTimeout("too slow"), RequestTimedOut),
        ):
            fail(error)
            with pytest.raises(expected):
                dify.run_workflow({"text": "hi"})
        assert len(requests()) == 6
    for sent in requests():
        assert sent.headers["authorization"] == "Bearer app-test"
        assert json.loads(sent.content)["inputs"] == {"text": "hi"}


@both
def test_a_mocked_stream_that_breaks_is_recovered(kind: Kind, httpx_mock: HTTPXMock) -> None:
    first, separator, rest = STREAM.partition("\n\n")
    head = SSE | {"x-version": "1.14.2"}
    httpx_mock.add_response(method="POST", url=RUN, headers=head, text=first + separator)
    events = re.compile(f"{URL}/workflow/run-1/events.*")
    httpx_mock.add_response(method="GET", url=events, headers=SSE, text=rest)
    with client(kind, URL) as dify, dify.run_workflow_stream({}) as stream:
        assert stream.result().outputs == {"text": "Hello"}
        assert stream.recovered
