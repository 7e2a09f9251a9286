"""`stop_on_exit`: a run whose stream is left early is stopped, once."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from dify_workflow import AsyncDifyWorkflow, DeadlineExceeded, DifyWorkflow
from facade import API_KEY, Kind, answered, both, both_by_both
from replay_server import ReplayServer, Reply, Request
from slow_runs import Odd, SlowRuns, ahead, in_a_loop, slow_runs


@both_by_both
@ahead
def test_a_run_that_has_ended_or_was_stopped_is_not_stopped_again(
    kind: Kind, read_ahead: bool
) -> None:
    with slow_runs(kind, stop_on_exit=True, read_ahead=read_ahead) as (runs, _, dify):
        with dify.start({}) as stream:
            assert stream.stop().result == "success"
        assert runs.stops == 1
        runs.ends = True
        with dify.run_workflow_stream({}) as stream:
            list(stream)
        dify.run_workflow({})
        with dify.run_workflow_stream({}) as stream:
            for event in stream:
                if event.event == "workflow_finished":
                    break
        assert runs.stops == 1


@both  # `result(timeout)` is exact over own connections only
def test_without_a_run_nothing_is_stopped(kind: Kind) -> None:
    with slow_runs(kind, stop_on_exit=True) as (runs, _, dify):
        runs.state = "a first event"  # the task is not known yet
        with dify.run_workflow_stream({}) as stream, pytest.raises(TimeoutError):
            stream.result(0.05)
        assert runs.stops == 0


@both_by_both
def test_a_run_past_its_deadline_is_stopped_once(kind: Kind) -> None:
    with slow_runs(kind, stop_on_exit=True, deadline=1.5) as (runs, _, dify):
        with pytest.raises(DeadlineExceeded):
            dify.run_workflow({})
        assert runs.stops == 1
        with dify.run_workflow_stream({}) as stream, pytest.raises(DeadlineExceeded):
            list(stream)
        assert runs.stops == 2


@pytest.mark.parametrize(
    ("closes", "read_ahead"),
    [(True, False), (True, True), (False, False)],  # what reads ahead goes on until it is closed
)
def test_a_cancelled_reader_stops_its_run_once(closes: bool, read_ahead: bool) -> None:
    async def main(runs: SlowRuns, server: ReplayServer, dify: AsyncDifyWorkflow) -> None:
        begun = asyncio.Event()
        stream = dify.run_workflow_stream({})

        async def read() -> None:
            async with stream if closes else nullcontext():
                async for _ in stream:
                    begun.set()

        task = asyncio.create_task(read())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (stream.closed, runs.stops) == (True, 1)
        await asyncio.to_thread(server.wait_closed, left=1)  # on which the stop was asked for

    in_a_loop(main, stop_on_exit=True, read_ahead=read_ahead)


@ahead
@pytest.mark.parametrize("where", ["a thread", "an event loop"])  # not under eventlet and gevent
def test_ctrl_c_while_waiting_stops_the_run_once(where: str, read_ahead: bool) -> None:
    runs = SlowRuns()

    def interrupt() -> None:
        server.wait_requests(1)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def main() -> None:
        with (
            DifyWorkflow(**options) as dify,
            dify.start({}) as stream,
            ThreadPoolExecutor(1) as pool,
        ):
            pool.submit(interrupt)
            list(stream)

    async def async_main() -> None:
        async with AsyncDifyWorkflow(**options) as dify, await dify.start({}) as stream:
            signal.raise_signal(signal.SIGINT)
            async for _ in stream:
                pass

    with ReplayServer(runs) as server:
        given: Any = {"stop_on_exit": True, "read_ahead": read_ahead}
        options = {"api_key": API_KEY, "base_url": server.url, **given}
        with pytest.raises(KeyboardInterrupt):
            main() if where == "a thread" else asyncio.run(async_main())
        assert runs.stops == 1
        server.wait_closed()


@both_by_both
def test_a_stop_that_fails_raises_nothing_and_is_not_repeated(kind: Kind) -> None:
    runs = SlowRuns()

    def handler(request: Request) -> Reply:
        return Reply.html(502, "x") if request.path.endswith("stop") else runs(request)

    with answered(kind, handler, stop_on_exit=True) as (server, dify):
        with dify.run_workflow_stream({}) as stream:
            next(stream)
        assert [request.path.rpartition("/")[2] for request in server.requests] == ["run", "stop"]


@both_by_both
@pytest.mark.parametrize("way", ["close", "deadline"])
def test_a_log_that_cannot_be_written_keeps_no_run_going(
    kind: Kind, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def info(*args: Any, **given: Any) -> None:
        raise Odd

    log = logging.getLogger("dify_workflow")
    log.setLevel(logging.INFO)
    monkeypatch.setattr(log, "info", info)
    deadline = 0.3 if way == "deadline" else None
    with slow_runs(kind, stop_on_exit=True, deadline=deadline) as (runs, server, dify):
        stream = dify.run_workflow_stream({})
        next(stream)
        with pytest.raises(Odd):
            stream.close() if way == "close" else stream.result()
        assert runs.stops == 1
        assert server.wait_closed(left=1)  # on which the stop was asked for
