"""What the server does wrong on purpose, and to which requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, field

from .checks import Checked
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

Ending = Literal[
    "eof",
    "close",
    "reset",
    "truncate chunk",
    "cut inside event",
    "silence",
    "error event left open",
    "lose terminal",
    "made-up end",
    "pass",
]


@define(kw_only=True)
class Fault(Checked):
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

    on: str = "run"
    then: Ending = "pass"
    after_events: int | None = None
    after_bytes: int | None = None
    before_headers: bool = False
    seconds: float = 0.0

    def look(self) -> None:
        _look_on(self)
        given = [self.after_events is not None, self.after_bytes is not None, self.before_headers]
        if sum(given) > 1:
            self.refuse("give one of after_events, after_bytes and before_headers")
        if self.before_headers and self.then not in {"eof", "close", "reset", "silence"}:
            self.refuse(f"{self.then!r} needs an answer that has begun")


@define(kw_only=True)
class Answer(Checked):
    """Answer in place of the server, as a gateway or an overloaded server would.

    The request is not carried out.

    Attributes:
        on: As of `Fault`.
        status: The HTTP status.
        body: A dict is sent as JSON, text as HTML.
        headers: Headers of the answer.
        seconds: Wait so long first.
    """

    on: str = "run"
    status: int = 502
    body: Mapping[str, Any] | str = "<html><body><h1>502 Bad Gateway</h1></body></html>"
    headers: Mapping[str, str] = field(factory=dict)
    seconds: float = 0.0

    def look(self) -> None:
        _look_on(self)
        if not 200 <= self.status <= 599:
            self.refuse(f"status is {self.status}, not 200 to 599")


def _look_on(fault: Fault | Answer) -> None:
    """Refuse a fault that no request can be meant for."""
    known = {"*", *ALIASES, *(operation.id for operation in contract().operations)}
    if fault.on not in known:
        fault.refuse(f"on is {fault.on!r}, not an operationId or one of {', '.join(ALIASES)}, *")
