"""A forked child has a copy of an open stream, and cannot take it from its parent."""

from __future__ import annotations

import multiprocessing

import pytest
from dify_workflow import DifyWorkflow, WorkflowStream
from fake_dify import FakeDify, Gate, Node


def _close(stream: WorkflowStream) -> None:
    stream.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_closing_it_in_the_child_leaves_it_open_and_running_in_the_parent() -> None:
    gate = Gate()
    with (
        FakeDify(workflow=[Node(gate=gate)], eof_delay=0.0) as fake,
        DifyWorkflow(base_url=fake.url, api_key=fake.api_key, stop_on_exit=True) as dify,
    ):
        stream = dify.start({"text": "hello"})
        child = multiprocessing.get_context("fork").Process(target=_close, args=(stream,))
        child.start()
        child.join()
        gate.open()
        assert stream.result().status == "succeeded"
        assert not stream.recovered
        assert fake.posts("stopWorkflowTask") == 0
