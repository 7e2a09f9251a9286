"""Every operation of the contract has a method on both clients, and each method sends its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    DifyWorkflow,
    PermissionDenied,
    WorkflowForm,
    WorkflowRunRequest,
)
from dify_workflow_api.models import FormAction
from dify_workflow_api.operations import OPERATIONS
from facade import Kind, both, client
from recorded_models import PLAIN, SPECIFIED, component

FORM = WorkflowForm(
    token="f",
    content="",
    inputs=[],
    actions=[FormAction(id="a", title="A", button_style="default")],
    expires_at=None,
    defaults={},
)

# One call for each operation that has no method of the contract's (`x-method`).
CALLS: dict[str, Callable[[Any], Any]] = {
    "runWorkflow": lambda dify: dify.run_workflow({}),
    "runWorkflowVersion": lambda dify: dify.run_workflow(
        WorkflowRunRequest(inputs={}, workflow_id="w")
    ),
    "streamWorkflowEvents": lambda dify: list(dify.attach("r")),
    "stopWorkflowTask": lambda dify: dify.stop_workflow_stream("t"),
    "getWorkflowRun": lambda dify: dify.info("r"),
    "listWorkflowLogs": lambda dify: dify.logs(),
    "getHumanInputForm": lambda dify: dify.form("f"),
    "submitHumanInputForm": lambda dify: dify.submit_form(FORM, action="a"),
    "uploadFile": lambda dify: dify.upload_file(b"x", name="x.txt"),
    "audioToText": lambda dify: dify.audio_to_text(b"x", name="x.wav"),
    "textToAudio": lambda dify: list(dify.text_to_audio("hello")),
}


def call_of(operation: str) -> Callable[[Any], Any] | None:
    """The call that sends an operation; that of a plain method takes the contract's examples."""
    if operation not in PLAIN:
        return CALLS.get(operation)
    parameters = map(component, SPECIFIED[operation].get("parameters", []))
    given = {p["name"]: p["schema"]["examples"][0] for p in parameters if p.get("required")}
    return lambda dify: getattr(dify, PLAIN[operation])(**given)


def template(request: httpx.Request) -> tuple[str, str]:
    """Give method and path of the operation that a request is of."""
    for method, path, _ in OPERATIONS.values():
        pattern = "/v1" + re.sub(r"\{\w+\}", "[^/]+", path)
        if request.method == method and re.fullmatch(pattern, request.url.path):
            return method, path
    return request.method, request.url.path


def sent_by(kind: Kind, call: Callable[[Any], Any]) -> set[tuple[str, str]]:
    """Make a call that is refused, and give the operations that it sent."""
    sent: set[tuple[str, str]] = set()

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.add(template(request))
        return httpx.Response(403, json={"code": "forbidden", "message": "No.", "status": 403})

    transport = httpx.MockTransport(refuse)
    if kind == "sync":
        http: Any = httpx.Client(transport=transport)
    else:
        http = httpx.AsyncClient(transport=transport)
    with (
        client(kind, "http://127.0.0.1", http_client=http) as dify,
        pytest.raises(PermissionDenied),
    ):
        call(dify)
    return sent


@both
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_a_method(kind: Kind, operation: str) -> None:
    method, path, _ = OPERATIONS[operation]
    call = call_of(operation)
    assert call, f"no method sends {operation} ({method} {path})"
    assert sent_by(kind, call) == {(method, path)}


def test_every_call_is_of_an_operation() -> None:
    assert set(CALLS) == set(OPERATIONS) - set(PLAIN)


def test_every_method_that_sends_something_is_called() -> None:
    """By the names in the calls, so that a method is not forgotten here either."""
    called = {name for call in CALLS.values() for name in call.__code__.co_names}
    called |= set(PLAIN.values())
    others = {
        *("run_workflow_stream", "start", "resume"),  # as run_workflow and attach
        *("iter_logs", "download"),  # pages of `logs`; a link, no operation
        *("close", "aclose", "with_options", "base_url", "server_version"),  # send nothing
    }
    for kind in (DifyWorkflow, AsyncDifyWorkflow):
        public = {name for name in dir(kind) if not name.startswith("_")}
        assert public - called - others == set()
