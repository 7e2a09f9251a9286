"""What never is silent and never ends: limits on time and size hold all the same."""

from __future__ import annotations

import gzip
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from dify_workflow import (
    DeadlineExceeded,
    DifyError,
    EventTooLarge,
    GatewayError,
    RequestTimedOut,
    ResponseTooLarge,
    RunOutcomeUnknown,
    WorkflowRunRequest,
)
from facade import Kind, answered, both, client
from replay_server import ReplayServer, Reply, Sleep, Step

BLOCKING = WorkflowRunRequest(inputs={}, response_mode="blocking")


def drip(whole: bytes, after: int = 0) -> Reply:
    """Send the first bytes, and then one now and then, for longer than a test may take."""
    rest = whole[after:].ljust(3000, b" ")
    steps: list[Step] = [whole[:after]] if after else []
    for byte in rest[:3000]:
        steps += [bytes([byte]), Sleep(0.2)]
    return Reply.raw(*steps)


def whole_of(status: int, body: bytes = b'{"code":"x"', kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status} Reply\r\nContent-Type: {kind}\r\nContent-Length: 9999\r\n\r\n"
    return head.encode() + body


def body_of(status: int) -> Reply:
    whole = whole_of(status)
    return drip(whole, whole.index(b"\r\n\r\n") + 4)


def cut_in(framing: bytes) -> Reply:
    """A chunked body that goes on with a line of its framing."""
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    begin = head + b"1\r\n{\r\n" + framing
    return drip(begin + b"0" * 150, len(begin))


HEAD = drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200)
STREAM = drip(whole_of(200, b": " + b"x" * 200, "text/event-stream"), 100)
Ask = Callable[[Any, Path], Any]

CASES: list[tuple[str, Reply, Ask, type[DifyError]]] = [
    ("head", HEAD, lambda d, _: d.app_info(timeout=0.6), RequestTimedOut),
    ("body", body_of(200), lambda d, _: d.app_info(timeout=0.6), RequestTimedOut),
    ("error", body_of(404), lambda d, _: d.app_info(timeout=0.6), RequestTimedOut),
    ("file", body_of(200), lambda d, _: d.download("/a", timeout=0.6), RequestTimedOut),
    ("disk", body_of(200), lambda d, p: d.download("/a", to=p / "a", timeout=0.6), RequestTimedOut),
    ("no file", body_of(404), lambda d, _: d.download("/a", timeout=0.6), RequestTimedOut),
    *[
        (f"{name}, {way}", reply, ask, expected)
        for name, reply in (
            ("run head", HEAD),
            ("run body", body_of(200)),
            ("run error", body_of(400)),
            ("run stream", STREAM),
        )
        for way, ask, expected in (
            ("deadline", lambda d, _: d.run_workflow({}, deadline=0.6), DeadlineExceeded),
            ("blocking", lambda d, _: d.run_workflow(BLOCKING, deadline=0.6), DifyError),
            ("result", lambda d, _: d.run_workflow_stream({}).result(0.6), RequestTimedOut),
        )
    ],
    ("attach", HEAD, lambda d, _: d.attach("id").result(0.6), RequestTimedOut),
]


@both
@pytest.mark.long
@pytest.mark.parametrize(
    ("reply", "ask", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_drips_ends_in_time(
    kind: Kind, reply: Reply, ask: Ask, expected: type[DifyError], tmp_path: Path
) -> None:
    with answered(kind, reply, max_retries=0) as (_, dify), pytest.raises(expected):
        ask(dify, tmp_path)
    assert not list(tmp_path.iterdir())


SIZE_LINE, TRAILER = cut_in(b"0"), cut_in(b"0\r\nA: ")
Connect = Callable[[Kind], dict[str, Any]]
CONNECTIONS: dict[str, Connect] = {
    "own": lambda _: {},
    "httpx": lambda _: {"connections": "httpx"},
    "given": lambda kind: {
        "http_client": httpx.Client() if kind == "sync" else httpx.AsyncClient()
    },
}
DRIPS = {"head": HEAD, "size line": SIZE_LINE, "trailer": TRAILER, "error": body_of(500)}
BOUNDED: dict[str, tuple[Ask, type[DifyError]]] = {
    "number": (lambda d, _: d.app_info(timeout=0.6), RequestTimedOut),
    "upload": (lambda d, _: d.upload_file(b"x", name="a", timeout=0.6), RequestTimedOut),
    "file": (lambda d, p: d.download("/a", to=p / "a", timeout=0.6), RequestTimedOut),
    "deadline": (lambda d, _: d.run_workflow({}, deadline=0.6), DeadlineExceeded),
    "blocking": (lambda d, _: d.run_workflow(BLOCKING, deadline=0.6), RunOutcomeUnknown),
}


@both
@pytest.mark.long
@pytest.mark.sample(20)
@pytest.mark.parametrize("connections", CONNECTIONS)
@pytest.mark.parametrize("drips", DRIPS)
@pytest.mark.parametrize("what", BOUNDED)
def test_whatever_connects(
    kind: Kind, connections: str, drips: str, what: str, tmp_path: Path
) -> None:
    """Without a bound, all of these would not end in the time that a test has."""
    ask, expected = BOUNDED[what]
    options = {"max_retries": 0, **CONNECTIONS[connections](kind)}
    with ReplayServer([DRIPS[drips]] * 5) as server, client(kind, server.url, **options) as dify:
        with pytest.raises(expected) as caught:
            ask(dify, tmp_path)
        assert not isinstance(caught.value.__cause__, httpx.RemoteProtocolError)
    assert not list(tmp_path.iterdir())


@both
@pytest.mark.long
def test_a_server_that_takes_no_more_of_an_upload(kind: Kind) -> None:
    """It takes something of it again and again, and so no write times out."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        done = threading.Event()

        def take() -> None:
            connection, _ = listening.accept()
            with connection:
                while not done.wait(0.02) and connection.recv(20_000):
                    pass

        thread = threading.Thread(target=take)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        try:
            with client(kind, url, max_retries=0) as dify, pytest.raises(RequestTimedOut) as caught:
                dify.upload_file(bytes(8_000_000), name="a", timeout=0.6)
            assert isinstance(caught.value.__cause__, httpx.WriteTimeout)
        finally:
            done.set()
            thread.join()


def compressed(status: int, coding: str, data: bytes) -> Reply:
    head = f"HTTP/1.1 {status} Reply\r\nContent-Type: application/json\r\n"
    head += f"Content-Encoding: {coding}\r\nContent-Length: {len(data)}\r\n\r\n"
    return Reply.raw(head.encode() + data)


TEXT = b"data: " + bytes(20_000_000)
RAW = zlib.compressobj(wbits=-15)
BOMBS = {
    "gzip": ("gzip", gzip.compress(TEXT, 1)),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "raw deflate": ("deflate", RAW.compress(TEXT) + RAW.flush()),
    "twice": ("gzip, gzip", gzip.compress(gzip.compress(TEXT))),
}


ASKS: dict[str, Ask] = {
    "answer": lambda dify, _: dify.app_info(),
    "error": lambda dify, _: dify.app_info(),
    "run": lambda dify, _: dify.run_workflow(BLOCKING),
    "stream": lambda dify, _: dify.run_workflow({}),
    "file": lambda dify, _: dify.download("/a"),
    "disk": lambda dify, folder: dify.download("/a", to=folder / "a"),
}


@both
@pytest.mark.long
@pytest.mark.parametrize(("coding", "data"), BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("what", ASKS)
def test_what_is_compressed_is_bounded(
    kind: Kind, coding: str, data: bytes, what: str, tmp_path: Path
) -> None:
    reply = compressed(502 if what == "error" else 200, coding, data)
    bounds = {"max_response_bytes": 100_000, "max_event_bytes": 100_000}
    with answered(kind, reply, max_retries=0, **bounds) as (_, dify):
        tracemalloc.start()
        try:
            with pytest.raises(DifyError) as caught:
                ASKS[what](dify, tmp_path)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    expected = {"error": GatewayError, "stream": EventTooLarge}.get(what, ResponseTooLarge)
    assert type(caught.value) is expected
    assert peak < 5_000_000
    assert not list(tmp_path.iterdir())


@both
@pytest.mark.parametrize(
    "coding", ["br", "zstd", ", ".join(["gzip"] * 2000)], ids=lambda text: text[:4]
)
def test_what_cannot_be_bounded_is_not_decompressed(
    kind: Kind, coding: str, tmp_path: Path
) -> None:
    """Not of a stream or of speech either: httpx would, where brotli or zstandard is installed."""
    data = gzip.compress(b"data: {}\n\n")
    asks: dict[str, Ask] = {**ASKS, "speech": lambda dify, _: list(dify.text_to_audio("text"))}
    for what, ask in asks.items():
        reply = compressed(502 if what == "error" else 200, coding, data)
        with (
            answered(kind, reply, max_retries=0, deadline=0.3) as (server, dify),
            pytest.raises(DifyError) as caught,
        ):
            ask(dify, tmp_path)
        if what == "error" and coding in ("br", "zstd"):
            assert isinstance(caught.value, GatewayError)
        elif what not in ("run", "stream"):
            assert "compressed" in str(caught.value)
            assert server.url.split("/")[2] in str(caught.value)
