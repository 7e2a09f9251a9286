"""The sync and the async client are one interface, and it covers the contract."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import dify_workflow
import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    AsyncWorkflowStream,
    DifyWorkflow,
    WorkflowRunRequest,
    WorkflowStream,
)
from dify_workflow_api.operations import OPERATIONS
from facade import Kind, both, client
from recorded_models import PLAIN
from replay_server import ReplayServer, Reply, Request
from slow_runs import RUN
from wire_archive import exchange

PAIRS = [(DifyWorkflow, AsyncDifyWorkflow), (WorkflowStream, AsyncWorkflowStream)]
# What the async classes do without `await`: nothing is sent by these.
NOT_AWAITED = {
    *("attach", "iter_logs", "resume", "run_workflow_stream", "text_to_audio", "with_options"),
    "start",  # what it returns is awaited, or entered
}

# fmt: off
PUBLIC = [
    "APIError", "AppUnavailable", "AsyncDifyWorkflow", "AsyncStartedStream",
    "AsyncWorkflowStream",
    "AuthenticationError", "CallOptions", "ConnectionFailed", "DeadlineExceeded", "DifyError",
    "DifyPageResult", "DifyWorkflow", "EventTooLarge", "FormClosed", "GatewayError",
    "InputWarning", "InvalidArgument", "InvalidParam", "NotFound", "PermissionDenied",
    "ProviderError", "QuotaExceeded", "RedirectRefused", "RequestTimedOut", "ResponseTooLarge",
    "RouteNotFound", "RunNotFinished", "RunOptions", "RunOutcomeUnknown", "Secret", "ServerError",
    "SeveralTexts", "StartedStream", "StreamClosed", "TooLarge", "TooManyRequests",
    "UnreadableAnswer",
    "UnsupportedMediaType", "WorkflowFailed", "WorkflowFile",
    "WorkflowForm", "WorkflowLogs", "WorkflowLogsRequest", "WorkflowRunRequest",
    "WorkflowRunResponse", "WorkflowStopResponse", "WorkflowStream", "WorkflowStreamEvent",
    "input_form", "is_missing", "json_text", "split_reasoning", "to_json",
]
# fmt: on

each_pair = pytest.mark.parametrize(("plain", "waiting"), PAIRS, ids=["client", "stream"])


def _public(kind: type) -> dict[str, Any]:
    return {
        name: inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")
    }


def test_the_public_names() -> None:
    assert dify_workflow.__all__ == sorted(PUBLIC)
    assert all(hasattr(dify_workflow, name) for name in PUBLIC)


@each_pair
def test_what_fetches_is_awaited(plain: type, waiting: type) -> None:
    methods = {n: m for n, m in _public(waiting).items() if inspect.isfunction(m)}
    awaited = {name for name, method in methods.items() if inspect.iscoroutinefunction(method)}
    assert set(methods) - awaited <= NOT_AWAITED
    assert not awaited & NOT_AWAITED
    assert not any(map(inspect.iscoroutinefunction, _public(plain).values()))


@each_pair
def test_every_public_member_says_what_it_does(plain: type, waiting: type) -> None:
    for kind in (plain, waiting):
        for name, member in _public(kind).items():
            assert inspect.getdoc(member), f"{kind.__name__}.{name}"


@pytest.mark.long
def test_the_facade_names_every_operation_and_no_path() -> None:
    """By its operationId; method and path are in the contract alone."""
    rooms = Path(dify_workflow.__file__).parent
    paths = [*rooms.glob("*.py"), *rooms.glob("_*/**/*.py"), *rooms.glob("types/*.py")]
    sources = [path.read_text() for path in paths]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    assert set(OPERATIONS) <= texts
    assert not {path for _, path, _ in OPERATIONS.values()} & texts


def _answer(request: Request) -> Reply:
    if request.path.endswith("/logs"):
        return Reply.of(exchange("1.14.2", "logs/default"))
    if request.path.endswith("/stop"):
        return Reply.json(200, {"result": "success"})
    if request.method == "POST" or request.path.endswith("/events"):
        return Reply.of(RUN)
    return Reply.of(exchange("1.14.2", "detail/empty"))


def _operation(request: Request) -> str:
    """The operationId that a request belongs to."""
    for operation, (method, path, _) in OPERATIONS.items():
        pattern = "/v1" + re.sub(r"\{\w+\}", "[^/]+", path)
        if request.method == method and re.fullmatch(pattern, request.path):
            return operation
    raise AssertionError(f"{request.method} {request.path} is not in the contract")


@both
def test_runs_and_logs_on_the_wire_are_the_contracts(kind: Kind) -> None:
    with ReplayServer(_answer) as server, client(kind, server.url) as dify:
        dify.run_workflow({})
        dify.run_workflow(WorkflowRunRequest(inputs={}, workflow_id="w"))
        list(dify.attach("r"))
        dify.info("r")
        dify.stop_workflow_stream("t")
        dify.logs(page=1)
        used = [_operation(request) for request in server.requests]
    tags = {"runs", "logs"}
    expected = [name for name, (*_, module) in OPERATIONS.items() if module.split(".")[2] in tags]
    assert sorted(used) == sorted(set(expected) - PLAIN.keys())
