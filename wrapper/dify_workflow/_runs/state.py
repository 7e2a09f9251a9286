"""What is known of one run: its ids, what was delivered, whether it is over. No I/O.

The stream is fed in as bytes (`feed`, `flush`); events that are new wait in `ready`. A run that is
followed again after an interruption replays events: `replaying` makes the state drop what was
delivered before.

Some events are held back until the flow has learned more (`held`):

- "start": a `workflow_started` that the server may have made up, to refuse the run behind it;
- "refused": such a start and its made-up end, whose text is a refusal, if nothing follows;
- "refusal": such a start and end with another text, or of a run that the logs have;
- "end": an `error` or `workflow_finished` that may be made up, while the run goes on;
- "pause": a `workflow_paused` that may be an old one, of a run that is being resumed.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any, Literal

from .._api.api_responses import refusal, stream_error
from .._api.logger import log
from .._codec.jsonio import loads, loads_short
from .._codec.sse import DEFAULT_MAX_EVENT_BYTES, SSEDecoder
from ..errors import APIError
from ..types.events import (
    ERROR,
    FINISHED,
    PAUSED,
    REASONING,
    SPEECH,
    STARTED,
    TERMINAL,
    WARNING,
    WorkflowStreamEvent,
)
from ..types.requests import Secret
from .replay import SeenEvents

ENDED = frozenset({"succeeded", "partial-succeeded", "failed", "stopped", "paused"})
_SUCCEEDED = ("succeeded", "partial-succeeded")
# What is neither blank nor the begin of JSON or HTML begins a stream of events.
_BLANK = b" \t\r\n\xef\xbb\xbf"
_OTHER = (b"{", b"[", b"<")
_SHOWN = 1000  # bytes of a body without an event that are kept, for an error to show
_TEXT = (b'{"event": "text_chunk"', b'{"event":"text_chunk"')
_NODES = tuple(
    b'{"event":%b"%b' % (space, name)
    for space in (b"", b" ")
    for name in (b"node_", b"iteration_", b"loop_", b"agent_log")
)
_MOST_UNREAD = 1024 * 1024  # bytes
_NO_TEXT = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_FIRST_FIELD = rb'[{,]\s*"%b"\s*:\s*"([^"\\]+)"'  # of an event that was cut inside
_CUT_RUN_ID = re.compile(_FIRST_FIELD % b"workflow_run_id")
_CUT_TASK_ID = re.compile(_FIRST_FIELD % b"task_id")

Held = Literal["start", "refused", "refusal", "end", "pause"]


class RunState:
    """The state of one run, as far as one stream object has seen it."""

    def __init__(
        self,
        *,
        run_id: str | None = None,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        max_response_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        result_only: bool = False,
        key: Secret | None = None,
    ) -> None:
        self.run_id = run_id
        self.unconfirmed_id: str | None = None  # of a run that the server may have made up
        self.other_id: str | None = None  # of a second run, which the stream of a found one tells
        self.task_id: str | None = None
        self.status: str = "running"
        self.ready: deque[WorkflowStreamEvent] = deque()
        self.count: int = 0  # events that came, delivered or not
        self.news: int = 0  # events that said something new
        self.silent: float = 0.0  # s that were waited for the next byte of the connection
        self.over: bool = False
        self.held: Held | None = None
        self.held_event: dict[str, Any] = {}
        self.last: WorkflowStreamEvent | None = None  # the terminal event
        self.reasoning: dict[str, str] = {}  # that was streamed, by node
        self.failure: APIError | None = None  # what an `error` event stands for
        self.recovered: bool = False
        self.replaying: bool = False
        self.text_complete: bool = True
        self.events_lost: bool = False  # an event other than text was missed for good
        self.doubts_ends: bool = False  # the server makes up ends
        self.hears_late: bool = False  # speech may come behind the end
        self.speaks: bool = False  # some has come
        self.delivered: SeenEvents = SeenEvents()
        self.in_gap: bool = False  # cut off, and no replay has told what was missed
        self._holds_pauses = False
        self._behind: list[bytes] = []  # what came behind the event that is held back
        self._refusal: APIError | None = None  # what a pair that is held back stands for
        self._alone = True  # nothing but warnings stands with a start that is held back
        self._disowned = False  # the made-up start and end behind an error are to be dropped
        self.result_only = result_only
        self._key = key  # which no error shows
        self._max_event_bytes = max_event_bytes
        self._max_response_bytes = max_response_bytes
        self._decoder = SSEDecoder(max_event_bytes)
        self._unread: list[bytes] = []  # events of nodes
        self._unread_size = 0  # bytes of all so far
        self.body: bytearray = bytearray()  # the first bytes, as long as no event has come
        self.is_other: bool = False  # they are no events, and the whole body is kept
        self.too_large: bool = False  # ... which is larger than the bound
        self._unsure = True

    def connect(self, *, replaying: bool) -> None:
        """Begin a connection; its first bytes belong to a new event."""
        if self.body or not self._unsure:  # else nothing has come before
            self._decoder = SSEDecoder(self._max_event_bytes)
        self.body, self.is_other, self.too_large, self._unsure = bytearray(), False, False, True
        self.replaying = replaying
        self.silent = 0.0
        self._disowned = False
        self._behind.clear()

    def interrupted(self) -> None:
        """Note that the stream was cut: the rest is fetched again, and text may be missing."""
        self.flush()
        self._read_kept()
        self.recovered = True
        self.text_complete = False
        self.in_gap = True

    @property
    def begun(self) -> bool:
        """Whether an event has come."""
        return self.count > 0

    @property
    def other_body(self) -> bytes | None:
        """The body that came in place of events; None where events have come."""
        return bytes(self.body) if self._unsure and not self.begun else None

    @property
    def settled(self) -> bool:
        """Whether reading on is useless: the run is over, or a held event is to be decided on."""
        if self.over:
            return not self.hears_late
        return self.held in ("refusal", "end", "pause") or self.other_id is not None

    @property
    def events_complete(self) -> bool:
        """Whether no event can be missing, text aside."""
        return not (self.events_lost or self.in_gap or self.delivered.incomplete)

    def feed(self, chunk: bytes) -> None:
        """Take bytes of the stream."""
        if self._unsure and self._keeps(chunk):
            return
        payloads = self._decoder.feed(chunk)
        if payloads:
            self._unsure = False
        for payload in payloads:
            plain = self.run_id and self.task_id and not (self.over or self.held)
            text = plain and payload.startswith(_TEXT)
            if not (plain and self.result_only):
                unasked = False
            elif text:
                unasked = payload.endswith(b"}")
            else:
                unasked = payload.startswith(_NODES) and self._keep(payload)
            if unasked:
                self.count += 1
                self.news += 1
            elif text:
                self._accept_text(payload)
            else:
                self._accept(payload)

    def _keeps(self, chunk: bytes) -> bool:
        """Keep the first bytes; return whether they are no stream of events."""
        if not self.is_other and not self.body.strip(_BLANK):
            self.is_other = chunk.lstrip(_BLANK).startswith(_OTHER)
        room = (self._max_response_bytes if self.is_other else _SHOWN) - len(self.body)
        self.too_large = self.is_other and len(chunk) > room
        self.body += chunk[: max(room, 0)]
        return self.is_other

    def flush(self) -> None:
        """Take the end of the stream's bytes: a last event, or the ids of one that was cut."""
        for payload in self._decoder.flush():
            try:
                loads(payload)
            except (ValueError, RecursionError):
                self.learn_cut_ids(payload)
            else:
                self._accept(payload)
        if self.held == "refused":
            self.refuse()  # the pair is all that came

    def _accept_text(self, payload: bytes) -> None:
        """Take a chunk of text by the shortest way: most events are one."""
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

    def _keep(self, payload: bytes) -> bool:
        """Keep an event of a node unread, where only the result is asked for, and there is room."""
        self._unread_size += len(payload)
        if self.replaying or self._disowned or self._unread_size > _MOST_UNREAD:
            return False
        self._unread.append(payload)
        return True

    def _read_kept(self) -> None:
        """Read what was kept: it tells what a replay, or the run's next segment, repeats."""
        unread, self._unread = self._unread, []
        self.count -= len(unread)
        self.news -= len(unread)
        for payload in unread:
            self._accept(payload)

    def _accept(self, payload: bytes) -> None:
        """Take one event."""
        if (self.over or self.held or self.other_id) and self.settled:
            if not self.over:
                self._behind.append(payload)
            return
        try:
            raw = loads(payload)
        except (ValueError, RecursionError):
            if payload.strip() not in (b"", b"ping"):
                log.warning("run %s: an event that is not JSON was skipped", self.run_id)
                self.text_complete = False
                self.events_lost = True
            return
        if not isinstance(raw, dict) or raw.get("event") == "ping":
            return
        name, data = raw.get("event"), raw.get("data")
        if not isinstance(name, str):
            name = ""
        if not isinstance(data, dict):
            data = {}
        if self._unread and (name != FINISHED or _is_made_up_end(name, data)):
            self._read_kept()
        if self.over:
            self._take_late(name, raw)
        elif name == WARNING:
            self.ready.append(self._event(name, raw))
        elif self.held in ("start", "refused"):
            self._take_behind_start(name, raw, data)
        elif name == STARTED and self._may_be_refused(raw):
            self.held, self.held_event = "start", raw
            self.unconfirmed_id = raw["workflow_run_id"]
        elif self._disowned and _is_made_up(name, raw, data):
            self._disowned = name != FINISHED
        else:
            self._take_surely(name, raw, data)

    def _take_surely(self, name: str, raw: dict[str, Any], data: dict[str, Any]) -> None:
        """Take an event that is not to be held back for what stands before it."""
        self.count += 1
        if name == ERROR and self.run_id is not None and self.doubts_ends:
            self.held, self.held_event = "end", raw
            return
        if self.run_id is None or self.task_id is None:
            self.learn_ids(raw)
            if self.other_id is not None:
                return
        if name in SPEECH:
            self.speaks = True
        if name in TERMINAL:
            self._end(name, raw, data)
        elif self.delivered.is_new(name, data, replaying=self.replaying):
            self.news += 1
            self.ready.append(
                WorkflowStreamEvent(
                    name, raw, self.run_id, self.task_id, self.status, self.recovered
                )
            )
            if name == REASONING and isinstance(data.get("reasoning"), str):
                node = str(data.get("node_id"))
                self.reasoning[node] = self.reasoning.get(node, "") + data["reasoning"]
        if name == STARTED and self.replaying:
            self.in_gap = False  # it is the first event of a snapshot

    def _take_late(self, name: str, raw: dict[str, Any]) -> None:
        """Take speech, which servers to 1.12 send behind the end."""
        if name in SPEECH:
            self.speaks = True
            self.ready.append(self._event(name, raw))
            self.hears_late = name != "tts_message_end"

    # A start that may be made up, to refuse the run.

    def _may_be_refused(self, raw: dict[str, Any]) -> bool:
        """Return whether a start may be how a server tells a refusal: its two ids are the same.

        A genuine start on the stream of the request has a task's id of its own; replays have not.
        """
        run_id = raw.get("workflow_run_id")
        first = self.doubts_ends and not self.replaying and not self.begun
        return first and isinstance(run_id, str) and raw.get("task_id") == run_id

    def _take_behind_start(self, name: str, raw: dict[str, Any], data: dict[str, Any]) -> None:
        run_id = raw.get("workflow_run_id")
        if run_id == self.unconfirmed_id:
            if self.held == "refused" or not _is_made_up_end(name, data):
                self.confirm()
                self._take_surely(name, raw, data)
                return
            text = data.get("error")
            certain = self._alone and self.run_id is None
            self._refusal = refusal(text) if certain and isinstance(text, str) else None
            self.held = "refusal" if self._refusal is None else "refused"
        elif isinstance(run_id, str):  # of another run, which is the one that runs
            self.held, self.unconfirmed_id, self.held_event = None, None, {}
            self._take_surely(name, raw, data)
        elif self.held == "refused" and name != ERROR:
            self.held = "refusal"
        else:
            self._alone = False
            self._take_surely(name, raw, data)

    def confirm(self) -> None:
        """Deliver the start that is held back: its run exists."""
        start, self.held_event = self.held_event, {}
        self.held, self.unconfirmed_id, run_id = None, None, self.unconfirmed_id
        self.run_id = self.run_id or run_id
        if start:
            self._take_surely(STARTED, start, payload_of(start))

    def refuse(self) -> None:
        """End the run with the refusal that is held back: there is no run."""
        self.failure, self.over, self.status = self._refusal, True, "failed"
        self.held, self.unconfirmed_id, self.held_event = None, None, {}

    @property
    def refusal(self) -> APIError | None:
        """What the server said, and nothing else, before there was a run."""
        return self.failure if self.run_id is None and self.count <= 1 else None

    def start_again(self) -> None:
        """Forget a refusal: the run is posted once more."""
        self.failure, self.over, self.status, self.count = None, False, "running", 0

    def leave_start(self) -> None:
        """Drop a start that is held back when the stream is cut: its id is not confirmed."""
        if self.held == "refusal":
            self.held_event = {}  # the start was made up, whether there is a run or not
        if self.held in ("start", "refusal"):
            self.held = None

    def learn_ids(self, raw: dict[str, Any]) -> None:
        run_id, task_id = raw.get("workflow_run_id"), raw.get("task_id")
        if self.run_id is None and isinstance(run_id, str):
            self.run_id = run_id
        elif isinstance(run_id, str) and run_id != self.run_id and not self.replaying:
            self.other_id = run_id
            return
        # The server's replay of past events has the run id in the task id's place.
        if self.task_id is None and isinstance(task_id, str) and task_id != run_id:
            self.task_id = task_id

    def learn_cut_ids(self, payload: bytes) -> None:
        """Learn the ids, which are the first fields, from JSON that was cut inside."""
        run, task = _CUT_RUN_ID.search(payload), _CUT_TASK_ID.search(payload)
        if run is not None and not (self.settled or self.held):
            task_id = task and task[1].decode("utf-8", "replace")
            self.learn_doubtful_ids(run[1].decode("utf-8", "replace"), task_id)

    def learn_doubtful_ids(self, run_id: str, task_id: Any) -> None:
        """Learn ids that may be of a run which the server has made up."""
        doubtful = task_id == run_id or (task_id is None and not self.is_other)
        if self.run_id is None and self.doubts_ends and doubtful:
            self.unconfirmed_id = run_id
        else:
            self.learn_ids({"workflow_run_id": run_id, "task_id": task_id})

    # The end, and what may be none.

    def _end(self, name: str, raw: dict[str, Any], data: dict[str, Any]) -> None:
        if self.doubts_ends and _is_made_up_end(name, data):
            self.held, self.held_event = "end", raw
        elif name == PAUSED and self._holds_pauses:
            self.held, self.held_event = "pause", raw
        else:
            self._conclude(name, raw, data)

    def _conclude(
        self, name: str, raw: dict[str, Any], data: dict[str, Any], *, again: bool = False
    ) -> None:
        self.over, self.held = True, None
        if name != FINISHED:
            self.hears_late = False
        if name == ERROR:
            self.status = "failed"
            self.failure = stream_error(raw, self._key)
            return
        status = data.get("status")
        self.status = "paused" if name == PAUSED else status if isinstance(status, str) else ""
        self.last = self._event(name, raw)
        if name == FINISHED and self.recovered and self.status in _SUCCEEDED:
            self.events_lost = self.events_lost or self.delivered.has_open_nodes
        if name == FINISHED or again or self.delivered.is_new_pause(_form_ids(raw)):
            self.ready.append(self.last)  # a pause that was announced is not announced again

    def believe(self) -> None:
        """Deliver the end or the pause that is held back: the run's detail confirms it."""
        raw, again = self.held_event, self.held == "pause"
        self._conclude(raw["event"], raw, payload_of(raw), again=again)

    def fail(self, error: dict[str, Any]) -> None:
        """End the run with an `error` event that was not believed at first."""
        self._conclude(ERROR, error, {})

    def disbelieve(self) -> None:
        """Drop what is held back, and what the server made up with it: the run goes on."""
        self._disowned = self.held_event.get("event") == ERROR
        if self.held == "pause":
            self.delivered.is_new_pause(_form_ids(self.held_event))
        self.held, self.held_event = None, {}
        waiting, self._behind = self._behind, []
        for payload in waiting:
            self._accept(payload)

    def resume(self, delivered: SeenEvents) -> None:
        """Follow a paused run on: a pause that its replay has may be an old one."""
        self.delivered = delivered
        self._holds_pauses = True

    def _event(self, name: str, raw: dict[str, Any]) -> WorkflowStreamEvent:
        return WorkflowStreamEvent(
            name, raw, self.run_id, self.task_id, self.status, self.recovered
        )

    def finish(self, detail: dict[str, Any]) -> None:
        """End the run with what its detail says, where no terminal event could be had."""
        status = detail.get("status")
        data = {key: value for key, value in detail.items() if key != "inputs"}
        if status == "paused":
            # The event of a pause tells its forms as they were announced, and of what kind it is.
            forms = [{"TYPE": "human_input_required", **f} for f in self.delivered.forms.values()]
            data |= {"workflow_run_id": self.run_id, "reasons": forms, "paused_nodes": []}
        else:
            data["created_by"] = {}  # which a detail does not have, and the model needs
        name = PAUSED if status == "paused" else FINISHED
        ids = {"workflow_run_id": self.run_id, "task_id": self.task_id}
        self.count += 1
        self._conclude(name, {"event": name, **ids, "data": data}, data)


def _is_made_up(name: str, raw: dict[str, Any], data: dict[str, Any]) -> bool:
    """Return whether an event behind an `error` that is not believed was made up with it."""
    if name == STARTED:
        same = raw.get("task_id") == raw.get("workflow_run_id")
        return same and data.get("reason") == "resumption"
    return _is_made_up_end(name, data)


def _is_made_up_end(name: str, data: dict[str, Any]) -> bool:
    """Return whether an end is made up: a run's own end names its user."""
    return name == FINISHED and data.get("created_by") == {}


def payload_of(raw: dict[str, Any]) -> dict[str, Any]:
    """Return an event's payload; {} where it is not an object."""
    data = raw.get("data")
    return data if isinstance(data, dict) else {}


def reasons_of(pause: dict[str, Any]) -> list[dict[str, Any]]:
    """Return why a run is paused, as its `workflow_paused` tells: by which forms."""
    reasons = payload_of(pause).get("reasons")
    reasons = reasons if isinstance(reasons, list) else []
    return [reason for reason in reasons if isinstance(reason, dict)]


def _form_ids(pause: dict[str, Any]) -> list[Any]:
    return [reason.get("form_id") for reason in reasons_of(pause)]
