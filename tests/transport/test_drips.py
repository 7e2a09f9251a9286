"""What never is silent and never ends: limits on time and size hold all the same."""

from __future__ import annotations

import gzip
import socket
import time
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
from facade import Kind, answered, both, client, given_client
from raw_http import Peer, RawServer
from replay_reply import head
from replay_server import ReplayServer, Reply, Sleep, Step

BLOCKING = WorkflowRunRequest(inputs={}, response_mode="blocking")


def drip(sent: bytes, rest: bytes) -> Reply:
    """Send some bytes, and then one now and then, for longer than a test may take."""
    steps: list[Step] = [sent]
    for byte in rest.ljust(3000, b" "):
        steps += [bytes([byte]), Sleep(0.2)]
    return Reply.raw(*steps)


def began(status: int, kind: str = "application/json", *, chunked: bool = False) -> bytes:
    framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", "9999")
    return head(status, [("Content-Type", kind), framing])


DRIPS = {
    "head": drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 3000),
    "body": drip(began(200), b'{"code":"x"'),
    "error": drip(began(500), b'{"code":"x"'),
    "refusal": drip(began(404), b'{"code":"x"'),
    "events": drip(began(200, "text/event-stream"), b": " + b"x" * 200),
    "size line": drip(began(200, chunked=True) + b"1\r\n{\r\n0", b"0" * 150),
    "trailer": drip(began(200, chunked=True) + b"1\r\n{\r\n0\r\nA: ", b"0" * 150),
}
Ask = Callable[[Any, Path], Any]
Connect = Callable[[Kind], dict[str, Any]]
CONNECTIONS: dict[str, Connect] = {
    "own": lambda _: {},
    "httpx": lambda _: {"connections": "httpx"},
    "given": lambda kind: {"http_client": given_client(kind)},
}


def result_of(stream: Any) -> Any:
    with stream:
        return stream.result(0.6)


BOUNDED: dict[str, tuple[Ask, type[DifyError]]] = {
    "number": (lambda d, _: d.app_info(timeout=0.6), RequestTimedOut),
    "upload": (lambda d, _: d.upload_file(b"x", name="a", timeout=0.6), RequestTimedOut),
    "file": (lambda d, p: d.download("/a", to=p / "a", timeout=0.6), RequestTimedOut),
    "deadline": (lambda d, _: d.run_workflow({}, deadline=0.6), DeadlineExceeded),
    "blocking": (lambda d, _: d.run_workflow(BLOCKING, deadline=0.6), RunOutcomeUnknown),
    "bytes": (lambda d, _: d.download("/a", timeout=0.6), RequestTimedOut),
    "result": (lambda d, _: result_of(d.run_workflow_stream({})), RequestTimedOut),
    "attach": (lambda d, _: result_of(d.attach("id")), RequestTimedOut),
}
# Those of httpx end a wait for a result with a silence alone.
CASES = [
    (connections, what)
    for what in BOUNDED
    for connections in CONNECTIONS
    if connections == "own" or what not in ("result", "attach")
]


@both
@pytest.mark.long
@pytest.mark.sample(40)
@pytest.mark.parametrize("drips", DRIPS)
@pytest.mark.parametrize(("connections", "what"), CASES)
def test_what_drips_ends_in_time(
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

    def take(peer: Peer) -> None:
        while peer._socket.recv(20_000):
            time.sleep(0.02)

    with RawServer(take) as server, client(kind, server, max_retries=0) as dify:
        server._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(RequestTimedOut) as caught:
            dify.upload_file(bytes(8_000_000), name="a", timeout=0.6)
        assert isinstance(caught.value.__cause__, httpx.WriteTimeout)


def compressed(status: int, coding: str, data: bytes) -> Reply:
    framing = [("Content-Encoding", coding), ("Content-Length", str(len(data)))]
    return Reply.raw(head(status, [("Content-Type", "application/json"), *framing]), data)


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
