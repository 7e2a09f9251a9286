"""Runs: their result, their stream, and the ways to find them again."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow import GatewayError, RunOutcomeUnknown, WorkflowRunRequest
from facade import Kind

from .session import Live, succeeded


def test_run(dify: Any, live: Live) -> None:
    response = dify.run_workflow(live.inputs())
    succeeded(response)
    live.undisturbed(response)
    assert response.raise_for_status() is response
    assert response.id
    assert response.task_id
    assert response.user == live.user


def test_stream(dify: Any, live: Live) -> None:
    stream = dify.run_workflow_stream(live.inputs())
    items = live.read(stream)
    result = stream.result()
    succeeded(result)
    live.undisturbed(result)
    assert result.recovered or (stream.events_complete and stream.text_complete)
    names = [item.event for item in items]
    assert (names[0], names[-1]) == ("workflow_started", "workflow_finished")
    assert (names.count("workflow_started"), names.count("workflow_finished")) == (1, 1)
    assert {item.id for item in items} == {result.id}
    assert {item.task_id for item in items} == {result.task_id}
    assert {item.status for item in items[:-1]} == {"running"}
    assert items[-1].status == items[-1].data.status == result.status
    assert result.data.workflow_id == items[0].data.workflow_id


def test_start_result_info_and_attach_agree(dify: Any, live: Live) -> None:
    with dify.start(live.inputs()) as run:
        assert run.id
        assert run.task_id
        result = run.result()
    succeeded(result)
    info, attached = live.info(dify, run.id), dify.attach(run.id)
    again = attached.result()
    assert (attached.events_complete, attached.text_complete) == (False, False)
    for other in (info, again):
        assert (other.id, other.status) == (result.id, result.status)
        assert set(other.outputs) == set(result.outputs)
        if not result.files:  # their links are new each time
            assert other.outputs == result.outputs
    assert info.task_id is None
    assert info.inputs


def test_blocking_run(live: Live, kind: Kind) -> None:
    request = WorkflowRunRequest(inputs=live.inputs(), response_mode="blocking")
    with live.connect(kind) as dify:
        try:
            response = dify.run_workflow(request)
        except RunOutcomeUnknown as error:
            if isinstance(error.__cause__, GatewayError):
                pytest.skip(f"a gateway does not wait for blocking runs: {error.__cause__}")
            raise
        succeeded(response)
        assert live.info(dify, response.id).status == response.status


def test_streamed_text(live: Live, kind: Kind) -> None:
    with live.connect(kind, "STREAM") as dify:
        stream = dify.run_workflow_stream(live.inputs("STREAM"))
        chunks = [item.data.text for item in live.read(stream) if item.event == "text_chunk"]
        succeeded(stream.result())
    assert "".join(chunks)
    assert stream.text_complete or stream.recovered
