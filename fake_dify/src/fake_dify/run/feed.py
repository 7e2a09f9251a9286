"""Sends the events of a run, and pings when it has nothing to say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from ..base import Data
from ..state import NodeRecord, Run
from ..versions import Rules
from ..world import World
from . import payloads

PING: Data = {"event": "ping"}


class Feed:
    """Sends events to everybody who reads `run`."""

    def __init__(self, world: World, run: Run) -> None:
        self.world: World = world
        self.run: Run = run
        self.rules: Rules = world.rules
        self._last_sent = time.monotonic()

    async def send(
        self, event: str, data: Mapping[str, Any], node: NodeRecord | None = None
    ) -> None:
        """Send an event with its payload; node: the node that it is about."""
        await self.send_flat(event, {"data": data}, node)

    async def send_flat(
        self, event: str, fields: Mapping[str, Any], node: NodeRecord | None = None
    ) -> None:
        """Send an event whose fields stand beside its name (error, tts_message)."""
        run, self._last_sent = self.run, time.monotonic()
        ids = {"workflow_run_id": run.id, "task_id": run.task_id}
        await self._send({"event": event, **ids, **fields}, node)

    async def _send(self, event: Mapping[str, Any], node: NodeRecord | None = None) -> None:
        made = self.world.event(event, node)
        again = self.run.twice and made["event"] != "workflow_finished"
        for one in [made] * (1 + again):
            self.run.events.append(one)
            for reader in self.run.readers:
                reader.put(one)
        await asyncio.sleep(0)

    async def fail(self, error: Mapping[str, Any]) -> None:
        """Send an `error`, and what Dify makes up behind it; the run itself may go on."""
        run, reason = self.run, "resumption" if self.run.pause else "initial"
        await self._send({"event": "error", "workflow_run_id": None, **error})
        if self.rules.makes_ends_up:
            await self._send(payloads.made_up_start(run.id, run.workflow_id, run.asked, reason))
            await self._send(payloads.made_up_end(run.id, run.workflow_id, error["message"]))

    async def text(self, text: str, selector: tuple[str, str]) -> None:
        await self.send("text_chunk", {"text": text, "from_variable_selector": list(selector)})

    async def ping(self) -> None:
        """Send the worker's pings: one for every 10 s in which the run said nothing."""
        seconds = self.world.ping_interval
        while True:
            await asyncio.sleep(max(self._last_sent + seconds - time.monotonic(), 0.001))
            if time.monotonic() - self._last_sent >= seconds:
                self._last_sent = time.monotonic()
                for reader in self.run.readers if self.run.active else ():
                    reader.put(PING)
