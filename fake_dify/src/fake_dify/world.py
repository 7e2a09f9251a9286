"""Everything that one stand-in server knows, and how it is set up; lives in the server's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, field

from .base import Gate
from .checks import Checked
from .contract import Operation, contract
from .files import FileStore, StoredFile, file_type
from .state import App, Form, NodeRecord, Run, new_id
from .versions import NEWEST, Rules
from .versions.older import old_event


@define(eq=False, slots=False, repr=False)
class Named(Checked):
    """What can be told to `FakeDify` without a name."""

    version: str = NEWEST
    api_key: str = "app-test"


@define(eq=False, slots=False, repr=False, kw_only=True)
class World(Named):
    """The state of one server, and its settings, which come first: see `FakeDify`.

    kills_readers: as `Rules.readers_kill_readers`; account: the only member of the workspace.
    problems: exceptions raised by functions inside workflows; violations: breaches of the contract.
    """

    check: bool = True
    eof_delay: float = 1.0
    ping_interval: float = 10.0
    idle_limit: float = 300.0
    queue: Gate | None = None
    unread_limit: int | None = None
    recorded_after: float = 0.0
    resume_delay: float | None = None
    two_forms: Literal["together", "lost", "doubled"] = "together"
    etl_type: Literal["dify", "Unstructured"] = "dify"
    kills_readers: bool = field(default=False, init=False)
    tenant_id: str = field(factory=new_id, init=False)
    account: str = field(default="owner@example.com", init=False)
    transcript: str = field(default="transcribed text 你好", init=False)
    files: FileStore = field(factory=FileStore, init=False)
    apps: dict[str, App] = field(factory=dict, init=False)
    runs: list[Run] = field(factory=list, init=False)
    all_forms: dict[str, Form] = field(factory=dict, init=False)
    violations: list[str] = field(factory=list, init=False)
    problems: list[Exception] = field(factory=list, init=False)
    tasks: set[asyncio.Task[None]] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self.rules: Rules = Rules(self.version)
        super().__attrs_post_init__()

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

    def holding_slots(self, app: App) -> int:
        """Count the runs of an app that count against its max_active_requests."""
        return sum(
            run.app is app
            and run.task is not None
            and not run.settled.is_set()
            and (self.rules.streams_hold_slot or not run.streaming)
            for run in self.runs
        )
