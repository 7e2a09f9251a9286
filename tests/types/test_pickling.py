"""What is pickled comes back whole, without live connections."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

from dify_workflow import (
    WorkflowLogsRequest,
    WorkflowRunRequest,
)
from facade import API_KEY, Kind, both, client
from replay_server import ReplayServer, Reply
from slow_runs import RUN
from wire_archive import exchange

BLOCKING = exchange("1.14.2", "run/empty_blocking")
DETAIL = exchange("1.14.2", "detail/empty")
LOGS = exchange("1.14.2", "logs/default")


@both
def test_clients_are_pickled_without_their_connections(kind: Kind) -> None:
    with ReplayServer([Reply.of(BLOCKING)]) as server:
        options = {"user": "me", "default_headers": {"X-A": "1"}, "max_retries": 7}
        with client(kind, server.url, **options) as dify:
            request = WorkflowRunRequest(inputs={}, response_mode="blocking")
            dify.run_workflow(request)  # so that it has connections
            made: Any = dify if kind == "sync" else dify._inner
            for original in (made, made.with_options(user="you")):
                copy = pickle.loads(pickle.dumps(original))
                assert (type(copy), repr(copy)) == (type(made), repr(made))
                assert copy._settings.options == original._settings.options
                if kind == "sync":
                    with copy:
                        copy.run_workflow(request)
                else:
                    asyncio.run(copy.run_workflow(request))
        sent = server.requests
    assert [item.connection for item in sent] == [1, 2, 3]
    assert [item.json()["user"] for item in sent] == ["me", "me", "you"]
    assert {(item.headers["x-a"], item.headers["authorization"]) for item in sent} == {
        ("1", f"Bearer {API_KEY}")
    }


def test_requests_and_responses_are_pickled() -> None:
    replies = [Reply.of(RUN), Reply.of(BLOCKING), Reply.of(DETAIL), Reply.of(LOGS)]
    with ReplayServer(replies) as server, client("sync", server.url) as dify:
        responses = [
            dify.run_workflow({}),
            dify.run_workflow(WorkflowRunRequest(inputs={}, response_mode="blocking")),
            dify.info("x"),
            dify.logs(page=1),
        ]
    requests = [
        WorkflowRunRequest(inputs={"a": 1}, api_key="app-1", files=[{"type": "image"}]),
        WorkflowLogsRequest(api_key="app-1", last_id=responses[3].data[0], limit=3),
    ]
    for value in [*responses, *requests]:
        copy = pickle.loads(pickle.dumps(value))
        assert copy == value
        assert repr(copy) == repr(value)
        assert getattr(copy, "headers", None) == getattr(value, "headers", None)
    assert pickle.loads(pickle.dumps(requests[0])).api_key == "app-1"
