"""Recorded traffic of real servers, replayed through the sync and the async client."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    AppUnavailable,
    InvalidParam,
    ServerError,
    StreamClosed,
    WorkflowRunResponse,
)
from facade import Kind, both, client
from recorded_runs import body_of, is_failed, is_refused, names, request_of, run_streams
from replay_server import ReplayServer, Reply, Sleep, Step
from wire_archive import VERSIONS, Exchange, exchange

from generator.compare.claims import CUT

HELD = 60.0  # s that the server keeps a stream open after its last event; a test never waits it
STREAMS = [item for version in VERSIONS[-3:] for item in run_streams(version)]
FAILED = [item for item in STREAMS if is_failed(item)]
REFUSED = [item for item in STREAMS if is_refused(item)]


def ended(version: str) -> list[Exchange]:
    """Give the recorded streams of runs that ran."""
    return [item for item in run_streams(version) if not is_failed(item) and not is_refused(item)]


SPLIT = [
    exchange("1.14.2", case)
    for case in ("run/echo_unicode_streaming", "human/one_start", "files/run_remote_streaming")
]

# Not those whose request was recorded without its end.
WHOLE = [item for item in ended(VERSIONS[-1]) if not CUT.search(item.request_body or "")]
each_stream = pytest.mark.parametrize("item", WHOLE, ids=lambda item: item.case)
each_split = pytest.mark.parametrize("item", SPLIT, ids=lambda item: item.case)


def check_events(item: Exchange, events: list[Any]) -> None:
    """What a stream gave is what was recorded, event by event."""
    recorded = item.events()
    assert [event.event for event in events] == names(recorded)
    assert [event.raw for event in events] == recorded
    last = recorded[-1]
    ids = {(event.id, event.task_id) for event in events}
    assert ids == {(last["workflow_run_id"], last["task_id"])}
    assert {event.status for event in events[:-1]} <= {"running"}
    assert events[-1].status == last["data"]["status"]
    assert events[-1].message == (last["data"].get("error") or "")
    for event, sent in zip(events, recorded, strict=True):
        if event.event == "text_chunk":
            assert event.message == sent["data"]["text"]
        elif event.event.startswith(("node_", "iteration_", "loop_")):
            assert event.message == (sent["data"].get("error") or sent["data"]["title"])
    assert not any(event.recovered for event in events)
    assert not any(isinstance(event.data, dict) for event in events)  # each one has its class


def check_result(item: Exchange, result: WorkflowRunResponse) -> None:
    """The result of a run is its last event."""
    last = item.events()[-1]
    data = last["data"]
    assert (result.id, result.task_id) == (last["workflow_run_id"], last["task_id"])
    assert (result.status, result.message) == (data["status"], data.get("error") or "")
    assert result.outputs == (data.get("outputs") or {})
    assert result.raw == last
    assert len(result.forms) == len(data.get("reasons") or [])
    assert not result.recovered
    assert result.headers["content-type"] == item.content_type


def replay(kind: Kind, reply: Reply, item: Exchange) -> None:
    """Stream a reply, ask for the run's result alone, and compare both with the recording."""
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        with dify.run_workflow_stream(request_of(item)) as stream:
            check_events(item, list(stream))
            check_result(item, stream.result())
            assert stream.closed
        check_result(item, dify.run_workflow(request_of(item)))
        assert [request.method for request in server.requests] == ["POST", "POST"]


@both
@each_stream
def test_a_recorded_stream_gives_its_events_and_frees_the_connection(
    kind: Kind, item: Exchange
) -> None:
    """The server holds the connection open: the end is the last event, not the end of the body."""
    with ReplayServer([Reply.of(item, hold_open=HELD)]) as server:
        with client(kind, server.url) as dify, dify.run_workflow_stream(request_of(item)) as stream:
            assert (stream.id, stream.task_id, server.requests) == (None, None, [])
            check_events(item, list(stream))
            with pytest.raises(StreamClosed, match="read to its end"):
                list(stream)
            check_result(item, stream.result())
            assert stream.text_complete
            assert str(dify.server_version) == item.version
        server.wait_closed()
        sent = server.requests
    assert [(request.method, request.target) for request in sent] == [("POST", item.path)]
    assert sent[0].json() == body_of(item)


@both
@each_stream
def test_the_result_alone_is_the_same(kind: Kind, item: Exchange) -> None:
    with ReplayServer([Reply.of(item, hold_open=HELD)]) as server:
        with client(kind, server.url) as dify:
            check_result(item, dify.run_workflow(request_of(item)))
        server.wait_closed()
        assert server.requests[0].json() == body_of(item)


@pytest.mark.long
@both
@pytest.mark.parametrize("version", VERSIONS[-3:-1])  # those before: test_older_servers.py
def test_the_streams_of_older_servers(kind: Kind, version: str) -> None:
    items = ended(version)
    assert len(items) >= 25
    replies = [Reply.of(item, hold_open=HELD) for item in items]
    with ReplayServer(replies) as server, client(kind, server.url) as dify:
        for item in items:
            with dify.run_workflow_stream(request_of(item)) as stream:
                events = list(stream)
                assert [event.raw for event in events] == item.events(), item
                result = stream.result()
            last = item.events()[-1]
            assert (result.id, result.task_id) == (last["workflow_run_id"], last["task_id"]), item
            assert result.status == last["data"]["status"] == events[-1].status, item
            assert isinstance(result.outputs, dict), item
        assert str(dify.server_version) == version


@both
@pytest.mark.parametrize("item", FAILED, ids=str)
def test_an_error_event_raises_and_frees_the_connection(kind: Kind, item: Exchange) -> None:
    recorded = item.events()[0]
    with ReplayServer([Reply.of(item, hold_open=HELD)]) as server:
        with client(kind, server.url) as dify:
            stream = dify.run_workflow_stream(request_of(item))
            with pytest.raises(APIError) as caught:
                list(stream)
            with pytest.raises(type(caught.value)):
                stream.result()
            with pytest.raises(type(caught.value)):
                dify.run_workflow(request_of(item))
            assert (stream.closed, stream.status) == (True, "failed")
        server.wait_closed()
        assert len(server.requests) == 2  # and nothing was asked for again
    assert caught.value.message == recorded["message"]


@both
@pytest.mark.parametrize("item", REFUSED, ids=str)
def test_a_run_that_was_refused_is_no_run(kind: Kind, item: Exchange) -> None:
    # Over plain HTTP a number that is an object is 500, and all other wrong inputs are 400.
    refusal = (InvalidParam, ServerError) if "bad_number" in item.case else InvalidParam
    with ReplayServer([Reply.of(item, hold_open=HELD)]) as server:
        with client(kind, server.url) as dify:
            stream = dify.run_workflow_stream(request_of(item))
            with pytest.raises(refusal) as caught:
                list(stream)
            assert (stream.id, stream.closed) == (None, True)
            with pytest.raises(refusal):
                dify.start(request_of(item))
            with pytest.raises(refusal):
                dify.run_workflow(request_of(item))
        server.wait_closed()
        assert [request.method for request in server.requests] == ["POST"] * 3
    assert caught.value.message == item.events()[-1]["data"]["error"]
    assert item.events()[-1]["workflow_run_id"] not in str(caught.value)


@both
@pytest.mark.parametrize(
    ("streamed", "plain", "expected"),
    [
        ("errors/missing_required_streaming", "errors/missing_required_blocking", InvalidParam),
        ("files/run_wrong_user_streaming", "errors/bad_file_id_blocking", InvalidParam),
        ("run/badgraph_streaming", "run/badgraph_blocking", AppUnavailable),
        ("errors/bad_number_type_streaming", "errors/bad_number_type_blocking", ServerError),
    ],
)
def test_an_error_event_is_the_exception_of_its_plain_twin(
    kind: Kind, streamed: str, plain: str, expected: type[APIError]
) -> None:
    errors = []
    for case in (streamed, plain):
        item = exchange("1.14.2", case)
        with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
            with pytest.raises(APIError) as caught:
                dify.run_workflow(request_of(item))
            errors.append(caught.value)
            assert len(server.requests) == 1
    assert [type(error) for error in errors] == [expected, expected]
    assert errors[0].status_code == errors[1].status_code


@both
@pytest.mark.parametrize("split", ["bytes", 7, "frames"])
@each_split
def test_any_cut_of_the_body_gives_the_same(kind: Kind, item: Exchange, split: Any) -> None:
    replay(kind, Reply.of(item, split=split, hold_open=HELD), item)


def _head(item: Exchange, *changes: tuple[str, str], version: str = "HTTP/1.1") -> bytes:
    """The recorded head without its framing, with other headers."""
    kept = [pair for pair in item.headers if pair[0].lower() not in ("transfer-encoding",)]
    lines = [f"{version} 200 OK", *(f"{name}: {value}" for name, value in [*kept, *changes])]
    return "\r\n".join([*lines, "", ""]).encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _gzipped_frames(item: Exchange) -> list[bytes]:
    packer = zlib.compressobj(wbits=31)
    return [packer.compress(frame) + packer.flush(zlib.Z_SYNC_FLUSH) for frame in item.frames()]


def _framings(item: Exchange) -> dict[str, tuple[Step, ...]]:
    body = item.body
    chunked = ("Transfer-Encoding", "chunked")
    sized = ("Content-Length", str(len(body)))
    packed = gzip.compress(body)
    return {
        "gzip frame by frame, held open": (
            _head(item, chunked, ("Content-Encoding", "gzip")),
            *map(_chunk, _gzipped_frames(item)),
            Sleep(HELD),
        ),
        "gzip whole": (
            _head(item, ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))),
            packed,
        ),
        "HTTP/1.0, held open": (
            _head(item, ("Connection", "close"), version="HTTP/1.0"),
            *item.frames(),
            Sleep(HELD),
        ),
        "up to the close": (_head(item, ("Connection", "close")), body),
        "with a length": (_head(item, sized), body),
        "with a length, held open before its end": (
            _head(item, ("Content-Length", str(len(body) + 10))),
            body,
            Sleep(HELD),
        ),
        "more events behind the last one": (
            _head(item, chunked),
            _chunk(body + b'data: {"event": "tts_message_end", "audio": ""}\n\n'),
            Sleep(HELD),
        ),
        "head and body in one packet": (_head(item, sized) + body,),
        "head in pieces": (*(bytes([byte]) for byte in _head(item, sized)), body),
        "chunks with extensions and a trailer": (
            _head(item, chunked),
            *(_chunk(frame).replace(b"\r\n", b";a=b\r\n", 1) for frame in item.frames()),
            b"0\r\nX-Trailer: 1\r\n\r\n",
        ),
    }


@both
@pytest.mark.parametrize("framing", sorted(_framings(SPLIT[0])))
@each_split
def test_any_framing_of_the_body_gives_the_same(kind: Kind, item: Exchange, framing: str) -> None:
    replay(kind, Reply(_framings(item)[framing]), item)
