"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ..errors import TooManyRequests
from . import limits
from .calls import Call
from .commands import Failure, Flow, Open, Pause, Send
from .failures import cannot_change, no_answer
from .replies import Answer


def backoff(attempt: int) -> float:
    """Return seconds to wait before the next attempt: exponential, capped, full jitter."""
    return random.uniform(0, min(limits.LONGEST_PAUSE, limits.FIRST_PAUSE * 2 ** min(attempt, 10)))


def pause_before_retry(call: Call, outcome: Answer | Failure, attempt: int) -> float | None:
    """Return seconds to wait before sending `call` again, or None when it must not be sent again.

    What surely started nothing is retried: a connection that was not made, and a complete "too many
    requests". A repeatable request (GET) is retried after a broken connection and a 5xx too.
    """
    if attempt >= call.options.retries:
        return None
    if isinstance(outcome, Failure):
        if cannot_change(outcome.error):
            return None
        return backoff(attempt) if call.repeatable or not outcome.sent else None
    if call.one_shot:
        return None
    busy = isinstance(outcome.error(), TooManyRequests) if not outcome.ok else False
    failed = outcome.status >= 500 and not outcome.names_no_run
    if not busy and not (call.repeatable and failed):
        return None
    asked = outcome.retry_after
    if asked is None:
        return backoff(attempt)
    return asked if asked <= limits.LONGEST_RETRY_AFTER else None


def may_change(answer: Answer) -> bool:
    """Whether asking the same again may get another answer: the server is busy or unreachable.

    So it is with a success that is not what was asked for: a gateway's page during a deploy.
    """
    busy = answer.ok or answer.status == 408 or answer.status >= 500
    return busy or isinstance(answer.error(), TooManyRequests)


def _once(command: Send | Open) -> Flow[Any]:
    return (yield command)


def persistently(
    command: Send | Open,
    time_left: Callable[[], float | None] = lambda: None,
    perform: Callable[[Any], Flow[Any]] = _once,
) -> Flow[Any]:
    """Perform a command, again where that is safe, and return its last outcome.

    That is an `Answer` or a `Failure`, or what else `perform` returns: `Opened` for an `Open`.
    `time_left` is asked when nothing was started, for the seconds until the deadline: by then,
    "too many requests" is the outcome.
    """
    limit = command.call.options.max_retries
    refusal: Answer | None = None
    refusals = attempt = 0
    last = False
    while True:
        outcome = yield from perform(command)
        if not isinstance(outcome, Answer | Failure):
            return outcome
        left = time_left() if _started_nothing(command, outcome) else None
        if left is not None and isinstance(outcome, Answer):
            refusal, asked = outcome, outcome.retry_after or 0.0
            if last or asked >= left or (limit is not None and attempt >= limit):
                return refusal
            seconds = max(asked, backoff(refusals))
            last = seconds > left - limits.LAST_TRY
            if last:  # a second before the deadline; half-way where less than two are left
                seconds = max(asked, left - limits.LAST_TRY, left / 2)
            refusals += 1
            attempt += limit is not None
        else:
            pause = pause_before_retry(command.call, outcome, attempt)
            if pause is None:
                return outcome
            seconds = pause
            attempt += 1
            if refusal is not None and left is not None and seconds >= left:
                return refusal
        yield Pause(seconds)
        if refusal is not None and (time_left() or 0.0) <= 0:
            return refusal  # the pause took longer than it should


def _started_nothing(command: Send | Open, outcome: Answer | Failure) -> bool:
    """Whether a run was not taken, and may be later: no connection, or "too many requests"."""
    if isinstance(outcome, Failure):
        return not outcome.sent
    if outcome.ok:
        return False
    error = outcome.error()
    if not isinstance(error, TooManyRequests):
        return False
    return not (isinstance(command, Open) and error.permanent)


def ask(call: Call) -> Flow[Answer]:
    """Send a request and return the answer; raises when there is none, or it is an error."""
    outcome: Answer | Failure = yield from persistently(Send(call))
    if isinstance(outcome, Failure):
        raise no_answer(outcome)
    if not outcome.ok:
        raise outcome.error()
    return outcome
