"""Layers of httpx are left out only where nobody looks into them: each hook sees each request."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import http_hooks
import pytest
from facade import Kind, answered, both
from http_hooks import HOOKS, OF_A_CLIENT
from replay_server import ReplayServer, Reply
from slow_runs import RUN


@both
@pytest.mark.parametrize("name", [*HOOKS, *OF_A_CLIENT])
def test_a_hook_that_comes_after_the_first_run_sees_each_request(kind: Kind, name: str) -> None:
    seen: list[Any] = []
    with answered(kind, Reply.of(RUN)) as (_, dify):
        assert http_hooks.run(seen, dify.run_workflow) == 0
        undo = (HOOKS | OF_A_CLIENT)[name](seen, dify._connections())
        try:
            assert http_hooks.run(seen, dify.run_workflow) == 1
        finally:
            undo()
        assert http_hooks.run(seen, dify.run_workflow) == 0


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_a_hook_that_was_there_before_the_import_sees_each_request() -> None:
    with ReplayServer([Reply.of(RUN)]) as server:
        command = [sys.executable, http_hooks.__file__, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [f"{name} 1 1" for name in HOOKS], done.stderr
