"""An HTTP/1.1 server on a raw socket that replays recorded bytes and misbehaves precisely.

with ReplayServer([Reply.json(200, {"result": "success"})]) as server:
    httpx.get(server.url + "/v1/info")
    assert server.requests[0].path == "/v1/info"
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Self
from urllib.parse import parse_qsl

import attrs
from replay_reply import Close, Reply, Reset, Sleep, Step

__all__ = ["Close", "Handler", "ReplayServer", "Reply", "Request", "Reset", "Sleep", "Step"]


@attrs.frozen
class Request:
    """One request as it arrived."""

    method: str
    target: str
    """Path and query as sent."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    connection: int
    """Number of the connection it came on, from 1."""
    nth: int
    """Number of the request on that connection, from 1."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The decoded query parameters; the last one wins where a name is repeated."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def json(self) -> Any:
        return json.loads(self.body)


Handler = Callable[[Request], Reply]


class _Gone(ConnectionError):
    """The connection is over: closed by the client, or by a step."""


class Listener:
    """Serve each connection to a free port of 127.0.0.1 in a thread of its own, by `_serve`."""

    def __init__(self) -> None:
        self.connections = 0
        """How many connections were ever opened."""
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._address: tuple[str, int] = self._listener.getsockname()
        self.port = self._address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def _serve(self, sock: socket.socket, number: int) -> None:
        """Serve one; a ConnectionError is how it ends, all else fails the test."""
        raise NotImplementedError

    @property
    def open_connections(self) -> int:
        """How many connections are open now, idle ones of a client's pool included."""
        with self._changed:
            return len(self._open)

    def wait_closed(self, timeout: float = 5.0, left: int = 0) -> bool:
        """Wait until at most `left` connections are open; TimeoutError after `timeout` seconds.

        In async tests run it in a thread (await asyncio.to_thread(server.wait_closed)): an event
        loop closes its sockets only while it runs.
        """
        return self._wait(lambda: len(self._open) <= left, timeout)

    def _wait(self, reached: Callable[[], bool], timeout: float) -> bool:
        with self._changed:
            if self._changed.wait_for(reached, timeout):
                return True
            seen = f"{len(self._open)} open connections of {self.connections}"
        raise TimeoutError(f"after {timeout} s: {seen}")

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        # Closing a listening socket does not wake its accept() everywhere; a connection does.
        socket.create_connection(self._address).close()
        self._threads[0].join()
        self._listener.close()
        with self._changed:
            for sock in self._open:
                # A connection that the client has reset is no longer connected.
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5.0)
        if any(thread.is_alive() for thread in self._threads):
            raise RuntimeError("a connection is still served")

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stopping.is_set():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self.connections += 1
                self._open.add(sock)
                number = self.connections
            self._start(self._one, sock, number)

    def _one(self, sock: socket.socket, number: int) -> None:
        try:
            self._serve(sock, number)
        except ConnectionError:
            pass
        finally:
            with self._changed:
                self._open.discard(sock)
                sock.close()
                self._changed.notify_all()


class ReplayServer(Listener):
    """Serve replies on a free port of 127.0.0.1, one thread per connection.

    handler: called in the connection's thread for every request (so several at a time), or
        replies given out in turn over all connections, the last one again and again.
    idle_close: seconds after which a connection without a new request is closed (gunicorn: 2.0).
    A handler that raises closes the connection, and pytest fails the test for it.
    """

    def __init__(self, handler: Handler | Sequence[Reply], idle_close: float | None = None) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self._handler = handler
        self._idle_close = idle_close

    def wait_requests(self, count: int, timeout: float = 5.0) -> bool:
        """Wait until `count` requests have arrived in all; TimeoutError after `timeout` seconds."""
        return self._wait(lambda: len(self.requests) >= count, timeout)

    def _serve(self, sock: socket.socket, number: int) -> None:
        with sock.makefile("rb") as stream:
            for nth in itertools.count(1):
                self._answer(sock, stream, number, nth)

    def _answer(self, sock: socket.socket, stream: BinaryIO, number: int, nth: int) -> None:
        sock.settimeout(self._idle_close)
        try:
            sock.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            raise _Gone from None
        sock.settimeout(None)
        request = _read(stream, number, nth)
        with self._changed:
            self.requests.append(request)
            turn = len(self.requests) - 1
            self._changed.notify_all()
        if callable(self._handler):
            reply = self._handler(request)
        else:
            reply = self._handler[min(turn, len(self._handler) - 1)]
        for step in reply.steps:
            self._do(sock, step)
        if request.headers.get("connection") == "close":
            raise _Gone

    def _do(self, sock: socket.socket, step: Step) -> None:
        match step:
            case Sleep(seconds):
                self._sleep(sock, seconds)
            case Reset():
                # Linger on, 0 seconds: closing sends RST instead of FIN.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise _Gone
            case Close():
                raise _Gone
            case _:
                sock.sendall(step)

    def _sleep(self, sock: socket.socket, seconds: float) -> None:
        sock.settimeout(max(seconds, 0.001))  # 0 would mean: do not wait, raise another error
        try:
            if sock.recv(1, socket.MSG_PEEK):
                raise ValueError("the client sent more before it had its response")
        except TimeoutError:
            sock.settimeout(None)
        else:
            raise _Gone


def _read(stream: BinaryIO, number: int, nth: int) -> Request:
    """Read one request; _Gone when the client closes instead of sending a whole one."""
    method, target, _ = _line(stream).split(" ")
    headers: dict[str, str] = {}
    while line := _line(stream):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(_line(stream), 16):
            body += _exactly(stream, size)
            _line(stream)
        _line(stream)
    else:
        body = _exactly(stream, int(headers.get("content-length", "0")))
    return Request(method, target, headers, body, number, nth)


def _line(stream: BinaryIO) -> str:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise _Gone
    return line.decode("latin-1").rstrip("\r\n")


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise _Gone
    return data
