"""Carries out faults: stands between the server's reply and the connection."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import suppress
from typing import Any

from starlette.types import Message, Send

from ..faults import Fault
from ..replies import PING, ReplyOver, frame
from ..run import payloads
from ..world import World

TERMINAL = (b'data: {"event":"workflow_finished"', b'data: {"event":"workflow_paused"')
ERROR: dict[str, Any] = {"event": "error", "message": "Worker died", "status": 500}


class BrokenSend:
    """An ASGI `send` that breaks the reply as `fault` says, and then raises ReplyOver.

    gone: set when the client has left; own: it is the stream of the request that began the run.
    """

    def __init__(
        self,
        fault: Fault,
        send: Send,
        transport: asyncio.Transport,
        gone: asyncio.Event,
        world: World,
        *,
        own: bool,
    ) -> None:
        self._fault, self._send, self._transport, self._gone = fault, send, transport, gone
        self._world = world
        self._own = own
        self._events = 0
        self._bytes = 0
        self._sized = False
        self._ids: dict[str, Any] = {}  # the first event

    async def __call__(self, message: Message) -> None:
        fault = self._fault
        if message["type"] == "http.response.start":
            if fault.before_headers:
                await self._act()
            self._sized = any(name == b"content-length" for name, _ in message["headers"])
            await self._send(message)
            if fault.after_bytes == 0:
                await self._act()
            return
        body: bytes = message.get("body", b"")
        if fault.after_bytes is not None:
            room = fault.after_bytes - self._bytes
            if len(body) >= room:
                await self._send({**message, "body": body[:room], "more_body": True})
                await self._act(body[room:])
            self._bytes += len(body)
        elif fault.after_events is not None:
            await self._count(message, body)
            return
        elif fault.then == "lose terminal" and body.startswith(TERMINAL):
            await self._ping_on(json.loads(body.removeprefix(b"data: ")))
        await self._send(message)

    async def _count(self, message: Message, body: bytes) -> None:
        needs_next = self._fault.then in {"truncate chunk", "cut inside event"}
        is_event = body.startswith(b"data:")
        reached = self._events == self._fault.after_events
        if reached and is_event:
            await self._act(body)
        await self._send(message)
        self._events += is_event
        if is_event and not self._ids:
            self._ids = json.loads(body.removeprefix(b"data: "))
        if self._events == self._fault.after_events and body and not needs_next:
            await self._act()

    async def _act(self, rest: bytes = b"") -> None:
        """End the reply; rest: what would have come next."""
        then, half = self._fault.then, rest[: max(len(rest) // 2, 1)]
        if then == "made-up end":
            await self._make_end_up()
        elif then == "reset":
            raw: socket.socket = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        elif then == "eof" and not self._fault.before_headers and not self._sized:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        elif then in {"eof", "close"}:
            self._transport.close()
        elif then == "truncate chunk":
            self._transport.write(b"%x\r\n" % len(rest) + half)
            self._transport.close()
        elif then == "cut inside event":
            await self._send({"type": "http.response.body", "body": half, "more_body": False})
        elif then == "error event left open":
            body = frame(ERROR)
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
        if then in {"silence", "error event left open"}:
            await self._gone.wait()
        raise ReplyOver

    async def _ping_on(self, lost: dict[str, Any]) -> None:
        """Send nothing but pings, as Dify does when a terminal event got lost."""
        seconds = self._world.ping_interval
        for _ in range(int(self._world.idle_limit / seconds)):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), seconds)
                break
            ping = {"type": "http.response.body", "body": PING, "more_body": True}
            await self._send(ping)
        if self._own and self._world.rules.makes_ends_up:
            self._ids = lost
            await self._make_end_up()
        else:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        raise ReplyOver

    async def _make_end_up(self) -> None:
        workflow_id = self._ids["data"].get("workflow_id", "")
        end = frame(payloads.made_up_end(self._ids["workflow_run_id"], workflow_id))
        await self._send({"type": "http.response.body", "body": end, "more_body": False})
