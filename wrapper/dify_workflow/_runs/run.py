"""One run: what to start, what is known of it, its errors, its line in the log.

Nothing in the log or the span shows a key, a user, inputs, outputs, a message of the server or a
signed address.
"""

from __future__ import annotations

import logging
import math
import sys
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import attrs

from .._api import api_requests, limits
from .._api.api_requests import ApiRequest
from .._api.commands import Flow, Until
from .._api.input_forms import InputForms
from .._api.logger import log
from .._api.validation import InputWarning, error_of, fit_types, problems
from .._api.versions import Server
from .._codec.jsonio import to_json
from ..errors import invalid
from ..options import Options, no_inputs, unique_user
from ..typed import TypedRequest
from ..types.requests import RowRequest, WorkflowRunRequest
from ..types.responses import RunOutcomeUnknown, WorkflowRunResponse
from .state import RunState


@attrs.frozen
class Lookup:
    """How a run is recognised in the logs: by a user or an input of its own, or not surely."""

    inputs: Mapping[str, Any] = attrs.field(repr=False)
    unique_user: bool = False
    key_input: str | None = None

    @property
    def adopts(self) -> bool:
        """Whether a run found in the logs can surely be known as ours."""
        return self.unique_user or self.key_input is not None

    def is_ours(self, inputs: Mapping[str, Any]) -> bool:
        """Return whether a run with these inputs is surely ours."""
        return self.unique_user or (
            self.key_input is not None
            and inputs.get(self.key_input) == self.inputs.get(self.key_input)
        )

    def may_be_ours(self, inputs: Mapping[str, Any]) -> bool:
        """Return whether a run's inputs do not contradict those that were sent."""
        return not any(
            _differ(self.inputs[name], inputs[name]) for name in self.inputs.keys() & inputs.keys()
        )


def _differ(sent: Any, stored: Any) -> bool:
    """Return whether an input surely differs; the server rewrites files and converts numbers."""
    if type(sent) is not type(stored) or isinstance(sent, dict | list):
        return False
    return bool(sent != stored)


@attrs.define
class Run:
    """One run being followed: what is asked for, what is known."""

    state: RunState
    options: Options
    clock: Callable[[], float]
    server: Server
    start: ApiRequest | None = None  # None: attached to a run that somebody else started
    blocking: bool = False  # `start` is one request, whose answer is the result
    checks: Flow[None] | None = None  # of the inputs, before `start`
    before_post: Callable[[], None] | None = None  # called before `start` is sent
    resuming: bool = False  # it was paused, and goes on
    lookup: Lookup | None = None
    until: Until = attrs.field(init=False)
    posted_at: float = 0.0
    changed_at: float = 0.0
    looks: int = 0  # times it was looked at since then
    recovering_since: float = 0.0
    stop_asked_at: float | None = None
    absent: bool = False  # somebody attached to it, and the server knows no such run yet
    last_detail: dict[str, Any] | None = None
    _doubted: dict[str, Any] | None = None
    _doubted_at: int = 0  # `state.news` then
    _doubted_since: float | None = None  # when its detail said that it runs all the same

    def __attrs_post_init__(self) -> None:
        self.until = Until(self.clock)

    @property
    def name(self) -> str:
        """The run by its id, as far as it is known."""
        state = self.state
        if state.run_id:
            return f"run {state.run_id}"
        if state.unconfirmed_id:
            return f"the run (its id may be {state.unconfirmed_id}, which is not confirmed)"
        return "the run (its id is not known)"

    @property
    def attached(self) -> bool:
        """Whether somebody else started it, and nothing of it has come yet."""
        return self.start is None and not self.state.begun

    @property
    def adoptable(self) -> bool:
        """Whether it would surely be known as ours in the logs."""
        return self.lookup is not None and self.lookup.adopts

    def begin(self) -> None:
        """Note that the first command is next: the deadline counts from now."""
        self.changed()
        if self.options.deadline is not None:
            self.until.deadline = self.changed_at + self.options.deadline

    def changed(self) -> None:
        """Note that something happened to the run."""
        self.changed_at = self.clock()
        self.looks = 0

    def not_taken(self) -> float | None:
        """Note that the POST started nothing; return the seconds left of the deadline."""
        self.changed()
        self.posted_at = self.changed_at
        return None if self.until.deadline == math.inf else self.until.deadline - self.changed_at

    def note_detail(self, detail: dict[str, Any] | None) -> None:
        """Note what the run's detail says; None: it cannot be fetched."""
        if detail is None:
            self._doubted_since = None
            return
        changed = self.last_detail not in (None, detail)
        if changed:
            self.changed()
        if changed or self._doubted_since is None:
            self._doubted_since = self.clock()
        self.last_detail = detail

    def doubt(self, error: dict[str, Any]) -> None:
        """Keep an `error` event that may be none: the run may go on."""
        self._doubted, self._doubted_at = error, self.state.news
        self._doubted_since, self.recovering_since = None, self.clock()

    @property
    def doubted(self) -> dict[str, Any] | None:
        """An `error` event that was not believed, as long as no other event has come since."""
        return self._doubted if self.state.news == self._doubted_at else None

    def check_doubted(self) -> None:
        """Raise an error that was not believed, when nothing has changed for a minute since."""
        error, since = self.doubted, self._doubted_since
        if error is not None and since is not None and self.clock() - since > limits.DOUBT:
            self.state.fail(error)
            assert self.state.failure is not None
            raise self.state.failure

    def unknown(self, why: str, cause: BaseException | None = None, **more: Any) -> Exception:
        """Return the error that says what is known of the run and what is not."""
        state = self.state
        error = RunOutcomeUnknown(
            f"{self.name} may have been started and may go on; its end was not seen: {why}",
            run_id=state.run_id,
            task_id=state.task_id,
            status=state.status if state.begun else None,
            user=self.options.user,
            **more,
        )
        error.__cause__ = cause
        return error


_SUFFIX = 12  # hex digits that make a user unique


def plan(
    request: WorkflowRunRequest | Mapping[str, Any] | None,
    defaults: Options,
    call_options: Mapping[str, Any],
    server: Server,
    clock: Callable[[], float],
    forms: InputForms | None = None,
    *,
    result_only: bool = False,
) -> Run:
    """Return a run that is to be started; raises `InvalidArgument`. Nothing is sent here.

    defaults, call_options: the options of the client, and of the call.
    """
    call_options = dict(call_options)
    inputs_in_call = call_options.pop("inputs", None)
    if request is None and inputs_in_call is None:
        raise no_inputs(call_options)
    request = WorkflowRunRequest.of(request, inputs_in_call)
    if not result_only:
        _refuse_for_streams(request, call_options)
    options = defaults.merged(call_options, request)
    is_blocking = result_only and options.response_mode == "blocking"
    options.key()
    row = request if isinstance(request, RowRequest) else None
    own_user = options.unique_user or row is not None  # whose runs are surely this one
    if options.unique_user:
        user = unique_user(options.user, _SUFFIX)
        options = attrs.evolve(options, user=user, unique_user=False)
    inputs: dict[str, Any] = to_json(request.inputs, "inputs")
    key_input = options.run_key_input
    if key_input in inputs:
        key_input = None  # a value that is not ours proves nothing: other runs may have it too
    if key_input is not None:
        inputs[key_input] = uuid.uuid4().hex
    start = api_requests.run(inputs, options, blocking=is_blocking)
    checks = None
    if _is_checked(request, options):
        given = {**inputs, **request.inputs}
        checks = _check_inputs(given, start, options, forms or InputForms())
    return Run(
        state=RunState(
            max_event_bytes=options.max_event_bytes,
            max_response_bytes=options.max_response_bytes,
            result_only=result_only,
            key=options.api_key,
        ),
        options=options,
        clock=clock,
        server=server,
        start=start,
        blocking=is_blocking,
        checks=checks,
        before_post=None if row is None else row.before_post,
        lookup=Lookup(inputs, own_user, key_input),
    )


def _refuse_for_streams(request: WorkflowRunRequest, call_options: Mapping[str, Any]) -> None:
    """Refuse what only `run_workflow` can do."""
    if call_options.get("on_human_input") is not None:
        raise invalid(
            "on_human_input",
            "for run_workflow; a stream ends where the run pauses, and resume goes on",
        )
    if "blocking" in (request.response_mode, call_options.get("response_mode")):
        raise invalid("response_mode", '"blocking" gives no stream; use run_workflow')


def _is_checked(request: WorkflowRunRequest, options: Options) -> bool:
    """Return whether the inputs are checked: a typed request's are, unless `validate` is given."""
    if options.validate is None:
        return (
            request.checked
            if isinstance(request, RowRequest)
            else isinstance(request, TypedRequest)
        )
    return options.validate != "off"


def _check_inputs(
    inputs: Mapping[str, Any], start: ApiRequest, options: Options, forms: InputForms
) -> Flow[None]:
    form = yield from forms.get(options, needed=options.validate is not None)
    if options.validate is None and not form:
        return  # it was refused, or is empty: that tells nothing
    fit_types(form or {}, start.kwargs["json"]["inputs"])
    mismatches = problems(form or {}, inputs)
    if mismatches and options.validate != "warn":
        raise error_of(mismatches)
    if mismatches:
        warnings.warn("; ".join(mismatches), InputWarning, stacklevel=2)


def attaching(run_id: str, options: Options, server: Server, clock: Callable[[], float]) -> Run:
    """Return a run that somebody started, to be followed."""
    options.key()
    state = RunState(
        run_id=api_requests.identifier("run_id", run_id),
        max_event_bytes=options.max_event_bytes,
        max_response_bytes=options.max_response_bytes,
        key=options.api_key,
    )
    state.text_complete, state.events_lost = False, True
    return Run(state=state, options=options, clock=clock, server=server)


_FAILED = frozenset({"failed", "unknown", "error"})


class RunReport:
    """One run in the log (INFO, one line at its end) and as a span around its requests.

    The span is there where the process has imported OpenTelemetry; without an SDK it costs nothing.
    """

    def __init__(self, state: RunState, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._began: float | None = None
        self._ended = False
        self._span: Any = None
        self._context: Any = None
        self._trace: Any = None
        if "opentelemetry.trace" in sys.modules:
            from opentelemetry import context, trace

            self._trace, self._context = trace, context.get_current()

    def begin(self) -> None:
        """Begin: the first request is about to be sent. Only the first call counts."""
        if self._began is not None:
            return
        self._began = self._clock()
        if self._trace is not None:
            tracer = self._trace.get_tracer("dify_workflow")
            self._span = tracer.start_span("dify_workflow.run", context=self._context)

    def around(self) -> AbstractContextManager[Any]:
        """Return a context in which requests belong to the run's span."""
        if self._span is None:
            return nullcontext()
        used: AbstractContextManager[Any] = self._trace.use_span(
            self._span, record_exception=False, set_status_on_exception=False
        )
        return used

    def end(self, error: BaseException | None = None) -> None:
        """Report the end: the run ended, an error was raised, or the caller left.

        Only the first call counts.
        """
        if self._ended or self._began is None:
            return
        self._ended = True
        state, seconds = self._state, self._clock() - self._began
        status = _status(state, error)
        if log.isEnabledFor(logging.INFO):
            log.info(
                "run %s (task %s): %s%s after %.3f s%s",
                state.run_id or "-",
                state.task_id or "-",
                status,
                f" ({type(error).__name__})" if error is not None else "",
                seconds,
                ", recovered" if state.recovered and state.over else "",
                extra={
                    "run_id": state.run_id,
                    "task_id": state.task_id,
                    "run_status": status,
                    "seconds": seconds,
                },
            )
        if self._span is not None:
            self._end_span(status, error)

    def _end_span(self, status: str, error: BaseException | None) -> None:
        attributes = {
            "dify.run.id": self._state.run_id,
            "dify.task.id": self._state.task_id,
            "dify.run.status": status,
            "dify.run.recovered": self._state.recovered,
            "error.type": type(error).__name__ if error is not None else None,
        }
        for name, value in attributes.items():
            if value is not None:
                self._span.set_attribute(name, value)
        if status in _FAILED:
            self._span.set_status(self._trace.StatusCode.ERROR)
        self._span.end()


@contextmanager
def blocking(run: Run) -> Iterator[Callable[[WorkflowRunResponse], WorkflowRunResponse]]:
    """Report a run that is one request; give the function that takes its response."""
    report = RunReport(run.state, run.clock)

    def take_response(response: WorkflowRunResponse) -> WorkflowRunResponse:
        state = run.state
        state.run_id, state.task_id = response.id, response.task_id
        state.status, state.over = response.status, True
        return response

    report.begin()
    try:
        with report.around():
            yield take_response
    except BaseException as error:
        report.end(error)
        raise
    report.end()


def _status(state: RunState, error: BaseException | None) -> str:
    """Return the run's status; "unknown", "error" (not started, or unreadable) or "left"."""
    if state.over:
        return state.status
    if isinstance(error, RunOutcomeUnknown):
        return "unknown"
    return "error" if isinstance(error, Exception) else "left"
