"""The request of a run: what it sends, and what is refused before anything is sent."""

from __future__ import annotations

import collections
import math
import re
import time
import types
from collections.abc import Callable
from typing import Any

import pytest
from dify_workflow import InvalidArgument, WorkflowRunRequest
from dify_workflow._api.versions import Server
from dify_workflow._runs.run import plan
from dify_workflow.options import Options
from facade import Kind, answered, both
from odd_values import NOON, circle
from replay_server import Reply


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


TEXT: dict[str, Any] = {"text": "a"}
LIKE_A_REQUEST: list[dict[str, Any]] = [
    {"inputs": {}},
    {"inputs": TEXT},
    {"inputs": TEXT, "user": "somebody"},
    {"inputs": TEXT, "user": "somebody", "response_mode": "streaming"},
    {"inputs": TEXT, "user": "somebody", "files": [], "api_key": "app-x"},
    {"inputs": types.MappingProxyType({}), "workflow_id": "w", "trace_id": "t"},
]
INPUTS_OF_SUCH_NAMES: list[dict[str, Any]] = [
    {"inputs": "text"},
    {"inputs": None},
    {"inputs": [1]},
    {"user": "somebody", "files": []},
    {"inputs": {"a": 1}, "another": 2},
]


def test_a_mapping_that_looks_like_a_whole_request_is_refused() -> None:
    for mapping in LIKE_A_REQUEST:
        with pytest.raises(InvalidArgument, match=r"WorkflowRunRequest\(inputs=") as caught:
            WorkflowRunRequest.of(mapping)
        assert isinstance(caught.value, ValueError)
        assert caught.value.field == "request"
    for mapping in INPUTS_OF_SUCH_NAMES:
        assert sent(mapping)["inputs"] == mapping
    assert sent(WorkflowRunRequest(inputs={"inputs": TEXT}))["inputs"] == {"inputs": TEXT}


# What is no request, and fields of one that cannot be, by the field that is named.
NO_REQUESTS: list[tuple[Any, str]] = [
    *((value, "request") for value in ("text", [("a", 1)], 5)),
    *((value, "inputs") for value in (None, {1: 2})),
]
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


@pytest.mark.parametrize("field", BAD_FIELDS)
def test_a_bad_request_is_refused_by_its_field(field: str) -> None:
    name = re.split(r"\W", field)[0]
    requests: list[Any] = [{"inputs": {}, name: value} for value in BAD_FIELDS[field]]
    for given in requests:
        with pytest.raises(InvalidArgument) as caught:
            sent(WorkflowRunRequest(**given))
        assert caught.value.field == field, given


def test_what_is_no_request_is_refused() -> None:
    for request, field in NO_REQUESTS:
        with pytest.raises(InvalidArgument) as caught:
            sent(request)
        assert caught.value.field == field, request


LONG = "a" * 70_000  # for a URL
CALLS: list[tuple[Callable[[Any], Any], str | None]] = [
    (lambda dify: dify.run_workflow({"a": circle()}), None),
    (lambda dify: dify.run_workflow_stream({"a": math.nan}), None),
    (lambda dify: dify.run_workflow({"a": 1}, extra_body={"b": b"a"}), None),
    (lambda dify: dify.info("\ud800"), None),
    (lambda dify: dify.stop_workflow_stream("\ud800"), None),
    (lambda dify: dify.attach("\ud800"), None),
    (lambda dify: dify.logs(keyword="\ud800"), None),
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
