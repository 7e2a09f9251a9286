"""Where rows are run: in threads of this process, or by any other executor."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.thread import ThreadPoolExecutor

import attrs

from .. import DifyWorkflow, WorkflowStream
from ..errors import invalid
from .journal import Journal
from .one_row import Outcome, Sealed, Task, Watch, run_remotely, run_row

Report = Callable[[Task, "Future[Outcome] | None"], None]  # called on any thread


def place_for(
    client: DifyWorkflow,
    executor: Executor | None,
    concurrency: int,
    journal: Journal,
    report: Report,
) -> Place:
    """Return the place for an executor; None stands for threads of our own."""
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        return Threads(client, executor, concurrency, journal, report)
    return Workers(client, executor, journal, report)


class Place:
    """Runs tasks, and reports the future of each that is done; None says that it was taken."""

    survives_losses: bool = False  # whether a lost worker leaves the others in order

    def __init__(self, report: Report) -> None:
        self._tell = report
        self._futures: set[Future[Outcome]] = set()

    def submit(self, task: Task) -> None:
        """Run a task as soon as there is room."""
        future = self._submit(task)
        self._futures.add(future)
        future.add_done_callback(lambda done: self._report(task, done))

    def close(self) -> None:
        """Leave what is under way: its runs go on, on the server."""
        for future in list(self._futures):
            future.cancel()

    def _submit(self, task: Task) -> Future[Outcome]:
        raise NotImplementedError

    def _report(self, task: Task, future: Future[Outcome]) -> None:
        self._futures.discard(future)
        self._tell(task, future)


class Threads(Place, Watch):
    """Threads of this process: they share the client, and tell the journal of each run's id."""

    def __init__(
        self,
        client: DifyWorkflow,
        executor: ThreadPoolExecutor | None,
        concurrency: int,
        journal: Journal,
        report: Report,
    ) -> None:
        super().__init__(report)
        self._client = client
        self._journal = journal
        self._own = ThreadPoolExecutor(concurrency, "dify-batch") if executor is None else None
        self._executor = executor or self._own
        self._streams: set[WorkflowStream] = set()
        self._lock = threading.Lock()
        self._left = threading.Event()

    def _submit(self, task: Task) -> Future[Outcome]:
        assert self._executor is not None
        return self._executor.submit(run_row, self._client, task, self)

    def close(self) -> None:
        """Close the streams, so that the threads end."""
        with self._lock:
            self._left.set()
            streams = list(self._streams)
        super().close()
        for stream in streams:
            stream.close()
        if self._own is not None:
            self._own.shutdown()

    def opened(self, stream: WorkflowStream) -> None:
        with self._lock:
            if self._left.is_set():
                raise CancelledError
            self._streams.add(stream)

    def closed(self, stream: WorkflowStream) -> None:
        with self._lock:
            self._streams.discard(stream)

    def posting(self, task: Task) -> None:
        # Not when it was submitted: uploads, or a queue before few threads, may take long.
        self._journal.starting(task.key, attrs.evolve(task.flight, at=time.time()))

    def known(self, task: Task, run_id: str) -> None:
        self._journal.known(task.key, run_id)
        self._tell(task, None)

    def pause(self, seconds: float) -> None:
        if self._left.wait(seconds):
            raise CancelledError


class Workers(Place):
    """Any other executor: the client travels by pickle, without its connections."""

    def __init__(
        self, client: DifyWorkflow, executor: Executor, journal: Journal, report: Report
    ) -> None:
        super().__init__(report)
        try:
            self._client = Sealed(pickle.dumps(client))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise invalid("client", f"it cannot be pickled for this executor: {error}") from error
        self._executor = executor
        self._journal = journal
        # Of the executors that span machines, some run a task again whose worker was lost.
        self.survives_losses: bool = not isinstance(executor, ProcessPoolExecutor)

    def _submit(self, task: Task) -> Future[Outcome]:
        if not task.in_flight:
            self._journal.starting(task.key, task.flight)
        return self._executor.submit(run_remotely, self._client, task, self.survives_losses)
