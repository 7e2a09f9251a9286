"""What is known of one run: its ids, what was delivered, whether it is over. No I/O.

The stream is fed in as bytes (`feed`, `flush`); events that are new wait in `ready`. A run that is
followed again after an interruption replays events: `replaying` makes the state drop what was
delivered before.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Any

from .answers import stream_error
from .delivered import Delivered
from .errors import APIError
from .events import ERROR, FINISHED, PAUSED, TERMINAL, WorkflowStreamEvent
from .jsonio import loads, loads_short
from .sse import DEFAULT_MAX_EVENT_BYTES, SSEDecoder

log: logging.Logger = logging.getLogger("dify_workflow")

ENDED = frozenset({"succeeded", "partial-succeeded", "failed", "stopped", "paused"})
_TEXT = (b'{"event": "text_chunk"', b'{"event":"text_chunk"')
_NO_TEXT = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class RunState:
    """One run as seen by one stream object."""

    def __init__(
        self,
        *,
        run_id: str | None = None,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        result_only: bool = False,
    ) -> None:
        self.run_id = run_id
        self.task_id: str | None = None
        self.status: str = "running"
        self.ready: deque[WorkflowStreamEvent] = deque()
        self.count: int = 0  # events that came, delivered or not
        self.news: int = 0  # events that said something new
        self.silent: float = 0.0  # s that were waited for the next byte of the connection
        self.over: bool = False
        self.last: WorkflowStreamEvent | None = None  # the terminal event
        self.failure: APIError | None = None  # what an `error` event stands for
        self.recovered: bool = False
        self.replaying: bool = False
        self.text_complete: bool = True
        self.delivered: Delivered = Delivered()
        self.pause: WorkflowStreamEvent | None = None  # held back until it is known to be current
        self._holds_pauses = False
        self._after_pause: list[bytes] = []  # what came behind the pause that is held back
        self._result_only = result_only
        self._max_event_bytes = max_event_bytes
        self._decoder = SSEDecoder(max_event_bytes)

    def connect(self, *, replaying: bool) -> None:
        """A connection begins; its first bytes belong to a new event."""
        self._decoder = SSEDecoder(self._max_event_bytes)
        self.replaying = replaying
        self.silent = 0.0

    def interrupted(self) -> None:
        """The stream was cut: what comes from now on is fetched again, and text may be missing."""
        self.flush()
        self.recovered = True
        self.text_complete = False

    @property
    def begun(self) -> bool:
        """Whether an event has come."""
        return self.count > 0

    def feed(self, chunk: bytes) -> None:
        """Take bytes of the stream."""
        for payload in self._decoder.feed(chunk):
            if payload.startswith(_TEXT) and self.run_id and self.task_id and not self.over:
                self._accept_text(payload)
            else:
                self._accept(payload)

    def flush(self) -> None:
        """Take the end of the stream's bytes."""
        for payload in self._decoder.flush():
            if payload.endswith(b"}"):  # else it was cut inside
                self._accept(payload)

    def _accept_text(self, payload: bytes) -> None:
        """As `_accept`, by the shortest way: most events are chunks of text."""
        if self._result_only and payload.endswith(b"}"):
            self.count += 1
            self.news += 1
            return
        try:
            raw = loads_short(payload)
            new = self.delivered.is_new_text(raw["data"])
        except _NO_TEXT:
            self._accept(payload)
            return
        self.count += 1
        if new:
            self.news += 1
            self.ready.append(
                WorkflowStreamEvent(
                    "text_chunk", raw, self.run_id, self.task_id, self.status, self.recovered
                )
            )

    def _accept(self, payload: bytes) -> None:
        if self.over:
            if self.pause is not None:
                self._after_pause.append(payload)
            return
        try:
            raw = loads(payload)
        except (ValueError, RecursionError):
            if payload.strip() not in (b"", b"ping"):
                log.warning("run %s: an event that is not JSON was skipped", self.run_id)
                self.text_complete = False
            return
        if isinstance(raw, dict) and raw.get("event") != "ping":
            self.take(raw)

    def take(self, raw: dict[str, Any]) -> None:
        """Take one decoded event."""
        name, data = raw.get("event"), raw.get("data")
        if not isinstance(name, str):
            name = ""
        if not isinstance(data, dict):
            data = {}
        self.count += 1
        if self.run_id is None or self.task_id is None:
            self._learn_ids(raw)
        if name in TERMINAL:
            self._end(name, raw, data)
        elif self.delivered.is_new(name, data, replaying=self.replaying):
            self.news += 1
            self.ready.append(self._event(name, raw))

    def _learn_ids(self, raw: dict[str, Any]) -> None:
        run_id, task_id = raw.get("workflow_run_id"), raw.get("task_id")
        if self.run_id is None and isinstance(run_id, str):
            self.run_id = run_id
        # The server's replay of past events has the run id in the task id's place.
        if self.task_id is None and isinstance(task_id, str) and task_id != run_id:
            self.task_id = task_id

    def _end(self, name: str, raw: dict[str, Any], data: dict[str, Any]) -> None:
        self.over = True
        if name == ERROR:
            self.status = "failed"
            self.failure = stream_error(raw)
            return
        status = data.get("status")
        self.status = "paused" if name == PAUSED else status if isinstance(status, str) else ""
        self.last = self._event(name, raw)
        if name == PAUSED:
            is_new = self.delivered.is_new_pause(_form_ids(data))
            if self._holds_pauses:
                self.pause = self.last
                return
            if not is_new:
                return  # what was announced before is not announced again
        self.ready.append(self.last)

    def resume(self, delivered: Delivered) -> None:
        """The run was paused and goes on: a pause that its replay tells may be an old one."""
        self.delivered = delivered
        self._holds_pauses = True

    def settle_pause(self, *, current: bool) -> None:
        """Say of the pause that is held back whether the run waits there now."""
        if current:
            assert self.pause is not None
            self.ready.append(self.pause)
            self.pause = None
            return
        self.over, self.last, self.pause, self.status = False, None, None, "running"
        waiting, self._after_pause = self._after_pause, []
        for payload in waiting:
            self._accept(payload)

    def _event(self, name: str, raw: dict[str, Any]) -> WorkflowStreamEvent:
        return WorkflowStreamEvent(
            name, raw, self.run_id, self.task_id, self.status, self.recovered
        )

    def finish(self, detail: dict[str, Any]) -> None:
        """End the run with what its detail says, where no terminal event could be had."""
        status = detail.get("status")
        data = {key: value for key, value in detail.items() if key != "inputs"}
        if status == "paused":
            forms = list(self.delivered.forms.values())
            data |= {"workflow_run_id": self.run_id, "reasons": forms, "paused_nodes": []}
        else:
            data["created_by"] = {}  # a detail does not say it, and the event always does
        self.take(
            {
                "event": PAUSED if status == "paused" else FINISHED,
                "workflow_run_id": self.run_id,
                "task_id": self.task_id,
                "data": data,
            }
        )


def _form_ids(data: dict[str, Any]) -> list[Any]:
    reasons = data.get("reasons")
    reasons = reasons if isinstance(reasons, list) else []
    return [reason.get("form_id") for reason in reasons if isinstance(reason, dict)]
