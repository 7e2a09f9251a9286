"""What a flow asks a driver to do, and what it is told of the outcome.

A flow is a generator that yields a command per connection, not per byte, and is sent the outcome;
it does no I/O, so one body serves the sync and the async client, and the tests' virtual clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from typing import Any, Literal, TypeVar

import attrs
import httpx

from .calls import Call
from .limits import MOMENT
from .replies import Answer, media_type

T = TypeVar("T")

PROXY = "dify_workflow.proxy"  # request extension: the address of the proxy that it goes through


AT_ONCE = 4  # requests of one `Gather` that are under way together


@attrs.frozen
class Send:
    """Send a request and read the whole answer: an `Answer` or a `Failure`.

    `silence` is the time in seconds that the answer may take, where it is not that of the options.
    """

    call: Call
    silence: float | None = None


@attrs.frozen
class Open:
    """Open a stream: `Opened`, or a `Failure`.

    `silence` is the time in seconds that the head of the answer may take. After `patience` without
    a byte of it the outcome is `Waiting`, where the connection can be waited on.
    """

    call: Call
    silence: float
    patience: float | None = None
    replaying: bool = False


@attrs.frozen
class Await:
    """Wait on for the head of the answer to an `Open`, as many seconds: as `Open`."""

    waiting: Waiting
    seconds: float


@attrs.frozen
class Pump:
    """Feed the open stream into the run's state until it is over or cut: a `Cut`.

    Limits in seconds of time spent waiting: `first` without a byte before the first event,
    `silence` without a byte after it, both over all pumping of one connection. The stream stays
    open after `quiet` without an event, and after `lull` without a byte behind the first event,
    once in each silence. A connection that is not ours has its request's read time-out in place of
    both silences, knows no lull, and tells `quiet` when its next bytes come.
    """

    first: float
    silence: float
    quiet: float | None = None
    lull: float | None = None


@attrs.frozen
class Pause:
    """Wait for `seconds`."""

    seconds: float


@attrs.frozen
class Gather:
    """Perform several flows of plain requests at once: the list of their results."""

    flows: Sequence[Flow[Any]]


@attrs.frozen
class Opened:
    """An answer has begun on a `connection`, which flows leave alone.

    That of a success may be a stream, as its bytes tell.
    """

    headers: httpx.Headers
    connection: Any = attrs.field(default=None, repr=False)
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


@attrs.frozen
class Waiting:
    """No byte of the answer has come for so many seconds; it can still be waited for."""

    seconds: float
    connection: Any = attrs.field(default=None, repr=False)


@attrs.frozen
class Failure:
    """A request that got no complete answer; `sent` says whether the server may have it.

    `body` is what came of one.
    """

    error: httpx.HTTPError
    sent: bool
    body: bytes = b""


@attrs.frozen
class Cut:
    """Why pumping ended; `open` says whether the stream can be pumped on.

    "held": the run's state holds an event back that the flow must decide on.
    """

    reason: Literal["over", "held", "eof", "broken", "silence", "quiet", "lull"]
    error: Exception | None = None
    open: bool = False


Command = Send | Open | Await | Pump | Pause | Gather
Outcome = Answer | Opened | Waiting | Failure | Cut | list[Any] | None
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


# Failures of the phase in which no byte of the request has left.
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def failure(error: httpx.HTTPError) -> Failure:
    """Classify an httpx exception: only failures to connect surely sent nothing."""
    forget_request(error)
    return Failure(error, sent=not isinstance(error, _UNSENT))


def forget_request(error: httpx.HTTPError) -> None:
    """Leave of an exception's request only where it went, and through which proxy.

    Exceptions travel, as Dask sends them with what caused them, and the request has the API key.
    """
    try:
        asked = error.request
    except RuntimeError:
        return  # it has none
    proxy = asked.extensions.get(PROXY, "")
    error.request = httpx.Request(asked.method, asked.url, extensions={PROXY: proxy})
