"""Runs the rows: begins, finishes, retries and looks up, until the end of the batch."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from queue import Empty, SimpleQueue
from typing import Any

import attrs

from .. import APIError, DifyError, DifyWorkflow, errors
from .journal import Journal
from .one_row import Outcome, Task
from .pace import Pace
from .places import Place, place_for
from .row_results import Key, RowResult
from .settings import Settings
from .tasks import Tasks

log: logging.Logger = logging.getLogger("dify_workflow")

_LOSSES = 3  # workers that one row may lose
_REFUSALS = 10  # of one row while others are served: it is the row's own fault
_MOST_WAITING = 100  # rows to be tried again; then no new one is begun
_LONGEST_WAIT = 1.0  # s; on Windows, Ctrl-C does not end a wait

# Nothing was started, and it may be later. A run that was in flight is only asked for.
_BUSY = (errors.TooManyRequests, errors.ConnectionFailed, errors.RequestTimedOut)
_AWAY = (*_BUSY, errors.GatewayError, errors.ServerError, errors.UnreadableAnswer)


class Engine:
    """Keeps as many rows under way as the server bears. All of it is on the caller's thread."""

    def __init__(
        self, client: DifyWorkflow, settings: Settings, tasks: Tasks, journal: Journal
    ) -> None:
        self._settings = settings
        self._tasks = tasks
        self._fresh = iter(tasks)
        self._journal = journal
        self._pace = Pace(settings.concurrency, settings.patience)
        self._reports: SimpleQueue[tuple[Task, Future[Outcome] | None]] = SimpleQueue()
        self._waiting: deque[Task] = deque()  # to be tried again
        self._tried_again = False  # the row that was begun last is one of those
        self._inputs: dict[Key, dict[str, Any]] = {}  # of the rows under way, to be shown
        self._running = 0
        self._stop: Exception | None = None
        self._busy: DifyError | None = None  # the last of its kind
        executor: Executor | None = settings.executor
        self._place: Place = place_for(
            client,
            executor,
            settings.concurrency,
            journal,
            lambda task, future: self._reports.put((task, future)),
        )

    def close(self) -> None:
        """Stop following the rows that are under way; their runs go on."""
        self._place.close()

    def results(self) -> Iterator[RowResult]:
        """Yield the results as they come; raises what ends the batch, after those under way."""
        while True:
            while self._stop is None and self._pace.admits(self._running):
                ready = self._next()
                if ready is None:
                    break
                if isinstance(ready, RowResult):
                    yield ready
                else:
                    self._begin(ready)
            if self._running == 0:
                if self._waiting and self._pace.hopeless:
                    self._stop = self._stop or self._busy
                if self._stop is not None or not self._waiting:
                    break
            wait = self._pace.wait or _LONGEST_WAIT
            try:
                task, future = self._reports.get(timeout=min(wait, _LONGEST_WAIT))
            except Empty:
                continue
            if future is None:
                self._pace.taken(task.key)
                continue
            self._running -= 1
            result = self._settle(task, future)
            self._pace.back(task.key)
            if result is not None:
                inputs = self._inputs.pop(task.key)
                yield attrs.evolve(result, key=task.key, inputs=inputs, user=task.flight.user)
        if self._stop is not None:
            raise self._stop

    def _next(self) -> Task | RowResult | None:
        """Return the next row to run, or one that has a result already; None without any."""
        # In turn with new ones, so that a row that is always refused does not hold up the others.
        enough = len(self._waiting) >= _MOST_WAITING
        self._tried_again = bool(self._waiting) and (enough or not self._tried_again)
        if self._tried_again:
            return self._waiting.popleft()
        try:
            ready = next(self._fresh, None)
        except Exception as error:  # a bad row, or what the caller's own code raised
            self._stop = error
            return None
        if ready is None and self._waiting:
            return self._waiting.popleft()
        if isinstance(ready, tuple):
            task, self._inputs[ready[0].key] = ready
            return task
        return ready

    def _begin(self, task: Task) -> None:
        self._pace.begun(task.key)
        self._place.submit(task)
        self._running += 1

    def _settle(self, task: Task, future: Future[Outcome]) -> RowResult | None:
        """Return the result of a row; None when it is to be tried again, now or another day."""
        try:
            outcome = future.result()
        except Exception as failure:
            self._lost(task, failure)
            return None
        if outcome.absent:
            self._waiting.append(attrs.evolve(task, in_flight=False, flight=self._tasks.own_user()))
            return None
        error = outcome.error
        if error is None or outcome.started:
            self._pace.well(task.key)
            return outcome.result
        hopeless = isinstance(error, errors.TooManyRequests) and error.permanent
        if hopeless or isinstance(error, self._settings.stop_on):
            self._stop = self._stop or error
        elif isinstance(error, _AWAY if task.in_flight else _BUSY):
            refusals = task.refusals + (self._pace.served > task.served)
            of_the_row = not (task.in_flight or isinstance(error, errors.TooManyRequests))
            if of_the_row and refusals > _REFUSALS:
                return outcome.result
            self._busy = error
            retry_after = error.retry_after if isinstance(error, APIError) else None
            self._pace.busy(retry_after, str(error))
            self._waiting.append(attrs.evolve(task, refusals=refusals, served=self._pace.served))
        else:
            self._pace.well(task.key)
            return outcome.result
        if not task.in_flight:
            self._journal.over(task.key)  # it was surely not started
        return None

    def _lost(self, task: Task, error: Exception) -> None:
        """Look for the run of a row whose executor failed, as after a restart, or give up."""
        executor_failed = isinstance(error, BrokenExecutor) or not self._place.survives_losses
        if executor_failed or task.losses + 1 >= _LOSSES:
            self._stop = self._stop or error
            return
        log.warning("row %s: its worker was lost (%r); looking for its run", task.key, error)
        flight = attrs.evolve(task.flight, at=None)
        self._waiting.append(
            attrs.evolve(task, in_flight=True, flight=flight, losses=task.losses + 1)
        )
