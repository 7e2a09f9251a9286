"""Puts answers on the wire: headers as Dify's gunicorn sends them, one chunk per event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import aclosing
from email.utils import formatdate

from starlette.types import Send

from .replies import Json, Raw, Reply, Stream
from .spoil import AnswerOver
from .versions import Rules

EXPOSED = "access-control-expose-headers"
CORS = {
    "access-control-allow-origin": "*",
    EXPOSED: "X-Env, X-Trace-Id, X-Version",
}


def all_headers(rules: Rules, headers: Mapping[str, str]) -> dict[str, str]:
    """Add what every answer of this version carries, leave out what none has."""
    common = {
        **({"server": "gunicorn"} if rules.names_server else {}),
        "date": formatdate(usegmt=True),
        "x-version": rules.version,
        "x-env": "PRODUCTION",
    }
    if rules.since(1, 13):
        common["vary"] = "Cookie"
    own = {name: value for name, value in headers.items() if name != EXPOSED}
    return common | (dict(headers) if rules.since(1, 11) else own)


async def transmit(send: Send, reply: Reply, headers: Mapping[str, str], *, compact: bool) -> None:
    """Send a whole answer; compact: write JSON without spaces, where it ends with a line feed."""
    if isinstance(reply, Stream):
        await _stream(send, reply, headers)
        return
    chunks = _chunks(reply, (",", ":") if compact else None)
    sized = {"content-length": str(len(chunks[0]))} if len(chunks) == 1 else {}
    await _start(send, reply.status, {"content-type": reply.media, **headers, **sized})
    for index, chunk in enumerate(chunks, 1):
        more = index < len(chunks)
        await send({"type": "http.response.body", "body": chunk, "more_body": more})


def _chunks(reply: Json | Raw, separators: tuple[str, str] | None) -> tuple[bytes, ...]:
    if isinstance(reply, Raw):
        return reply.chunks
    separators = separators if reply.line else None
    return ((json.dumps(reply.body, separators=separators) + "\n" * reply.line).encode(),)


async def _stream(send: Send, stream: Stream, headers: Mapping[str, str]) -> None:
    try:
        media = {"content-type": "text/event-stream; charset=utf-8"}
        await _start(send, 200, {**media, **headers})
        async with aclosing(stream.frames) as frames:
            try:
                async for chunk in frames:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            except AnswerOver:
                async for _ in frames:  # what wrote the stream learns of its end in its own time
                    pass
                raise
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        stream.leave()


async def _start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
