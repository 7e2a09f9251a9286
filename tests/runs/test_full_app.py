"""A full app takes few runs at once; with a deadline, all of many get in."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow, WorkflowRunRequest, WorkflowRunResponse
from dify_workflow._api import limits
from facade import Kind, both
from fake_dify import FakeDify, Sleep


@both
@pytest.mark.parametrize("mode", ["streaming", "blocking"])
def test_nine_runs_of_a_full_app_all_succeed(
    kind: Kind, mode: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(limits, "LONGEST_PAUSE", 0.05)
    request = WorkflowRunRequest(inputs={}, response_mode=mode)

    def in_threads() -> list[WorkflowRunResponse]:
        with DifyWorkflow(**options) as dify, ThreadPoolExecutor(9) as pool:
            return list(pool.map(lambda _: dify.run_workflow(request), range(9)))

    async def in_tasks() -> list[WorkflowRunResponse]:
        async with AsyncDifyWorkflow(**options) as dify:
            return await asyncio.gather(*(dify.run_workflow(request) for _ in range(9)))

    # On an old server, runs hold their places.
    with FakeDify(version="1.12.1", eof_delay=0.0, workflow=[Sleep(0.1)]) as fake:
        fake.default_app.max_active_requests = 2
        options: Any = {"base_url": fake.url, "api_key": fake.api_key, "deadline": 120}
        found = in_threads() if kind == "sync" else asyncio.run(in_tasks())
    assert [run.status for run in found] == ["succeeded"] * 9
    assert len(fake.runs) == 9
    assert {request.status for request in fake.requests} == {200, 400}
