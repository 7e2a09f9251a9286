"""Streams that are left in an event loop: by another task, cancelled, timed out, or with it."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from dify_workflow import AsyncDifyWorkflow, StreamClosed, WorkflowRunRequest
from facade import API_KEY
from replay_server import ReplayServer
from slow_runs import TASK_ID, SlowRuns, ahead, each_connections, each_state, in_a_loop


@ahead
@each_connections
@each_state
def test_closing_from_another_task_ends_a_waiting_reader(
    state: str, connections: str, read_ahead: bool
) -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        stream = dify.run_workflow_stream({})

        async def read() -> list[str]:
            return [event.event async for event in stream]

        task = asyncio.create_task(read())
        await asyncio.to_thread(runs.wait, server)
        await stream.aclose()
        async with asyncio.timeout(10):
            assert len(await task) <= 2

    in_a_loop(main, state, read_ahead=read_ahead, connections=connections)


@each_state
def test_closing_from_another_task_ends_a_wait_for_the_result(state: str) -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        stream = dify.run_workflow_stream({})
        task = asyncio.create_task(stream.result())
        await asyncio.to_thread(runs.wait, server)
        await stream.aclose()
        with pytest.raises(StreamClosed):
            await asyncio.wait_for(task, 10)

    in_a_loop(main, state)


@ahead
@each_connections
@each_state
def test_cancelling_the_reader_frees_the_connection(
    state: str, connections: str, read_ahead: bool
) -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        stream = dify.run_workflow_stream({})

        async def read() -> None:
            async with stream:
                async for _ in stream:
                    pass

        task = asyncio.create_task(read())
        await asyncio.to_thread(runs.wait, server)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stream.closed
        with pytest.raises(StreamClosed):
            await stream.result()
        assert [event async for event in stream] == []
        assert runs.stops == 0

    in_a_loop(main, state, read_ahead=read_ahead, connections=connections)


@ahead
@each_connections
@each_state
def test_a_time_out_of_asyncio_frees_the_connection(
    state: str, connections: str, read_ahead: bool
) -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        stream = dify.run_workflow_stream({})

        async def read() -> None:
            async with asyncio.timeout(None) as limit:
                waiting = asyncio.create_task(asyncio.to_thread(runs.wait, server))
                waiting.add_done_callback(lambda _: limit.reschedule(0))
                async with stream:
                    async for _ in stream:
                        pass

        with pytest.raises(TimeoutError):
            await read()
        assert stream.closed

    in_a_loop(main, state, read_ahead=read_ahead, connections=connections)


@pytest.mark.parametrize("mode", ["streaming", "blocking"])
def test_cancelling_a_run_frees_the_connection(mode: Any) -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        request = WorkflowRunRequest(inputs={}, response_mode=mode)
        task = asyncio.create_task(dify.run_workflow(request))
        await asyncio.to_thread(runs.wait, server)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(server.wait_closed)

    in_a_loop(main, "an answer")


def test_cancelling_a_reader_without_a_with_statement() -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        stream = dify.run_workflow_stream({})

        async def read() -> None:
            async for _ in stream:
                pass

        task = asyncio.create_task(read())
        await asyncio.to_thread(runs.wait, server)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(server.wait_closed)
        assert stream.closed

    in_a_loop(main)


@each_connections
def test_collecting_a_stream_whose_loop_is_closed(connections: Any) -> None:
    """As `asyncio.run` leaves it when the stream is not closed inside."""
    with ReplayServer(SlowRuns()) as server:

        async def main() -> Any:
            dify = AsyncDifyWorkflow(api_key=API_KEY, base_url=server.url, connections=connections)
            stream = dify.run_workflow_stream({})
            await anext(stream)
            return stream

        stream = asyncio.run(main())
        assert stream.status == "running"
        del stream
        gc.collect()
        server.wait_closed()


@each_connections
def test_a_loop_that_ends_leaves_no_connection_open(connections: Any) -> None:
    """Of a client that is not closed, neither a stream's nor the pool's."""
    with ReplayServer(SlowRuns()) as server:
        dify = AsyncDifyWorkflow(api_key=API_KEY, base_url=server.url, connections=connections)
        kept = []

        async def main() -> None:
            stream = dify.run_workflow_stream({})
            await anext(stream)
            kept.append(stream)
            await dify.stop_workflow_stream(TASK_ID)

        for connections in (2, 4):
            asyncio.run(main())
            server.wait_closed()
            assert server.connections == connections
