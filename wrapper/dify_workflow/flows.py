"""How a run is started, followed to its end, and found again: the logic, without I/O.

    post ──429, no connection──> pause ─> post (429: until the deadline, where there is one)
     │ ├── error answer ───────────────────────────────────────────> raise
     │ └── no or unclear answer ───────────────┐
     v                                         v
    own stream ── cut, id not known ────────> find (logs) ── not surely ours ─> RunOutcomeUnknown
     │    └────── cut, id known ───────┐       │ adopted
     │                                 v       v
     │   (>= 1.14) replay: events with snapshot, watched by the run's detail ──┐
     │   (>= 1.10) poll: the run's detail                                      │ no change for
     │   (older)   one last look: a run dies with its stream                   │ 1,260 s
     v                                 v                                       v
    over <────────────────────────── over                              RunOutcomeUnknown

A run is posted again only after an answer that surely started none (`retrying`).
"""

from __future__ import annotations

from . import versions
from .answers import Answer
from .calls import Call
from .commands import Cut, Failure, Flow, Open, Opened, Pump, Send
from .errors import APIError, ServerError
from .finding import find
from .following import SILENCE, Following
from .options import DEFAULT_TIMEOUT, RequestTimeout
from .recovery import PATIENCE, recover
from .retrying import no_answer, persistently

QUEUED_SILENCE = 310.0  # s; a queued run sends nothing, and the server gives up after 300
_GAVE_UP = (408, 499)  # a proxy that stopped waiting
LOOKUP_EVERY = 15.0  # s of silence before the first event, where the run could be adopted


def follow(run: Following) -> Flow[None]:
    """Start the run, or attach to it, and follow it until its state is over."""
    cause: Exception | None = None
    run.changed()
    if run.start is not None:
        cause = yield from _start(run, (yield from _prepared(run)))
        if not run.state.over:
            run.state.interrupted()
    if not run.state.over:
        yield from recover(run, cause)
    if run.state.failure is not None:
        raise run.state.failure


def _prepared(run: Following) -> Flow[Call]:
    """Upload what the run needs; return the request that starts it."""
    assert run.start is not None
    run.began_at = run.clock()
    start = run.start if run.prepare is None else (yield from run.prepare())
    run.changed()
    run.posted_at = run.changed_at
    if run.before_post is not None:
        run.before_post()
    return start


def _start(run: Following, start: Call) -> Flow[Exception | None]:
    """Post the run and read its stream; return what cut it."""
    head, _ = _silence(run)
    outcome: Opened | Answer | Failure = yield from persistently(
        Open(start, silence=head), run.not_taken
    )
    if isinstance(outcome, Failure):
        error = no_answer(outcome)
        error.__cause__ = outcome.error
        if not outcome.sent:
            raise error
        return error
    if isinstance(outcome, Answer):
        return _not_a_stream(outcome)
    first, silence = _silence(run)  # the answer's head has told the server's version
    while True:
        adoptable = run.lookup is not None and run.lookup.adopts and not run.state.begun
        quiet = LOOKUP_EVERY if adoptable else None
        cut: Cut = yield Pump(first=first, silence=silence, quiet=quiet)
        if cut.reason != "quiet" or not cut.open:
            return cut.error
        if not run.state.begun and (yield from find(run, once=True)):
            return None


def _silence(run: Following) -> tuple[float, float]:
    """Seconds without a byte before the first event, and after it."""
    timeout = run.options.timeout
    given = timeout != DEFAULT_TIMEOUT and not isinstance(timeout, RequestTimeout)
    if given and timeout.read is not None:
        return timeout.read, timeout.read
    queued = versions.QUEUES_RUNS.on(run.version)
    return (QUEUED_SILENCE if queued else SILENCE), SILENCE


def _not_a_stream(answer: Answer) -> Exception:
    """Raise what a definite answer means; return the cause where the run may have started."""
    if answer.ok:
        error = answer.unreadable("a stream of events was expected")
        if answer.version is not None:  # Dify itself took the request
            return error
        raise error
    error = answer.error()
    if unclear(answer, error):
        return error
    raise error


def unclear(answer: Answer, error: APIError) -> bool:
    """Whether a run may have been started in spite of this error answer."""
    return answer.status in _GAVE_UP or (
        answer.status >= 500 and not isinstance(error, ServerError)
    )


def run_blocking(run: Following) -> Flow[Answer]:
    """Start the run by one blocking request; return its answer."""
    start = yield from _prepared(run)
    # The answer takes as long as the run.
    silence = PATIENCE if run.options.timeout == DEFAULT_TIMEOUT else None
    outcome: Answer | Failure = yield from persistently(Send(start, silence), run.not_taken)
    cause: Exception
    if isinstance(outcome, Failure):
        cause = no_answer(outcome)
        cause.__cause__ = outcome.error
        if not outcome.sent:
            raise cause
    elif outcome.ok:
        return outcome
    else:
        cause = outcome.error()
        if not unclear(outcome, outcome.error()):
            raise cause
    raise run.unknown(
        "a blocking request lost its answer; stream instead, or look for it in the logs", cause
    )
