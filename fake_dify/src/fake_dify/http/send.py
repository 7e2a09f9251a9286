"""Puts replies on the wire: headers as Dify's gunicorn sends them, one chunk per event; or breaks
them, as a fault says."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import aclosing
from email.utils import formatdate
from typing import Any

from starlette.types import Receive, Scope, Send

from ..api.request import ApiRequest
from ..api.streams import ENDS, linger
from ..faults import Fault
from ..replies import PING, Reply, ReplyOver, each, frame
from ..run import payloads

EXPOSED = "access-control-expose-headers"
CORS = {"access-control-allow-origin": "*", EXPOSED: "X-Env, X-Trace-Id, X-Version"}
ERROR: dict[str, Any] = {"event": "error", "message": "Worker died", "status": 500}


class Sending:
    """A reply as an ASGI application. Raises ReplyOver where it is broken off."""

    def __init__(self, reply: Reply) -> None:
        self._reply, self._events, self._bytes = reply, 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send, reply = send, self._reply
        self._call: ApiRequest = scope["state"]["call"]
        self._transport: asyncio.Transport = scope["state"]["transport"]
        self._fault = self._call.fault if isinstance(self._call.fault, Fault) else Fault()
        self._call.status = reply.status
        content = self._json() if reply.content is None else reply.content
        self._size = len(content) if isinstance(content, bytes) else None
        content = each([content]) if isinstance(content, bytes) else content
        begin = {"type": "http.response.start", "status": reply.status, "headers": self._headers()}
        try:
            if self._fault.before_headers:
                await self._break()
            await send(begin)
            if self._fault.after_bytes == 0:
                await self._break()
            async with aclosing(content) as chunks:
                try:
                    async for chunk in chunks:
                        await self._chunk(chunk)
                except ReplyOver:
                    async for _ in chunks:  # what wrote the stream learns of its end in its time
                        pass
                    raise
            await self._body(b"", more=False)
        finally:
            reply.leave()

    def _json(self) -> bytes:
        line = self._reply.line
        separators = (",", ":") if line and self._call.rules.compact_json else None
        return (json.dumps(self._reply.body, separators=separators) + "\n" * line).encode()

    def _headers(self) -> list[tuple[bytes, bytes]]:
        """Add what every reply of this version carries, leave out what none has."""
        rules, own = self._call.rules, dict(self._reply.headers)
        if not rules.since(1, 11):
            own.pop(EXPOSED, None)
        headers = {
            "content-type": self._reply.media,
            **({} if self._size is None else {"content-length": str(self._size)}),
            **({"server": "gunicorn"} if rules.names_server else {}),
            "date": formatdate(usegmt=True),
            "x-version": rules.version,
            "x-env": "PRODUCTION",
            **({"vary": "Cookie"} if rules.since(1, 13) else {}),
            **own,
        }
        return [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def _body(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _chunk(self, chunk: bytes) -> None:
        """Send a chunk, unless the fault happens before, inside or behind it."""
        fault, is_event = self._fault, chunk.startswith(b"data:")
        if fault.after_bytes is not None:
            room = fault.after_bytes - self._bytes
            if len(chunk) >= room:
                await self._body(chunk[:room])
                await self._break(chunk[room:])
            self._bytes += len(chunk)
        if is_event and self._events == fault.after_events:
            await self._break(chunk)
        if fault.then == "lose terminal" and chunk.startswith(ENDS):
            await self._ping_on()
        await self._body(chunk)
        self._events += is_event
        needs_next = fault.then in ("truncate chunk", "cut inside event")
        if self._events == fault.after_events and not needs_next:
            await self._break()

    async def _break(self, rest: bytes = b"") -> None:
        """End the reply; rest: what would have come next."""
        then, half = self._fault.then, rest[: max(len(rest) // 2, 1)]
        if then == "made-up end":
            await self._make_end_up()
        elif then == "reset":
            raw: socket.socket = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        elif then == "cut inside event":
            await self._body(half, more=False)
        elif then == "eof" and not self._fault.before_headers and self._size is None:
            await self._body(b"", more=False)
        elif then in {"eof", "close", "truncate chunk"}:
            if then == "truncate chunk":
                self._transport.write(b"%x\r\n" % len(rest) + half)
            self._transport.close()
        elif then in {"silence", "error event left open"}:
            if then != "silence":
                await self._body(frame(ERROR))
            await self._call.gone.wait()
        raise ReplyOver

    async def _ping_on(self) -> None:
        """Send nothing but pings, as Dify does when a terminal event got lost."""
        world = self._call.world
        for _ in range(int(world.idle_limit / world.ping_interval)):
            await linger(self._call, world.ping_interval)
            if self._call.gone.is_set():
                break
            await self._body(PING)
        began_it = self._call.operation.startswith("runWorkflow")
        makes_up = began_it and world.rules.makes_ends_up
        await (self._make_end_up() if makes_up else self._body(b"", more=False))
        raise ReplyOver

    async def _make_end_up(self) -> None:
        run = self._call.run
        end = frame(payloads.made_up(run.id, run.workflow_id)[1]) if run else b""
        await self._body(end, more=False)
