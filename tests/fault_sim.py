"""Runs followed by the real streams over a simulated server: no socket, no time passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

import attrs
from dify_workflow import (
    AsyncWorkflowStream,
    WorkflowRunResponse,
    WorkflowStream,
    WorkflowStreamEvent,
)
from dify_workflow._api.calls import Call
from dify_workflow._api.commands import Failure, Flow, Open, Opened, Pause, Send, Waiting
from dify_workflow._api.replies import Answer
from dify_workflow._api.versions import Server
from dify_workflow._clients._async.driver import AsyncDriver
from dify_workflow._clients._sync.driver import Driver
from dify_workflow._runs.prepare import attaching, plan
from dify_workflow._runs.run import Following
from dify_workflow.options import Options
from fault_server_model import Dify
from fault_streams import ModelStream, VirtualClock

T = TypeVar("T")
Mode = Literal["iterate", "result"]
Performed = tuple[Answer | Opened | Waiting | Failure, Any]


@attrs.define(eq=False)
class Pending:
    """An answer whose head takes its time."""

    clock: VirtualClock
    outcome: Answer | Opened | Failure
    stream: Any
    at: float

    def wait(self, seconds: float) -> Performed:
        if self.at <= self.clock.now + seconds:
            self.clock.advance(self.at - self.clock.now)
            return self.outcome, self.stream
        self.clock.advance(seconds)
        return Waiting(seconds), self

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()

    shutdown = close

    async def aclose(self) -> None:
        self.close()


class SimDriver:
    """A sync driver whose time is the server's."""

    def __init__(self, server: Dify) -> None:
        self._server = server
        self.clock = server.clock

    def perform(self, command: Send | Open, left: float | None) -> Performed:
        if isinstance(command, Open) and (patience := command.line and command.line.patience):
            asked_at = self.clock.now
            outcome, stream = self._server.serve(command)
            pending = Pending(self.clock, outcome, stream, asked_at + self._server.head_after)
            return pending.wait(patience)
        return self._server.serve(command)

    def wait(self, pending: Pending, seconds: float) -> Performed:
        return pending.wait(seconds)

    def pause(self, seconds: float, alarm: Any) -> None:
        self.clock.advance(seconds)

    def perform_once(self, call: Call, seconds: float) -> None:
        self._server.serve(Send(call))

    def run(self, flow: Flow[T]) -> T:
        outcome: Any = None
        while True:
            try:
                command = flow.send(outcome)
            except StopIteration as stop:
                return cast(T, stop.value)
            outcome = None
            if isinstance(command, Pause):
                self.clock.advance(command.seconds)
            else:
                assert isinstance(command, Send)
                outcome, _ = self._server.serve(command)


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


class AsyncSimDriver:
    """An async driver whose time is the server's."""

    def __init__(self, server: Dify) -> None:
        self._sync = SimDriver(server)
        self.clock = server.clock

    async def perform(self, command: Send | Open, left: float | None) -> Performed:
        return self._wrapped(self._sync.perform(command, left))

    async def wait(self, pending: Pending, seconds: float) -> Performed:
        return self._wrapped(pending.wait(seconds))

    def _wrapped(self, performed: Performed) -> Performed:
        outcome, stream = performed
        return outcome, AsyncModelStream(stream) if isinstance(outcome, Opened) else stream

    async def pause(self, seconds: float, alarm: Any) -> None:
        self.clock.advance(seconds)

    async def perform_once(self, call: Call, seconds: float) -> None:
        self._sync.perform_once(call, seconds)

    async def run(self, flow: Flow[T]) -> T:
        return self._sync.run(flow)


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


Client = Callable[[Following], Flow[None]]


def following(server: Dify, *, attach: bool = False, **options: Any) -> Following:
    """A run as the client would start it, or attach to."""
    client = Options(api_key="app-simulated", user="user-1")
    if attach:
        return attaching(server.script.run_id, client.merged(options), Server(), server.clock)
    return plan(dict(server.script.inputs), client, options, Server(), server.clock)


def start_elsewhere(server: Dify, run: Following | None = None) -> None:
    """Let somebody else start a run, or send the request of this one."""
    start = (run or following(server)).start
    assert start is not None
    server._start(start)


def stream_of(server: Dify, run: Following) -> WorkflowStream:
    """The sync stream of a run."""
    return WorkflowStream(run, cast(Driver, SimDriver(server)))


def async_stream_of(server: Dify, run: Following) -> AsyncWorkflowStream:
    """The async stream of a run."""
    return AsyncWorkflowStream(run, cast(AsyncDriver, AsyncSimDriver(server)))


def play(
    server: Dify, run: Following, *, client: Client | None = None, mode: Mode = "iterate"
) -> Observed:
    """Read a run to its end with the sync stream; `client` is a flow to use instead of ours."""
    stream = stream_of(server, run)
    if client is not None:
        stream._flow = client(run)
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


async def play_async(server: Dify, run: Following, *, mode: Mode = "iterate") -> Observed:
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
