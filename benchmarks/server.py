"""The server of the benchmarks: bytes that were encoded beforehand, on a core of its own.

    python benchmarks/server.py [CORE]

It prints its ports, the second with TLS, and stops when its standard input is closed. A run's
inputs say what it streams: `events`, `size` (bytes of an event) and `framing`, and `kind`:
"text" (all at once), "hold" (all held streams go on together after GET /release), "trickle" (an
event every 0.3 s, its text the time of sending) or "short" (a whole run; `ended`: its body ends
with it).
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import time
from pathlib import Path
from typing import Any

import answers
import wire

SLICE = 256 * 1024  # bytes of one write

held: list[tuple[asyncio.StreamWriter, asyncio.Event]] = []


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until the client closes it."""
    try:
        while True:
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = request.split(" ", 2)[1]
            body: list[bytes] = []
            size = await take_body(reader, request.lower(), body)
            await reply(writer, target.partition("?")[0], b"".join(body), size)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has left
    finally:
        writer.close()


async def take_body(reader: asyncio.StreamReader, request: str, keep: list[bytes]) -> int:
    """Read a request's body; return its size. Only what is small is kept."""
    taken = 0
    if "transfer-encoding: chunked" in request:
        while size := int(await reader.readline(), 16):
            keep.append(await reader.readexactly(size + 2))
            taken += size
        await reader.readline()
        return taken
    _, found, rest = request.partition("content-length:")
    size = int(rest.split("\r\n", 1)[0]) if found else 0
    while taken < size:
        data = await reader.read(min(size - taken, 1 << 20))
        if not data:
            raise ConnectionError("the client left inside the body")
        taken += len(data)
        if size < 1 << 20:
            keep.append(data)
    return taken


async def reply(writer: asyncio.StreamWriter, path: str, body: bytes, size: int) -> None:
    """Answer one request."""
    if path.endswith("/workflows/run"):
        request = json.loads(body)
        if request["response_mode"] == "blocking":
            writer.write(wire.BLOCKING)
        else:
            writer.write(wire.STREAM_HEAD)
            await STREAMS[request["inputs"].get("kind", "text")](writer, request["inputs"])
    elif path.endswith("/workflows/logs"):
        writer.write(answers.LOGS)
    elif path.endswith("/files/upload"):
        writer.write(answers.uploaded(size))
    elif path == "/release":
        writer.write(wire.answer("200 OK", len(held)))
        release()
    else:
        writer.write(wire.answer("404 NOT FOUND", path))


async def stream_text(writer: asyncio.StreamWriter, inputs: dict[str, Any]) -> None:
    """Send everything as fast as the client takes it."""
    for piece in wire.pieces(inputs["events"], inputs.get("size"), inputs.get("framing", "event")):
        view = memoryview(piece)
        for at in range(0, len(view), SLICE):
            writer.write(view[at : at + SLICE])
            await writer.drain()


async def stream_hold(writer: asyncio.StreamWriter, inputs: dict[str, Any]) -> None:
    """Send the first events and wait to be released."""
    writer.write(wire.framed(wire.FIRST, "event"))
    done = asyncio.Event()
    held.append((writer, done))
    if len(held) == 1:
        plan.update(inputs)
    await done.wait()


plan: dict[str, Any] = {}  # the inputs of the held streams, which are all the same
tasks: set[asyncio.Task[None]] = set()
servers: list[asyncio.Server] = []


def release() -> None:
    """Let the held streams go on, in waves of a few events for each."""
    streams = list(held)
    held.clear()
    task = asyncio.create_task(send_waves(streams, dict(plan)))
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def send_waves(
    streams: list[tuple[asyncio.StreamWriter, asyncio.Event]], inputs: dict[str, Any]
) -> None:
    """Write a wave to every stream, then the next; the events that end the run at last."""
    waves, rest = divmod(inputs["events"], inputs["wave"])
    sizes = [inputs["wave"]] * waves + [rest] * bool(rest)
    for size in sizes:
        wave = wire.encoded(size, None, "event")
        for writer, _ in streams:
            writer.write(wave)
        await asyncio.sleep(0)
    for writer, done in streams:
        writer.write(wire.framed(wire.LAST, "event") + wire.LAST_CHUNK)
        done.set()


async def stream_trickle(writer: asyncio.StreamWriter, inputs: dict[str, Any]) -> None:
    """Send an event every so many seconds, each with the monotonic time of its sending (ns)."""
    writer.write(wire.framed(wire.FIRST, "event"))
    for _ in range(inputs["events"]):
        await asyncio.sleep(inputs["seconds"])
        writer.write(wire.http_chunk(wire.text_frame(str(time.monotonic_ns()))))
    await asyncio.sleep(inputs["seconds"])
    writer.write(wire.framed(wire.LAST, "event") + wire.LAST_CHUNK)


SHORT = wire.framed(wire.SHORT, "event")


async def stream_short(writer: asyncio.StreamWriter, inputs: dict[str, Any]) -> None:
    """Send a run; as from Dify to 1.14 the body goes on, or as from 1.16 it ends with the run."""
    writer.write(SHORT + wire.LAST_CHUNK if inputs["ended"] else SHORT)


STREAMS = {
    "text": stream_text,
    "hold": stream_hold,
    "trickle": stream_trickle,
    "short": stream_short,
}


async def main() -> None:
    """Serve until standard input is closed."""
    if len(sys.argv) > 1:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(Path(__file__).parent / "tls" / "server.pem")
    for tls in (None, secure):
        server = await asyncio.start_server(
            serve, "127.0.0.1", 0, limit=1 << 22, backlog=4096, ssl=tls
        )
        servers.append(server)
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
