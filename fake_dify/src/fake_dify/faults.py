"""What the server does wrong on purpose, to which requests, and the catalogue of usual faults.

Each fault of the catalogue has a name, and says what a right client does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, field, frozen

from .checks import Checked, ScriptError, require
from .contract import contract

ALIASES = {
    "run": {"runWorkflow", "runWorkflowVersion"},
    "events": {"streamWorkflowEvents"},
    "detail": {"getWorkflowRun"},
    "stop": {"stopWorkflowTask"},
    "logs": {"listWorkflowLogs"},
    "form": {"getHumanInputForm", "submitHumanInputForm"},
    "upload": {"uploadFile"},
}
BUSY: dict[str, Any] = {"code": "too_many_requests", "message": "Too many requests.", "status": 429}
BAD_GATEWAY = "<html><body><h1>502 Bad Gateway</h1></body></html>"

Broken = Literal["eof", "close", "reset", "truncate chunk", "cut inside event"]
Misled = Literal["silence", "error event left open", "lose terminal", "made-up end", "pass"]
Ending = Literal[Broken, Misled]


@define(kw_only=True)
class _Planned(Checked):
    on: str = "run"
    seconds: float = 0.0

    def look(self) -> None:
        known = {"*", *ALIASES, *(operation.id for operation in contract().operations)}
        if self.on not in known:
            names = ", ".join(ALIASES)
            self.refuse(f"on is {self.on!r}, not an operationId or one of {names}, *")

    def meets(self, operation: str) -> bool:
        """Tell whether it is meant for a request to this operation."""
        return self.on in {"*", operation} or operation in ALIASES.get(self.on, ())


@define(kw_only=True)
class Fault(_Planned):
    """Break an answer that the server otherwise gives as usual.

    What happens (`then`):

    - "eof": the body ends regularly, only too early;
    - "close": the connection is closed, the body is left unfinished;
    - "reset": TCP reset;
    - "truncate chunk": half of the next chunk, then the connection is closed;
    - "cut inside event": the body ends regularly inside the next event;
    - "silence": nothing more is sent, the connection stays open;
    - "error event left open": an `error` event, then silence;
    - "lose terminal": the terminal event is left out, pings follow until the idle limit (and then,
      from 1.15 on, the made-up end of a run's own stream);
    - "made-up end": an end that the server makes up, as Dify does from 1.15 on when it reads no
      terminal event; then the body ends regularly;
    - "pass": nothing is wrong (for a request between two others that shall fail).

    Attributes:
        on: An operationId, one of run, events, detail, stop, logs, form, upload, or `*`.
        then: What happens.
        after_events: Act when so many events (pings not counted) went out; 0 is after the ping.
        after_bytes: Act when so many bytes of the body went out.
        before_headers: Act before the first byte of the answer. The request is carried out anyway.
        seconds: Wait so long before the first byte of the answer.
    """

    then: Ending = "pass"
    after_events: int | None = None
    after_bytes: int | None = None
    before_headers: bool = False

    def look(self) -> None:
        super().look()
        given = [self.after_events is not None, self.after_bytes is not None, self.before_headers]
        if sum(given) > 1:
            self.refuse("give one of after_events, after_bytes and before_headers")
        if self.before_headers and self.then not in {"eof", "close", "reset", "silence"}:
            self.refuse(f"{self.then!r} needs an answer that has begun")


@define(kw_only=True)
class Answer(_Planned):
    """Answer in place of the server, as a gateway or an overloaded server would.

    The request is not carried out.

    Attributes:
        on: As of `Fault`.
        status: The HTTP status.
        body: A dict is sent as JSON, text as HTML.
        headers: Headers of the answer.
        seconds: Wait so long first.
    """

    status: int = 502
    body: Mapping[str, Any] | str = BAD_GATEWAY
    headers: Mapping[str, str] = field(factory=dict)

    def look(self) -> None:
        super().look()
        if not 200 <= self.status <= 599:
            self.refuse(f"status is {self.status}, not 200 to 599")


@frozen
class Entry:
    """A fault of the catalogue.

    fault: where it has `after_events`, behind so many unless another number is given.
    times: for how many requests it holds, None for all; settings: of `World`.
    """

    does: str
    right: str
    fault: Fault | Answer | None = None
    times: int | None = None
    settings: Mapping[str, Any] = field(factory=dict)

    @property
    def has_place(self) -> bool:
        return getattr(self.fault, "after_events", None) is not None


FIND = "asks for the run by its id until it has ended, and never posts it again"
CATALOGUE: dict[str, Entry] = {
    "cut": Entry(
        "The stream of a run ends regularly behind event n, without its last event.",
        f"Notices that no terminal event came, {FIND}.",
        Fault(then="eof", after_events=2),
    ),
    "reset": Entry(
        "The connection is reset behind event n of a run's stream.",
        f"Does the same as after a regular end: it {FIND}.",
        Fault(then="reset", after_events=2),
    ),
    "cut-inside-event": Entry(
        "The stream of a run ends inside an event, behind event n.",
        f"Does not take half an event for a whole one; it {FIND}.",
        Fault(then="cut inside event", after_events=2),
    ),
    "silent": Entry(
        "Nothing comes any more behind event n of a run's stream, not even pings; the connection "
        "stays open.",
        f"Has an idle timeout longer than the 10 s between pings; when it is over, it {FIND}.",
        Fault(then="silence", after_events=2),
    ),
    "terminal-lost": Entry(
        "The last event of a run is not sent; pings follow until the idle limit of 300 s.",
        "Does not believe that pings mean a running run: asks for the run's detail now and then.",
        Fault(then="lose terminal"),
    ),
    "502-twice": Entry(
        "The next two requests get the page of a gateway, 502 in HTML; they are not carried out.",
        "Does not read HTML as JSON. Sends a GET again, with growing pauses; never a POST of a "
        "run, which may have begun.",
        Answer(on="*"),
        times=2,
    ),
    "made-up-end": Entry(
        "Behind event n, a run's stream has a made-up `workflow_finished` (`failed`: Workflow "
        "stream ended without a terminal event), and ends. The run goes on.",
        "Asks for the run's detail before it believes such an end; while the run is `running`, it "
        "follows it.",
        Fault(then="made-up end", after_events=2),
    ),
    "two-forms-lost": Entry(
        "Of two forms of one pause, submitted before the run has paused again, the second is taken "
        "(200) and lost: the run waits for it for ever.",
        "Submits one form, waits until the run has paused again, submits the next.",
        settings={"two_forms": "lost"},
    ),
    "two-forms-doubled": Entry(
        "A second form, submitted before the run has paused again, brings an `error` and a made-up "
        "end while the run goes on; before Dify 1.16, every event comes twice.",
        "Submits forms one after the other; takes an event that it has seen for one.",
        settings={"two_forms": "doubled"},
    ),
    "killed-reader": Entry(
        "When one reader of a run leaves, the streams of all others end without their last event.",
        f"Treats it as any cut: it {FIND}.",
        settings={"kills_readers": True},
    ),
    "duplicate-429": Entry(
        "The next two posts of a run are refused: 429, `too_many_requests`, `Retry-After: 1`. No "
        "run was begun.",
        "Waits as `Retry-After` says and posts again: here alone a second post is no second run.",
        Answer(status=429, body=BUSY, headers={"retry-after": "1"}),
        times=2,
    ),
    "slow-record": Entry(
        "For two seconds after a run's start, its detail is 404 and the logs do not list it.",
        "Does not take 404 for the end of a run that its stream has named: asks again for a while.",
        settings={"recorded_after": 2.0},
    ),
}


class Faults:
    """The faults still to come, in the order in which they were added.

    Each request takes the first one that is meant for it. named: those of the catalogue that were
    switched on.
    """

    def __init__(self) -> None:
        self._planned: list[tuple[Fault | Answer, float]] = []
        self.named: list[str] = []

    def add(self, fault: Fault | Answer, times: int | None = 1) -> None:
        """Plan a fault for the next `times` requests that it is meant for; None: for all."""
        require(fault, Fault | Answer, "faults.add: fault")
        if times is not None and times < 1:
            raise ScriptError(f"faults.add: times is {times}, not 1 or more")
        self._planned.append((fault, float("inf") if times is None else times))

    def clear(self) -> None:
        self._planned.clear()
        self.named.clear()

    @property
    def left(self) -> list[Fault | Answer]:
        """The faults that are still to come."""
        return [fault for fault, _ in self._planned]

    def take(self, operation: str) -> Fault | Answer | None:
        """Return the fault for a request to this operation and count it."""
        for index, (fault, times) in enumerate(self._planned):
            if fault.meets(operation):
                self._planned[index : index + 1] = [(fault, times - 1)] if times > 1 else []
                return fault
        return None


def as_markdown() -> str:
    """Return the catalogue as a table."""
    rows = [
        f"| `{name}{':n' if entry.has_place else ''}` | {entry.does} | {entry.right} |"
        for name, entry in CATALOGUE.items()
    ]
    head = "| name | what the server does | a right client |"
    return "\n".join([head, "| --- " * 3 + "|", *rows])
