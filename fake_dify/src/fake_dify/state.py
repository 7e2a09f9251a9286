"""What the stand-in server remembers: apps, end users, runs, their nodes and their forms."""

from __future__ import annotations

import asyncio
import secrets
import string
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from attrs import Factory, define, field

from .base import Data, End, Workflow
from .checks import Checked
from .contract import contract, fill
from .files import FileValue
from .replies import refuse_if

FileType = Literal["document", "image", "audio", "video", "custom"]
InputType = Literal[
    "text-input", "paragraph", "select", "number", "checkbox", "json_object", "file", "file-list"
]
Status = Literal["running", "succeeded", "failed", "stopped", "partial-succeeded", "paused"]
ANONYMOUS = "DEFAULT-USER"
ALPHABET = string.ascii_letters + string.digits
FILES: Data = {
    "allowed_file_types": ["document", "image"],
    "allowed_file_extensions": [],
    "allowed_file_upload_methods": ["local_file", "remote_url"],
}


def new_id() -> str:
    return str(uuid.uuid4())


def now() -> int:
    return int(time.time())


@define
class Input(Checked):
    """A declared input of an app, as GET /parameters lists it.

    Attributes:
        variable: The name of the input.
        type: text-input, paragraph, select, number, checkbox, json_object, file or file-list.
        required: Whether a run is refused without it.
        label: What people see; None for its name.
        max_length: Characters, or the number of files of a file-list.
        options: Of a select.
        default: The value without one.
        allowed_file_types: The types of files that are taken.
        allowed_file_extensions: With their dots, what is taken as a file of the type custom.
    """

    variable: str
    type: InputType = "text-input"
    required: bool = False
    label: str | None = None
    max_length: int | None = None
    options: Sequence[str] = ()
    default: Any = None
    allowed_file_types: Sequence[FileType] = ("document", "image", "audio", "video")
    allowed_file_extensions: Sequence[str] = ()

    def look(self) -> None:
        if self.type == "select" and not self.options:
            self.refuse("a select has no options")

    def declaration(self) -> Data:
        like = contract().example("AppParameters")["user_input_form"][0]["text-input"]
        about = {"label": self.label or self.variable, "options": list(self.options)}
        item = fill(like, self, **about)
        if self.default is not None:
            item["default"] = self.default
        if self.type.startswith("file"):
            item |= FILES | {
                "allowed_file_types": list(self.allowed_file_types),
                "allowed_file_extensions": list(self.allowed_file_extensions),
            }
        return {self.type: item}

    def takes(self, kind: str, extension: str) -> bool:
        """Return whether a file of this type is taken; extension: with its dot."""
        if kind == "custom" and self.allowed_file_extensions:  # as in Dify
            return extension in self.allowed_file_extensions
        return kind in self.allowed_file_types  # no extension is listed: any will do


@define
class EndUser:
    app_id: str
    session_id: str
    id: str = Factory(new_id)
    created_at: str = Factory(lambda: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}")
    type: str = "service-api"

    @property
    def is_anonymous(self) -> bool:
        return self.session_id == ANONYMOUS


@define
class App(Checked):
    """An app of the server, reached by its key.

    Attributes:
        key: Its API key.
        workflow: The steps of its runs, as of `FakeDify`.
        form: The declared inputs; None takes any input as it comes.
        mode: As GET /info tells it; anything but "workflow" refuses to run.
        enabled: Whether its API is switched on.
        published: Whether its workflow is published.
        speech: Speech to text and text to speech are switched on.
        max_active_requests: How many runs may be active, None for no limit.
    """

    key: str
    workflow: Workflow = ()
    form: Sequence[Input] | None = None
    name: str = "workflow"
    mode: str = "workflow"
    enabled: bool = True
    published: bool = True
    speech: bool = False
    max_active_requests: int | None = None
    id: str = Factory(new_id)
    workflow_id: str = Factory(new_id)
    draft_id: str = Factory(new_id)
    versions: dict[str, Workflow] = Factory(dict)
    version_text: str = Factory(lambda: str(datetime.now(UTC).replace(tzinfo=None)))
    users: dict[str, EndUser] = Factory(dict)

    def look(self) -> None:
        if not callable(self.workflow) and sum(isinstance(one, End) for one in self.workflow) > 1:
            self.refuse("workflow has more than one End")
        names = [item.variable for item in self.form or ()]
        if twice := [name for name in names if names.count(name) > 1]:
            self.refuse(f"form has two inputs of the name {twice[0]!r}")

    def user(self, session_id: str) -> EndUser:
        """Return the end user with this name, made at its first request."""
        return self.users.setdefault(session_id, EndUser(self.id, session_id))

    def add_version(self, workflow: Workflow) -> str:
        """Add another published version and return its workflow id."""
        workflow_id = new_id()
        self.versions[workflow_id] = App(self.key, workflow).workflow
        return workflow_id


@define(eq=False)
class NodeRecord:
    """One execution of a node, as events and snapshots tell it.

    position: its number in the run; events since Dify 1.9 have 1 as its index.
    parallel: in which branch it is, as events before 1.9 tell it.
    """

    id: str
    node_id: str
    node_type: str
    title: str
    position: int
    index: int = 1
    predecessor_node_id: str | None = None
    iteration_id: str | None = None
    loop_id: str | None = None
    parallel: Mapping[str, str] = Factory(dict)
    status: str = "running"
    error: str | None = None
    inputs: Data | None = None
    outputs: Data | None = None
    files: list[FileValue] = Factory(list)
    process_data: Data = Factory(dict)
    execution_metadata: Data | None = None
    started: float = Factory(time.monotonic)
    created_at: int = Factory(now)
    finished_at: int | None = None
    elapsed_time: float = 0.0

    def end(self, status: str, error: str | None = None) -> None:
        self.status, self.error, self.finished_at = status, error, now()
        self.elapsed_time = round(time.monotonic() - self.started, 6)


@define(eq=False)
class Subscription:
    """The unread events of one reader; the oldest are dropped beyond the limit, as Dify does.

    killed: it gets no event any more, see `Rules.readers_kill_readers`; stays: but pings.
    """

    limit: int | None
    killed: bool = False
    stays: bool = False
    queue: deque[Data] = Factory(lambda self: deque(maxlen=self.limit), takes_self=True)
    news: asyncio.Event = Factory(asyncio.Event)

    def put(self, event: Data) -> None:
        if not self.killed:
            self.queue.append(event)
            self.news.set()

    def kill(self, but_after: Collection[str]) -> None:
        """End it; unread events are lost, unless one of those is among them."""
        if not any(event["event"] in but_after for event in self.queue):
            self.queue.clear()
        self.killed = True
        self.news.set()


@define(eq=False)
class Run:
    """One run: what was asked, what happened, how it stands.

    Attributes:
        inputs: What was asked for, and what the app makes of it.
        asked: What was asked for, as it came.
        user: Whom it belongs to.
        status: As the run detail tells it (the stream's last event can say another).
        events: Every event sent so far, as the server built it (pings and snapshots excluded).
        active: The server is working on it (not paused, not over).
        listed: The run detail and the logs know it (a queued run is known to nobody).
        pause: The forms of the present pause, or of the last one.
        twice: What follows is told twice, see `FakeDify.two_forms`.
        redeployed: Its worker was told to end.
    """

    app: App
    workflow_id: str
    inputs: Data
    user: str
    asked: Mapping[str, Any] = field(factory=dict, repr=False)
    id: str = Factory(new_id)
    task_id: str = Factory(new_id)
    log_id: str = Factory(new_id)
    streaming: bool = True
    status: str = "running"
    outputs: Data = Factory(dict)
    error: str | None = None
    files: list[Any] = Factory(list)
    created_at: int = Factory(now)
    resumed_at: int = Factory(now)
    finished_at: int | None = None
    elapsed_time: float = 0.0
    total_steps: int = 0
    total_tokens: int = 0
    exceptions_count: int = 0
    listed: bool = False
    active: bool = False
    events: list[Data] = field(factory=list, repr=False)
    nodes: list[NodeRecord] = field(factory=list, repr=False)
    forms: list[Form] = field(factory=list, repr=False)
    pause: list[Form] = field(factory=list, repr=False)
    readers: list[Subscription] = field(factory=list, repr=False)
    task: asyncio.Task[None] | None = field(default=None, repr=False)
    stop_asked: bool = False
    redeployed: bool = False
    twice: bool = False
    settled: asyncio.Event = field(factory=asyncio.Event, repr=False)

    def cancel(self) -> None:
        """End what works on it."""
        if self.active and self.task is not None:
            self.task.cancel()

    @property
    def over(self) -> bool:
        return self.status not in {"running", "paused"}

    @property
    def event_names(self) -> list[str]:
        return [event["event"] for event in self.events]


@define
class FormInput(Checked):
    """One field of a form.

    Attributes:
        name: The name of the input.
        type: paragraph, select, file or file-list.
        default: Of a paragraph, a text.
        default_from: A variable in its place, e.g. "pre.text".
        options: Of a select.
        number_limits: How many files a file-list takes.
    """

    name: str
    type: Literal["paragraph", "select", "file", "file-list"] = "paragraph"
    default: str | None = None
    default_from: str | None = None
    options: Sequence[str] = ()
    number_limits: int = 2

    def look(self) -> None:
        if self.type == "select" and not self.options:
            self.refuse("a select has no options")

    def declaration(self) -> Data:
        name, constant = self.name, {"type": "constant", "selector": list[str]()}
        if self.type.startswith("file"):
            limits = {"number_limits": self.number_limits} if self.type == "file-list" else {}
            return {"output_variable_name": name, **FILES, "type": self.type, **limits}
        about: Data = {"output_variable_name": name, "type": self.type}
        if self.type == "select":
            return about | {"option_source": {**constant, "value": list(self.options)}}
        default = None if self.default is None else {**constant, "value": self.default}
        if self.default_from is not None:
            selector = self.default_from.split(".", 1)
            default = {"type": "variable", "selector": selector, "value": ""}
        return about | {"default": default}


@define(eq=False)
class Form:
    """A form that waits for a person, or did.

    step: what made it, with `inputs`, `actions` and `content`; form_content: rendered.
    resolved_default_values: of the fields whose default is a variable.
    answer: action and inputs, once submitted; expired: nobody answered in time.
    resume: lets its run go on, in `task`.
    """

    step: Any
    run: Run
    node: NodeRecord
    form_content: str
    resume: Callable[[Form], None]
    resolved_default_values: dict[str, str] = Factory(dict)
    task: asyncio.Task[None] | None = None
    id: str = Factory(new_id)
    token: str = Factory(lambda: "".join(secrets.choice(ALPHABET) for _ in range(22)))
    expiration_time: int = 0
    answer: tuple[str, Data] | None = None
    expired: bool = False
    answered: asyncio.Event = Factory(asyncio.Event)

    @property
    def inputs(self) -> list[Data]:
        return [item.declaration() for item in self.step.inputs]

    @property
    def actions(self) -> list[Data]:
        made = [{"id": id, "title": text} for id, text in self.step.actions.items()]
        return [one | {"button_style": "default" if n else "primary"} for n, one in enumerate(made)]

    @property
    def waits(self) -> bool:
        return self.answer is None and not self.expired

    def check_open(self) -> None:
        text = f"This form has already been submitted by another user, form_id={self.id}"
        refuse_if(self.answer is not None, text, "human_input_form_submitted", 412)
        text = f"This form has expired, form_id={self.id}"
        refuse_if(self.expired, text, "human_input_form_expired", 412)
