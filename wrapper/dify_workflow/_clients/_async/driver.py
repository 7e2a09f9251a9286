"""The async driver: performs the commands of flows by httpx."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

import attrs
import httpx
from h1_streams.connection_handle import ConnectionHandle

from ..._api.commands import (
    AT_ONCE,
    Await,
    Command,
    Flow,
    Gather,
    Open,
    Opened,
    Outcome,
    Pause,
    ReadOn,
    Send,
    Until,
    Waiting,
)
from ..._api.failures import failure
from ..._api.results import fetch
from ..._api.versions import Server
from ..._transport.messages import (
    RequestLog,
    answering_proxy,
    build_request,
    ends_at,
    timeout_of,
    whole_response,
)
from ..._transport.pools import AsyncOwnClient
from ..._transport.whole import WholeBody
from ...options import CallOptions
from ...types.responses import DeadlineExceeded
from ..settings import ClientBase
from .io import (
    Alarm,
    AsyncOpenStream,
    AsyncPendingStream,
    AsyncRouter,
    gather,
    in_time,
    reading,
)

T = TypeVar("T")


@attrs.frozen
class AsyncDriver:
    """Performs commands over one httpx client."""

    http: httpx.AsyncClient
    base_url: httpx.URL
    server: Server
    clock: Callable[[], float] = time.monotonic

    async def run(self, flow: Flow[T], until: Until | None = None) -> T:
        """Perform a flow of plain requests to its end.

        Raises `DeadlineExceeded` before a command that would begin after the deadline.
        """
        until = until or Until(self.clock)
        outcome: Outcome = None
        while True:
            try:
                command = flow.send(outcome)
            except StopIteration as stop:
                result: T = stop.value
                return result
            if until.over:
                raise DeadlineExceeded("the deadline passed before the next request")
            outcome = await self.perform(command, until)

    async def perform(
        self,
        command: Command,
        until: Until,
        alarm: Alarm | None = None,
        handle: ConnectionHandle | None = None,
    ) -> Outcome:
        """Perform a command (not a `ReadOn`, which is the stream's); return its outcome.

        `alarm` ends a pause, and `handle` the connection of an `Open`, from outside.
        """
        if isinstance(command, Pause):
            seconds = min(until.seconds(command.seconds), command.seconds)
            await self.pause(seconds, alarm or Alarm())
            return None
        if isinstance(command, Gather):
            whole = Until(self.clock, until.deadline)  # pauses in there are not gone on with
            return await gather([partial(self.run, flow, whole) for flow in command.flows], AT_ONCE)
        assert not isinstance(command, ReadOn)
        return await self._exchange(command, until, handle or ConnectionHandle())

    async def pause(self, seconds: float, alarm: Alarm) -> None:
        """Wait, or be woken."""
        await alarm.wait(seconds)

    async def _exchange(
        self, command: Send | Open | Await, until: Until, handle: ConnectionHandle
    ) -> Outcome:
        sent: Send | Open
        pending: AsyncPendingStream | None = None
        ends: float | None = None
        if isinstance(command, Await):
            waited: AsyncPendingStream = command.waiting.connection
            pending, sent = waited, waited.command
            seconds = until.seconds(command.seconds)
            receive = partial(waited.wait, seconds)
        else:
            sent, seconds = command, handle.patience or 0.0
            api_request = sent.request
            if isinstance(sent, Send):
                number = api_request.options.timeout
                ends = ends_at(number, until, interruptible=api_request.repeatable)
            else:
                ends = ends_at(None, until)
            request = build_request(
                self.http,
                self.base_url,
                sent.request,
                timeout=timeout_of(sent, until),
                ends=ends,
                handle=handle if isinstance(sent, Open) else None,
            )
            send = partial(self.http.send, request, stream=True, follow_redirects=False)
            receive = partial(in_time, self.http, request, send)
        try:
            with RequestLog(sent.request.operation) as request_log:
                try:
                    response = await receive()
                except httpx.ReadTimeout as error:
                    if pending is None:
                        if handle.waiting is None or not isinstance(sent, Open):
                            raise
                        pending = AsyncPendingStream(handle.waiting, error.request, sent)
                    request_log.status = "no answer yet"
                    return Waiting(seconds, pending)
                request_log.status = response.status_code
                self.server.learn(response.headers)
                if isinstance(sent, Open):
                    stream = AsyncOpenStream(response, ends_at(None, until))
                    proxy = answering_proxy(response.request)
                    return Opened(response.headers, stream, response.status_code, proxy)
                body = WholeBody(response, sent.request.options.max_response_bytes, ends)
                try:
                    await read_whole(response, body)
                except httpx.HTTPError as error:
                    return failure(error)._replace(body=bytes(body.content))
                return whole_response(response, body, sent.request)
        except httpx.HTTPError as error:
            return failure(error)


async def read_whole(response: httpx.Response, body: WholeBody) -> None:
    """Read a body as far as its bound, and close the response."""
    try:
        if not body.is_read:
            with reading(response):
                await _read(response, body)
        body.end()
    finally:
        await response.aclose()


async def _read(response: httpx.Response, body: WholeBody) -> None:
    pieces = cast("AsyncGenerator[bytes]", response.aiter_raw())
    async with contextlib.aclosing(pieces):
        async for piece in pieces:
            if not body.take(piece):
                break


class AsyncCore(ClientBase):
    """What every method of the async client is made with: the way to send requests."""

    def _driver(self) -> AsyncDriver:
        return AsyncDriver(self._connections(), self._settings.base_url, self._server)

    def _new_http(self) -> httpx.AsyncClient:
        return AsyncOwnClient(transport=AsyncRouter(self._settings.transport))

    async def _send(
        self, operation: str, options: CallOptions, path: Mapping[str, str], **arguments: Any
    ) -> Any:
        return await self._driver().run(fetch(operation, self._options(options), path, arguments))
