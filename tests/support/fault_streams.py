"""Connections of a simulated server: frames in time, and how they are cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar, Literal

import attrs
import httpx
from fault_scripts import ENDS, Script, framed, made_up

if TYPE_CHECKING:
    from fault_server_model import Dify, ModelRun

PING = b"event: ping\n\n"
PING_EVERY = 10.0
IDLE_LIMIT = 300.0  # s without a sign of the run: the server ends the stream
SNAPSHOT_AFTER = 0.2  # s from the request to the snapshot
LATE_END = 1.0  # s between the last event and the end of the stream

Cut = Literal[
    "none", "eof", "reset", "chunk", "event", "blank", "silence", "error", "doubt", "made"
]
AFTER_SNAPSHOT = -1


class VirtualClock:
    """Seconds that pass only when somebody waits."""

    def __init__(self, limit: float = 2000.0) -> None:
        self.now = 0.0
        self.limit = limit

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass; a client that waits for ever ends here."""
        self.now += max(seconds, 0.0)
        if self.now > self.limit:
            raise TimeoutError(f"{self.limit} s have passed: the client waits for ever")


@attrs.frozen
class Fault:
    """How a connection goes wrong, after so many events have come through.

    "blank" cuts behind an event's text, before its blank line; `ending` says how. "event" is such a
    cut inside the text, "chunk" one inside the transfer coding. "doubt" is an error that is none,
    and "made" an end that is none: the run goes on behind both.
    """

    kind: Cut = "none"
    after: int = 0
    ending: Literal["eof", "reset", "silence"] = "eof"


NO_FAULT = Fault()


class Source(Enum):
    """What a frame is: an event of one of three origins, a ping, or the end of the stream."""

    OWN = auto()
    SNAPSHOT = auto()
    LIVE = auto()
    PING = auto()
    MADE = auto()  # an end that the server has made up
    END = auto()


@attrs.frozen
class Frame:
    """What comes next; `index` is the event's number in the script, None for invented ones."""

    at: float
    data: bytes = b""
    source: Source = Source.END
    index: int | None = None

    @property
    def is_event(self) -> bool:
        return self.source not in (Source.PING, Source.MADE, Source.END)


@attrs.define(eq=False)
class ModelStream:
    """One open connection, read as the client reads its own."""

    resumable: ClassVar = True

    _server: Dify
    _run: ModelRun
    _fault: Fault = NO_FAULT
    _lost: Callable[[], None] | None = None  # called once, when the connection is gone
    _opened: float = attrs.field(init=False)
    _last: float = attrs.field(init=False)  # when something came
    _given: int = attrs.field(init=False, default=0)  # events handed over
    _ending: str | None = attrs.field(init=False, default=None)  # what comes after a cut
    _is_open: bool = attrs.field(init=False, default=True)
    _told_made_up: bool = attrs.field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self._opened = self._last = self._clock.now

    @property
    def _clock(self) -> VirtualClock:
        return self._server.clock

    def peek(self) -> Frame:
        """What comes next."""
        raise NotImplementedError

    def took(self, frame: Frame) -> None:
        """A frame was handed over."""

    def read(self, timeout: float) -> bytes | None:
        """As `Connection.read`: the next bytes, None at the end, or an httpx error."""
        assert self._is_open, "read after close"
        until = self._clock.now + max(timeout, 0.0)
        if self._ending is None and self._cuts(frame := self.peek()):
            at = self._cut_at(frame)
            if at <= until:
                self._wait(at)
                return self._cut(frame, until)
        elif self._ending is None and frame.at <= until:
            self._wait(frame.at)
            return self._give(frame)
        elif self._ending in ("eof", "reset"):
            return self._end(self._ending)
        self._wait(until)
        raise httpx.ReadTimeout("")

    def _idle_end(self, at: float) -> Frame:
        """The end of a stream that has said nothing for long: from 1.15 on, a made-up one."""
        if self._told_made_up or not self._server.makes_up_ends or not self._given:
            return Frame(at)
        return Frame(at, framed(made_up(self._run.script.events[0])[1]), Source.MADE)

    def close(self) -> None:
        """The client is gone."""
        if self._is_open:
            self._is_open = False
            self._server.closed += 1
            self._gone()

    shutdown = abandon = close

    def _wait(self, until: float) -> None:
        self._clock.advance(until - self._clock.now)

    def _gone(self) -> None:
        lost, self._lost = self._lost, None
        if lost is not None:
            lost()

    def _give(self, frame: Frame) -> bytes | None:
        """Hand over a frame, and those that are there with it."""
        if frame.source is Source.END:
            return self._end("eof")
        parts: list[bytes] = []
        while frame.data and frame.at <= self._clock.now:
            self._told_made_up = self._told_made_up or frame.source is Source.MADE
            parts.append(frame.data)
            self._last = max(frame.at, self._last)
            self.took(frame)
            if frame.is_event:
                self._given += 1
                self._server.hand_over(frame)
            frame = self.peek()
            if not self._server.merges or self._cuts(frame):
                break
        return b"".join(parts)

    def _cuts(self, frame: Frame) -> bool:
        """Whether the connection fails before this frame."""
        fault = self._fault
        if fault.kind == "none":
            return False
        if fault.after == AFTER_SNAPSHOT:
            return self._given > 0 and frame.source is not Source.SNAPSHOT
        return self._given >= fault.after and frame.source is not Source.PING

    def _cut_at(self, frame: Frame) -> float:
        """When it fails: inside the next event, or a moment before it."""
        if frame.is_event and self._fault.kind in ("chunk", "event", "blank"):
            return frame.at
        return self._clock.now + 0.4 * min(max(frame.at - self._clock.now, 0.0), 1.0)

    def _cut(self, frame: Frame, until: float) -> bytes | None:
        fault, self._fault = self._fault, NO_FAULT
        self._ending = (
            fault.ending if fault.kind == "blank" else _ENDINGS.get(fault.kind, fault.kind)
        )
        if self._ending == "silence":
            self._gone()
        if fault.kind == "error":
            self._server.fail(self._run)
            return framed(self._server.error_event(self._given > 0))
        if fault.kind == "doubt":
            text = "Workflow task already active for task_id=" + self._run.script.task_id
            event = {"event": "error", "code": "invalid_param", "status": 400, "message": text}
            pair = made_up(self._run.script.events[0], text, reason="resumption")
            return b"".join(map(framed, (event, *pair)))
        if fault.kind == "made":
            start, end = made_up(self._run.script.events[0])
            return framed(end) if self._given else framed(start) + framed(end)
        if not frame.is_event or fault.kind in ("eof", "reset", "silence"):
            return self.read(until - self._clock.now)
        if fault.kind != "blank":
            half = frame.data[: len(frame.data) // 2]
            self._server.told_task_id |= self._server.script.task_id.encode() in half
            return half
        self._server.hand_over(frame)
        return frame.data.rstrip(b"\n")

    def _end(self, how: str) -> bytes | None:
        self._gone()
        if how == "eof":
            return None
        if self._given % 2:
            raise httpx.ReadError("connection reset by peer")
        raise httpx.RemoteProtocolError("the connection was closed inside the body")


_ENDINGS = {"chunk": "reset", "event": "eof", "error": "silence", "doubt": "eof", "made": "eof"}


OtherBody = Literal["result", "half", "running", "page"]
PAGE = b"<html><head><title>502 Bad Gateway</title></head></html>"


@attrs.define(eq=False)
class FixedStream(ModelStream):
    """What comes in the place of a run's stream: frames that are there from the beginning."""

    _waiting: list[Frame] = attrs.field(kw_only=True)

    def peek(self) -> Frame:
        return self._waiting[0] if self._waiting else Frame(self._last)

    def took(self, frame: Frame) -> None:
        self._waiting.pop(0)
        self._server.told_task_id |= self._run.script.task_id.encode() in frame.data


def pair(at: float, script: Script, text: str, *, start_only: bool) -> list[Frame]:
    """What a server from 1.15 on sends where no run begins: a made-up start and end, at once."""
    told = map(framed, made_up(script.events[0], text)[: 1 if start_only else 2])
    return [Frame(at, data, Source.MADE) for data in (PING, *told)]


def other_body(at: float, run: ModelRun, kind: OtherBody) -> list[Frame]:
    """What a gateway makes of the stream of a run that was started.

    "result" is the blocking form, once the run has ended, "half" the first half of it, "running"
    such JSON at once, and "page" HTML.
    """
    at_once = kind in ("running", "page")
    last = 0 if at_once else len(run.script.events) - 1
    data = run.script.detail(last + 1) | {"inputs": None}
    ids = {"task_id": run.script.task_id, "workflow_run_id": run.script.run_id}
    body = PAGE if kind == "page" else json.dumps({**ids, "data": data}).encode()
    body = body[: len(body) // 2] if kind == "half" else body
    at = at if at_once else run.at(last) or at
    whole = kind == "result" and data["status"] != "paused"
    end = (Source.OWN, last) if whole else (Source.MADE, None)
    return [Frame(at, body[:1], Source.MADE), Frame(at, body[1:], *end)]


@attrs.define(eq=False)
class OwnModelStream(ModelStream):
    """The stream of the request that starts the run."""

    _next: int = 0
    _ping_told: bool = False

    def peek(self) -> Frame:
        run = self._run
        if self._server.queues and not self._ping_told:
            return Frame(self._opened, PING, Source.PING)
        if self._next and run.script.events[self._next - 1]["event"] in ENDS:
            return Frame(self._last + LATE_END)
        at = run.at(self._next)
        begun = self._next > 0 or not self._server.queues
        ping = self._last + PING_EVERY  # a worker's ping says that the run is alive
        if begun and run.alive(ping) and (at is None or at > ping):
            return Frame(ping, PING, Source.PING)
        if at is None or at > self._last + IDLE_LIMIT:
            return self._idle_end(self._last + IDLE_LIMIT)
        return Frame(at, run.script.frames[self._next], Source.OWN, self._next)

    def took(self, frame: Frame) -> None:
        self._ping_told = True
        if frame.is_event:
            self._next += 1


class EventsStream(ModelStream):
    """A stream that tells what has happened in short, then what happens.

    The server looks at the run, and subscribes to it `gap` seconds later: what is sent between the
    two is lost; where it looks later than it subscribes, it comes twice. Its pings come from the
    API process and say nothing of the run.
    """

    def __init__(self, server: Dify, run: ModelRun, fault: Fault) -> None:
        super().__init__(server, run, fault, lambda: server.reader_gone(run))
        script, now = run.script, run.count(self._opened)
        over = now > 0 and script.events[now - 1]["event"] == "workflow_finished"
        seen = now if over else run.count(self._opened + max(-server.gap, 0.0))
        self._closes = (seen > 0 and script.events[seen - 1]["event"] == "workflow_paused") or over
        self._told_live = False  # `_closes` after what is waiting, or after the last live event
        self._next = run.count(self._opened + max(server.gap, 0.0))
        at = self._opened + SNAPSHOT_AFTER
        self._waiting = [
            Frame(at, shown.frame, Source.SNAPSHOT, shown.index) for shown in script.snapshots[seen]
        ]
        if over:
            self._waiting = [Frame(self._opened, _finished(run), Source.SNAPSHOT, seen - 1)]
        self._waiting.reverse()
        self._next_ping = self._opened + (PING_EVERY if over else 0.0)

    def peek(self) -> Frame:
        coming = self._waiting[-1] if self._waiting else self._coming()
        if any(self._opened <= at <= coming.at for at in self._server.readers_killed_at):
            coming = Frame(self._opened + IDLE_LIMIT)  # only pings come
        if coming.at <= self._next_ping:
            return coming
        return Frame(self._next_ping, PING, Source.PING)

    def _coming(self) -> Frame:
        """The next live event, or the end of the stream."""
        run, events = self._run, self._run.script.events
        if self._closes:
            return Frame(self._last + (LATE_END if self._told_live else 0.0))
        lost = self._server.loses_terminal and self._next == len(events) - 1
        at = None if lost else run.at(self._next)
        if at is None:
            return self._idle_end(max(run.last_sign(), self._opened) + IDLE_LIMIT)
        return Frame(at, run.script.frames[self._next], Source.LIVE, self._next)

    def took(self, frame: Frame) -> None:
        if frame.source is Source.PING:
            self._next_ping += PING_EVERY
        elif frame.source is Source.SNAPSHOT:
            self._waiting.pop()
        elif frame.index is not None:
            self._next = frame.index + 1
            self._told_live = True
            self._closes = self._run.script.events[frame.index]["event"] in ENDS


def _finished(run: ModelRun) -> bytes:
    """The only event of a run that is over: escaped, with the run's id as the task's."""
    script = run.script
    ids = {"task_id": script.run_id, "workflow_run_id": script.run_id}
    event = {"event": "workflow_finished", **ids, "data": script.events[-1]["data"]}
    return f"data: {json.dumps(event)}\n\n".encode()
