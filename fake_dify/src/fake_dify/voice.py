"""The voice of a run: sends its events, and pings when it has nothing to say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import made_up
from .answer import Selector
from .state import NodeRecord, Run

if TYPE_CHECKING:
    from .world import World

PING: dict[str, Any] = {"event": "ping"}


class Voice:
    """Sends events to everybody who reads `run`."""

    def __init__(self, world: World, run: Run) -> None:
        self._world, self._run = world, run
        self._last_sent = time.monotonic()

    async def send(
        self, event: str, data: Mapping[str, Any], node: NodeRecord | None = None
    ) -> None:
        """Send an event with its payload; node: the node that it is about."""
        run = self._run
        ids = {"workflow_run_id": run.id, "task_id": run.task_id}
        await self.send_flat({"event": event, **ids, "data": data}, node)

    async def send_flat(self, event: Mapping[str, Any], node: NodeRecord | None = None) -> None:
        """Send an event that has no `data` (error, tts_message)."""
        self._last_sent = time.monotonic()
        made = self._world.event(event, node)
        again = self._run.twice and made["event"] != "workflow_finished"
        for one in [made] * (1 + again):
            self._run.events.append(one)
            for reader in self._run.readers:
                reader.put(one)
        await asyncio.sleep(0)

    async def fail(self, error: Mapping[str, Any]) -> None:
        """Send an `error`, and what Dify makes up behind it; the run itself may go on."""
        run, reason = self._run, "resumption" if self._run.pause else "initial"
        await self.send_flat({"event": "error", "workflow_run_id": None, **error})
        if self._world.rules.makes_ends_up:
            started = made_up.started(run.id, run.workflow_id, run.asked, reason)
            await self.send_flat(started)
            await self.send_flat(made_up.finished(run.id, run.workflow_id, error["message"]))

    async def text(self, text: str, selector: Selector) -> None:
        data = {"text": text, "from_variable_selector": list(selector)}
        await self.send("text_chunk", data)

    async def reasoning(self, node_id: str, text: str, *, last: bool = False) -> None:
        data = {"message_id": None, "reasoning": text, "node_id": node_id, "is_final": last}
        await self.send("reasoning_chunk", data)

    async def ping(self) -> None:
        """Send the worker's pings: one for every 10 s in which the run said nothing."""
        seconds = self._world.ping_interval
        while True:
            await asyncio.sleep(max(self._last_sent + seconds - time.monotonic(), 0.001))
            if time.monotonic() - self._last_sent >= seconds:
                self._last_sent = time.monotonic()
                for reader in self._run.readers if self._run.active else ():
                    reader.put(PING)
