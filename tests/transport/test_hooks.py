"""Layers of httpx are left out only where nobody looks into them: each hook sees each request."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import Any

import http_hooks
import pytest
from facade import Kind, both, client, close_given
from http_hooks import CLIENTS, GIVEN, HOOKS, OF_A_CLIENT, OF_A_PROXY
from replay_server import ReplayServer, Reply, Request
from slow_runs import RUN
from wire_archive import exchange

BLOCKING = exchange("1.14.2", "run/empty_blocking")


def dify_server(request: Request) -> Reply:
    return Reply.of(BLOCKING if request.json()["response_mode"] == "blocking" else RUN)


@both
@pytest.mark.parametrize("name", [*HOOKS, *OF_A_CLIENT, *OF_A_PROXY])
def test_a_hook_that_comes_after_the_first_run_sees_each_request(kind: Kind, name: str) -> None:
    seen: list[Any] = []
    with ReplayServer(dify_server) as server:
        proxy = server.url if name in OF_A_PROXY else None
        with client(kind, server, proxy=proxy) as dify:
            calls = (dify.run_workflow, partial(dify.run_workflow, response_mode="blocking"))
            for hook in (None, (HOOKS | OF_A_CLIENT | OF_A_PROXY)[name], None):
                undo = hook(seen, dify._connections()) if hook else lambda: None
                try:
                    counts = [http_hooks.run(seen, call) for call in calls]
                finally:
                    undo()
                assert counts == ([1, 1] if hook else [0, 0])


@both
@pytest.mark.parametrize("name", GIVEN)
def test_the_steps_of_httpcore_are_told_over_a_client_that_is_given(kind: Kind, name: str) -> None:
    seen: list[Any] = []
    http = GIVEN[name](CLIENTS[kind == "async"], seen)
    with ReplayServer(dify_server) as server, client(kind, server, http_client=http) as dify:
        for mode in ("streaming", "blocking"):
            call = partial(dify.run_workflow, response_mode=mode)
            assert http_hooks.run(seen, call) == 1
        close_given(http, dify)


@pytest.mark.long
@pytest.mark.sample(1)
@pytest.mark.parametrize("names", [[*HOOKS, *GIVEN][part::3] for part in range(3)], ids=str)
@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_a_hook_that_was_there_before_the_import_sees_each_request(names: list[str]) -> None:
    with ReplayServer([Reply.of(RUN)]) as server:
        command = [sys.executable, http_hooks.__file__, server.url, *names]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [f"{name} 1 1" for name in names], done.stderr
