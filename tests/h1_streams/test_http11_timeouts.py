"""Each phase of a request has a time-out, which is httpx's; a stream that timed out goes on."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore
import httpx
import pytest
from dify_workflow import DifyWorkflow
from dify_workflow._clients._async.io import AsyncRouter
from dify_workflow._transport.pools import TransportSettings
from h1_streams.connection_handle import BODY
from raw_http import (
    LONGEST,
    OK,
    Peer,
    RawServer,
    Way,
    answers,
    asked,
    full_server,
    loops,
    own_client,
    ways,
)
from tunnel import trusting

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def timed(url: str, size: int = 5, **phases: float) -> httpx.Request:
    timeout = httpx.Timeout(4.0, **phases).as_dict()
    return httpx.Request("POST", url, content=b"x" * size, extensions={"timeout": timeout})


@ways
def test_a_connection_that_is_not_made_in_time(way: Way) -> None:
    with full_server() as url:
        assert asked(way, timed(url, connect=0.05)) == [httpx.ConnectTimeout]


@ways
def test_tls_that_does_not_answer_in_time(way: Way) -> None:
    with RawServer(Peer.gone) as server:
        url = server.url.replace("http:", "https:")
        got = asked(way, timed(url, connect=0.1), verify=trusting())
        assert got == [httpx.ConnectTimeout]
        server.wait_closed(LONGEST)


@ways
def test_a_request_that_is_not_taken_in_time(way: Way) -> None:
    read = threading.Event()

    def serve(peer: Peer) -> None:
        peer.head()
        read.wait(LONGEST)
        peer.gone()

    with RawServer(serve) as server:
        assert asked(way, timed(server.url, 20_000_000, write=0.05)) == [httpx.WriteTimeout]
        read.set()


@ways
@pytest.mark.parametrize("said", [b"", OK[:20], HEAD, HEAD + b"5\r\nhel"])
def test_an_answer_that_does_not_come_in_time(way: Way, said: bytes) -> None:
    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(said)
        peer.gone()

    with RawServer(serve) as server:
        assert asked(way, timed(server.url, read=0.05)) == [httpx.ReadTimeout]
        server.wait_closed(LONGEST)


@ways
@pytest.mark.parametrize("drop", [b"a", b"HTTP/1.1 102 P\r\n\r\n"], ids=["a byte", "1xx"])
def test_a_head_that_drips_has_one_time_out_for_all_of_it(way: Way, drop: bytes) -> None:
    def serve(peer: Peer) -> None:
        peer.request()
        if drop == b"a":
            peer.send(b"HTTP/1.1 200 OK\r\nA: ")
        for _ in range(100):
            peer.send(drop)
            time.sleep(0.04)
        peer.send(b"\r\n\r\n" if drop == b"a" else OK)

    with RawServer(serve) as server:
        assert asked(way, timed(server.url, read=0.3)) == [httpx.ReadTimeout]


# A stream.


class Slow:
    """Sends an answer's chunks one by one, when it is told."""

    def __init__(self) -> None:
        self.more: queue.Queue[bytes] = queue.Queue()

    def __call__(self, peer: Peer) -> None:
        peer.request()
        peer.send(HEAD)
        while data := self.more.get(timeout=LONGEST):
            peer.send(data)
        peer.gone()


@contextmanager
def reading(way: Way, url: str) -> Iterator[Callable[[float | None], bytes | None]]:
    """Open a stream, and give what reads its body."""
    if way == "sync":
        with own_client() as client, client.stream("POST", url) as response:
            yield response.extensions[BODY].read
        return
    with asyncio.Runner() as runner:
        opened = httpx.AsyncClient(transport=AsyncRouter(TransportSettings()))
        answer = runner.run(opened.send(httpx.Request("POST", url), stream=True))
        yield lambda timeout: runner.run(answer.extensions[BODY].read(timeout))
        runner.run(answer.aclose())
        runner.run(opened.aclose())


@loops
def test_a_stream_is_read_on_after_a_time_out(way: Way) -> None:
    """Each read has its own, longer or shorter than that of the one before."""
    slow = Slow()
    with RawServer(slow) as server, reading(way, server.url) as read:
        for piece, data in ((b"5\r\nhe", b"he"), (b"llo\r\n", b"llo"), (b"1\r\n!\r\n", b"!")):
            for timeout in (0.02, 0.01, 0.02):
                with pytest.raises(httpcore.ReadTimeout):
                    read(timeout)
            slow.more.put(piece)
            assert read(4.0) == data
        threading.Timer(0.05, slow.more.put, [b"2\r\nok\r\n"]).start()
        assert read(None) == b"ok"
        slow.more.put(b"0\r\n\r\n")
        assert (read(4.0), read(0.01)) == (b"", None)
        slow.more.put(b"")


def test_closing_from_another_thread_ends_a_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        dify = DifyWorkflow(api_key="app-x", base_url=url, verify=trusting())
        stream = dify.run_workflow_stream({})
        reader = threading.Thread(target=list, args=[stream], daemon=True)
        reader.start()
        peer, _ = listener.accept()
        with peer:
            assert peer.recv(1)  # it has begun, and gets no answer
            stream.close()
            reader.join(LONGEST)
        assert not reader.is_alive()


@ways
def test_an_option_that_a_socket_refuses_is_a_failure_to_connect(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some systems do for one that the server has reset already."""
    refused = [(socket.SOL_SOCKET, 9999, 1)]
    monkeypatch.setattr("dify_workflow._transport.pools.keepalive_options", lambda: refused)
    with RawServer(answers(OK)) as server:
        sent = asked(way, httpx.Request("GET", server.url))
    assert sent == [httpx.ConnectError]
