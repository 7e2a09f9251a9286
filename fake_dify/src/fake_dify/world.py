"""Everything that one stand-in server knows, and how it is set up; lives in the server's thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, evolve, field

from .base import Gate
from .checks import Checked, ScriptError, require
from .contract import contract
from .faults import CATALOGUE, Faults
from .files import FileStore, StoredFile, file_type
from .state import App, Form, Run, new_id
from .versions import NEWEST, Rules, old_event


@define(eq=False, slots=False, repr=False, kw_only=True)
class World(Checked):
    """The state of one server, and its settings, which come first: see `FakeDify`.

    kills_readers: as `Rules.readers_kill_readers`; account: the only member of the workspace.
    problems: exceptions raised by functions inside workflows; violations: breaches of the contract.
    """

    version: str = field(default=NEWEST, kw_only=False)
    api_key: str = field(default="app-test", kw_only=False)
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
    faults: Faults = field(factory=Faults, init=False)
    _usual: dict[str, Any] = field(factory=dict, init=False)  # settings that a fault has changed

    def __attrs_post_init__(self) -> None:
        self.rules: Rules = Rules(self.version)
        if not self.rules.since(1, 14):
            self.files.tenant_id = self.tenant_id
        super().__attrs_post_init__()

    def look(self) -> None:
        if not self.ping_interval:
            self.refuse("ping_interval is 0")

    @property
    def resumes_after(self) -> float:
        """Seconds until a run goes on; a race of two forms needs some to show."""
        usual = 0.0 if self.two_forms == "together" else 0.5
        return usual if self.resume_delay is None else self.resume_delay

    def switch_on(self, name: str, at: int | None = None, times: int | None = None) -> None:
        """Switch on a fault of the catalogue by its name, until `switch_off`.

        Args:
            name: Its name, e.g. "cut".
            at: Behind how many events of the stream it happens.
            times: For how many requests it holds.
        """
        entry = CATALOGUE.get(name)
        if entry is None:
            raise ScriptError(f"there is no fault {name!r}; there are {', '.join(CATALOGUE)}")
        require(at, int | None, f"{name}: at")
        require(times, int | None, f"{name}: times")
        if at is not None and not entry.has_place:
            raise ScriptError(f"{name} happens at no event: {name}:{at} says nothing")
        if entry.fault is not None:
            changes: dict[str, Any] = {} if at is None else {"after_events": at}
            fault = evolve(entry.fault, **changes)
            self.faults.add(fault, entry.times if times is None else times)
        for setting, value in entry.settings.items():
            self._usual.setdefault(setting, getattr(self, setting))
            setattr(self, setting, value)
        self.faults.named.append(name)

    def switch_off(self) -> None:
        """Switch all faults off."""
        self.faults.clear()
        while self._usual:
            setattr(self, *self._usual.popitem())

    def file_type(self, stored: StoredFile) -> str:
        return file_type(stored.extension, stored.mime_type, self.etl_type)

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event as this server's version sends it, checked against the contract."""
        rendered = self.files.render(event)
        if self.check:
            self.violations += contract().event_problems(rendered)
        return old_event(self.rules, rendered)
