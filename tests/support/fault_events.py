"""GET /workflow/{workflow_run_id}/events of a simulated server: snapshot, live tail, pings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fault_scripts import ENDS
from fault_streams import IDLE_LIMIT, LATE_END, PING, PING_EVERY, Fault, Frame, ModelStream, Source

if TYPE_CHECKING:
    from fault_runs import ModelRun
    from fault_server_model import Dify

SNAPSHOT_AFTER = 0.2  # s from the request to the snapshot


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
