"""Runs followed by the real streams over a simulated server: no socket, no time passes."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Literal

import attrs
import httpx
from dify_workflow import (
    AsyncWorkflowStream,
    WorkflowRunResponse,
    WorkflowStream,
    WorkflowStreamEvent,
)
from dify_workflow._api.api_responses import ApiResponse
from dify_workflow._api.commands import Await, Open, Opened, Outcome, Send, Until, Waiting
from dify_workflow._api.versions import Server
from dify_workflow._clients._async.driver import AsyncDriver
from dify_workflow._clients._sync.driver import Driver
from dify_workflow._runs.run import Run, attaching, plan
from dify_workflow.options import Options
from facade import Face, Kind
from fault_server_model import Dify
from fault_streams import ModelStream, VirtualClock
from h1_streams.connection_handle import ConnectionHandle

Mode = Literal["iterate", "result"]


@attrs.define(eq=False)
class Pending:
    """An answer whose head takes its time."""

    clock: VirtualClock
    outcome: Outcome
    at: float

    def wait(self, seconds: float) -> Outcome:
        if self.at <= self.clock.now + seconds:
            self.clock.advance(self.at - self.clock.now)
            return self.outcome
        self.clock.advance(seconds)
        return Waiting(seconds, self)

    def close(self) -> None:
        if isinstance(self.outcome, Opened):
            self.outcome.connection.close()

    shutdown = close

    async def aclose(self) -> None:
        self.close()


def exchange(driver: Any, command: Send | Open | Await, until: Until) -> Outcome:
    """Let the simulated server answer."""
    if isinstance(command, Await):
        waited: Outcome = command.waiting.connection.wait(until.seconds(command.seconds))
    else:
        asked_at = driver.dify.clock.now
        waited = driver.dify.serve(command.request)
        if isinstance(command, Open) and command.patience is not None:
            pending = Pending(driver.dify.clock, waited, asked_at + driver.dify.head_after)
            waited = pending.wait(until.seconds(command.patience))
    if isinstance(waited, ApiResponse | Opened):
        driver.server.learn(waited.headers)
    return waited


@attrs.frozen
class SimDriver(Driver):
    """A sync driver whose time is the server's."""

    dify: Any = None

    def _exchange(
        self, command: Send | Open | Await, until: Until, handle: ConnectionHandle
    ) -> Outcome:
        return exchange(self, command, until)

    def pause(self, seconds: float, alarm: Any) -> None:
        self.dify.clock.advance(seconds)


class AsyncModelStream:
    """A connection of the simulated server, with the async interface."""

    resumable = True

    def __init__(self, stream: ModelStream) -> None:
        self._stream = stream
        self.shutdown = self.abandon = stream.close

    async def read(self, timeout: float) -> bytes | None:
        return self._stream.read(timeout)

    async def aclose(self) -> None:
        self._stream.close()


@attrs.frozen
class AsyncSimDriver(AsyncDriver):
    """An async driver whose time is the server's."""

    dify: Any = None

    async def _exchange(
        self, command: Send | Open | Await, until: Until, handle: ConnectionHandle
    ) -> Outcome:
        outcome = exchange(self, command, until)
        if isinstance(outcome, Opened):
            return outcome._replace(connection=AsyncModelStream(outcome.connection))
        return outcome

    async def pause(self, seconds: float, alarm: Any) -> None:
        self.dify.clock.advance(seconds)


class AtOnce:
    """Runs what waits for nothing but the simulated server: no event loop is needed."""

    @staticmethod
    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        raise AssertionError("it waits for something real")


@attrs.define(eq=False)
class Observed:
    """What a client was given of one run."""

    server: Dify
    events: list[WorkflowStreamEvent] = attrs.field(factory=list)
    error: BaseException | None = None
    result: WorkflowRunResponse | None = None
    id: str | None = None
    task_id: str | None = None
    status: str = ""
    recovered: bool = False
    text_complete: bool = True
    seconds: float = 0.0


def following(server: Dify, *, attach: bool = False, **options: Any) -> Run:
    """A run as the client would start it, or attach to."""
    client = Options(api_key="app-simulated", user="user-1")
    if attach:
        return attaching(server.script.run_id, client.merged(options), Server(), server.clock)
    return plan(dict(server.script.inputs), client, options, Server(), server.clock)


def start_elsewhere(server: Dify, run: Run | None = None) -> None:
    """Let somebody else start a run, or send the request of this one."""
    start = (run or following(server)).start
    assert start is not None
    server._start(start)


def stream_of(server: Dify, run: Run, kind: Kind = "sync") -> Any:
    """The stream of a run; the async one with a sync face."""
    given: dict[str, Any] = {
        "http": None,
        "base_url": httpx.URL("http://simulated.example"),
        "server": run.server,
        "clock": server.clock,
        "dify": server,
    }
    if kind == "sync":
        return WorkflowStream(run, SimDriver(**given))
    return Face(AsyncWorkflowStream(run, AsyncSimDriver(**given)), AtOnce)


def play(server: Dify, run: Run, kind: Kind = "sync", *, mode: Mode = "iterate") -> Observed:
    """Read a run to its end, and note what the stream says of itself then."""
    stream, seen = stream_of(server, run, kind), Observed(server)
    with stream:
        try:
            if mode == "iterate":
                for event in stream:
                    seen.events.append(event)
            seen.result = stream.result()
        except Exception as error:
            seen.error = error
    seen.id, seen.task_id, seen.status = stream.id, stream.task_id, stream.status
    seen.recovered, seen.text_complete = stream.recovered, stream.text_complete
    seen.seconds = server.clock.now
    return seen
