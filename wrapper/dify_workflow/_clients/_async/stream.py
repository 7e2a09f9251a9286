"""`AsyncWorkflowStream`: the async handle of one run, which is also the iterator of its events."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any, Self

import httpx
from h1_streams.connection_handle import ConnectionHandle

from ..._api import api_requests, limits
from ..._api.commands import Open, Opened, ReadOn, Send, Until, Waiting, ask
from ..._api.failures import Failure
from ..._api.logger import log
from ..._api.results import from_detail, from_stop
from ..._runs.handle import ReadLoop, RunHandle
from ..._runs.run import Run
from ..._runs.state import RunState
from ...errors import DifyError
from ...options import Seconds
from ...types.events import TEXT, WorkflowStreamEvent
from ...types.responses import WorkflowRunResponse, WorkflowStopResponse
from .driver import AsyncDriver
from .io import Alarm, AsyncOpenStream, BackgroundReader, shielded


class AsyncWorkflowStream(RunHandle):
    """One run: iterate over its events with `async for`, or await its `result()`.

    The request is sent on first use. The iteration ends with the run's last event
    (`workflow_finished` or `workflow_paused`), or raises: a failure to start, an `error` event, or
    `RunOutcomeUnknown`. A dropped connection is recovered on the way. Use it as a context manager,
    or read it to its end: leaving it early frees the connection, and the run goes on unless
    `stop_on_exit` was set. The server keeps 1,024 unread events and drops the oldest, so a consumer
    that sleeps can lose text, unless `read_ahead` is set.

    For asyncio (and trio). Cancelling the task that reads it is leaving it.
    """

    def __init__(self, run: Run, driver: AsyncDriver) -> None:
        super().__init__(run)
        self._driver = driver
        self._reader: BackgroundReader | None = None
        self._connection: Any = None  # open, or waited for
        self._handle = ConnectionHandle()  # ends it, also while it is being opened
        self._read_loop: ReadLoop | None = None
        self._headers = httpx.Headers()
        self._reading = threading.Lock()
        self._alarm = Alarm()  # a pause ends when the stream is closed

    def __aiter__(self) -> Self:
        self._refuse_second_reading()
        return self

    async def __anext__(self) -> WorkflowStreamEvent:
        while not self._closed:
            ended = self._ended  # looked at before `ready`, which is filled in the background
            if self._ready:
                return self._ready.popleft()
            if ended:
                break
            await self._step()
        self._raise_left()
        self._was_read = True
        raise StopAsyncIteration

    @property
    def text(self) -> AsyncIterator[str]:
        """The pieces of the run's text as they come, without reasoning; iterate over it.

        It drives the run as iterating over the stream does, and raises as that does; `result()`
        has the outcome afterwards. A run that sends no text as it goes gives the text of its
        outputs once, at its end. Text that is lost in a gap is not repeated: then
        `text_complete` is False, and the outputs have all of it. From Dify 1.9 on, servers send
        all outputs of End as text, one after another.
        """
        return self._text_pieces()

    async def _text_pieces(self) -> AsyncIterator[str]:
        self._was_read = False  # what is left of the text is to be had at any time
        async for item in self:
            if item.event == TEXT and (piece := self._pieces.take(item.text, item.raw)):
                yield piece
        if piece := self._last_text():
            yield piece

    async def result(self, timeout: Seconds | None = None) -> WorkflowRunResponse:
        """Read to the run's end and return its result; events not yet read are dropped.

        `timeout` is in seconds; `RequestTimedOut` is raised when the run has not ended by then,
        and waiting can go on. Raises what the iteration would raise, and `StreamClosed` after an
        early `aclose()`.
        """
        self._until.due = self._after("timeout", timeout)
        try:
            while not (self._ended or self._closed):
                await self._step()
                self._ready.clear()
                if not self._ended and self._until.is_due:
                    raise self._not_yet()
        finally:
            self._until.due = math.inf
        return self._finished(self._headers)

    @property
    def outputs(self) -> dict[str, Any]:
        """The run's outputs, once it was read to its end; raises as `result()` does."""
        return self._finished(self._headers).outputs

    async def info(self) -> WorkflowRunResponse:
        """Fetch the run's detail (GET /workflows/run/{workflow_run_id})."""
        request = api_requests.detail(self._needs_id(), self._run.options)
        return from_detail(await self._driver.run(ask(request)))

    async def stop(self, *, wait: Seconds | None = None) -> WorkflowStopResponse:
        """Ask the server to stop the run; with `wait`, read on for so many seconds at most.

        Whether the run ended so is in `stopped`; its `status` is then "stopped", or "failed" with
        the message "Aborted: User requested stop".
        """
        self._after("wait", wait)
        task_id = await self._find_task_id(self._until.seconds(limits.TASK_ID_WAIT))
        with self._stopping():
            request = api_requests.stop(task_id, self._run.options)
            response = from_stop(await self._driver.run(ask(request)))
        if wait is not None:
            try:
                await self.result(wait)
            except TimeoutError:
                pass  # it was not seen to end: `status` says so
        return response

    async def aclose(self) -> None:
        """Free the connection, from any task; the iteration then ends. The run may go on."""
        if self._closed:
            return
        self._closed = True
        self._alarm.ring()
        if self._forked:
            return
        self._handle.shutdown()
        await self._release()
        if self._wants_stop():
            await self._stop_quietly()
        self._report.end()  # last: a handler of the log may raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if sys is None:  # at the end of a free-threaded interpreter
            return
        if not hasattr(self, "_connection") or self._forked:
            return
        if self._connection is not None:
            self._connection.abandon()
        if not sys.is_finalizing():
            self._report.end()

    async def _start(self) -> Self:
        """Read until the run's id is known."""
        while self._state.run_id is None and not (self._ended or self._closed):
            await self._step()
        self._raise_left()
        return self

    async def _step(self, *, ahead: bool = False) -> None:
        """Perform one command of the flow, or one read of the open stream.

        With `read_ahead` that is done in the background (`ahead`), and waited for here.
        """
        if self._run.options.read_ahead and not ahead:
            if self._reader is None:
                self._reader = BackgroundReader(self)
            await self._reader.wait(self._until.left(interruptible=True))
            return
        if not self._reading.acquire(blocking=False):
            raise DifyError("another task reads this stream")
        try:
            if self._read_loop is None:
                await self._perform()
            if self._read_loop is not None:
                await self._read(self._read_loop)
        except BaseException as error:
            self._read_loop = None
            if self._closed and isinstance(error, Exception):
                return  # closed concurrently by another task
            self._error, self._error_raised = error, not self._run.options.read_ahead
            self._ended = True
            await self._release()
            if self._wants_stop():
                await self._stop_quietly()
            self._report.end(error)
            raise
        else:
            if self._ended:
                await self._release()
        finally:
            self._reading.release()

    async def _perform(self) -> None:
        command = self._next_command()
        if command is None:
            return
        if isinstance(command, ReadOn):
            resumable = self._connection.resumable
            self._read_loop = ReadLoop(command, self._state, self._clock, resumable=resumable)
            return
        if isinstance(command, Open):
            await self._release()
            patience = command.patience
            self._handle = ConnectionHandle(
                None if patience is None else self._until.seconds(patience)
            )
        if self._closed:
            return
        with self._report.around():
            outcome = await self._driver.perform(command, self._until, self._alarm, self._handle)
        if isinstance(outcome, Opened | Waiting):
            self._connection = outcome.connection
        if isinstance(outcome, Opened):
            self._headers = outcome.headers
        if self._closed:
            await self._release()
        self._outcome = outcome

    async def _read(self, loop: ReadLoop) -> None:
        try:
            data = await self._connection.read(self._until.seconds(loop.timeout()))
        except httpx.ReadTimeout as error:
            self._check_deadline()
            if loop.resumable and self._until.is_due:
                loop.waited()
                return  # `result(timeout)` ends its wait, and nothing else
            cut = loop.timed_out(error)
        except httpx.HTTPError as error:
            cut = loop.broke(error)
        else:
            cut = None if self._closed else loop.took(data)
            if cut is None:
                self._check_deadline()  # while bytes come, no read times out
        if cut is not None:
            self._read_loop, self._outcome = None, cut

    async def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def _find_task_id(self, seconds: float) -> str:
        """Return the task's id; that of a run that was found in the logs is in its live events.

        Raises `InvalidArgument` when none comes in time.
        """
        run_id = self._state.run_id
        if self._state.task_id is not None or run_id is None:
            return self._needs_task_id()
        seen, until = (
            RunState(run_id=run_id),
            Until(self._clock, self._clock() + seconds),
        )
        events = api_requests.events(run_id, self._run.options)
        outcome = await self._driver.perform(Open(events, seconds), until)
        if not isinstance(outcome, Opened):
            return self._needs_task_id()
        connection: AsyncOpenStream = outcome.connection
        try:
            while not (seen.task_id or seen.over or until.over):
                data = await connection.read(until.seconds(seconds))
                if data is None:
                    break
                seen.feed(data)
        except httpx.HTTPError:
            pass  # it is not known then
        finally:
            await connection.aclose()
        self._state.task_id = seen.task_id
        return self._needs_task_id()

    async def _stop_quietly(self) -> None:
        self._run.stop_asked_at = self._clock()
        until = Until(self._clock, self._clock() + limits.STOP_TIMEOUT)
        try:
            with shielded(limits.STOP_TIMEOUT):
                task_id = await self._find_task_id(limits.STOP_TIMEOUT)
                request = api_requests.stop(task_id, self._run.options)
                outcome = await self._driver.perform(Send(request), until)
                if isinstance(outcome, Failure):
                    raise outcome.error
        except Exception as error:  # leaving must not raise anything new
            log.warning("run %s could not be stopped: %s", self.id, error)


class AsyncStartedStream(AsyncWorkflowStream):
    """The stream of a run whose ids are known, as `start` returns it."""

    @property
    def id(self) -> str:
        """The run's id."""
        return self._needs_id()

    @property
    def task_id(self) -> str:
        """The task's id, which stopping needs; "" for a run found in the logs, which have none."""
        return self._state.task_id or ""


async def start(run: Run, driver: AsyncDriver) -> AsyncStartedStream:
    """Return the stream of a run, read until the run's id is known."""
    return await AsyncStartedStream(run, driver)._start()
