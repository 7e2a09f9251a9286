# Written from ../_async/driver.py by `make generate`: change that one.
"""The sync driver: performs the commands of flows by httpx."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import httpx
from h1_streams.line import Line

from ..._api.calls import Call
from ..._api.commands import (
    AT_ONCE,
    Await,
    Failure,
    Flow,
    Gather,
    Open,
    Opened,
    Pause,
    Pump,
    Send,
    Waiting,
    failure,
)
from ..._api.replies import Answer
from ..._api.versions import Server
from ..._transport.messages import answer_of, build_request, capped, is_stream, with_read
from ..._transport.request_log import RequestLine
from ...types.responses import DeadlineExceeded
from .primitives import Alarm, gather, shielded, sleep

if TYPE_CHECKING:
    from .body import OpenStream, PendingStream

T = TypeVar("T")


@attrs.frozen
class Driver:
    """Performs commands over one httpx client."""

    http: httpx.Client
    base_url: httpx.URL
    server: Server
    clock: Callable[[], float] = time.monotonic

    def run(self, flow: Flow[T], seconds: float | None = None) -> T:
        """Perform a flow of plain requests to its end.

        Raises `DeadlineExceeded` before a command that would begin after so many `seconds`.
        """
        began = self.clock()
        outcome: Any = None
        while True:
            try:
                command = flow.send(outcome)
            except StopIteration as stop:
                result: T = stop.value
                return result
            assert not isinstance(command, Pump | Await)
            left = None if seconds is None else began + seconds - self.clock()
            if left is not None and left <= 0:
                raise DeadlineExceeded("the deadline passed before the next request")
            if isinstance(command, Pause):
                outcome = None
                sleep(command.seconds if left is None else min(command.seconds, left))
            elif isinstance(command, Gather):
                outcome = self.gather(command.flows, left)
            else:
                outcome, _ = self.perform(command, left)
                if isinstance(outcome, Answer | Opened):
                    self.server.learn(outcome.headers)

    def pause(self, seconds: float, alarm: Alarm) -> None:
        """Wait, or be woken."""
        alarm.wait(seconds)

    def gather(self, flows: Sequence[Flow[Any]], seconds: float | None = None) -> list[Any]:
        """Perform flows at once; raises the first error, when all have ended."""
        return gather([partial(self.run, flow, seconds) for flow in flows], AT_ONCE)

    def perform(
        self, command: Send | Open, left: float | None
    ) -> tuple[Answer | Opened | Waiting | Failure, OpenStream | PendingStream | None]:
        """Send a request; return its outcome, and the connection of an opened stream.

        `left` is the number of seconds that the deadline leaves.
        """
        timeout = command.call.options.timeout
        if command.silence is not None:
            timeout = with_read(timeout, command.silence)
        line = (command.line or Line()) if isinstance(command, Open) else None
        opening = line is not None
        request = build_request(
            self.http, self.base_url, command.call, timeout=capped(timeout, left), line=line
        )
        try:
            with RequestLine(command.call.operation) as told:
                try:
                    response = self.http.send(request, stream=opening, follow_redirects=False)
                except httpx.ReadTimeout:
                    if not isinstance(command, Open) or line is None or line.waiting is None:
                        raise
                    from .body import PendingStream

                    told.status = "no answer yet"
                    pending = PendingStream(line.waiting, request, command)
                    return Waiting(line.patience or 0.0), pending
                told.status = response.status_code
                return self._outcome(response, command)
        except httpx.HTTPError as error:
            return failure(error), None

    def wait(
        self, pending: PendingStream, seconds: float
    ) -> tuple[Answer | Opened | Waiting | Failure, OpenStream | None]:
        """Wait on for an answer; the outcome as of `perform`."""
        try:
            with RequestLine(pending.command.call.operation) as told:
                try:
                    response = pending.wait(seconds)
                except httpx.ReadTimeout:
                    told.status = "no answer yet"
                    return Waiting(seconds), None
                told.status = response.status_code
                return self._outcome(response, pending.command)
        except httpx.HTTPError as error:
            return failure(error), None

    def _outcome(
        self, response: httpx.Response, command: Send | Open
    ) -> tuple[Answer | Opened, OpenStream | None]:
        if isinstance(command, Open) and is_stream(response):
            from .body import OpenStream  # with httpcore, as late as httpx

            return Opened(response.headers), OpenStream(response)
        try:
            response.read()
        finally:
            response.close()
        return answer_of(response, command.call), None

    def perform_once(self, call: Call, seconds: float) -> None:
        """Send a request, whatever comes of it, within a short time."""
        request = build_request(self.http, self.base_url, call, timeout=httpx.Timeout(seconds))
        with shielded(seconds), RequestLine(call.operation) as told:
            response = self.http.send(request, follow_redirects=False)
            told.status = response.status_code
