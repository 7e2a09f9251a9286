"""Runs followed by the real streams over a simulated server: no socket, no time passes."""

from __future__ import annotations

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
from dify_workflow._api.failures import Failure
from dify_workflow._api.versions import Server
from dify_workflow._clients._async.driver import AsyncDriver
from dify_workflow._clients._sync.driver import Driver
from dify_workflow._runs.run import Run, attaching, plan
from dify_workflow.options import Options
from fault_server_model import Dify
from fault_streams import ModelStream, VirtualClock
from h1_streams.connection_handle import ConnectionHandle

Mode = Literal["iterate", "result"]


@attrs.define(eq=False)
class Pending:
    """An answer whose head takes its time."""

    clock: VirtualClock
    outcome: ApiResponse | Opened | Failure
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


def exchange(dify: Dify, command: Send | Open | Await, until: Until) -> Outcome:
    """Let the simulated server answer."""
    if isinstance(command, Await):
        waited: Outcome = command.waiting.connection.wait(until.seconds(command.seconds))
        return waited
    asked_at = dify.clock.now
    outcome, stream = dify.serve(command)
    if isinstance(outcome, Opened):
        outcome = outcome._replace(connection=stream)
    if not isinstance(command, Open) or command.patience is None:
        return outcome
    pending = Pending(dify.clock, outcome, asked_at + dify.head_after)
    return pending.wait(until.seconds(command.patience))


@attrs.frozen
class SimDriver(Driver):
    """A sync driver whose time is the server's."""

    dify: Any = None

    def _exchange(
        self, command: Send | Open | Await, until: Until, handle: ConnectionHandle
    ) -> Outcome:
        outcome = exchange(self.dify, command, until)
        if isinstance(outcome, ApiResponse | Opened):
            self.server.learn(outcome.headers)
        return outcome

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
        outcome = exchange(self.dify, command, until)
        if isinstance(outcome, ApiResponse | Opened):
            self.server.learn(outcome.headers)
        if isinstance(outcome, Opened):
            return outcome._replace(connection=AsyncModelStream(outcome.connection))
        return outcome

    async def pause(self, seconds: float, alarm: Any) -> None:
        self.dify.clock.advance(seconds)


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

    def take(self, stream: WorkflowStream | AsyncWorkflowStream) -> Observed:
        """Note what the stream says of itself at the end."""
        self.id, self.task_id, self.status = stream.id, stream.task_id, stream.status
        self.recovered, self.text_complete = stream.recovered, stream.text_complete
        self.seconds = self.server.clock.now
        return self


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


def _driver_of(server: Dify, run: Run) -> dict[str, Any]:
    return {
        "http": None,
        "base_url": httpx.URL("http://simulated.example"),
        "server": run.server,
        "clock": server.clock,
        "dify": server,
    }


def stream_of(server: Dify, run: Run) -> WorkflowStream:
    """The sync stream of a run."""
    return WorkflowStream(run, SimDriver(**_driver_of(server, run)))


def async_stream_of(server: Dify, run: Run) -> AsyncWorkflowStream:
    """The async stream of a run."""
    return AsyncWorkflowStream(run, AsyncSimDriver(**_driver_of(server, run)))


def play(server: Dify, run: Run, *, mode: Mode = "iterate") -> Observed:
    """Read a run to its end with the sync stream."""
    stream = stream_of(server, run)
    seen = Observed(server)
    with stream:
        try:
            if mode == "iterate":
                for event in stream:
                    seen.events.append(event)
            seen.result = stream.result()
        except Exception as error:
            seen.error = error
    return seen.take(stream)


async def play_async(server: Dify, run: Run, *, mode: Mode = "iterate") -> Observed:
    """Read a run to its end with the async stream."""
    stream = async_stream_of(server, run)
    seen = Observed(server)
    async with stream:
        try:
            if mode == "iterate":
                async for event in stream:
                    seen.events.append(event)
            seen.result = await stream.result()
        except Exception as error:
            seen.error = error
    return seen.take(stream)
