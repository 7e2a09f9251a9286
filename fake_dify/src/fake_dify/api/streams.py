"""Event streams: what a reader of a run gets, when pings come, when the stream ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import suppress

from ..base import Data
from ..replies import PING, ReplyOver, frame
from ..run import payloads
from ..state import Run, Subscription
from .request import ApiRequest

Frames = AsyncGenerator[bytes, None]
FINISHED = frozenset({"workflow_finished"})
TERMINAL = frozenset({"workflow_finished", "workflow_paused"})
ENDS = tuple(f'data: {{"event":"{name}"'.encode() for name in sorted(TERMINAL))


class Reader:
    """Reads a run's events from now on, for one request."""

    def __init__(self, request: ApiRequest, run: Run) -> None:
        self._request, self._run = request, run
        self._world, self._rules = request.world, request.world.rules
        self.unread: Subscription = Subscription(self._world.unread_limit)
        run.readers.append(self.unread)

    def leave(self) -> None:
        """Stop reading; some versions tell all other readers to stop as well."""
        self._run.readers.remove(self.unread)
        if self._world.kills_readers or self._rules.readers_kill_readers:
            for other in self._run.readers:
                other.kill(but_after=TERMINAL)

    def leave_own(self) -> None:
        """Stop reading; on an old Dify the run dies with the stream of its request."""
        self.leave()
        lives = self._rules.survives_disconnect or self._run.settled.is_set()
        if not lives and self._run.task is not None:
            self._run.task.cancel()

    async def follow(self, ends: Collection[str], *, pings: bool) -> Frames:
        """Yield the frames of a run until an event in `ends`, or until the idle limit.

        Only a run that nobody works on is idle: the pings of a worker count, those of the API do
        not. pings: the API process sends pings of its own, beside those of the worker.
        Raises ReplyOver where the end of another reader ends this one.
        """
        world, rules, unread, gone = self._world, self._rules, self.unread, self._request.gone
        clock = asyncio.get_running_loop().time
        at_write = rules.readers_kill_readers  # here the end of a client is noticed then only
        heard = clock()
        next_ping = heard + world.ping_interval
        while not gone.is_set() or (at_write and not unread.queue):
            while unread.queue:
                event = unread.queue.popleft()
                heard = clock()
                yield frame(event)
                over = event["event"] == "error" and not rules.worker
                if event["event"] in ends or over:
                    await linger(self._request, world.eof_delay * rules.ends_late)
                    return
            if unread.killed and not unread.stays:
                raise ReplyOver
            unread.news.clear()
            wake = min(heard + world.idle_limit, next_ping if pings else float("inf"))
            with suppress(TimeoutError):
                await asyncio.wait_for(unread.news.wait(), max(wake - clock(), 0))
            if pings and clock() >= next_ping:
                next_ping += world.ping_interval
                if gone.is_set():
                    return
                yield PING
            if self._run.active and not unread.killed:
                heard = clock()
            if not unread.queue and clock() >= heard + world.idle_limit:
                return

    async def own(self) -> Frames:
        """Yield the stream of the request that started the run."""
        run, rules, last = self._run, self._rules, b""
        if rules.worker:
            yield PING
        with suppress(ReplyOver):
            async for chunk in self.follow(TERMINAL, pings=not rules.worker):
                last = last if chunk == PING else chunk
                yield chunk
        if rules.makes_ends_up and not last.startswith(ENDS) and not self._request.gone.is_set():
            for event in payloads.made_up(run.id, run.workflow_id, run.asked)[bool(last) :]:
                yield frame(self._world.event(event))


async def events_stream(
    request: ApiRequest, run: Run, *, snapshot: bool, over_pauses: bool
) -> Frames:
    """Yield what the events endpoint sends for a run that is running or paused."""
    reader, world, paused = Reader(request, run), request.world, run.status == "paused"
    reader.unread.stays = snapshot
    past = payloads.snapshot(run) if snapshot else []
    try:
        yield PING
        for event in past:
            yield frame(world.event(event))
        if snapshot and paused and not over_pauses:
            await linger(request, world.eof_delay * world.rules.ends_late)
            return
        # Without the snapshot, nothing ends a stream that is to go on over pauses.
        ends = TERMINAL if not over_pauses else FINISHED if snapshot else ()
        async for chunk in reader.follow(ends, pings=True):
            yield chunk
    finally:
        reader.leave()


async def linger(request: ApiRequest, seconds: float) -> None:
    """Leave a stream open, as long as the client stays."""
    with suppress(TimeoutError):
        await asyncio.wait_for(request.gone.wait(), seconds)


async def refused_stream(request: ApiRequest, events: Sequence[Data]) -> Frames:
    """Yield the stream of a run that never began; without a made-up end it is left open."""
    world, rules = request.world, request.world.rules
    if rules.worker:
        yield PING
    for event in events:
        yield frame(world.event(event))
    if rules.worker and not rules.makes_ends_up:
        await linger(request, world.idle_limit)
