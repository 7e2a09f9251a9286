"""Puts replies on the wire: headers as Dify's gunicorn sends them, one chunk per event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import aclosing
from email.utils import formatdate

from attrs import field, frozen
from starlette.types import Receive, Scope, Send

from ..replies import Raw, Reply, ReplyOver, Stream
from ..versions import Rules

EXPOSED = "access-control-expose-headers"
CORS = {"access-control-allow-origin": "*", EXPOSED: "X-Env, X-Trace-Id, X-Version"}


def all_headers(rules: Rules, headers: Mapping[str, str]) -> dict[str, str]:
    """Add what every reply of this version carries, leave out what none has."""
    common = {
        **({"server": "gunicorn"} if rules.names_server else {}),
        "date": formatdate(usegmt=True),
        "x-version": rules.version,
        "x-env": "PRODUCTION",
        **({"vary": "Cookie"} if rules.since(1, 13) else {}),
    }
    own = {name: value for name, value in headers.items() if name != EXPOSED}
    return common | (dict(headers) if rules.since(1, 11) else own)


@frozen
class Sending:
    """A reply with its headers, as an ASGI application."""

    rules: Rules
    reply: Reply
    headers: Mapping[str, str] = field(factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["log"].status = self.reply.status
        if isinstance(self.reply, Stream):
            await self._stream(self.reply, send)
            return
        chunks, media = self._chunks(), self.reply.media
        sized = {"content-length": str(len(chunks[0]))} if len(chunks) == 1 else {}
        await self._start(send, {"content-type": media}, sized)
        for number, chunk in enumerate(chunks, 1):
            more = number < len(chunks)
            await send({"type": "http.response.body", "body": chunk, "more_body": more})

    def _chunks(self) -> tuple[bytes, ...]:
        if isinstance(self.reply, Raw | Stream):
            return self.reply.chunks if isinstance(self.reply, Raw) else ()
        line = self.reply.line
        separators = (",", ":") if line and self.rules.compact_json else None
        return ((json.dumps(self.reply.body, separators=separators) + "\n" * line).encode(),)

    async def _stream(self, stream: Stream, send: Send) -> None:
        try:
            await self._start(send, {"content-type": "text/event-stream; charset=utf-8"}, {})
            async with aclosing(stream.frames) as frames:
                try:
                    async for chunk in frames:
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                except ReplyOver:
                    async for _ in frames:  # what wrote the stream learns of its end in its time
                        pass
                    raise
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            stream.leave()

    async def _start(self, send: Send, media: Mapping[str, str], sized: Mapping[str, str]) -> None:
        headers = {**media, **all_headers(self.rules, self.headers), **sized}
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        status = self.reply.status
        await send({"type": "http.response.start", "status": status, "headers": pairs})
