"""What both streams share, without I/O: how long to read on, what has come, the run's result."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from .._api import limits
from .._api.api_responses import ApiResponse
from .._api.commands import Command, Cut, Open, Outcome, Pause, ReadOn
from .._api.failures import Failure, forget_request
from .._api.results import response_of
from .._api.versions import Server
from .._codec.jsonio import as_object
from ..errors import RequestTimedOut, StreamClosed, invalid
from ..options import LONGEST, Options, Seconds, in_seconds
from ..types.responses import DeadlineExceeded, WorkflowRunResponse, delivered_of
from ..types.text import TextPieces
from .replay import SeenEvents
from .run import Run, RunReport, attaching
from .start import follow
from .state import RunState, payload_of

_HELD = {"start": limits.START_HELD, "refused": limits.REFUSAL_HELD}


class ReadLoop:
    """Performs one `ReadOn` command, read by read.

    resumable: a read of the connection that timed out can be repeated.
    """

    def __init__(
        self, command: ReadOn, state: RunState, clock: Callable[[], float], *, resumable: bool
    ) -> None:
        self._command = command
        self._state = state
        self._clock = clock
        self._events = state.count
        self._asked_at = clock()
        self._limit = command.first  # s of silence, all reads together
        self._quiet_until = None if command.quiet is None else clock() + command.quiet
        self._held_since = "", 0.0  # what is held back at the begin, since when
        self.resumable: bool = resumable

    def timeout(self) -> float:
        """Return the seconds to wait for the next bytes, from now on."""
        state, now = self._state, self._clock()
        self._asked_at = now
        if state.over:
            limit = limits.LATE_SPEECH if state.speaks else limits.NO_SPEECH
        else:
            limit = self._command.silence if state.count or state.is_other else self._command.first
        self._limit = limit
        seconds = max(limit - state.silent, 0.0) if state.silent else limit
        if not self.resumable:
            return seconds  # it is for the silence alone: a read that times out ends the connection
        if self._command.lull is not None and state.silent < self._command.lull and state.count:
            seconds = min(seconds, self._command.lull - state.silent)
        if state.held in _HELD:
            seconds = min(seconds, max(self._decide_at(now) - now, 0.0))
        if self._quiet_until is None:
            return seconds
        return min(seconds, max(self._quiet_until - now, 0.0))

    def _decide_at(self, now: float) -> float:
        """Return when to decide on the event that is held back at the beginning of the stream."""
        held = self._state.held or ""
        if self._held_since[0] != held:
            self._held_since = held, now
        return self._held_since[1] + _HELD[held]

    def waited(self) -> None:
        """Note that nothing came since `timeout()`; silence counts only while somebody waits."""
        self._state.silent += self._clock() - self._asked_at

    def took(self, data: bytes | None) -> Cut | None:
        """Take bytes, or None for the end of the body; return why reading ends, if it does."""
        state = self._state
        state.silent = 0.0
        if data is None:
            state.flush()
            return Cut("over" if state.over else "eof")
        state.feed(data)
        if state.too_large:
            return Cut("broken")
        if state.held in _HELD:
            self._decide_in_time()
        if (state.over or state.held or state.other_id) and state.settled:
            return Cut("over" if state.over else "held", open=True)
        if self._quiet_until is None:
            return None
        if state.count != self._events:
            self._events = state.count
            self._quiet_until = self._clock() + (self._command.quiet or 0.0)
        elif self._clock() >= self._quiet_until:
            return Cut("quiet", open=True)
        return None

    def timed_out(self, error: httpx.HTTPError) -> Cut | None:
        """Take a timeout of a read; give the stream up unless it is only quiet.

        Returns None where it is to be read on.
        """
        forget_request(error)
        self.waited()
        state, now = self._state, self._clock()
        if self.resumable and state.silent < self._limit - limits.EARLY:
            if state.held in _HELD:
                self._decide_in_time()
            if state.settled:
                return Cut("over", error, open=True)
            if self._quiet_until is not None and now >= self._quiet_until - limits.EARLY:
                return Cut("quiet", error, open=True)
            lull = self._command.lull
            if lull is not None and state.begun and state.silent >= lull - limits.EARLY:
                state.silent = max(state.silent, lull)  # told once in a silence
                return Cut("lull", error, open=True)
            return None
        state.flush()
        return Cut("over" if state.over else "silence", error)

    def broke(self, error: httpx.HTTPError) -> Cut:
        """Take a broken connection; a last event without its blank line counts all the same."""
        forget_request(error)
        self._state.flush()
        return Cut("over" if self._state.over else "broken", error)

    def _decide_in_time(self) -> None:
        """Deliver a start that nothing has followed for long, or refuse the run with its end."""
        state, now = self._state, self._clock()
        late = now >= self._decide_at(now) - limits.EARLY
        if state.held == "refused" and (late or not self.resumable):
            state.refuse()
        elif late:
            state.confirm()


_PROTOCOLS = {
    "__enter__": ("with", ("__aenter__", "__aexit__"), "async with"),
    "__aenter__": ("async with", ("__enter__", "__exit__"), "with"),
    "__anext__": ("async for", ("__iter__",), "for"),
}


def refuse_other_half(cls: type) -> None:
    """Let `with` on an async class, and `async with` on a sync one, say what to write.

    (No `__aiter__` on a sync one: servers' frameworks ask for it to know an async iterator.)
    """
    for name, (word, names, wrong) in _PROTOCOLS.items():
        if name in vars(cls) and not any(hasattr(cls, other) for other in names):
            own = cls.__name__
            other = own.removeprefix("Async") if own.startswith("Async") else f"Async{own}"

            told = f"{own} is for `{word}`, {other} for `{wrong}`"

            def refuse(*_: object, told: str = told) -> object:
                raise TypeError(told)

            for each in names:
                setattr(cls, each, refuse)


class RunHandle:
    """A run: its ids, its state, its result."""

    def __init_subclass__(cls) -> None:
        refuse_other_half(cls)

    def __init__(self, run: Run) -> None:
        self._run = run
        self._state = run.state
        self._ready = run.state.ready
        self._pid = os.getpid()
        self._clock = run.clock
        self._report = RunReport(run.state, run.clock)
        self._flow = follow(run)
        self._until = run.until
        self._outcome: Outcome = None
        self._ended = False
        self._closed = False
        self._error: BaseException | None = None
        self._error_raised = False
        self._result: WorkflowRunResponse | None = None
        self._pause_ends = float("-inf")
        self._was_read = False  # to its end, by iterating
        self._text: TextPieces | None = None  # made when text is asked for

    @property
    def id(self) -> str | None:
        """The run's id; None until the server has said it."""
        return self._state.run_id

    @property
    def task_id(self) -> str | None:
        """The task's id, which stopping needs; None until the server has said it."""
        return self._state.task_id

    @property
    def status(self) -> str:
        """The run's status as far as it was read: "running" until its end."""
        return self._state.status

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped, as far as it was read."""
        return self._state.last is not None and self._state.last.stopped

    @property
    def user(self) -> str:
        """The user that the run belongs to; `attach` needs the same one."""
        return self._run.options.user

    @property
    def recovered(self) -> bool:
        """Whether the connection dropped and the run was found again."""
        return self._state.recovered

    @property
    def text_complete(self) -> bool:
        """Whether no text chunk can be missing; after a dropped connection `outputs` count."""
        return self._state.text_complete

    @property
    def events_complete(self) -> bool:
        """Whether no event can be missing, text aside (see `text_complete`).

        False for `attach`, after an event that could not be read, and after a dropped connection
        unless the server has sent again all that was missed: of a run that had ended meanwhile it
        sends the end alone.
        """
        return self._state.events_complete

    @property
    def closed(self) -> bool:
        """Whether the stream is closed, by its end or early."""
        return self._closed or self._ended

    def __reduce__(self) -> str:
        raise TypeError("a stream cannot be pickled; keep its `id` and `user`, and attach() to it")

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} id={self._state.run_id!r} task_id={self._state.task_id!r} "
            f"status={self.status!r}>"
        )

    def _next_command(self) -> Command | None:
        """Send the last outcome to the flow; return what it wants next, None at its end."""
        self._report.begin()
        outcome, self._outcome = self._outcome, None
        # A response that came at the last moment counts, and the flow knows what nothing was
        # started by.
        unsent = isinstance(outcome, Failure) and not outcome.sent
        if not (outcome is None or unsent or isinstance(outcome, ApiResponse)):
            self._check_deadline()
        remaining = self._pause_ends - self._clock()
        if remaining >= limits.MOMENT and not self._until.over:
            return Pause(remaining)  # waiting for it was interrupted
        try:
            command = self._flow.send(outcome)
        except StopIteration:
            try:
                self._report.end()  # before a thread that waits for the end goes on
            finally:
                self._ended = True
            return None
        self._check_deadline()
        if isinstance(command, Open):
            self._state.connect(replaying=command.replaying)
        elif isinstance(command, Pause):
            self._pause_ends = self._clock() + command.seconds
        return command

    def _check_deadline(self) -> None:
        if self._clock() >= self._until.deadline:
            state = self._state
            raise DeadlineExceeded(
                f"{self._run.name}: the deadline of {self._run.options.deadline} s passed; "
                "the run itself may go on",
                run_id=state.run_id,
                task_id=state.task_id,
                status=state.status if state.begun else None,
                user=self.user,
            )

    def _after(self, name: str, seconds: Seconds | None) -> float:
        """Return the time so many seconds from now; raise `InvalidArgument` for no number."""
        number = in_seconds(seconds)
        if number is None:
            return math.inf
        if isinstance(number, bool) or not isinstance(number, int | float) or not number >= 0:
            raise invalid(name, "a number of seconds, 0 or more, a timedelta, or None")
        return self._clock() + float(min(number, LONGEST))

    def _raise_left(self) -> None:
        """Raise what ended the stream, once, where it was read in the background.

        After a cancellation too: the run has not ended.
        """
        if self._error is not None and not self._error_raised:
            self._error_raised = True
            raise self._error
        if self._error is not None and not isinstance(self._error, Exception) and not self._closed:
            raise StreamClosed("reading it was cancelled; attach() follows the run on")

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Note that the run was asked to stop, unless asking fails."""
        before, self._run.stop_asked_at = self._run.stop_asked_at, self._clock()
        try:
            yield
        except BaseException:
            self._run.stop_asked_at = before
            raise

    def _not_yet(self) -> RequestTimedOut:
        state = "was not found yet" if self._run.absent else "has not ended yet"
        return RequestTimedOut(f"{self._run.name} {state}; it can be waited for again")

    def _finished(self, headers: httpx.Headers) -> WorkflowRunResponse:
        """Return the result; raises what ended the stream, or `StreamClosed`."""
        if isinstance(self._error, Exception):  # not a cancellation, which is over by now
            raise self._error
        if self._result is None:
            if self._state.last is None:
                if not self._closed:
                    raise StreamClosed("the run's end was not read yet; result() waits for it")
                raise StreamClosed("the stream was closed before the run's end was read")
            self._result = from_stream(self._state, headers, self.user)
        return self._result

    def _refuse_second_reading(self) -> None:
        if self._was_read:
            raise StreamClosed("this stream was read to its end; result() has the run's outcome")

    def _needs_task_id(self) -> str:
        if (task_id := self._state.task_id) is None:
            raise invalid("task_id", "not known; an event of the running run tells it")
        return task_id

    def _needs_id(self) -> str:
        if (run_id := self._state.run_id) is None:
            raise invalid("id", "not known yet; it comes with the first event of the run")
        return run_id

    @property
    def _pieces(self) -> TextPieces:
        self._text = self._text or TextPieces()
        return self._text

    def _last_text(self) -> str:
        """Return what is left of the text when the iteration has ended."""
        last = self._state.last
        outputs = {} if last is None else as_object(payload_of(last.raw).get("outputs"))
        return self._pieces.end(outputs if isinstance(outputs, dict) else {})

    def _wants_stop(self) -> bool:
        """Return whether leaving now must stop the run."""
        run, state = self._run, self._state
        stopping = run.stop_asked_at is not None
        ours = run.options.stop_on_exit and not self._forked
        return ours and not state.over and not stopping and bool(self.task_id or self.id)

    @property
    def _forked(self) -> bool:
        """Whether this is a copy in a child process: the run and its socket are the parent's."""
        return os.getpid() != self._pid


def from_stream(state: RunState, headers: httpx.Headers, user: str) -> WorkflowRunResponse:
    """Return the result of a run whose stream has ended."""
    last = state.last
    assert last is not None
    return response_of(
        last,
        last.raw,
        {**payload_of(last.raw), "status": last.status},
        id=state.run_id or "",
        task_id=state.task_id,
        recovered=state.recovered,
        user=user,
        reasoning="\n".join(state.reasoning.values()),
        delivered=state.delivered,
        headers=headers,
    )


def resuming(
    run: WorkflowRunResponse | RunHandle | str,
    options: Options,
    server: Server,
    clock: Callable[[], float],
) -> Run:
    """Return the run to follow where a paused one goes on."""
    if isinstance(run, str):
        following = attaching(run, options, server, clock)
        following.resuming = True
        following.state.resume(SeenEvents())
        return following
    if not isinstance(run, WorkflowRunResponse | RunHandle) or not run.id:
        raise invalid("run", "a paused run's response, its stream, or its id")
    options = options.merged({"user": run.user})
    following = attaching(run.id, options, server, clock)
    following.resuming = True
    following.state.task_id = run.task_id
    before = run._state.delivered if isinstance(run, RunHandle) else delivered_of(run)
    delivered = SeenEvents() if before is None else copy.deepcopy(before)
    delivered.next_segment()
    following.state.resume(delivered)
    following.state.events_lost, following.state.in_gap = False, True
    return following
