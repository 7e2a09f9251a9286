"""A full app takes few runs at once; with a deadline, all of many get in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow, WorkflowRunRequest
from dify_workflow._api import limits
from fake_dify import FakeDify, Sleep


def full_app(fake: FakeDify) -> dict[str, Any]:
    fake.default_app.max_active_requests = 2
    fake.workflow = [Sleep(0.1)]
    return {"base_url": fake.url, "api_key": fake.api_key, "deadline": 120}


@pytest.fixture
def old_and_full(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDify]:
    """A server on which runs hold their places, and short pauses."""
    monkeypatch.setattr(limits, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(limits, "LONGEST_PAUSE", 0.05)
    with FakeDify(version="1.12.1", eof_delay=0.0) as fake:
        yield fake


@pytest.mark.parametrize("mode", ["streaming", "blocking"])
def test_nine_runs_of_a_full_app_all_succeed(old_and_full: FakeDify, mode: Any) -> None:
    request = WorkflowRunRequest(inputs={}, response_mode=mode)
    with DifyWorkflow(**full_app(old_and_full)) as dify, ThreadPoolExecutor(9) as pool:
        found = list(pool.map(lambda _: dify.run_workflow(request), range(9)))
    assert [run.status for run in found] == ["succeeded"] * 9
    assert len(old_and_full.runs) == 9
    assert {request.status for request in old_and_full.requests} == {200, 400}


@pytest.mark.parametrize("mode", ["streaming", "blocking"])
def test_nine_async_runs_of_a_full_app_all_succeed(old_and_full: FakeDify, mode: Any) -> None:
    request = WorkflowRunRequest(inputs={}, response_mode=mode)

    async def run_all() -> list[str]:
        async with AsyncDifyWorkflow(**full_app(old_and_full)) as dify:
            found = await asyncio.gather(*(dify.run_workflow(request) for _ in range(9)))
        return [run.status for run in found]

    assert asyncio.run(run_all()) == ["succeeded"] * 9
    assert len(old_and_full.runs) == 9
