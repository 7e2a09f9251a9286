"""Event streams: what a reader of a run gets, when pings come, when the stream ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import suppress
from typing import Any

from ..replies import EVENTS, PING, Reply, ReplyOver, frame
from ..run import payloads
from ..state import Run, Subscription
from .request import ApiRequest

FINISHED = frozenset({"workflow_finished"})
TERMINAL = frozenset({"workflow_finished", "workflow_paused"})
ENDS = tuple(f'data: {{"event":"{name}"'.encode() for name in sorted(TERMINAL))


class Killed(ReplyOver):
    """The body of a reader breaks off, see `Rules.readers_kill_readers`."""


def _subscribe(request: ApiRequest, run: Run) -> Subscription:
    """Read a run's events from now on."""
    reader = Subscription(request.world.unread_limit)
    run.readers.append(reader)
    request.when_gone.append(reader.news.set)
    return reader


def _unsubscribe(request: ApiRequest, run: Run, reader: Subscription) -> None:
    """Stop reading; some versions tell all other readers to stop as well."""
    run.readers.remove(reader)
    if request.world.kills_readers or request.world.rules.readers_kill_readers:
        for other in run.readers:
            other.kill(but_after=TERMINAL)


async def _linger(request: ApiRequest, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(request.gone.wait(), seconds)


async def follow(
    request: ApiRequest, run: Run, reader: Subscription, *, ends: Collection[str], pings: bool
) -> AsyncGenerator[bytes, None]:
    """Yield the frames of a run until an event in `ends`, or until the idle limit.

    Only a run that nobody works on is idle: the pings of a worker count, those of the API do not.
    pings: the API process sends pings of its own, beside those of the worker.
    Raises Killed where the end of another reader ends this one.
    """
    world, loop = request.world, asyncio.get_running_loop()
    at_write = world.rules.readers_kill_readers  # here the end of a client is noticed then only
    heard = loop.time()
    next_ping = heard + world.ping_interval
    while not request.gone.is_set() or (at_write and not reader.queue):
        while reader.queue:
            event = reader.queue.popleft()
            heard = loop.time()
            yield frame(event)
            over = event["event"] == "error" and world.rules.errors_end_stream
            if event["event"] in ends or over:
                if world.rules.ends_late:
                    await _linger(request, world.eof_delay)
                return
        if reader.killed and not reader.stays:
            raise Killed
        reader.news.clear()
        wake = min(heard + world.idle_limit, next_ping if pings else float("inf"))
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.news.wait(), max(wake - loop.time(), 0))
        if pings and loop.time() >= next_ping:
            next_ping += world.ping_interval
            if request.gone.is_set():
                return
            yield PING
        if run.active and not reader.killed:
            heard = loop.time()
        if not reader.queue and loop.time() >= heard + world.idle_limit:
            return


def own_stream(request: ApiRequest, run: Run) -> Reply:
    """Return the reply of the request that starts the run; it reads from now on."""
    reader = _subscribe(request, run)

    def leave() -> None:
        """Stop reading; on an old Dify the run dies with the stream of its request."""
        _unsubscribe(request, run, reader)
        dies = not request.world.rules.survives_disconnect and not run.settled.is_set()
        if dies and run.task is not None:
            run.task.cancel()

    return Reply(media=EVENTS, chunks=_own(request, run, reader), leave=leave)


async def _own(request: ApiRequest, run: Run, reader: Subscription) -> AsyncGenerator[bytes, None]:
    world, rules, last = request.world, request.world.rules, b""
    if rules.ping_first:
        yield PING
    with suppress(Killed):
        async for chunk in follow(request, run, reader, ends=TERMINAL, pings=not rules.worker):
            last = last if chunk == PING else chunk
            yield chunk
    if rules.makes_ends_up and not last.startswith(ENDS) and not request.gone.is_set():
        for event in payloads.made_up(run.id, run.workflow_id, run.asked)[bool(last) :]:
            yield frame(world.event(event))


async def refused_stream(
    request: ApiRequest, events: Sequence[dict[str, Any]]
) -> AsyncGenerator[bytes, None]:
    """Yield the stream of a run that never began; without a made-up end it is left open."""
    world = request.world
    if world.rules.ping_first:
        yield PING
    for event in events:
        yield frame(world.event(event))
    if not world.rules.errors_end_stream and not world.rules.makes_ends_up:
        await _linger(request, world.idle_limit)


async def finished_stream(request: ApiRequest, run: Run) -> AsyncGenerator[bytes, None]:
    """Yield the only event that the events endpoint has for a run that is over."""
    event = {"event": "workflow_finished", "task_id": run.id, "workflow_run_id": run.id}
    data = payloads.workflow_finished(run, created_at=run.created_at)
    told = request.world.event({**event, "data": data})
    yield f"data: {json.dumps(told)}\n\n".encode()


async def events_stream(
    request: ApiRequest, run: Run, *, snapshot: bool, over_pauses: bool
) -> AsyncGenerator[bytes, None]:
    """Yield what the events endpoint sends for a run that is running or paused."""
    reader = _subscribe(request, run)
    reader.stays = snapshot
    past, paused = snapshot_events(run) if snapshot else [], run.status == "paused"
    try:
        yield PING
        if snapshot:
            for event in past:
                yield frame(request.world.event(event))
            if paused and not over_pauses:
                if request.world.rules.ends_late:
                    await _linger(request, request.world.eof_delay)
                return
        # Without the snapshot, nothing ends a stream that is to go on over pauses.
        ends = TERMINAL if not over_pauses else FINISHED if snapshot else ()
        async for chunk in follow(request, run, reader, ends=ends, pings=True):
            yield chunk
    finally:
        _unsubscribe(request, run, reader)


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
        for form in run.pause:
            asked = payloads.human_input_required(form, template=True)
            events.append(event("human_input_required", asked))
        data = payloads.workflow_paused(run, template=True)
        events.append(event("workflow_paused", data))
    return events
