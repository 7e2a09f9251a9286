"""Runs that fail, and requests that are refused."""

from __future__ import annotations

import uuid

import pytest
from dify_workflow import (
    AuthenticationError,
    InvalidArgument,
    NotFound,
    WorkflowFailed,
    WorkflowRunResponse,
)
from facade import Kind, both

from .session import Live

NO_KEY = "app-no-key-of-any-app"


@both
def test_failed_run(live: Live, kind: Kind) -> None:
    with live.connect(kind, "FAIL") as dify:
        stream = dify.run_workflow_stream(live.inputs("FAIL"))
        live.read(stream)
        response: WorkflowRunResponse = stream.result()
        assert response.status == "failed"
        with pytest.raises(WorkflowFailed) as raised:
            response.raise_for_status()
        assert raised.value.response is response
        info = dify.info(response.id)
        assert (info.status, info.message) == ("failed", response.message)


@both
def test_wrong_key(live: Live, kind: Kind) -> None:
    with live.connect(kind) as dify:
        for call in (dify.app_info, lambda **key: dify.run_workflow(live.inputs(), **key)):
            with pytest.raises(AuthenticationError) as raised:
                call(api_key=NO_KEY)
            assert raised.value.status_code == 401
            assert NO_KEY not in f"{raised.value} {raised.value!r} {raised.value.body}"


@both
def test_unknown_run(live: Live, kind: Kind) -> None:
    unknown = str(uuid.uuid4())
    with live.connect(kind) as dify, pytest.raises(NotFound):
        dify.info(unknown)


@both
def test_unknown_input(live: Live, kind: Kind) -> None:
    inputs = {**live.inputs(), "no_such_input_of_any_app": 1}
    with live.connect(kind) as dify, pytest.raises(InvalidArgument, match="no_such_input"):
        dify.run_workflow(inputs, validate="strict")
