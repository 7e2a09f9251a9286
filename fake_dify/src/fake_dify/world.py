"""Everything that one stand-in server knows, and how it is set up; lives in the server's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, define, field

from .base import Gate
from .checks import Checked
from .contract import Operation, contract
from .files import FileStore, StoredFile, file_type
from .state import App, Form, NodeRecord, Run, new_id
from .versions import Rules
from .versions.older import old_event

TwoForms = Literal["together", "lost", "doubled"]
EtlType = Literal["dify", "Unstructured"]


@define(eq=False, kw_only=True)
class World(Checked):
    """The state of one server; the settings, which come first, are those of `FakeDify`.

    kills_readers: as `Rules.readers_kill_readers`; account: the only member of the workspace.
    problems: exceptions raised by functions inside workflows; violations: breaches of the contract.
    """

    check: bool
    ping_interval: float
    eof_delay: float
    idle_limit: float
    queue: Gate | None
    unread_limit: int | None
    recorded_after: float
    resume_delay: float | None
    two_forms: TwoForms
    etl_type: EtlType
    rules: Rules
    kills_readers: bool = False
    tenant_id: str = Factory(new_id)
    account: str = "owner@example.com"
    transcript: str = "transcribed text 你好"
    files: FileStore = Factory(FileStore)
    apps: dict[str, App] = Factory(dict)
    runs: list[Run] = Factory(list)
    forms: dict[str, Form] = Factory(dict)
    violations: list[str] = Factory(list)
    problems: list[Exception] = Factory(list)
    tasks: set[asyncio.Task[None]] = field(factory=set)

    def look(self) -> None:
        if not self.ping_interval:
            self.refuse("ping_interval is 0")

    @property
    def resumes_after(self) -> float:
        """Seconds until a run goes on; a race of two forms needs some to show."""
        usual = 0.0 if self.two_forms == "together" else 0.5
        return usual if self.resume_delay is None else self.resume_delay

    def file_type(self, stored: StoredFile) -> str:
        return file_type(stored.extension, stored.mime_type, self.etl_type)

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
            if run.active and run.streaming:
                run.redeployed = True
                run.cancel()

    def event(self, event: Mapping[str, Any], node: NodeRecord | None = None) -> dict[str, Any]:
        """Return an event as this server's version sends it, checked against the contract."""
        rendered: dict[str, Any] = self.files.render(event)
        if self.check:
            self.violations += contract().event_problems(rendered)
        return old_event(self.rules, rendered, node, self.tenant_id)

    def check_reply(self, operation: Operation, status: int, body: Any) -> None:
        if self.check:
            self.violations += contract().reply_problems(operation, status, body)

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
