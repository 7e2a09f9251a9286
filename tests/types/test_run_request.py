"""The request of a run: what it sends, and what is refused before anything is sent."""

from __future__ import annotations

import collections
import math
import time
import types
from collections.abc import Callable
from typing import Any

import pytest
from dify_workflow import InvalidArgument, WorkflowRunRequest
from dify_workflow._api.versions import Server
from dify_workflow._runs.run import plan
from dify_workflow.options import Options
from facade import Kind, both, client
from odd_values import (
    NOON,
    circle,
)
from replay_server import ReplayServer


def sent(request: Any, **options: Any) -> dict[str, Any]:
    """The JSON body that a run's request sends."""
    run = plan(request, Options(api_key="app-x"), options, Server(), time.monotonic)
    assert run.start is not None
    body: dict[str, Any] = run.start.kwargs["json"]
    return body


def test_a_mapping_is_taken_as_the_inputs() -> None:
    for mapping in ({"a": 1}, types.MappingProxyType({"a": 1}), collections.ChainMap({"a": 1})):
        assert sent(mapping)["inputs"] == {"a": 1}
    assert sent({})["inputs"] == {}


FILE = {"type": "image", "transfer_method": "remote_url", "url": "http://host.example/a.png"}


def test_a_request_sends_what_it_was_given() -> None:
    request = WorkflowRunRequest(
        inputs={"when": NOON}, files=(FILE,), trace_id="t", trace_session_id="s"
    )
    assert sent(request, user="somebody") == {
        "inputs": {"when": "2026-11-22T12:30:01.000005+00:00"},
        "files": [FILE],
        "trace_id": "t",
        "trace_session_id": "s",
        "user": "somebody",
        "response_mode": "streaming",
    }
    assert sent({"a": 1}).keys() == {"inputs", "user", "response_mode"}


LIKE_A_REQUEST: list[dict[str, Any]] = [
    {"inputs": {}},
    {"inputs": {"text": "a"}},
    {"inputs": {"text": "a"}, "user": "somebody"},
    {"inputs": {"text": "a"}, "user": "somebody", "response_mode": "streaming"},
    {"inputs": {"text": "a"}, "user": "somebody", "files": [], "api_key": "app-x"},
    {"inputs": types.MappingProxyType({}), "workflow_id": "w", "trace_id": "t"},
]


@pytest.mark.parametrize("mapping", LIKE_A_REQUEST, ids=str)
def test_a_mapping_that_looks_like_a_whole_request_is_refused(mapping: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=r"WorkflowRunRequest\(inputs=") as caught:
        WorkflowRunRequest.of(mapping)
    assert isinstance(caught.value, ValueError)
    assert caught.value.field == "request"


INPUTS_OF_SUCH_NAMES: list[dict[str, Any]] = [
    {"inputs": "text"},
    {"inputs": None},
    {"inputs": [1]},
    {"user": "somebody", "files": []},
    {"inputs": {"a": 1}, "another": 2},
]


@pytest.mark.parametrize("mapping", INPUTS_OF_SUCH_NAMES, ids=str)
def test_inputs_may_have_such_names(mapping: dict[str, Any]) -> None:
    assert sent(mapping)["inputs"] == mapping


def test_inputs_that_look_like_a_request_can_be_sent_as_one() -> None:
    assert sent(WorkflowRunRequest(inputs={"inputs": {"a": 1}}))["inputs"] == {"inputs": {"a": 1}}


BAD_REQUESTS: list[tuple[Any, str]] = [
    (None, "inputs"),
    ("text", "request"),
    ([("a", 1)], "request"),
    (5, "request"),
    ({1: 2}, "inputs"),
    (WorkflowRunRequest(inputs=None), "inputs"),  # type: ignore[arg-type]
    (WorkflowRunRequest(inputs="a"), "inputs"),  # type: ignore[arg-type]
    (WorkflowRunRequest(inputs=[("a", 1)]), "inputs"),  # type: ignore[arg-type]
    (WorkflowRunRequest(inputs={"a": math.nan}), "inputs.a"),
    (WorkflowRunRequest(inputs={}, response_mode="stream"), "response_mode"),  # type: ignore[arg-type]
    (WorkflowRunRequest(inputs={}, response_mode=[]), "response_mode"),  # type: ignore[arg-type]
    (WorkflowRunRequest(inputs={}, files="a"), "files"),
    (WorkflowRunRequest(inputs={}, files={"a": 1}), "files"),  # type: ignore[arg-type]
    (WorkflowRunRequest(inputs={}, files=[b"a"]), "files[0]"),
    (WorkflowRunRequest(inputs={}, files=["a"]), "files"),
    (WorkflowRunRequest(inputs={}, files=[5]), "files"),
    (WorkflowRunRequest(inputs={}, files=[{"type": "image"}]), "files"),
    (WorkflowRunRequest(inputs={}, files=[FILE | {"transfer_method": "post"}]), "files"),
    (WorkflowRunRequest(inputs={}, workflow_id=""), "workflow_id"),
    (WorkflowRunRequest(inputs={}, workflow_id=5), "workflow_id"),  # type: ignore[arg-type]
    (WorkflowRunRequest(inputs={}, workflow_id=".."), "workflow_id"),
    (WorkflowRunRequest(inputs={}, workflow_id="\ud800"), "workflow_id"),
    (WorkflowRunRequest(inputs={}, trace_id=5), "trace_id"),  # type: ignore[arg-type]
    (WorkflowRunRequest(inputs={}, trace_id="\ud800"), "trace_id"),
    (WorkflowRunRequest(inputs={}, trace_session_id=b"a"), "trace_session_id"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("request_", "field"), BAD_REQUESTS, ids=repr)
def test_a_bad_request_is_refused_by_its_field(request_: Any, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        sent(request_)
    assert caught.value.field == field


@both
def test_what_is_too_long_for_a_url_is_refused(kind: Kind) -> None:
    calls: list[Callable[[Any], Any]] = [
        lambda dify: dify.info("a" * 70_000),
        lambda dify: dify.logs(keyword="a" * 70_000),
        lambda dify: dify.stop_workflow_stream("a" * 70_000),
    ]
    with client(kind, "http://127.0.0.1:9") as dify:
        for call in calls:
            with pytest.raises(InvalidArgument, match="URL"):
                call(dify)


@both
def test_what_cannot_be_sent_is_refused_before_a_connection_is_made(kind: Kind) -> None:
    calls: list[Callable[[Any], Any]] = [
        lambda dify: dify.run_workflow({"a": circle()}),
        lambda dify: dify.run_workflow_stream({"a": math.nan}),
        lambda dify: dify.run_workflow({"a": 1}, extra_body={"b": b"a"}),
        lambda dify: dify.info("\ud800"),
        lambda dify: dify.stop_workflow_stream("\ud800"),
        lambda dify: dify.attach("\ud800"),
        lambda dify: dify.logs(keyword="\ud800"),
        lambda dify: dify.logs(5),
    ]
    with ReplayServer([]) as server, client(kind, server.url) as dify:
        for call in calls:
            with pytest.raises(InvalidArgument):
                call(dify)
        assert server.connections == 0
