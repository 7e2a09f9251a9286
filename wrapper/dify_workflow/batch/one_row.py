"""One row, where it is run: in a thread of ours, or in a worker somewhere. Imports no executor."""

from __future__ import annotations

import atexit
import multiprocessing
import pickle
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import attrs

from .. import (
    APIError,
    DifyError,
    DifyWorkflow,
    EventTooLarge,
    RunOutcomeUnknown,
    WorkflowStream,
    versions,
)
from ..types.requests import RowRequest
from .journal import Flight
from .row_results import Key, RowResult, from_error, from_response

_LISTED_AFTER = 60.0  # s after its POST, in which a run may turn up in the logs
_LONGEST_PAUSE = 8.0  # s between looks


@attrs.frozen(kw_only=True)
class Task:
    """A row to be run. `flight.user` is its own; `in_flight`: it may have been started already.

    `lookup_seconds` and `rerun_unknown` are those of `run_many`.
    """

    key: Key
    inputs: Mapping[str, Any] = attrs.field(repr=False)
    is_typed: bool = False  # the inputs of a typed request, which are checked
    flight: Flight
    in_flight: bool = False
    lookup_seconds: float | None = None
    rerun_unknown: bool = False
    losses: int = 0  # workers that were lost with it
    refusals: int = 0  # times it was refused while others were served
    served: int = 0  # rows that had been served when it was refused last


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of an attempt: a result, with the exception where there is one.

    `started` says that a run may exist; `absent`, that a row in flight surely was never started.
    """

    result: RowResult | None = None
    error: DifyError | None = None
    started: bool = True
    absent: bool = False


class Watch:
    """Is told of a row that is run in this process; this one ignores it."""

    def opened(self, stream: WorkflowStream) -> None:
        """Take note of a stream that is about to be read."""

    def closed(self, stream: WorkflowStream) -> None:
        """Take note of a stream that was read."""

    def posting(self, task: Task) -> None:
        """Take note that the request that starts the run is next."""

    def known(self, task: Task, run_id: str) -> None:
        """Take note of the run's id."""

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def run_row(client: DifyWorkflow, task: Task, watch: Watch | None = None) -> Outcome:
    """Run a row, or find and follow the run that it has; raises nothing of `DifyError`."""
    watch = watch or Watch()
    try:
        if not task.in_flight:
            stream = _new(client, task, watch)
        else:
            found = _find(client, task, watch)
            if isinstance(found, Outcome):
                return found
            stream = client.attach(found, user=task.flight.user)
    except DifyError as error:
        return _refused(task, error)
    watch.opened(stream)
    try:
        with stream:
            next(stream, None)  # sends the request; the first event tells the run's id
            if stream.id is not None:
                watch.known(task, stream.id)
            return Outcome(result=from_response(stream.result()))
    except DifyError as error:
        if not isinstance(error, RunOutcomeUnknown) and not _of_the_run(error, stream, task):
            return _refused(task, error)
        return Outcome(result=from_error(error, stream.id, stream.task_id), error=error)
    finally:
        watch.closed(stream)


@attrs.frozen
class Sealed:
    """A pickled client, hidden in `repr`: it holds the API key, and schedulers log arguments."""

    pickled: bytes = attrs.field(repr=False)


def run_remotely(sealed: Sealed, task: Task, look_first: bool) -> Outcome:
    """Run a row in another process, with a client that is kept there.

    `look_first`: a scheduler may run a task again whose worker was lost, so the row's user is
    looked for before it is posted.
    """
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise RuntimeError("the process that this worker belongs to is gone")
    client = _client(sealed)
    if look_first and not task.in_flight:
        try:
            run_ids = _listed(client, task.flight.user)
        except DifyError as error:
            return _refused(task, error)
        if run_ids:
            flight = attrs.evolve(task.flight, run_id=run_ids[0])
            task = attrs.evolve(task, in_flight=True, flight=flight)
    return run_row(client, task)


def _refused(task: Task, error: DifyError) -> Outcome:
    """Return the outcome where nothing was started, or an earlier run cannot be asked for."""
    result = from_error(error)
    if task.in_flight:
        result = attrs.evolve(result, status="unknown", run_id=task.flight.run_id)
    return Outcome(result=result, error=error, started=False)


def _of_the_run(error: DifyError, stream: WorkflowStream, task: Task) -> bool:
    """Return whether an error is how the run went, and not how asking for it went."""
    if not task.in_flight:
        return stream.id is not None
    in_stream = isinstance(error, APIError) and not error.headers  # an `error` event
    return in_stream or isinstance(error, EventTooLarge)


@lru_cache(maxsize=4)
def _client(sealed: Sealed) -> DifyWorkflow:
    client: DifyWorkflow = pickle.loads(sealed.pickled)
    atexit.register(client.close)
    return client


def _new(client: DifyWorkflow, task: Task, watch: Watch) -> WorkflowStream:
    # "Too many requests" is for the batch to know: all of it waits.
    row = RowRequest(
        inputs=task.inputs,
        user=task.flight.user,
        before_post=lambda: watch.posting(task),
        checked=task.is_typed,
    )
    return client.run_workflow_stream(row, unique_user=False, max_retries=0)


def _find(client: DifyWorkflow, task: Task, watch: Watch) -> str | Outcome:
    """Return the id of the run that a row in flight has, or what follows from its having none."""
    flight = task.flight
    if flight.run_id is not None:
        return flight.run_id
    # By the wall clock, which may have been set back since; from here on by one that cannot be.
    age = 0.0 if flight.at is None else max(time.time() - flight.at, 0.0)
    since, pause = time.monotonic() - age, 0.2
    asking = client.with_options(max_retries=0)  # to be too busy is for the batch to know, as above
    while True:
        if found := _listed(asking, flight.user):
            return found[0]
        left = since + _patience(client, task) - time.monotonic()
        if left <= 0:
            break
        watch.pause(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)
    version = client.server_version
    if versions.LOGS_RUNNING_RUNS.on(version) or task.rerun_unknown:
        return Outcome(absent=True, started=False)
    error = RunOutcomeUnknown(
        f"the row was in flight when its batch ended, and Dify {version} lists a run only after "
        "its end: it may have been started",
        user=flight.user,
    )
    return Outcome(result=from_error(error), error=error)


def _patience(client: DifyWorkflow, task: Task) -> float:
    if task.lookup_seconds is not None:
        return task.lookup_seconds
    queues = versions.QUEUES_RUNS.on(client.server_version)
    return versions.QUEUED_SILENCE if queues else _LISTED_AFTER


def _listed(client: DifyWorkflow, user: str) -> list[str]:
    """Return the ids of a user's runs in the logs; raises when these cannot be read."""
    page = client.logs(created_by_end_user_session_id=user, limit=100, page=1)
    return [
        entry.run_id
        for entry in page
        # Servers before 1.5 ignore the filter.
        if getattr(entry.data.created_by_end_user, "session_id", None) == user
    ]
