"""FakeDify: the server as tests use it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from anyio.from_thread import start_blocking_portal
from attrs import define, field

from .api.request import ApiRequest
from .base import Workflow
from .checks import require
from .files import FileValue, StoredFile
from .http.app import Service
from .http.serving import serving
from .state import App, Form, Input, Run, Status
from .steps.app_file import Walk, form_of, read_file
from .world import World


@define(eq=False, slots=False, repr=False, kw_only=True)
class FakeDify(World):
    """A stand-in for a Dify server: real HTTP on 127.0.0.1, scripted workflows, all in memory.

    Made for tests and first steps; it does not run workflows of Dify.

    Args:
        version: The Dify version to pretend, from 1.8.1 on.
        api_key: The key of the app that `workflow` and `form` belong to.
        workflow: A list of steps, or a function of the inputs that returns one; without steps, the
            inputs come back as the outputs.
        form: The declared inputs of the app; None takes any input.
        port: 0 for a free one.
        check: Compare requests and answers with the contract; differences are raised at the end.
        eof_delay: Seconds between the terminal event and the end of a stream (1.13 and 1.14).
        ping_interval: Seconds between pings.
        idle_limit: Seconds after which a silent stream ends.
        queue: A gate where streaming runs wait for a worker, unknown to everybody.
        keep_alive: Seconds after which an idle connection is closed.
        unread_limit: How many unread events a stream keeps (Dify: 1024, the oldest are dropped).
        recorded_after: Seconds from the start of a run until its detail and the logs know it.
        resume_delay: Seconds from the submit of a form until its run goes on (Dify: up to one);
            None for none, or half a second where `two_forms` has a race to show.
        two_forms: What comes of a second form of one pause, submitted before the run has paused
            again: "together", both are taken; "lost", the run pauses at the second node, whose
            form is closed, for ever; "doubled", an `error` and a made-up end are sent while the
            run goes on (before 1.16, all events until the next pause are sent twice).
        etl_type: The server's ETL_TYPE: Office files are "custom" with "dify", else documents.
        app_file: An exported app (Dify's DSL, a YAML file) in place of `workflow` and `form`; its
            nodes give out samples, no code of it is executed.
        values: Of `app_file`: what is given out instead, by the name of an output or by
            "node.variable"; by a node's id or title, the branch that it takes.

    Attributes:
        default_app: The app of `api_key`.
        faults: What goes wrong: `faults.add(Fault(...))`.
        runs: All runs that were started, in order.
        requests: All requests that arrived, in order.
        violations: What broke the contract so far; a test that does so on purpose clears it.
    """

    _workflow: Workflow = field(default=(), alias="workflow")
    _form: Sequence[Input] | None = field(default=None, alias="form")
    port: int = 0
    keep_alive: float = 2.0
    app_file: str | Path | None = None
    values: Mapping[str, Any] | None = None

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        workflow, form, name = self._workflow, self._form, "workflow"
        if self.app_file is not None:
            if workflow or form is not None:
                self.refuse("app_file has a workflow and a form of its own")
            exported = read_file(self.app_file)
            name, form = exported.name or name, form_of(exported)
            workflow = [Walk(exported, self.values or {})]
        elif self.values is not None:
            self.refuse("values are given without an app_file")
        self.default_app: App = self.app(self.api_key, workflow, form=form, name=name)
        self.world: World = self  # what requests are answered from
        self._service, self._opened = Service(self), ExitStack()
        self.requests: list[ApiRequest] = self._service.requests

    # The server

    def start(self) -> Self:
        """Listen; `url` is known from here on."""
        with ExitStack() as opened:
            # A thread with an event loop, which cancels at its end what still runs.
            self._portal = opened.enter_context(start_blocking_portal())
            served = serving(self._service, self.port, self.keep_alive)
            port = opened.enter_context(self._portal.wrap_async_context_manager(served))
            self._opened = opened.pop_all()
        self.files.origin = f"http://127.0.0.1:{port}"
        return self

    __enter__ = start

    def stop(self) -> None:
        """Close all connections, forget runs in progress, end the thread. May be called twice."""
        self._opened.close()

    def __exit__(self, _: object, error: BaseException | None, *__: object) -> None:
        self.stop()
        if error is None:
            self.raise_problems()

    def raise_problems(self) -> None:
        """Raise what went wrong: exceptions inside workflows, breaches of the contract."""
        if self.problems:
            raise self.problems[0]
        if self.violations:
            raise AssertionError("against the contract:\n  " + "\n  ".join(self.violations))

    @property
    def url(self) -> str:
        """The base URL, with /v1."""
        return f"{self.files.origin}/v1"

    # What is served

    @property
    def workflow(self) -> Workflow:
        """The steps of the default app; may be set at any time, for the runs to come."""
        return self.default_app.workflow

    @workflow.setter
    def workflow(self, steps: Workflow) -> None:
        self.default_app.workflow = steps

    def app(self, key: str, workflow: Workflow = (), **options: Any) -> App:
        """Add an app that is reached by `key`; options: as of `App`."""
        app = self.apps[key] = App(key, workflow, **options)
        return app

    def file(self, name: str, content: bytes, mime_type: str = "text/plain") -> FileValue:
        """Make a file that steps can give as an output."""
        stored = self.files.add(StoredFile(name, content, mime_type, made=True))
        return FileValue(stored, self.file_type(stored))

    def add_run(
        self,
        *,
        app: App | None = None,
        user: str = "user-1",
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        status: str = "succeeded",
        error: str | None = None,
        created_at: int | None = None,
    ) -> Run:
        """Make a run of the past, for the logs and the run detail. created_at: unix seconds."""
        require(inputs, Mapping[str, Any] | None, "add_run: inputs")
        require(outputs, Mapping[str, Any] | None, "add_run: outputs")
        require(status, Status, "add_run: status")
        app = app or self.default_app
        run = Run(app, app.workflow_id, dict(inputs or {}), user, status=status, error=error)
        run.outputs, run.listed = dict(outputs or {}), True
        run.created_at = run.created_at if created_at is None else created_at
        run.finished_at, run.elapsed_time, run.total_steps = run.created_at, 0.25, 2
        run.settled.set()
        self.runs.append(run)
        return run

    # What happened

    def posts(self, operation: str = "runWorkflow") -> int:
        """Count the requests to one operation."""
        return sum(request.operation == operation for request in self.requests)

    @property
    def forms(self) -> list[Form]:
        """The forms that wait to be filled in."""
        return [form for form in self.all_forms.values() if form.waits]

    # Helpers

    def wait_idle(self, timeout: float = 30.0) -> None:
        """Wait until no run is in progress (paused ones are not); TimeoutError otherwise."""

        async def idle() -> None:
            async with asyncio.timeout(timeout):
                for run in list(self.runs):
                    await run.settled.wait()

        self._portal.call(idle)

    def wait_for(self, condition: Callable[[], bool], timeout: float = 30.0) -> None:
        """Wait until `condition()` holds; TimeoutError otherwise."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{condition} did not hold within {timeout} s")
            time.sleep(0.002)

    def expire_form(self, token: str) -> None:
        """Let the time of a form run out: it is closed, its run goes on by its time-out branch."""
        form = self.all_forms[token]
        form.check_open()
        form.expired = True
        self._portal.call(lambda: form.resume(form))

    def redeploy_worker(self) -> None:
        """Replace the worker: streaming runs in progress end `stopped` (before 1.16 it waits)."""

        def stop() -> None:
            for run in self.runs if self.rules.redeploy_stops_runs else ():
                if run.active and run.streaming:
                    run.redeployed = True
                    run.cancel()

        self._portal.call(stop)

    def expire_links(self) -> None:
        """Let the download URLs that were handed out so far run out, as after 300 s."""
        self.files.links.clear()
