"""Event streams: what a reader of a run gets, when pings come, when the stream ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import suppress
from typing import Any

from . import payloads
from .exchange import Exchange
from .files import files_in
from .frames import PING, ascii_frame, frame
from .state import Run, Subscription
from .voice import PING as WORKER_PING

FINISHED = frozenset({"workflow_finished"})
TERMINAL = frozenset({"workflow_finished", "workflow_paused"})


def subscribe(x: Exchange, run: Run) -> Subscription:
    """Read a run's events from now on."""
    reader = Subscription(x.world.unread_limit)
    run.readers.append(reader)
    x.when_gone.append(reader.news.set)
    return reader


async def _linger(x: Exchange, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(x.gone.wait(), seconds)


async def follow(
    x: Exchange, run: Run, reader: Subscription, *, ends: Collection[str], pings: bool
) -> AsyncGenerator[bytes, None]:
    """Yield the frames of a run until an event in `ends`, or until the idle limit.

    Only a run that nobody works on is idle: the pings of a worker count, those of the API do not.
    pings: the API process sends pings of its own, beside those of the worker.
    """
    world, loop = x.world, asyncio.get_running_loop()
    heard = loop.time()
    next_ping = heard + world.ping_interval
    while not x.gone.is_set():
        while reader.queue:
            event = reader.queue.popleft()
            heard = loop.time()
            yield PING if event is WORKER_PING else frame(event)
            over = event["event"] == "error" and world.rules.errors_end_stream
            if event["event"] in ends or over:
                if world.rules.ends_late:
                    await _linger(x, world.eof_delay)
                return
        reader.news.clear()
        wake = min(heard + world.idle_limit, next_ping if pings else float("inf"))
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.news.wait(), max(wake - loop.time(), 0))
        if pings and loop.time() >= next_ping:
            next_ping += world.ping_interval
            yield PING
        if run.active:
            heard = loop.time()
        if not reader.queue and loop.time() >= heard + world.idle_limit:
            return


async def own_stream(x: Exchange, run: Run, reader: Subscription) -> AsyncGenerator[bytes, None]:
    """Yield the stream of the request that started the run."""
    rules = x.world.rules
    if rules.ping_first:
        yield PING
    async for chunk in follow(x, run, reader, ends=TERMINAL, pings=not rules.worker):
        yield chunk


def leave_own_stream(x: Exchange, run: Run, reader: Subscription) -> None:
    """Stop reading; on an old Dify the run dies with the stream of its request."""
    run.readers.remove(reader)
    dies = not x.world.rules.survives_disconnect and not run.settled.is_set()
    if dies and run.task is not None:
        run.task.cancel()


async def error_stream(x: Exchange, event: dict[str, Any] | None) -> AsyncGenerator[bytes, None]:
    """Yield the stream of a run that never began: an `error` event (or nothing), left open."""
    world = x.world
    if world.rules.ping_first:
        yield PING
    if event is not None:
        yield frame(world.event(event))
    if not world.rules.errors_end_stream:
        await _linger(x, world.idle_limit)


async def finished_stream(x: Exchange, run: Run) -> AsyncGenerator[bytes, None]:
    """Yield the only event that the events endpoint has for a run that is over."""
    data = payloads.workflow_finished(run, run.status, run.error, files_in(run.outputs))
    event = {"event": "workflow_finished", "task_id": run.id, "workflow_run_id": run.id}
    yield ascii_frame(x.world.event({**event, "data": {**data, "created_at": run.created_at}}))


async def events_stream(
    x: Exchange, run: Run, *, snapshot: bool, over_pauses: bool
) -> AsyncGenerator[bytes, None]:
    """Yield what the events endpoint sends for a run that is running or paused."""
    reader = subscribe(x, run)
    past, paused = snapshot_events(run) if snapshot else [], run.status == "paused"
    try:
        yield PING
        if snapshot:
            for event in past:
                yield frame(x.world.event(event))
            if paused and not over_pauses:
                await _linger(x, x.world.eof_delay)
                return
        # Without the snapshot, nothing ends a stream that is to go on over pauses.
        ends = TERMINAL if not over_pauses else FINISHED if snapshot else ()
        async for chunk in follow(x, run, reader, ends=ends, pings=True):
            yield chunk
    finally:
        run.readers.remove(reader)


def snapshot_events(run: Run) -> list[dict[str, Any]]:
    """Return the short replay of a run: nodes one after the other, no text, no progress."""
    paused = run.status == "paused"
    task_id = run.task_id if paused else run.id

    def event(name: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"event": name, "task_id": task_id, "workflow_run_id": run.id, "data": data}

    started = payloads.workflow_started(run, "initial", run.created_at, timestamp=True)
    events = [event("workflow_started", started)]
    for node in run.nodes:
        events.append(event("node_started", payloads.snapshot_started(node)))
        if node.status != "running":
            events.append(event("node_finished", payloads.snapshot_finished(node)))
    if paused:
        waiting = [form for form in run.forms if form.waits]
        for form in waiting:
            events.append(event("human_input_required", form.required(template=True)))
        reasons = [form.reason(template=True) for form in waiting]
        data = payloads.workflow_paused(run, reasons, 0.0)
        events.append(event("workflow_paused", {**data, "created_at": run.created_at}))
    return events
