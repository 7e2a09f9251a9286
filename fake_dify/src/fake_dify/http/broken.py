"""Carries out faults: stands between the server's reply and the connection."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import suppress
from typing import Any

from starlette.types import Message, Send

from ..api.request import ApiRequest
from ..faults import Fault
from ..replies import PING, ReplyOver, frame
from ..run import payloads

TERMINAL = (b'data: {"event":"workflow_finished"', b'data: {"event":"workflow_paused"')
ERROR: dict[str, Any] = {"event": "error", "message": "Worker died", "status": 500}


class BrokenSend:
    """An ASGI `send` that breaks the reply as the request's fault says, and raises ReplyOver."""

    def __init__(self, call: ApiRequest, send: Send, transport: asyncio.Transport) -> None:
        self._call, self._send, self._transport = call, send, transport
        self._events = self._bytes = 0
        self._sized = False
        self._first: dict[str, Any] = {}  # the first event

    async def __call__(self, message: Message) -> None:
        fault = self._call.fault
        if not isinstance(fault, Fault):
            await self._send(message)
        elif message["type"] == "http.response.start":
            if fault.before_headers:
                await self._act(fault)
            self._sized = any(name == b"content-length" for name, _ in message["headers"])
            await self._send(message)
            if fault.after_bytes == 0:
                await self._act(fault)
        else:
            await self._body(fault, message, message.get("body", b""))

    async def _body(self, fault: Fault, message: Message, body: bytes) -> None:
        is_event = body.startswith(b"data:")
        needs_next = fault.then in ("truncate chunk", "cut inside event")
        if fault.after_bytes is not None:
            room = fault.after_bytes - self._bytes
            if len(body) >= room:
                await self._send_body(body[:room])
                await self._act(fault, body[room:])
            self._bytes += len(body)
        if is_event and self._events == fault.after_events:
            await self._act(fault, body)
        if fault.then == "lose terminal" and body.startswith(TERMINAL):
            await self._ping_on(json.loads(body.removeprefix(b"data: ")))
        await self._send(message)
        self._events += is_event
        if is_event and not self._first:
            self._first = json.loads(body.removeprefix(b"data: "))
        if self._events == fault.after_events and body and not needs_next:
            await self._act(fault)

    async def _send_body(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _act(self, fault: Fault, rest: bytes = b"") -> None:
        """End the reply; rest: what would have come next."""
        then, half = fault.then, rest[: max(len(rest) // 2, 1)]
        if then == "made-up end":
            await self._make_end_up(self._first)
        elif then == "reset":
            raw: socket.socket = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        elif then == "eof" and not fault.before_headers and not self._sized:
            await self._send_body(b"", more=False)
        elif then in {"eof", "close"}:
            self._transport.close()
        elif then == "truncate chunk":
            self._transport.write(b"%x\r\n" % len(rest) + half)
            self._transport.close()
        elif then == "cut inside event":
            await self._send_body(half, more=False)
        elif then == "error event left open":
            await self._send_body(frame(ERROR))
        if then in {"silence", "error event left open"}:
            await self._call.gone.wait()
        raise ReplyOver

    async def _ping_on(self, lost: dict[str, Any]) -> None:
        """Send nothing but pings, as Dify does when a terminal event got lost."""
        world = self._call.world
        for _ in range(int(world.idle_limit / world.ping_interval)):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._call.gone.wait(), world.ping_interval)
                break
            await self._send_body(PING)
        if world.rules.makes_ends_up and self._call.operation.startswith("runWorkflow"):
            await self._make_end_up(lost)  # the stream of the request that began the run
        else:
            await self._send_body(b"", more=False)
        raise ReplyOver

    async def _make_end_up(self, event: dict[str, Any]) -> None:
        workflow_id = event["data"].get("workflow_id", "")
        end = frame(payloads.made_up_end(event["workflow_run_id"], workflow_id))
        await self._send_body(end, more=False)
