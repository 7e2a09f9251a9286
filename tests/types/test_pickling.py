"""What is pickled or copied comes back whole: exceptions, clients, requests, responses."""

from __future__ import annotations

import asyncio
import copy
import pickle
import re
from typing import Any

import dify_workflow
import httpx
import pytest
from dify_workflow import (
    DeadlineExceeded,
    RunOutcomeUnknown,
    WorkflowFailed,
    WorkflowLogsRequest,
    WorkflowRunRequest,
    errors,
)
from dify_workflow._api.logs import log_entry
from dify_workflow._api.results import from_detail
from error_answers import ERRORS, answer_of
from facade import API_KEY, Kind, answered, both
from slow_runs import RUN as STREAM
from wire_archive import exchange

BLOCKING, DETAIL, LOGS = (
    exchange("1.14.2", case) for case in ("run/empty_blocking", "detail/partial", "logs/default")
)
ENTRY = log_entry(LOGS.json()["data"][0])
RUN = from_detail(answer_of(DETAIL))
MADE: dict[type[Exception], dict[str, Any]] = {
    errors.InvalidArgument: {"field": "user"},
    WorkflowFailed: {"response": RUN},
    RunOutcomeUnknown: {"run_id": "r", "task_id": "t", "user": "u", "candidates": (ENTRY,)},
    DeadlineExceeded: {"run_id": "r", "task_id": "t", "status": "running"},
    errors.APIError: {
        "status_code": 400,
        "code": "c",
        "message": "m",
        "body": "b",
        "headers": httpx.Headers({"X-Trace-Id": "trace"}),
        "retry_after": 1.5,
        "hint": "h",
    },
}
CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and value.__module__ == errors.__name__
]


def arguments(kind: type[Exception]) -> dict[str, Any]:
    return next((MADE[base] for base in kind.__mro__ if base in MADE), {})


@pytest.mark.parametrize("kind", CLASSES)
def test_an_exception_survives_pickle_and_copy(kind: type[Exception]) -> None:
    error = kind("text", **arguments(kind))
    pickled = [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)]
    for again in (copy.copy(error), copy.deepcopy(error), *pickled):
        assert type(again) is kind
        assert (str(again), again.args) == ("text", ("text",))
        assert vars(again) == vars(error)
        assert vars(again).items() >= arguments(kind).items()


def test_an_answers_error_survives_pickle() -> None:
    for item in ERRORS:
        error = answer_of(item).error()
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), vars(again)) == (type(error), vars(error)), item


def test_the_classes_have_one_base_and_the_builtin_ones_that_are_expected() -> None:
    assert all(issubclass(kind, errors.DifyError) for kind in CLASSES)
    assert issubclass(errors.InvalidArgument, ValueError)
    assert issubclass(errors.RequestTimedOut, TimeoutError)
    assert issubclass(DeadlineExceeded, TimeoutError)
    assert not issubclass(RunOutcomeUnknown, errors.APIError)
    names = {kind.__name__ for kind in CLASSES}
    assert names <= set(re.findall(r"[A-Z]\w+", errors.__doc__ or ""))
    assert names <= set(dify_workflow.__all__)


@both
def test_clients_are_pickled_without_their_connections(kind: Kind) -> None:
    options = {"user": "me", "default_headers": {"X-A": "1"}, "max_retries": 7}
    request = WorkflowRunRequest(inputs={}, response_mode="blocking")
    with answered(kind, BLOCKING, **options) as (server, dify):
        dify.run_workflow(request)  # so that it has connections
        made: Any = dify if kind == "sync" else dify._inner
        for original in (made, made.with_options(user="you")):
            again = pickle.loads(pickle.dumps(original))
            assert (type(again), repr(again)) == (type(made), repr(made))
            assert again._settings.options == original._settings.options
            if kind == "sync":
                with again:
                    again.run_workflow(request)
            else:
                asyncio.run(again.run_workflow(request))
        sent = server.requests
    assert [item.connection for item in sent] == [1, 2, 3]
    assert [item.json()["user"] for item in sent] == ["me", "me", "you"]
    assert {(item.headers["x-a"], item.headers["authorization"]) for item in sent} == {
        ("1", f"Bearer {API_KEY}")
    }


def test_requests_and_responses_are_pickled() -> None:
    with answered("sync", STREAM, BLOCKING, DETAIL, LOGS) as (_, dify):
        responses = [
            dify.run_workflow({}),
            dify.run_workflow({}, response_mode="blocking"),
            dify.info("x"),
            dify.logs(page=1),
        ]
    requests = [
        WorkflowRunRequest(inputs={"a": 1}, api_key="app-1", files=[{"type": "image"}]),
        WorkflowLogsRequest(api_key="app-1", last_id=responses[3].data[0], limit=3),
    ]
    for value in [*responses, *requests]:
        again = pickle.loads(pickle.dumps(value))
        assert again == value
        assert repr(again) == repr(value)
        assert getattr(again, "headers", None) == getattr(value, "headers", None)
    assert pickle.loads(pickle.dumps(requests[0])).api_key == "app-1"
