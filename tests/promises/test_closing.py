"""However a stream is left, its connection is freed, and nothing is left behind."""

from __future__ import annotations

import gc
import itertools
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from dify_workflow import DifyError, StreamClosed, WorkflowStream
from facade import Kind, answered, both_by_both
from replay_server import ReplayServer, Reply, Sleep
from slow_runs import FOREVER, PING, STARTED, Odd, SlowRuns, ahead, each_state, freed, slow_runs


@both_by_both
@ahead
@pytest.mark.parametrize("stops", [False, True], ids=["left", "stopped"])
def test_a_stream_that_is_left_frees_its_connection(
    kind: Kind, read_ahead: bool, stops: bool
) -> None:
    """And stops its run, once, where `stop_on_exit` asks for it."""
    ways: tuple[type[BaseException] | None, ...] = (Odd, KeyboardInterrupt, None)
    with slow_runs(kind, stop_on_exit=stops, read_ahead=read_ahead) as (runs, server, dify):
        for number, error in enumerate(ways, 1):
            raised: AbstractContextManager[Any] = pytest.raises(error) if error else nullcontext()
            with raised, dify.run_workflow_stream({}) as stream:
                for event in stream:
                    assert event.event == "workflow_started"
                    if error:
                        raise error
                    break
            assert freed(server, dify, left=stops)  # on which the stop was asked for
            assert (stream.closed, stream.status, list(stream)) == (True, "running", [])
            with pytest.raises(StreamClosed):
                stream.result()
            stream.close()
            assert runs.stops == number * stops
        stream = dify.run_workflow_stream({})
        for _ in stream:  # closing in the loop ends it
            assert not stream.closed
            stream.close()
            stream.close()
        assert freed(server, dify, left=stops)
        assert runs.stops == 4 * stops
        assert not stops or server.requests[-1].json() == {"user": stream.user}


@both_by_both
def test_a_stream_that_was_never_used_sends_nothing(kind: Kind) -> None:
    with slow_runs(kind, stop_on_exit=True) as (_, server, dify):
        with dify.run_workflow_stream({}) as stream:
            pass
        assert list(stream) == []
        dify.run_workflow_stream({})  # and dropped
        assert server.requests == []


@both_by_both
@ahead
def test_collecting_an_unfinished_stream_frees_the_connection(kind: Kind, read_ahead: bool) -> None:
    """One that reads ahead frees it at the next bytes."""
    pings = [step for _ in range(2_000) for step in (Sleep(0.02), PING)]
    reply = Reply.stream(PING, STARTED, *(pings if read_ahead else [FOREVER]))
    with answered(kind, reply, read_ahead=read_ahead) as (server, dify):
        stream = iter(dify.run_workflow_stream({}))
        assert next(stream).event == "workflow_started"
        assert server.open_connections == 1
        del stream
        gc.collect()
        assert freed(server, dify)


@ahead
@each_state
@pytest.mark.parametrize("read", [list, WorkflowStream.result], ids=["events", "result"])
def test_closing_from_another_thread_ends_a_wait(
    state: str, read_ahead: bool, read: Callable[[WorkflowStream], Any]
) -> None:
    with (
        slow_runs("sync", state, read_ahead=read_ahead) as (runs, server, dify),
        ThreadPoolExecutor(1) as pool,
    ):
        stream = dify.run_workflow_stream({})
        reading = pool.submit(read, stream)
        runs.wait(server)
        stream.close()
        ended = None if read is list else StreamClosed
        assert type(reading.exception(10)) is (ended or type(None))
        dify.close()
        assert freed(server, dify)
        assert [request.method for request in server.requests][:2] in (["POST"], ["POST", "GET"])


# What a program does before it ends, with streams open.
BEGINNING = """
import asyncio, sys, threading
from dify_workflow import *
def begun(kind, **options):
    return kind(api_key="app-1", base_url=sys.argv[1]).run_workflow_stream({}, **options)
"""
PROGRAMS = {
    "sync": """
streams = [begun(DifyWorkflow, read_ahead=ahead) for ahead in (False, False, True, False)]
for stream in streams:
    print(next(stream).event)
threading.Thread(target=list, args=[streams[1]], daemon=True).start()
with streams[3]:
    sys.exit(0)
""",
    "async": """
async def read(stream, started):
    async for event in stream:
        started.set()
async def main():
    global streams, task
    kinds = (False, False, True, False)
    streams = [begun(AsyncDifyWorkflow, read_ahead=ahead) for ahead in kinds]
    for stream in streams:
        print((await anext(stream)).event)
    started = asyncio.Event()
    task = asyncio.create_task(read(streams[1], started))
    await started.wait()
    async for event in streams[3]:
        break
asyncio.run(main())
""",
}


@pytest.mark.sample(1)
@pytest.mark.long
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_interpreter_exits_with_open_streams(name: str) -> None:
    with ReplayServer(SlowRuns()) as server:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", BEGINNING + PROGRAMS[name], server.url],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        server.wait_closed()
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.split() == ["workflow_started"] * 4


CALLS: list[Callable[[Any], Any]] = [
    lambda dify: dify.run_workflow({}),
    lambda dify: next(dify.run_workflow_stream({})),
    lambda dify: dify.start({}),
    lambda dify: next(dify.attach("x")),
    lambda dify: dify.info("x"),
    lambda dify: dify.logs(),
    lambda dify: dify.stop_workflow_stream("x"),
]


@both_by_both
def test_a_closed_client_says_so_and_a_closed_copy_closes_nothing_else(kind: Kind) -> None:
    with slow_runs(kind) as (runs, server, dify):
        runs.ends = True
        with dify.with_options(user="u") as copy:
            assert copy.run_workflow({}).status == "succeeded"
        with pytest.raises(DifyError, match="closed"):
            copy.run_workflow({})
        assert dify.run_workflow({}).status == "succeeded"
        copy = dify.with_options(user="u")
        dify.close()
        dify.close()
        for closed, call in itertools.product((dify, copy), CALLS):
            with pytest.raises(DifyError, match="closed"):
                call(closed)
        assert len(server.requests) == 2


@both_by_both
def test_a_stream_of_a_closed_client(kind: Kind) -> None:
    """One that is open has a connection of its own and goes on; one that is not says so."""
    with slow_runs(kind) as (runs, server, dify):
        unused = dify.run_workflow_stream({})
        stream = dify.run_workflow_stream({})
        assert next(stream).event == "workflow_started"
        dify.close()
        gc.collect()
        assert next(stream).event == "node_started"
        for call in (stream.info, stream.stop, lambda: next(unused)):
            with pytest.raises(DifyError, match="closed"):
                call()
        stream.close()
        assert freed(server, dify)
        assert (len(server.requests), runs.stops) == (1, 0)
