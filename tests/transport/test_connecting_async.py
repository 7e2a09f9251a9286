"""An async connection that is given up while it is being made leaves no socket behind."""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest
from dify_workflow import AsyncDifyWorkflow, DeadlineExceeded, DifyError
from replay_server import ReplayServer, Reply
from slow_runs import FOREVER


@pytest.mark.long
def test_a_deadline_at_any_moment_of_connecting_leaves_no_socket() -> None:
    async def attempts(url: str) -> list[Exception]:
        ends: list[Exception] = []
        async with AsyncDifyWorkflow(api_key="app-x", base_url=url) as dify:
            for step in range(100):
                try:
                    await dify.attach("a-run", deadline=0.0005 + step % 25 * 0.0001).result()
                except DifyError as error:
                    ends.append(error)
        return ends

    with (
        ReplayServer([Reply.raw(FOREVER)]) as server,
        warnings.catch_warnings(record=True) as seen,
    ):
        warnings.simplefilter("always")
        ends = asyncio.run(attempts(server.url))
        gc.collect()
        server.wait_closed()
    assert [str(warning.message) for warning in seen] == []
    assert {type(error) for error in ends} == {DeadlineExceeded}
