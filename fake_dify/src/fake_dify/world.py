"""Everything the stand-in server knows and how it is set up; lives in the server's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from attrs import Factory, define

from .contract import Operation, contract
from .engine import Execution
from .files import FileStore, StoredFile, file_type
from .gate import Gate
from .human import Form
from .old_events import old_event
from .state import App, NodeRecord, Run, Workflow, new_id
from .steps import Step
from .versions import Rules
from .workflows import BUILTINS

TwoForms = Literal["together", "lost", "doubled"]


@define(eq=False)
class World:
    """The state of one server.

    check: compare requests and answers with the contract, note differences in `violations`.
    problems: exceptions raised by functions inside workflows.
    ping_interval, eof_delay, idle_limit: seconds, see FakeDify.
    queue: where streaming runs wait for a worker.
    unread_limit: events kept for a slow reader, None for all.
    recorded_after, resume_delay: seconds; two_forms, etl_type: see FakeDify.
    """

    rules: Rules
    check: bool = True
    ping_interval: float = 10.0
    eof_delay: float = 1.0
    idle_limit: float = 300.0
    queue: Gate | None = None
    unread_limit: int | None = None
    recorded_after: float = 0.0
    resume_delay: float = 0.0
    two_forms: TwoForms = "together"
    etl_type: str = "dify"
    tenant_id: str = Factory(new_id)
    account: str = "owner@example.com"
    transcript: str = "transcribed text 你好"
    files: FileStore = Factory(FileStore)
    apps: dict[str, App] = Factory(dict)
    runs: list[Run] = Factory(list)
    forms: dict[str, tuple[Form, Execution]] = Factory(dict)
    violations: list[str] = Factory(list)
    problems: list[Exception] = Factory(list)
    tasks: set[asyncio.Task[None]] = Factory(set)

    def steps(self, app: App, workflow: Workflow, inputs: Mapping[str, Any]) -> Sequence[Step]:
        """Return the steps of a run; an app without any takes those that `workflow` names."""
        if callable(workflow):
            return workflow(inputs)
        named = inputs.get("workflow") if not workflow and app.form is None else None
        builtin = BUILTINS.get(named) if isinstance(named, str) else None
        return workflow if builtin is None else builtin(inputs)

    def app(self, key: str) -> App | None:
        """Return the app of a key; `app-NAME` is the built-in workflow NAME."""
        if key not in self.apps and (builtin := BUILTINS.get(key.removeprefix("app-"))):
            self.apps[key] = App(key, builtin, name=key.removeprefix("app-"))
        return self.apps.get(key)

    def file_type(self, stored: StoredFile) -> str:
        return file_type(stored.extension, stored.mime_type, self.etl_type)

    def start(self, run: Run, steps: Sequence[Step]) -> None:
        """Begin a run; a streaming one may have to wait for a worker."""
        execution = Execution(self, run, steps)
        queue = self.queue if run.streaming and self.rules.worker else None
        self.runs.append(run)
        run.listed = not self.rules.worker and not self.recorded_after
        run.task = asyncio.create_task(self._carry_out(execution, queue))
        run.task.add_done_callback(lambda _: run.settled.set())

    async def _carry_out(self, execution: Execution, queue: Gate | None) -> None:
        if queue is not None:
            await queue.passed()
        await execution.drive()

    def put_on_record(self, run: Run) -> None:
        """Let the run detail and the logs know a run that has begun, in time."""
        if run.listed or not self.recorded_after:
            run.listed = True
            return
        loop = asyncio.get_running_loop()
        loop.call_later(self.recorded_after, setattr, run, "listed", True)

    def redeploy(self) -> None:
        """End the worker, and with it what it works on where this version does so."""
        for run in self.runs if self.rules.redeploy_stops_runs else ():
            if run.active and run.streaming and run.task is not None:
                run.redeployed = True
                run.task.cancel()

    def resume(self, form: Form, execution: Execution) -> None:
        """Let the run of an answered form go on, a moment later, as Dify does."""
        hangs = execution.run.stop_asked and not self.rules.ends_stopped_pauses
        if not hangs and execution.run.status == "paused":
            execution.run.settled.clear()
        task = asyncio.create_task(execution.legs.resume(form, execution))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def open_form(self, form: Form, execution: Execution) -> None:
        self.forms[form.token] = (form, execution)
        execution.run.forms.append(form)

    def event(self, event: Mapping[str, Any], node: NodeRecord | None = None) -> dict[str, Any]:
        """Return an event as this server's version sends it, checked against the contract."""
        rendered: dict[str, Any] = self.files.render(event)
        if self.check:
            self.violations += contract().event_problems(rendered)
        return old_event(self.rules, rendered, node, self.tenant_id)

    def check_response(self, operation: Operation, status: int, body: Any) -> None:
        if self.check:
            self.violations += contract().response_problems(operation, status, body)

    def find_run(self, run_id: str, app: App) -> Run | None:
        found = (run for run in self.runs if run.id == run_id.lower() and run.app is app)
        return next((run for run in found if run.listed), None)

    def holding_slots(self, app: App) -> int:
        """Count the runs of an app that count against its max_active_requests."""
        return sum(
            run.app is app
            and run.task is not None
            and not run.settled.is_set()
            and (self.rules.streams_hold_slot or not run.streaming)
            for run in self.runs
        )
