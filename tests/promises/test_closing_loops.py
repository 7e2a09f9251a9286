"""Streams that are left in an event loop: by another task, cancelled, timed out, or with it."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from dify_workflow import AsyncDifyWorkflow, StreamClosed
from facade import API_KEY
from replay_server import ReplayServer
from slow_runs import TASK_ID, SlowRuns, ahead, each_connections, each_state, in_a_loop

ENDS: dict[str, type[object]] = {
    "closed": list,
    "its result, closed": StreamClosed,
    "cancelled": asyncio.CancelledError,
    "timed out": TimeoutError,
}


@pytest.mark.sample(80)
@ahead
@each_connections
@each_state
@pytest.mark.parametrize("how", ENDS)
def test_a_wait_that_is_ended_frees_the_connection(
    how: str, state: str, connections: str, read_ahead: bool
) -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        stream = dify.run_workflow_stream({})
        limit = asyncio.timeout(None)

        async def read() -> list[str]:
            async with limit, stream:
                return [event.event async for event in stream]

        task: asyncio.Task[Any] = asyncio.create_task(
            stream.result() if "result" in how else read()
        )
        await asyncio.to_thread(runs.wait, server)
        if how == "cancelled":
            task.cancel()
        elif how == "timed out":
            limit.reschedule(0)
        else:
            await stream.aclose()
        ended = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended[0], ENDS[how])
        assert stream.closed
        with pytest.raises(StreamClosed):
            await stream.result()
        if how != "closed":  # which has read to the end
            assert [event async for event in stream] == []
        assert runs.stops == 0

    in_a_loop(main, state, read_ahead=read_ahead, connections=connections)


@pytest.mark.parametrize("state", ["an answer", "a place"])
@pytest.mark.parametrize("mode", ["streaming", "blocking", "start"])
def test_cancelling_a_run_frees_the_connection(mode: Any, state: str) -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        given = {} if mode == "start" else {"response_mode": mode}
        run = dify.start({}) if mode == "start" else dify.run_workflow({}, **given)
        task: asyncio.Task[Any] = asyncio.create_task(run)
        await asyncio.to_thread(runs.wait, server)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        kept = int(state == "a place")  # in the pool, after an answer
        await asyncio.to_thread(server.wait_closed, left=kept)
        assert len(server.requests) == 1

    in_a_loop(main, state)


@each_connections
def test_a_loop_that_ends_leaves_no_connection_open(connections: Any) -> None:
    """Of a client and a stream that are not closed, neither a stream's nor the pool's."""
    with ReplayServer(SlowRuns()) as server:
        dify = AsyncDifyWorkflow(api_key=API_KEY, base_url=server.url, connections=connections)

        async def main() -> Any:
            stream = dify.run_workflow_stream({})
            await anext(stream)
            await dify.stop_workflow_stream(TASK_ID)
            return stream

        for opened in (2, 4):
            stream = asyncio.run(main())
            server.wait_closed()
            assert server.connections == opened
        assert stream.status == "running"
        del stream
        gc.collect()  # whose loop is closed
