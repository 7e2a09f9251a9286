"""Commands that a flow yields to a driver, their outcomes, and when a request is sent again.

A flow is a generator that yields a command per connection, not per byte, and is sent the outcome;
it does no I/O, so one body serves the sync and the async client, and the tests' virtual clock.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

import attrs
import httpx

from ..errors import TooManyRequests
from . import limits
from .api_requests import ApiRequest
from .api_responses import ApiResponse, media_type
from .failures import Failure, cannot_change, no_answer
from .limits import MOMENT

T = TypeVar("T")


AT_ONCE = 4  # requests of one `Gather` that are under way together


class Send(NamedTuple):
    """Send a request and read the whole response: an `ApiResponse` or a `Failure`.

    `silence` is the time in seconds that the response may take, where not that of the options.
    """

    request: ApiRequest
    silence: float | None = None


class Open(NamedTuple):
    """Open a stream: `Opened`, or a `Failure`.

    `silence` is the time in seconds that the head of the response may take. After `patience`
    without a byte of it the outcome is `Waiting`, where the connection can be waited on.
    """

    request: ApiRequest
    silence: float
    patience: float | None = None
    replaying: bool = False


class Await(NamedTuple):
    """Wait on for the head of the response to an `Open`, for so many seconds; outcomes as there."""

    waiting: Waiting
    seconds: float


class ReadOn(NamedTuple):
    """Feed the open stream into the run's state until it is over or cut: a `Cut`.

    Limits in seconds of time spent waiting: `first` without a byte before the first event,
    `silence` without a byte after it, both over all reading of one connection. The stream stays
    open after `quiet` without an event, and after `lull` without a byte behind the first event,
    once in each silence. A connection that is not ours has its request's read time-out in place of
    both silences, knows no lull, and tells `quiet` when its next bytes come.
    """

    first: float
    silence: float
    quiet: float | None = None
    lull: float | None = None


class Pause(NamedTuple):
    """Wait for `seconds`."""

    seconds: float


class Gather(NamedTuple):
    """Perform several flows of plain requests at once: the list of their results."""

    flows: Sequence[Flow[Any]]


class Opened(NamedTuple):
    """A response has begun on a `connection`, which flows leave alone.

    That of a success may be a stream, as its bytes tell.
    """

    headers: httpx.Headers
    connection: Any = None
    status: int = 200
    proxy: str = ""  # that it was asked of, and may have answered

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def says_stream(self) -> bool:
        """Whether its media type is that of a stream."""
        return media_type(self.headers) == "text/event-stream"


class Waiting(NamedTuple):
    """No byte of the response has come for so many seconds; it can still be waited for."""

    seconds: float
    connection: Any = None


class Cut(NamedTuple):
    """Why reading ended; `open` says whether the stream can be read on.

    "held": the run's state holds an event back that the flow must decide on.
    """

    reason: Literal["over", "held", "eof", "broken", "silence", "quiet", "lull"]
    error: Exception | None = None
    open: bool = False


Command = Send | Open | Await | ReadOn | Pause | Gather
Outcome = ApiResponse | Opened | Waiting | Failure | Cut | list[Any] | None
Flow = Generator[Command, Any, T]


@attrs.define
class Until:
    """How long commands may take: times by the clock, infinity for no bound.

    deadline: nothing goes on longer. due: what can be gone on with later is interrupted then.
    """

    clock: Callable[[], float]
    deadline: float = math.inf
    due: float = math.inf

    def seconds(self, most: float) -> float:
        """Return the seconds to wait for what can be gone on with, `most` at most."""
        return max(min(most, min(self.deadline, self.due) - self.clock()), MOMENT)

    def left(self, *, interruptible: bool) -> float | None:
        """Return the seconds left for a request; None without a bound."""
        ends = min(self.deadline, self.due) if interruptible else self.deadline
        return None if ends == math.inf else max(ends - self.clock(), MOMENT)

    @property
    def over(self) -> bool:
        """Whether the deadline has passed."""
        return self.clock() >= self.deadline

    @property
    def is_due(self) -> bool:
        """Whether to interrupt now."""
        return self.clock() >= self.due - MOMENT


def backoff(attempt: int) -> float:
    """Return seconds to wait before the next attempt: exponential, capped, full jitter."""
    return random.uniform(0, min(limits.LONGEST_PAUSE, limits.FIRST_PAUSE * 2 ** min(attempt, 10)))


def pause_before_retry(
    request: ApiRequest, outcome: ApiResponse | Failure, attempt: int
) -> float | None:
    """Return seconds to wait before a request is sent again; None when it must not be.

    What surely started nothing is retried: a connection that was not made, and a complete "too many
    requests". A repeatable request (GET) is retried after a broken connection and a 5xx too.
    """
    if attempt >= request.options.retries:
        return None
    if isinstance(outcome, Failure):
        if cannot_change(outcome.error):
            return None
        return backoff(attempt) if request.repeatable or not outcome.sent else None
    if request.one_shot:
        return None
    busy = isinstance(outcome.error(), TooManyRequests) if not outcome.ok else False
    failed = outcome.status >= 500 and not outcome.names_no_run
    if not busy and not (request.repeatable and failed):
        return None
    retry_after = outcome.retry_after
    if retry_after is None:
        return backoff(attempt)
    return retry_after if retry_after <= limits.LONGEST_RETRY_AFTER else None


def may_change(response: ApiResponse) -> bool:
    """Return whether asking again may help: the server is busy or unreachable.

    So it is with a success that is not what was asked for: a gateway's page during a deploy.
    """
    busy = response.ok or response.status == 408 or response.status >= 500
    return busy or isinstance(response.error(), TooManyRequests)


def _once(command: Send | Open) -> Flow[Any]:
    return (yield command)


def send_with_retries(
    command: Send | Open,
    time_left: Callable[[], float | None] = lambda: None,
    perform: Callable[[Any], Flow[Any]] = _once,
) -> Flow[Any]:
    """Perform a command, again where that is safe, and return its last outcome.

    That is an `ApiResponse` or a `Failure`, or what else `perform` returns: `Opened` for an `Open`.
    `time_left` is asked when nothing was started, for the seconds until the deadline: by then,
    "too many requests" is the outcome.
    """
    limit = command.request.options.max_retries
    refusal: ApiResponse | None = None
    refusals = attempt = 0
    last = False
    while True:
        outcome = yield from perform(command)
        if not isinstance(outcome, ApiResponse | Failure):
            return outcome
        remaining = time_left() if _started_nothing(command, outcome) else None
        if remaining is not None and isinstance(outcome, ApiResponse):
            refusal, retry_after = outcome, outcome.retry_after or 0.0
            if last or retry_after >= remaining or (limit is not None and attempt >= limit):
                return refusal
            seconds = max(retry_after, backoff(refusals))
            last = seconds > remaining - limits.LAST_TRY
            if last:  # a second before the deadline; half-way where less than two are left
                seconds = max(retry_after, remaining - limits.LAST_TRY, remaining / 2)
            refusals += 1
            attempt += limit is not None
        else:
            pause = pause_before_retry(command.request, outcome, attempt)
            if pause is None:
                return outcome
            seconds = pause
            attempt += 1
            if refusal is not None and remaining is not None and seconds >= remaining:
                return refusal
        yield Pause(seconds)
        if refusal is not None and (time_left() or 0.0) <= 0:
            return refusal  # the pause took longer than it should


def _started_nothing(command: Send | Open, outcome: ApiResponse | Failure) -> bool:
    """Return whether a run was refused that may be taken later: no connection, or HTTP 429."""
    if isinstance(outcome, Failure):
        return not outcome.sent
    if outcome.ok:
        return False
    error = outcome.error()
    if not isinstance(error, TooManyRequests):
        return False
    return not (isinstance(command, Open) and error.permanent)


def ask(request: ApiRequest) -> Flow[ApiResponse]:
    """Send a request and return the response; raises when there is none, or it is an error."""
    outcome: ApiResponse | Failure = yield from send_with_retries(Send(request))
    if isinstance(outcome, Failure):
        raise no_answer(outcome)
    if not outcome.ok:
        raise outcome.error()
    return outcome
