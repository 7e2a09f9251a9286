"""The recordings and the server that replays them do what the other tests rely on."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import httpx
import pytest
from places import WIRE
from replay_server import Close, ReplayServer, Reply, Request, Reset, Sleep
from wire_archive import VERSIONS, exchange, exchanges

STREAM = exchange("1.14.2", "run/empty_streaming")
BLOCKING = exchange("1.14.2", "run/empty_blocking")


def test_the_index_lists_every_recorded_exchange() -> None:
    lines = (WIRE / "INDEX.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert lines == [
        "\t".join(
            [
                item.version,
                item.case,
                item.method,
                item.path,
                str(item.status or "-"),
                item.content_type or "-",
                str(len(item.body)),
            ]
        )
        for item in exchanges()
    ]
    assert (VERSIONS[0], VERSIONS[-1]) == ("0.15.3", "1.16.1")
    readme = (WIRE / "README.md").read_text(encoding="utf-8")
    assert f" {len(lines):,} request/response pairs of twelve versions" in readme
    assert len(VERSIONS) == 12


def test_every_recorded_chunk_is_one_frame() -> None:
    streams = [item for item in exchanges() if item.is_stream]
    assert len(streams) > 350
    for item in streams:
        assert b"".join(item.frames()) == item.body
        for frame in item.frames():
            assert frame.endswith(b"\n\n"), item
            assert frame.count(b"\n\n") == 1, item
        data_frames = [frame for frame in item.frames() if frame.startswith(b"data:")]
        assert len(item.events()) == len(data_frames), item


def test_an_exchange_gives_what_was_recorded() -> None:
    assert [event["event"] for event in STREAM.events()][::5] == [
        "workflow_started",
        "workflow_finished",
    ]
    assert (STREAM.method, STREAM.path) == ("POST", "/v1/workflows/run")
    assert STREAM.request_body is not None
    assert '"streaming"' in STREAM.request_body
    assert BLOCKING.json()["data"]["status"] == "succeeded"
    assert BLOCKING.header("x-version") == "1.14.2"
    assert not exchange("1.14.2", "disconnect/stream_cut").complete
    assert {item.version for item in exchanges(under="stop/")} == set(VERSIONS)


def test_every_complete_response_arrives_as_recorded_over_one_connection() -> None:
    recorded = [item for item in exchanges("1.14.2") if item.complete]
    with ReplayServer([Reply.of(item) for item in recorded]) as server, httpx.Client() as client:
        for item in recorded:
            got = client.request(item.method, server.url + item.path)
            assert (got.status_code, got.content) == (item.status, item.body), item
            assert got.headers.multi_items() == [(k.lower(), v) for k, v in item.headers]
        assert server.connections == 1
        assert [request.target for request in server.requests] == [item.path for item in recorded]


def _raw_response(server: ReplayServer) -> bytes:
    """Everything the server sends to one request, up to the close."""
    url = httpx.URL(server.url)
    with socket.create_connection((url.host, url.port)) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: sock.recv(65536), b""))


@pytest.mark.parametrize(("split", "size"), [("bytes", 1), (7, 7), ("frames", None)])
def test_each_piece_is_one_chunk(split: Literal["frames", "bytes"] | int, size: int | None) -> None:
    with ReplayServer([Reply.of(STREAM, split=split)]) as server:
        got = _raw_response(server)
    pieces = STREAM.frames()
    if size:
        pieces = [STREAM.body[at : at + size] for at in range(0, len(STREAM.body), size)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    assert got == STREAM.head + chunks + b"0\r\n\r\n"


def test_a_cut_stream_ends_cleanly_or_as_told() -> None:
    with ReplayServer([Reply.of(STREAM, stop_after=2)]) as server:
        assert httpx.get(server.url).content == b"".join(STREAM.frames()[:2])


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply.of(STREAM, stop_after=2, end=Close()), httpx.RemoteProtocolError),
        (Reply.of(STREAM, stop_after=2, end=Reset()), httpx.ReadError),
        (Reply.of(BLOCKING, split=10, stop_after=1), httpx.RemoteProtocolError),
        (Reply.of(exchange("1.14.2", "disconnect/stream_cut")), httpx.RemoteProtocolError),
        (Reply.of(exchange("1.14.2", "disconnect/blocking_cut")), httpx.RemoteProtocolError),
        (Reply.stream(b"data: {}\n\n", Reset()), httpx.ReadError),
        (Reply.raw(Reset()), httpx.ReadError),
        (Reply.raw(Close()), httpx.RemoteProtocolError),
        (Reply.raw(b"not HTTP\r\n\r\n", Close()), httpx.RemoteProtocolError),
    ],
)
def test_broken_replies_break_the_way_they_say(
    reply: Reply, error: type[httpx.TransportError]
) -> None:
    with ReplayServer([reply]) as server, pytest.raises(error):
        httpx.get(server.url)


def test_made_replies() -> None:
    replies = [
        Reply.json(429, {"code": "too_many_requests"}, [("Retry-After", "3")]).after(0.001),
        Reply.html(502, "<h1>Bad Gateway</h1>"),
        Reply.stream(b": comment\r\n\r\n", Sleep(0), b"data: {}\n\n"),
    ]
    with ReplayServer(replies) as server, httpx.Client(base_url=server.url) as client:
        limited = client.get("/")
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")
        assert limited.json() == {"code": "too_many_requests"}
        assert client.get("/").text == "<h1>Bad Gateway</h1>"
        for _ in range(2):  # the last reply repeats
            assert client.get("/").content == b": comment\r\n\r\ndata: {}\n\n"
        assert server.connections == 1


def test_requests_are_kept_as_they_came() -> None:
    with ReplayServer(lambda request: Reply.json(200, request.json())) as server:
        sent = httpx.post(server.url + "/v1/logs?page=2&keyword=%E4%BD%A0&x=", json={"a": "é"})
        httpx.post(server.url, content=iter([b"[1,", b"2]"]))  # sent chunked
    assert sent.json() == {"a": "é"}
    first, second = server.requests
    assert (first.method, first.path) == ("POST", "/v1/logs")
    assert first.query == {"page": "2", "keyword": "你", "x": ""}
    assert first.headers["content-type"] == "application/json"
    assert (first.connection, first.nth, second.connection) == (1, 1, 2)
    assert second.body == b"[1,2]"


def test_a_client_that_leaves_a_held_stream_frees_its_connection() -> None:
    reply = Reply.of(STREAM, hold_open=60)
    assert reply.steps[-2:] == (Sleep(60), b"0\r\n\r\n")
    with ReplayServer([reply]) as server:
        with httpx.stream("GET", server.url) as response:
            chunks = response.iter_raw()
            while b"workflow_finished" not in next(chunks):
                assert server.open_connections == 1
            with pytest.raises(TimeoutError, match="1 open connections, 1 requests"):
                server.wait_closed(0.01)
        server.wait_closed()
        assert (server.open_connections, server.connections) == (0, 1)


def test_an_idle_connection_is_closed() -> None:
    reply = Reply.json(200, {})
    with ReplayServer([reply], idle_close=0.05) as server, httpx.Client() as client:
        client.get(server.url)
        server.wait_closed()
        client.get(server.url)
        assert server.connections == 2


def test_a_reused_connection_can_be_reset() -> None:
    def handler(request: Request) -> Reply:
        return Reply.json(200, {}) if request.nth == 1 else Reply.raw(Reset())

    with ReplayServer(handler) as server, httpx.Client() as client:
        client.get(server.url)
        with pytest.raises(httpx.ReadError):
            client.get(server.url)
        assert [(request.connection, request.nth) for request in server.requests] == [
            (1, 1),
            (1, 2),
        ]


def test_64_connections_are_served_at_once() -> None:
    together = threading.Barrier(64)

    def handler(_: Request) -> Reply:
        together.wait(10)
        return Reply.of(BLOCKING)

    with ReplayServer(handler) as server, ThreadPoolExecutor(64) as pool:
        with httpx.Client(limits=httpx.Limits(max_connections=64)) as client:
            answers = list(pool.map(client.get, [server.url] * 64))
        assert {answer.content for answer in answers} == {BLOCKING.body}
        assert server.connections == 64
        server.wait_closed()


def test_the_server_stops_while_clients_wait_and_ends_their_responses() -> None:
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(2) as pool:
        with ReplayServer([Reply.raw(Sleep(3600))]) as server:
            waiting = [pool.submit(client.get, server.url) for _ in range(2)]
            server.wait_requests(2)
        for future in waiting:
            with pytest.raises(httpx.TransportError):
                future.result()
    assert server.open_connections == 0


def test_an_error_in_a_handler_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))

    def handler(request: Request) -> Reply:
        raise AssertionError(f"unexpected {request.path}")

    with ReplayServer(handler) as server, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(server.url)
    assert seen == [AssertionError]
