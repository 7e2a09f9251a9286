"""A run that waits for a place until its deadline can be left at any time; nothing was started."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    InvalidArgument,
    RequestTimedOut,
    StreamClosed,
    TooManyRequests,
    WorkflowRunRequest,
)
from facade import Kind, both, client
from pauses import recorded_pauses
from posting import TOO_MANY, post
from replay_server import ReplayServer
from slow_runs import SlowRuns, ahead, in_a_loop, slow_runs

WAITING = "another try"  # the server asks to wait for 100 s
DEADLINE = 1000
BLOCKING = WorkflowRunRequest(inputs={}, response_mode="blocking")


@both
def test_waiting_for_its_result_can_end_and_go_on(kind: Kind) -> None:
    with slow_runs(kind, deadline=DEADLINE, stop_on_exit=True) as (runs, server, dify):
        runs.state = WAITING
        stream = dify.run_workflow_stream({})
        for _ in range(2):
            with pytest.raises(RequestTimedOut):
                stream.result(0.05)
        with pytest.raises(InvalidArgument, match="task_id"):
            stream.stop()
        assert stream.id is None
        stream.close()
        with pytest.raises(StreamClosed):
            stream.result()
        assert [request.method for request in server.requests] == ["POST"]


@ahead
def test_closing_from_another_thread_ends_the_wait(read_ahead: bool) -> None:
    with slow_runs("sync", deadline=DEADLINE, read_ahead=read_ahead) as (runs, server, dify):
        runs.state = WAITING
        stream = dify.run_workflow_stream({})
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(list(stream)))
        thread.start()
        runs.wait(server)
        stream.close()
        thread.join(10)
        assert found == [[]]
        assert len(server.requests) == 1


@pytest.mark.parametrize("how", ["stream", "result", "start", "blocking"])
def test_cancelling_ends_the_wait(how: str) -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        async def read() -> None:
            if how == "stream":
                async for _ in dify.run_workflow_stream({}):
                    pass
            elif how == "start":
                await dify.start({})
            else:
                await dify.run_workflow(BLOCKING if how == "blocking" else {})

        task = asyncio.create_task(read())
        await asyncio.to_thread(runs.wait, server)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(server.requests) == 1

    in_a_loop(main, WAITING, deadline=DEADLINE)


@both
def test_it_waits_in_the_background_too(kind: Kind) -> None:
    posted = post(kind, "stream", [TOO_MANY] * 10, deadline=300, read_ahead=True)
    assert (posted.outcome, posted.posts) == ("succeeded", 11)
    ended = post(kind, "stream", [TOO_MANY] * 99, deadline=60, read_ahead=True)
    assert type(ended.outcome) is TooManyRequests


@both
def test_start_raises_at_the_deadline(kind: Kind) -> None:
    with (
        recorded_pauses(),
        ReplayServer([TOO_MANY]) as server,
        client(kind, server.url) as dify,
    ):
        with pytest.raises(TooManyRequests):
            dify.start({}, deadline=60)
        assert len(server.requests) > 4
