"""Many streams at once: opened and held by the server, then let go on together.

What is measured begins when all streams are open and ends when the last one is read to its end.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

from usage import Span, resident

PLAIN = {"events": 20}  # a stream that is not held


def release(url: str) -> None:
    """Tell the server to let the held streams go on."""
    at = urlsplit(url)
    with socket.create_connection((at.hostname, at.port)) as connection:
        connection.sendall(b"GET /release HTTP/1.1\r\n\r\n")
        connection.recv(65536)


def sync(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """A thread for each stream."""
    client = made(job["url"])
    client.read(client.stream(PLAIN))
    opened = threading.Barrier(job["streams"] + 1, timeout=60)
    tallies: list[list[int]] = []

    def one() -> None:
        stream = iter(client.stream(job["inputs"]))
        next(stream)
        opened.wait()
        tallies.append(list(client.read(stream)))

    before = resident()
    with Span() as opening:
        threads = [threading.Thread(target=one, daemon=True) for _ in range(job["streams"])]
        for thread in threads:
            thread.start()
        opened.wait()
    held = resident() - before
    with Span() as span:
        release(job["url"])
        for thread in threads:
            thread.join()
    client.close()
    return span.figures(opening=round(opening.cpu, 7), held=held, tally=tallies)


async def _async(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    client = made(job["url"])
    await client.read(client.stream(PLAIN))
    all_open = asyncio.Event()
    opened = 0

    async def one() -> list[int]:
        nonlocal opened
        stream = aiter(client.stream(job["inputs"]))
        await anext(stream)
        opened += 1
        if opened == job["streams"]:
            all_open.set()
        return list(await client.read(stream))

    before = resident()
    with Span() as opening:
        tasks = [asyncio.create_task(one()) for _ in range(job["streams"])]
        opener = asyncio.create_task(all_open.wait())
        await asyncio.wait([opener, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if not all_open.is_set():
            raise SystemExit(f"a stream ended early: {[task for task in tasks if task.done()]}")
    held = resident() - before
    with Span() as span:
        release(job["url"])
        tallies = await asyncio.gather(*tasks)
    await client.close()
    return span.figures(opening=round(opening.cpu, 7), held=held, tally=tallies)


def asynchronous(made: Any, job: dict[str, Any]) -> dict[str, Any]:
    """A task for each stream."""
    return asyncio.run(_async(made, job))
