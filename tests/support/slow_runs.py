"""A server whose runs never end by themselves, in each state that a client can leave it in."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_args

import attrs
import pytest
from dify_workflow import AsyncDifyWorkflow
from dify_workflow._transport.pools import Connections
from facade import Kind, client
from replay_server import ReplayServer, Reply, Request, Sleep
from wire_archive import exchange

RUN = exchange("1.14.2", "run/empty_streaming")
PING, STARTED, NODE_STARTED = RUN.frames()[:3]
RUN_ID = RUN.events()[0]["workflow_run_id"]
TASK_ID = RUN.events()[0]["task_id"]
FOREVER = Sleep(600)  # ended by the client's leaving, or with the server

_PACKER = zlib.compressobj(wbits=31)
_PACKED = _PACKER.compress(PING + STARTED) + _PACKER.flush(zlib.Z_SYNC_FLUSH)
_BUSY = {"code": "too_many_requests", "message": "", "status": 429}

# What a run's POST is answered with, by what the client then waits for.
WAITING: dict[str, Reply] = {
    "an answer": Reply.raw(FOREVER),
    "the rest of the head": Reply.raw(RUN.head[:-2], FOREVER),
    "a first event": Reply.stream(PING, FOREVER),
    "the next event": Reply.stream(PING, STARTED, NODE_STARTED, FOREVER),
    "the rest of an event": Reply.stream(PING, STARTED, NODE_STARTED[:50], FOREVER),
    "the rest of what is compressed": Reply.stream(  # which is read through httpx
        _PACKED, FOREVER, headers=[("Content-Encoding", "gzip")]
    ),
    "another try": Reply.json(429, _BUSY, [("Retry-After", "100")]),
    "a place": Reply.json(429, _BUSY, [("Retry-After", "100")]),  # until the run's deadline
    "a cut stream's replay": Reply.stream(PING, STARTED),
}

each_state = pytest.mark.parametrize("state", WAITING)
each_connections = pytest.mark.parametrize("connections", get_args(Connections))
ahead = pytest.mark.parametrize("read_ahead", [False, True], ids=["plain", "read_ahead"])


class Odd(Exception):
    """Raised by the code that reads a stream."""


@attrs.define
class SlowRuns:
    """The handler; `stops` counts the requests to stop the run."""

    state: str = "the next event"
    ends: bool = False
    """Whether runs end at once instead."""
    stops: int = 0

    def __call__(self, request: Request) -> Reply:
        if request.path.endswith("/stop"):
            assert request.path == f"/v1/workflows/tasks/{TASK_ID}/stop"
            self.stops += 1
            return Reply.json(200, {"result": "success"})
        if request.method == "POST":
            assert request.path == "/v1/workflows/run"
            return Reply.of(RUN, hold_open=600) if self.ends else WAITING[self.state]
        assert request.path == f"/v1/workflow/{RUN_ID}/events", request
        return Reply.stream(STARTED, FOREVER)

    def wait(self, server: ReplayServer) -> None:
        """Wait until the client has sent all that it sends before it waits, and likely waits."""
        server.wait_requests(2 if self.state == "a cut stream's replay" else 1)
        time.sleep(0.03)  # the tests hold for a client that is not that far yet, too


@contextmanager
def slow_runs(
    kind: Kind, state: str = "the next event", **options: Any
) -> Iterator[tuple[SlowRuns, ReplayServer, Any]]:
    """Give the handler, its server, and a client of it."""
    runs = SlowRuns(state)
    if state == "a place":
        options["deadline"] = 1000
    with ReplayServer(runs) as server, client(kind, server, **options) as dify:
        yield runs, server, dify


def freed(server: ReplayServer, dify: Any, left: int = 0) -> bool:
    """Wait until at most `left` connections are open; an async client's loop runs meanwhile."""
    runner: asyncio.Runner | None = getattr(dify, "_runner", None)
    if runner is None:
        return server.wait_closed(left=left)
    return runner.run(asyncio.to_thread(server.wait_closed, left=left))


def in_a_loop(
    main: Callable[[SlowRuns, ReplayServer, AsyncDifyWorkflow], Awaitable[None]],
    state: str = "the next event",
    **options: Any,
) -> None:
    """Run a test in an event loop, and see that no connection is left open in it."""
    with slow_runs("async", state, **options) as (runs, server, dify):
        dify._runner.run(main(runs, server, dify._inner))
        dify.close()
        assert freed(server, dify)
