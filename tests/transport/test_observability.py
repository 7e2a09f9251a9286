"""What the logger `dify_workflow` says: one line a run, one a request, and nothing private."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    AuthenticationError,
    InvalidParam,
    RequestTimedOut,
    RunOutcomeUnknown,
    WorkflowFile,
    WorkflowForm,
    WorkflowRunRequest,
)
from facade import Kind, both, client
from fake_dify import Fail, FakeDify, Fault, Gate, HumanInput, Node, PipelineError, Text
from replay_server import ReplayServer, Reply, Request
from slow_runs import STARTED

SECRET = "private-text-of-an-input"
USER = "ann@example.com"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[int], list[str]]]:
    """The messages of this library so far, from a level on."""
    with caplog.at_level(logging.DEBUG, logger="dify_workflow"):
        yield lambda level: [
            record.getMessage()
            for record in caplog.records
            if record.name == "dify_workflow" and record.levelno == level
        ]


def only(found: list[str]) -> str:
    (line,) = found
    return re.sub(r"\d+\.\d{3} s", "N s", line)


@both
@pytest.mark.parametrize("mode", ["streaming", "blocking"])
def test_a_run_is_one_line(
    kind: Kind, mode: Any, lines: Callable[[int], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    with FakeDify() as fake, client(kind, fake.url, api_key=fake.api_key) as dify:
        response = dify.run_workflow(WorkflowRunRequest(inputs={"a": 1}, response_mode=mode))
    expected = f"run {response.id} (task {response.task_id}): succeeded after N s"
    assert only(lines(logging.INFO)) == expected
    (record,) = (one for one in caplog.records if one.levelno == logging.INFO and "run" in one.msg)
    fields = vars(record)
    assert (fields["run_id"], fields["task_id"]) == (response.id, response.task_id)
    assert fields["run_status"] == "succeeded"
    assert fields["seconds"] > 0


@both
def test_requests_are_a_line_each_and_events_are_none(
    kind: Kind, lines: Callable[[int], list[str]]
) -> None:
    workflow = [Text([f"{number} " for number in range(50)])]
    with FakeDify(workflow=workflow) as fake, client(kind, fake.url, api_key="app-test") as dify:
        dify.info(dify.run_workflow({}).id)
    assert [re.sub(r"\d+\.\d{3}", "N", line) for line in lines(logging.DEBUG)] == [
        "POST /workflows/run: 200, N s",
        "GET /workflows/run/{workflow_run_id}: 200, N s",
    ]


@both
@pytest.mark.parametrize(
    ("step", "ending"),
    [
        (Fail("boom " + SECRET), "failed after N s"),
        (HumanInput(), "paused after N s"),
        (PipelineError(SECRET), "failed (InvalidParam) after N s"),
    ],
    ids=["failed", "paused", "error event"],
)
def test_other_ends(kind: Kind, step: Any, ending: str, lines: Callable[[int], list[str]]) -> None:
    raised: AbstractContextManager[Any] = nullcontext()
    if isinstance(step, PipelineError):
        raised = pytest.raises(InvalidParam)
    with (
        FakeDify(workflow=[step]) as fake,
        client(kind, fake.url, api_key=fake.api_key) as dify,
        raised,
    ):
        dify.run_workflow({})
    line = only(lines(logging.INFO))
    assert line.endswith(": " + ending)
    assert SECRET not in line


@both
def test_a_run_that_was_not_started(kind: Kind, lines: Callable[[int], list[str]]) -> None:
    with FakeDify() as fake, client(kind, fake.url) as dify, pytest.raises(AuthenticationError):
        dify.run_workflow({})
    assert only(lines(logging.INFO)) == "run - (task -): error (AuthenticationError) after N s"


@both
@pytest.mark.parametrize("mode", ["streaming", "blocking"])
def test_an_unknown_outcome(kind: Kind, mode: Any, lines: Callable[[int], list[str]]) -> None:
    lost = Fault(before_headers=True, then="close")
    if mode == "streaming":
        lost = Fault(after_events=0, then="close")  # before 1.10, a run dies with its stream
    with (
        FakeDify("1.8.1") as fake,
        client(kind, fake.url, api_key=fake.api_key) as dify,
    ):
        fake.faults.add(lost)
        with pytest.raises(RunOutcomeUnknown):
            dify.run_workflow(WorkflowRunRequest(inputs={}, response_mode=mode))
    assert only(lines(logging.INFO)) == "run - (task -): unknown (RunOutcomeUnknown) after N s"
    outcome = "200" if mode == "streaming" else "RemoteProtocolError"
    assert lines(logging.DEBUG)[0].startswith(f"POST /workflows/run: {outcome}, ")


@both
def test_a_recovered_run(kind: Kind, lines: Callable[[int], list[str]]) -> None:
    with FakeDify() as fake, client(kind, fake.url, api_key=fake.api_key) as dify:
        fake.faults.add(Fault(after_events=2, then="reset"))
        dify.run_workflow({})
    assert only(lines(logging.INFO)).endswith(": succeeded after N s, recovered")


@pytest.mark.long
@both
@pytest.mark.parametrize("way", ["with", "at the last event", "bare loop"])
def test_leaving_is_one_line_too(kind: Kind, way: str, lines: Callable[[int], list[str]]) -> None:
    gate = Gate()
    with FakeDify(workflow=[gate]) as fake, client(kind, fake.url, api_key=fake.api_key) as dify:
        if way == "bare loop":
            for _ in dify.run_workflow_stream({}):
                break
            gc.collect()
        else:
            with dify.run_workflow_stream({}) as stream:
                for item in stream:
                    if way == "with" or item.event == "workflow_finished":
                        break
                    gate.open()
        wanted = "succeeded" if way == "at the last event" else "left"
        assert only(lines(logging.INFO)).endswith(f": {wanted} after N s")
        gate.open()
        fake.wait_idle()


@pytest.mark.long
@both
def test_leaving_between_two_connections_is_one_line_too(
    kind: Kind, lines: Callable[[int], list[str]]
) -> None:
    def answer(request: Request) -> Reply:
        return Reply.stream(STARTED) if request.method == "POST" else Reply.json(500, {})

    with ReplayServer(answer) as server, client(kind, server.url) as dify:
        stream = dify.run_workflow_stream({})
        with pytest.raises(RequestTimedOut):
            stream.result(0.3)
        assert lines(logging.INFO) == []
        del stream
        gc.collect()
        assert only(lines(logging.INFO)).endswith(": left after N s")


@both
def test_nothing_private_is_logged(
    kind: Kind, lines: Callable[[int], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    def answer(form: WorkflowForm) -> tuple[str, dict[str, str]]:
        return "approve", {"comment": SECRET}

    key = "app-" + SECRET
    with FakeDify() as fake:
        made = fake.file(SECRET + ".txt", SECRET.encode())
        steps = [HumanInput(), Node("files", {"file": made, "text": SECRET}), Fail(SECRET)]
        fake.app(
            key,
            lambda inputs: steps if inputs["text"] else [Node("n", {"file": made})],
            speech=True,
        )
        with client(kind, fake.url, api_key=key, user=USER) as dify:
            picture = WorkflowFile.from_bytes(SECRET.encode(), SECRET + ".txt")
            dify.run_workflow({"text": SECRET, "file": picture}, on_human_input=answer)
            (file,) = dify.run_workflow({"text": ""}).files
            assert dify.download(file) == SECRET.encode()
            list(dify.iter_logs(keyword=SECRET))
            list(dify.text_to_audio(SECRET))
            with pytest.raises(APIError):
                dify.form(SECRET)
    assert {line.partition(":")[0] for line in lines(logging.DEBUG)} == {
        "POST /files/upload",
        "POST /workflows/run",
        "GET /form/human_input/{form_token}",
        "POST /form/human_input/{form_token}",
        "GET /workflow/{workflow_run_id}/events",
        "GET (a file)",
        "GET /workflows/logs",
        "POST /text-to-audio",
    }
    for record in caplog.records:
        if record.name == "dify_workflow":
            shown = record.getMessage() + repr(vars(record))
            assert SECRET not in shown
            assert USER not in shown
            assert "sign=" not in shown
