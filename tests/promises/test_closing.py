"""However a stream is left, its connection is freed, and nothing is left behind."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from dify_workflow import DifyError, StreamClosed
from facade import Kind, both_by_both, client
from replay_reply import chunked, head
from replay_server import ReplayServer, Reply, Sleep
from slow_runs import FOREVER, PING, STARTED, Odd, SlowRuns, ahead, each_state, freed, slow_runs


@both_by_both
@ahead
def test_break_frees_the_connection(kind: Kind, read_ahead: bool) -> None:
    with slow_runs(kind, read_ahead=read_ahead) as (runs, server, dify):
        with dify.run_workflow_stream({}) as stream:
            for event in stream:
                assert event.event == "workflow_started"
                break
        assert freed(server, dify)
        assert stream.closed
        assert list(stream) == []
        with pytest.raises(StreamClosed):
            stream.result()
        assert (stream.status, runs.stops) == ("running", 0)


def _raise_in_the_loop(dify: Any) -> None:
    with dify.run_workflow_stream({}) as stream:
        for _ in stream:
            raise Odd


@both_by_both
@ahead
def test_an_exception_in_the_loop_frees_the_connection(kind: Kind, read_ahead: bool) -> None:
    with slow_runs(kind, read_ahead=read_ahead) as (runs, server, dify):
        with pytest.raises(Odd):
            _raise_in_the_loop(dify)
        assert freed(server, dify)
        assert runs.stops == 0


@both_by_both
def test_closing_in_the_loop_ends_it(kind: Kind) -> None:
    with slow_runs(kind) as (_, server, dify):
        stream = dify.run_workflow_stream({})
        for number, _event in enumerate(stream):
            assert number == 0
            stream.close()
            stream.close()
        assert freed(server, dify)


@both_by_both
def test_a_stream_that_was_never_used_sends_nothing(kind: Kind) -> None:
    with slow_runs(kind) as (_, server, dify):
        with dify.run_workflow_stream({}) as stream:
            pass
        assert list(stream) == []
        dify.run_workflow_stream({})  # and dropped
        assert server.requests == []


@both_by_both
def test_collecting_an_unfinished_stream_frees_the_connection(kind: Kind) -> None:
    with slow_runs(kind) as (_, server, dify):
        stream = dify.run_workflow_stream({})
        next(stream)
        assert server.open_connections == 1
        del stream
        gc.collect()
        assert freed(server, dify)


def _in_a_thread(target: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Run in a thread, and give what it returned or raised."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(target())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


@ahead
@each_state
def test_closing_from_another_thread_ends_a_blocked_reader(state: str, read_ahead: bool) -> None:
    with slow_runs("sync", read_ahead=read_ahead) as (runs, server, dify):
        runs.state = state
        stream = dify.run_workflow_stream({})
        thread, outcome = _in_a_thread(lambda: [event.event for event in stream])
        runs.wait(server)
        stream.close()
        thread.join(10)
        assert not thread.is_alive()
        assert isinstance(outcome[0], list), outcome
        dify.close()
        assert freed(server, dify)
        assert len(server.requests) <= 2


@each_state
def test_closing_from_another_thread_ends_a_wait_for_the_result(state: str) -> None:
    with slow_runs("sync") as (runs, server, dify):
        runs.state = state
        stream = dify.run_workflow_stream({})
        thread, outcome = _in_a_thread(stream.result)
        runs.wait(server)
        stream.close()
        thread.join(10)
        assert type(outcome[0]) is StreamClosed
        dify.close()
        assert freed(server, dify)


def test_closing_from_another_thread_ends_the_reading_of_what_is_compressed() -> None:
    """Which is read through httpx."""
    framing = ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")
    packed = zlib.compressobj(wbits=31)
    steps = chunked([packed.compress(PING + STARTED) + packed.flush(zlib.Z_SYNC_FLUSH), FOREVER])
    reply = Reply((head(200, [("Content-Type", "text/event-stream"), *framing]), *steps))
    with ReplayServer([reply]) as server, client("sync", server.url) as dify:
        stream = dify.run_workflow_stream({})
        assert next(stream).event == "workflow_started"
        thread, outcome = _in_a_thread(lambda: list(stream))
        time.sleep(0.03)
        stream.close()
        thread.join(10)
        assert outcome == [[]]
        assert freed(server, dify)


# What a program does before it ends, with streams open; `client()` and `show()` are given.
PROGRAMS = {
    "sync": """
plain = client(DifyWorkflow).run_workflow_stream({})
show(next(plain))
in_a_thread = client(DifyWorkflow).run_workflow_stream({})
show(next(in_a_thread))
threading.Thread(target=list, args=[in_a_thread], daemon=True).start()
ahead = client(DifyWorkflow).run_workflow_stream({}, read_ahead=True)
show(next(ahead))
with client(DifyWorkflow) as dify:
    for event in dify.run_workflow_stream({}):
        show(event)
        sys.exit(0)
""",
    "async": """
async def read(stream, started):
    async for event in stream:
        started.set()
async def main():
    global plain, ahead, in_a_task, task
    plain = client(AsyncDifyWorkflow).run_workflow_stream({})
    show(await anext(plain))
    ahead = client(AsyncDifyWorkflow).run_workflow_stream({}, read_ahead=True)
    show(await anext(ahead))
    in_a_task = client(AsyncDifyWorkflow).run_workflow_stream({})
    show(await anext(in_a_task))
    started = asyncio.Event()
    task = asyncio.create_task(read(in_a_task, started))
    await started.wait()
    async for event in client(AsyncDifyWorkflow).run_workflow_stream({}):
        show(event)
        break
asyncio.run(main())
""",
}
BEGINNING = """
import asyncio, sys, threading
from dify_workflow import *
def client(kind):
    return kind(api_key="app-1", base_url=sys.argv[1])
def show(event):
    print(event.event)
"""


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


CALLS: dict[str, Callable[[Any], Any]] = {
    "run_workflow": lambda dify: dify.run_workflow({}),
    "run_workflow_stream": lambda dify: next(dify.run_workflow_stream({})),
    "start": lambda dify: dify.start({}),
    "attach": lambda dify: next(dify.attach("x")),
    "info": lambda dify: dify.info("x"),
    "logs": lambda dify: dify.logs(),
    "stop": lambda dify: dify.stop_workflow_stream("x"),
}


@both_by_both
@pytest.mark.parametrize("name", CALLS)
def test_a_closed_client_says_so(kind: Kind, name: str) -> None:
    with slow_runs(kind) as (_, server, dify):
        copy = dify.with_options(user="u")
        dify.close()
        dify.close()
        for closed in (dify, copy):
            with pytest.raises(DifyError, match="closed"):
                CALLS[name](closed)
        assert server.requests == []


@both_by_both
def test_closing_a_copy_leaves_the_client_open(kind: Kind) -> None:
    with slow_runs(kind) as (runs, _, dify):
        runs.ends = True
        with dify.with_options(user="u") as copy:
            assert copy.run_workflow({}).status == "succeeded"
        with pytest.raises(DifyError, match="closed"):
            copy.run_workflow({})
        assert dify.run_workflow({}).status == "succeeded"


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


@both_by_both
def test_a_read_ahead_stream_that_is_dropped_frees_its_connection_at_the_next_bytes(
    kind: Kind,
) -> None:
    pings = [step for _ in range(2_000) for step in (Sleep(0.02), PING)]
    with (
        ReplayServer(lambda _: Reply.stream(PING, STARTED, *pings, FOREVER)) as server,
        client(kind, server.url, read_ahead=True) as dify,
    ):
        stream = iter(dify.run_workflow_stream({}))
        assert next(stream).event == "workflow_started"
        del stream
        assert freed(server, dify)
