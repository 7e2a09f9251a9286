"""Stopping runs."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from dify_workflow import WorkflowFailed
from facade import Kind

from .session import Live


def test_stop(live: Live, kind: Kind) -> None:
    with live.connect(kind, "SLOW") as dify, dify.start(live.inputs("SLOW")) as run:
        assert run.stop(wait=300).result == "success"
        result = run.result(1)
        if result.status == "succeeded":
            pytest.skip("the run of DIFY_API_KEY_SLOW was over before it could be stopped")
        # Several versions call a stopped run failed.
        assert result.stopped, (result.status, result.message)
        assert run.stopped
        with pytest.raises(WorkflowFailed):
            result.raise_for_status()
        info = dify.info(result.id)
        assert info.stopped or info.status == "running", (info.status, info.message)


def test_stop_of_no_task(dify: Any) -> None:
    assert dify.stop_workflow_stream(str(uuid.uuid4())).result == "success"
