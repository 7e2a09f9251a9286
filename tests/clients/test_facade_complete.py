"""Both clients are one interface, and it covers the contract: a method sends its own operation."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import version as installed
from types import SimpleNamespace
from typing import Any

import dify_workflow
import httpx
import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    AsyncWorkflowStream,
    DifyWorkflow,
    PermissionDenied,
    WorkflowForm,
    WorkflowStream,
)
from dify_workflow_api.models import FormAction
from dify_workflow_api.operations import OPERATIONS
from facade import Kind, both, client, mocked
from recorded_models import PLAIN, SPECIFIED, component, operation_of

ACTIONS = [FormAction(id="a", title="A", button_style="default")]
FORM = WorkflowForm(token="f", content="", inputs=[], actions=ACTIONS, expires_at=None, defaults={})

AGENT = f"dify-workflow/{installed('dify-workflow')}"

# One call for each operation that has no method of the contract's (`x-method`).
CALLS: dict[str, Callable[[Any], Any]] = {
    "runWorkflow": lambda dify: dify.run_workflow({}),
    "runWorkflowVersion": lambda dify: dify.run_workflow({}, workflow_id="w"),
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


def sent_by(kind: Kind, call: Callable[[Any], Any]) -> set[str | None]:
    """Make a call that is refused, and give the operations that it sent."""
    sent: set[str | None] = set()

    def refuse(request: httpx.Request) -> httpx.Response:
        assert request.headers["user-agent"] == AGENT
        asked: Any = SimpleNamespace(method=request.method, path=request.url.path)
        sent.add(operation_of(asked))
        body = {"code": "forbidden", "message": "No.", "status": 403}
        return httpx.Response(403, headers={"X-Version": "1.12.1"}, json=body)

    http = mocked(kind, refuse)
    with client(kind, "http://h", http_client=http) as dify:
        with pytest.raises(PermissionDenied):
            call(dify)
        assert str(dify.server_version) == "1.12.1"
    return sent


@both
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_a_method_and_learns_the_version(kind: Kind, operation: str) -> None:
    call = call_of(operation)
    assert call, f"no method sends {operation} {OPERATIONS[operation][:2]}"
    assert sent_by(kind, call) == {operation}


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


# The sync and the async one.

PAIRS = [(DifyWorkflow, AsyncDifyWorkflow), (WorkflowStream, AsyncWorkflowStream)]
# What the async classes do without `await`: nothing is sent by these.
NOT_AWAITED = {
    *("attach", "iter_logs", "resume", "run_workflow_stream", "text_to_audio", "with_options"),
    "start",  # what it returns is awaited, or entered
}


def _public(kind: type) -> dict[str, Any]:
    return {
        name: inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")
    }


def test_the_public_names() -> None:
    assert dify_workflow.__all__ == sorted(dify_workflow.__all__)
    for name in (*dify_workflow.__all__, "UploadedFile", "NodeFinishedData", "__version__"):
        assert name in dir(dify_workflow)
        assert getattr(dify_workflow, name)


@pytest.mark.parametrize(("plain", "waiting"), PAIRS, ids=["client", "stream"])
def test_what_fetches_is_awaited_and_each_member_is_described(plain: type, waiting: type) -> None:
    methods = {n: m for n, m in _public(waiting).items() if inspect.isfunction(m)}
    awaited = {name for name, method in methods.items() if inspect.iscoroutinefunction(method)}
    assert set(methods) - awaited <= NOT_AWAITED
    assert not awaited & NOT_AWAITED
    assert not any(map(inspect.iscoroutinefunction, _public(plain).values()))
    for kind in (plain, waiting):
        for name, member in _public(kind).items():
            assert inspect.getdoc(member), f"{kind.__name__}.{name}"
