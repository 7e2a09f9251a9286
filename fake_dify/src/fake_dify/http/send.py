"""Puts replies on the wire: headers as Dify's gunicorn sends them, one chunk per event."""

from __future__ import annotations

import json
from contextlib import aclosing
from email.utils import formatdate

from attrs import frozen
from starlette.types import Receive, Scope, Send

from ..replies import Reply, ReplyOver
from ..versions import Rules

EXPOSED = "access-control-expose-headers"
CORS = {"access-control-allow-origin": "*", EXPOSED: "X-Env, X-Trace-Id, X-Version"}


@frozen
class Sending:
    """A reply as an ASGI application."""

    rules: Rules
    reply: Reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = self.reply
        scope["state"]["call"].status = reply.status
        chunks = (self._json(),) if reply.chunks is None else reply.chunks
        headers = {"content-type": reply.media, **self._headers()}
        if isinstance(chunks, tuple) and len(chunks) == 1:
            headers["content-length"] = str(len(chunks[0]))
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        begin = {"type": "http.response.start", "status": reply.status, "headers": pairs}
        body = {"type": "http.response.body", "body": b"", "more_body": True}
        try:
            await send(begin)
            if isinstance(chunks, tuple):
                for chunk in chunks[:-1]:
                    await send({**body, "body": chunk})
                await send({**body, "body": chunks[-1], "more_body": False})
                return
            async with aclosing(chunks) as frames:
                try:
                    async for chunk in frames:
                        await send({**body, "body": chunk})
                except ReplyOver:
                    async for _ in frames:  # what wrote the stream learns of its end in its time
                        pass
                    raise
            await send({**body, "more_body": False})
        finally:
            reply.leave()

    def _json(self) -> bytes:
        line = self.reply.line
        separators = (",", ":") if line and self.rules.compact_json else None
        return (json.dumps(self.reply.body, separators=separators) + "\n" * line).encode()

    def _headers(self) -> dict[str, str]:
        """Add what every reply of this version carries, leave out what none has."""
        rules, own = self.rules, dict(self.reply.headers)
        if not rules.since(1, 11):
            own.pop(EXPOSED, None)
        return {
            **({"server": "gunicorn"} if rules.names_server else {}),
            "date": formatdate(usegmt=True),
            "x-version": rules.version,
            "x-env": "PRODUCTION",
            **({"vary": "Cookie"} if rules.since(1, 13) else {}),
            **own,
        }
