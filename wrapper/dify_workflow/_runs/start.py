"""How a run is started, followed to its end, and found again: the logic, without I/O.

    post ──429, no connection──> pause ─> post (429: until the deadline, where there is one)
     │ ├── error response ───────────────────────────────────────────> raise
     │ └── no or unclear response ───────────────┐
     v                                         v
    own stream ── cut, id not known ────────> find (logs) ── not surely ours ─> RunOutcomeUnknown
     │    └────── cut, id known ───────┐       │ adopted
     │                                 v       v
     │   (>= 1.14) replay: events with snapshot, watched by the run's detail ──┐
     │   (>= 1.10) poll: the run's detail                                      │ no change for
     │   (older)   one last look: a run dies with its stream                   │ 1,260 s
     v                                 v                                       v
    over <────────────────────────── over                              RunOutcomeUnknown

A run is posted again only after a response that surely started none: `send_with_retries`, and
`_with_other_types` where a file was refused whose type was guessed. While the POST is silent, the
logs are asked for its run, and the POST stays the source. On each stream an end that the server may
have made up is held against the run's detail (`recovery.settle`): while the run goes on, it is
none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

import httpx

from .._api import limits, versions
from .._api.api_requests import ApiRequest, change_types, not_uploaded
from .._api.api_responses import ApiResponse, refused_guesses
from .._api.commands import Await, Cut, Flow, Open, Opened, ReadOn, Send, Waiting, send_with_retries
from .._api.failures import Failure, no_answer
from .._api.results import from_blocking
from .._api.uploads import upload_all
from ..errors import APIError, ServerError
from ..options import DEFAULT_TIMEOUT, RequestTimeout
from ..types.responses import WorkflowRunResponse
from .lookup import find
from .no_stream import judge, read_error, read_other
from .recovery import has_ended, next_look, peek, recover, settle
from .run import Run

T = TypeVar("T")

_GAVE_UP = (408, 499)  # a proxy that stopped waiting


def follow(run: Run) -> Flow[None]:
    """Start the run, or attach to it, and follow it until its state is over."""
    cause: Exception | None = None
    run.begin()
    if run.start is not None:
        start = yield from _prepared(run)
        cause = yield from _with_other_types(run, start, _start)
        if not run.state.over:
            run.state.interrupted()
    if not run.state.over:
        yield from recover(run, cause)
    if run.state.failure is not None:
        raise run.state.failure


def _prepared(run: Run) -> Flow[ApiRequest]:
    """Check the inputs and upload the files; return the request that starts the run."""
    start = run.start
    assert start is not None
    if run.checks is not None:
        yield from run.checks
    if files := not_uploaded(start.kwargs["json"]):
        yield from upload_all(files, run.options)
    run.changed()
    run.posted_at = run.changed_at
    if run.before_post is not None:
        run.before_post()
    return start


def _with_other_types(
    run: Run, start: ApiRequest, post: Callable[[Run, ApiRequest], Flow[T]]
) -> Flow[T]:
    """Post the run, again where a file's type that we guessed was refused before it was started."""
    while True:
        try:
            return (yield from post(run, start))
        except Exception as error:  # a builtin is there when an interpreter ends, too
            guesses = refused_guesses(error)
            if guesses is None or not change_types(start.kwargs["json"], guesses):
                raise
        run.state.start_again()
        run.not_taken()


def _start(run: Run, start: ApiRequest) -> Flow[Exception | None]:
    """Post the run and read its stream; return what cut it."""
    head, _ = _silence(run)
    outcome: Opened | ApiResponse | Failure | _Left = yield from send_with_retries(
        Open(start, silence=head, patience=limits.LOOK_EVERY), run.not_taken, partial(_open, run)
    )
    if isinstance(outcome, Opened):
        cause = yield from _read(run)
        if run.state.refusal is not None:
            raise run.state.refusal
        return cause if run.state.over else (yield from read_other(run, outcome, cause))
    if isinstance(outcome, _Left):
        return outcome.cause
    return _may_have_started(outcome)


class _Left(NamedTuple):
    """The run was found in the logs, so its POST is neither waited for nor repeated."""

    cause: Exception | None


def _open(run: Run, command: Open) -> Flow[Opened | ApiResponse | Failure | _Left]:
    """Post the run; look for it in the logs while no byte of a response comes."""
    outcome: Any = yield command
    waited, look_at = 0.0, limits.LOOK_EVERY
    while isinstance(outcome, Waiting):
        waited += outcome.seconds
        if waited > command.silence - limits.EARLY:
            error = httpx.ReadTimeout(f"no byte of an answer for {command.silence:.0f} s")
            outcome = Failure(error, sent=True)
            break
        if waited > look_at - limits.EARLY:
            look_at += limits.LOOK_EVERY
            if (yield from _ended_unseen(run)):
                outcome = yield Await(outcome, limits.END_COMES_IN)
                if isinstance(outcome, Waiting):
                    return _Left(None)
                break
        outcome = yield Await(outcome, min(look_at, command.silence) - waited)
    if isinstance(outcome, Opened) and not outcome.ok:
        outcome = yield from read_error(run, command.request, outcome)
    if isinstance(outcome, Opened) or run.state.run_id is None:
        result: Opened | ApiResponse | Failure = outcome
        return result
    if isinstance(outcome, Failure):
        return _Left(no_answer(outcome))
    return _Left(outcome.error())


def _ended_unseen(run: Run) -> Flow[bool]:
    """Look for a run of which the POST has brought nothing; whether it has ended meanwhile.

    The POST is not left for it unless the server is surely one whose runs outlive their streams.
    """
    if run.state.run_id is None and not (run.adoptable and (yield from find(run, once=True))):
        return False
    detail = yield from peek(run)
    listed = run.server.version is not None and versions.LOGS_RUNNING_RUNS.on(run.server.version)
    return listed and detail is not None and has_ended(detail)


def _read(run: Run) -> Flow[Exception | None]:
    """Read the run's own stream; return what cut it."""
    state = run.state
    first, silence = _silence(run)  # the response's head has told the server's version
    lull = limits.LULL if silence == limits.SILENCE else None
    state.doubts_ends = versions.makes_up_ends(run.server.version)
    state.hears_late = not state.result_only and not versions.ENDS_SPEECH_FIRST.on(
        run.server.version
    )
    while True:
        if run.doubted is not None:
            quiet: float | None = next_look(run)
        else:
            quiet = limits.LOOK_EVERY if run.adoptable and not state.begun else None
        cut: Cut = yield ReadOn(first=first, silence=silence, quiet=quiet, lull=lull)
        if state.other_id is not None:
            raise run.unknown(f"its request was carried out twice; the other is {state.other_id}")
        judged = state.held is None or (yield from settle(run))
        if state.over or not (cut.open and judged):
            return cut.error
        if cut.reason == "held" or (cut.reason == "quiet" and state.begun and not run.doubted):
            continue  # it was to be quiet before its first event only
        if state.begun:
            detail = yield from peek(run)
            if detail is not None and has_ended(detail):
                state.flush()  # the end itself may lack its blank line
                return cut.error
            run.check_doubted()
        elif (yield from _ended_unseen(run)):
            cut = yield ReadOn(first=first, silence=silence, quiet=limits.END_COMES_IN)
            if state.over or not state.begun:
                return cut.error


def _silence(run: Run) -> tuple[float, float]:
    """Return the seconds allowed without a byte before the first event, and after it."""
    timeout = run.options.timeout
    own = timeout != DEFAULT_TIMEOUT and not isinstance(timeout, RequestTimeout)
    if own and timeout.read is not None:
        return timeout.read, timeout.read
    queued = versions.QUEUES_RUNS.on(run.server.version)
    return (limits.QUEUED_SILENCE if queued else limits.SILENCE), limits.SILENCE


def _may_have_started(outcome: ApiResponse | Failure) -> Exception:
    """Raise the error where surely no run was started; return it where one may have been."""
    error: Exception
    if isinstance(outcome, Failure):
        error, surely = no_answer(outcome), not outcome.sent
    else:
        error = outcome.error()
        surely = not unclear(outcome, error)
    if surely:
        raise error
    return error


def unclear(response: ApiResponse, error: APIError) -> bool:
    """Return whether a run may have been started in spite of this error response."""
    return response.status in _GAVE_UP or (
        response.status >= 500 and not isinstance(error, ServerError)
    )


def run_blocking(run: Run) -> Flow[WorkflowRunResponse]:
    """Start the run by one blocking request; return its result."""
    run.begin()
    return (yield from _with_other_types(run, (yield from _prepared(run)), _post_blocking))


def _post_blocking(run: Run, start: ApiRequest) -> Flow[WorkflowRunResponse]:
    # The response takes as long as the run.
    silence = limits.PATIENCE if run.options.timeout == DEFAULT_TIMEOUT else None
    outcome: ApiResponse | Failure = yield from send_with_retries(
        Send(start, silence), run.not_taken
    )
    if isinstance(outcome, ApiResponse) and outcome.ok:
        try:
            return from_blocking(outcome, run.options.user)
        except APIError as error:
            cause = (yield from judge(run, outcome, "the result of a run was expected")) or error
    else:
        if isinstance(outcome, Failure):
            run.state.learn_cut_ids(outcome.body)
        cause = _may_have_started(outcome)
    raise run.unknown(
        "a blocking request lost its answer; stream instead, or look for it in the logs", cause
    )
