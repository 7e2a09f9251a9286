"""The request of a run: what it sends, and what is refused before anything is sent."""

from __future__ import annotations

import collections
import math
import re
import time
import types
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from dify_workflow import InvalidArgument, WorkflowRunRequest
from dify_workflow._api.versions import Server
from dify_workflow._runs.run import plan
from dify_workflow.options import Options
from facade import Kind, answered, both
from odd_values import circle
from replay_server import Reply


def sent(request: Any, **options: Any) -> dict[str, Any]:
    """The JSON body that a run's request sends."""
    run = plan(request, Options(api_key="app-x"), options, Server(), time.monotonic)
    assert run.start is not None
    body: dict[str, Any] = run.start.kwargs["json"]
    return body


FILE = {"type": "image", "transfer_method": "remote_url", "url": "http://host.example/a.png"}


TEXT: dict[str, Any] = {"text": "a"}
LIKE_A_REQUEST: list[dict[str, Any]] = [
    {"inputs": {}},
    {"inputs": TEXT},
    {"inputs": TEXT, "user": "somebody"},
    {"inputs": TEXT, "user": "somebody", "response_mode": "streaming"},
    {"inputs": TEXT, "user": "somebody", "files": [], "api_key": "app-x"},
    {"inputs": types.MappingProxyType({}), "workflow_id": "w", "trace_id": "t"},
]
INPUTS: list[Any] = [
    {"inputs": "text"},
    {"inputs": None},
    {"inputs": [1]},
    {"user": "somebody", "files": []},
    {"inputs": {"a": 1}, "another": 2},
    {},
    types.MappingProxyType({"a": 1}),
    collections.ChainMap({"a": 1}),
]


def test_a_mapping_that_looks_like_a_whole_request_is_refused() -> None:
    for mapping in LIKE_A_REQUEST:
        with pytest.raises(InvalidArgument, match=r"WorkflowRunRequest\(inputs=") as caught:
            WorkflowRunRequest.of(mapping)
        assert isinstance(caught.value, ValueError)
        assert caught.value.field == "request"
    for mapping in INPUTS:
        assert sent(mapping)["inputs"] == mapping
    assert sent(WorkflowRunRequest(inputs={"inputs": TEXT}))["inputs"] == {"inputs": TEXT}


# What is no request, and fields of one that cannot be, by the field that is named.
NO_REQUESTS: dict[str, list[Any]] = {"request": ["text", [("a", 1)], 5], "inputs": [None, {1: 2}]}
BAD_FIELDS: dict[str, list[Any]] = {
    "inputs": [None, "a", [("a", 1)]],
    "inputs.a": [{"a": math.nan}],
    "response_mode": ["stream", []],
    "files": ["a", {"a": 1}, ["a"], [5], [{"type": "image"}], [FILE | {"transfer_method": "post"}]],
    "files[0]": [[b"a"]],
    "workflow_id": ["", " ", 5, ".", "..", "\ud800"],
    "trace_id": [5, "\ud800"],
    "trace_session_id": [b"a"],
}


@pytest.mark.parametrize("field", sorted({*NO_REQUESTS, *BAD_FIELDS}))
def test_a_bad_request_is_refused_by_its_field(field: str) -> None:
    name = re.split(r"\W", field)[0]

    def send(value: Any) -> None:
        given: dict[str, Any] = {"inputs": {}, name: value}
        sent(WorkflowRunRequest(**given))

    calls: list[Callable[[], Any]] = [partial(sent, it) for it in NO_REQUESTS.get(field, [])]
    calls += [partial(send, value) for value in BAD_FIELDS.get(field, [])]
    for call in calls:
        with pytest.raises(InvalidArgument) as caught:
            call()
        assert caught.value.field == field, call


LONG = "a" * 70_000  # for a URL
CALLS: list[tuple[Callable[[Any], Any], str | None]] = [
    (lambda dify: dify.run_workflow({"a": circle()}), None),
    (lambda dify: dify.info("\ud800"), None),
    (lambda dify: dify.stop_workflow_stream("\ud800"), None),
    (lambda dify: dify.attach("\ud800"), None),
    (lambda dify: dify.info(LONG), "URL"),
    (lambda dify: dify.logs(keyword=LONG), "URL"),
    (lambda dify: dify.stop_workflow_stream(LONG), "URL"),
]


@both
def test_what_cannot_be_sent_is_refused_before_a_connection_is_made(kind: Kind) -> None:
    with answered(kind, Reply.json(200, {})) as (server, dify):
        for call, told in CALLS:
            with pytest.raises(InvalidArgument, match=told):
                call(dify)
        assert server.connections == 0
