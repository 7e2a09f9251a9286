"""A forked child has a copy of an open stream, and cannot take it from its parent."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys

import pytest
from dify_workflow import DifyWorkflow, WorkflowStream
from fake_dify import FakeDify, Gate, Node
from replay_server import ReplayServer, Reply
from wire_archive import exchange


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


IN_THE_FIRST_IMPORT = """
import os, signal, sys, threading, time
from dify_workflow import DifyWorkflow

importing = threading.Event()

class Slow:
    def find_spec(self, name, path, target=None):
        if name == sys.argv[2]:
            importing.set()
            time.sleep(0.3)

sys.meta_path.insert(0, Slow())
dify = DifyWorkflow(base_url=sys.argv[1], api_key="app-1")
thread = threading.Thread(target=dify.info, args=["a"])
thread.start()
assert importing.wait(10)
child = os.fork()
if child == 0:
    signal.alarm(20)
    dify.info("b")
    os._exit(0)
thread.join()
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.long
@pytest.mark.parametrize("module", ["httpcore", "h1_streams.connection"])
def test_a_fork_while_another_thread_imports_for_its_first_request(module: str) -> None:
    with ReplayServer([Reply.of(exchange("1.14.2", "detail/empty"))]) as server:
        command = [sys.executable, "-W", "ignore", "-c", IN_THE_FIRST_IMPORT, server.url, module]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.stderr, done.returncode) == ("", 0)
        assert {request.path[-2:] for request in server.requests} == {"/a", "/b"}
