"""A run in the log, and as a span where OpenTelemetry is in use.

Nothing here shows a key, a user, inputs, outputs, a message of the server or a signed address.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from .._api.logger import log
from ..types.responses import RunOutcomeUnknown

if TYPE_CHECKING:
    from ..types.responses import WorkflowRunResponse
    from .run import Following
    from .state import RunState

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
        """While it is entered, what is sent belongs to the run's span."""
        if self._span is None:
            return nullcontext()
        used: AbstractContextManager[Any] = self._trace.use_span(
            self._span, record_exception=False, set_status_on_exception=False
        )
        return used

    def end(self, error: BaseException | None = None) -> None:
        """The run has ended as far as this client goes: by its end, an error, or because it left.

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
        said = {
            "dify.run.id": self._state.run_id,
            "dify.task.id": self._state.task_id,
            "dify.run.status": status,
            "dify.run.recovered": self._state.recovered,
            "error.type": type(error).__name__ if error is not None else None,
        }
        for name, value in said.items():
            if value is not None:
                self._span.set_attribute(name, value)
        if status in _FAILED:
            self._span.set_status(self._trace.StatusCode.ERROR)
        self._span.end()


@contextmanager
def blocking(run: Following) -> Iterator[Callable[[WorkflowRunResponse], WorkflowRunResponse]]:
    """Report a run that is one request; what is given is to be told the response."""
    report = RunReport(run.state, run.clock)

    def told(response: WorkflowRunResponse) -> WorkflowRunResponse:
        state = run.state
        state.run_id, state.task_id = response.id, response.task_id
        state.status, state.over = response.status, True
        return response

    report.begin()
    try:
        with report.around():
            yield told
    except BaseException as error:
        report.end(error)
        raise
    report.end()


def _status(state: RunState, error: BaseException | None) -> str:
    """The run's status; "unknown", "error" (it was not started, or cannot be read) or "left"."""
    if state.over:
        return state.status
    if isinstance(error, RunOutcomeUnknown):
        return "unknown"
    return "error" if isinstance(error, Exception) else "left"
