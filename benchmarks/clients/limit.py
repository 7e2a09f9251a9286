"""The limit: a socket, or an asyncio Protocol, and orjson; for these streams, no error handled.

It takes the chunked coding and the event stream apart, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson

from . import reading
from .asking import HEADERS, run


def request(host: str, body: dict[str, Any]) -> bytes:
    """POST /v1/workflows/run."""
    content = json.dumps(body).encode()
    fields = {"Host": host, "Content-Type": "application/json", **HEADERS}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    head = f"POST /v1/workflows/run HTTP/1.1\r\n{lines}Content-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


class Splitter:
    """Bytes of the connection in, decoded events out."""

    def __init__(self) -> None:
        self.unread: list[bytes] = []  # an unfinished chunk
        self.missing = 0  # its bytes to come, where they are known
        self.unfinished = b""  # an unfinished frame
        self.in_head = True
        self.done = False

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        self.unread.append(data)
        self.missing -= len(data)
        if self.missing > 0:
            return []
        data = b"".join(self.unread)
        at = 0
        if self.in_head:
            at = data.find(b"\r\n\r\n") + 4
            if at < 4:
                self.unread = [data]
                return []
            self.in_head = False
        parts = [self.unfinished]
        while True:
            line = data.find(b"\r\n", at)
            if line < 0:
                break
            size = int(data[at:line], 16)
            end = line + 2 + size
            if len(data) < end + 2:
                self.missing = end + 2 - len(data)
                break
            if not size:
                self.done = True
                break
            parts.append(data[line + 2 : end])
            at = end + 2
        self.unread = [data[at:]]
        *frames, self.unfinished = b"".join(parts).split(b"\n\n")
        return [orjson.loads(frame[6:]) for frame in frames if frame.startswith(b"data: ")]


class Sync:
    """A raw socket, one for each stream."""

    read = staticmethod(reading.dicts)
    text = staticmethod(reading.text)

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        self.host, self.address = at.netloc, (at.hostname, at.port)
        self.tls = ssl.create_default_context() if at.scheme == "https" else None
        self.kept = socket.create_connection(self.address)

    def stream(self, inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        splitter = Splitter()
        connection = socket.create_connection(self.address)
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_hostname=self.address[0])
        with connection:
            connection.sendall(request(self.host, run(inputs)))
            while not splitter.done:
                yield from splitter.feed(connection.recv(65536))

    def blocking(self) -> tuple[bool, int]:
        self.kept.sendall(request(self.host, run({"text": "hello"}, "blocking")))
        data = self.kept.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        assert b"Content-Length: %d" % len(body) in head
        answer = orjson.loads(body)["data"]
        return answer["status"] == "succeeded", len(answer["outputs"]["text"])

    def close(self) -> None:
        self.kept.close()


class _Protocol(asyncio.Protocol):
    def __init__(self) -> None:
        self.splitter = Splitter()
        self.events: list[dict[str, Any]] = []
        self.waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.events += self.splitter.feed(data)
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Async:
    """An asyncio Protocol, a connection for each stream."""

    read = staticmethod(reading.async_dicts)
    text = staticmethod(reading.text)

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        self.host, self.address = at.netloc, (at.hostname, at.port)
        self.tls = ssl.create_default_context() if at.scheme == "https" else None

    async def stream(self, inputs: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(_Protocol, *self.address, ssl=self.tls)
        try:
            transport.write(request(self.host, run(inputs)))
            while protocol.events or not protocol.splitter.done:
                if not protocol.events:
                    protocol.waiter = loop.create_future()
                    await protocol.waiter
                events, protocol.events = protocol.events, []
                for event in events:
                    yield event
        finally:
            transport.close()

    async def close(self) -> None:
        pass
