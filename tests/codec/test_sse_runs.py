"""Recorded streams of runs give their events, however they are cut; pings are none."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from dify_workflow._codec.sse import SSEDecoder
from dify_workflow._runs.state import RunState
from pieces import cut
from wire_archive import Exchange, exchange, exchanges

STREAMS = [item for item in exchanges("1.14.2") if item.is_stream]


def delivered(pieces: Iterable[bytes]) -> RunState:
    state = RunState()
    for piece in pieces:
        state.feed(piece)
    state.flush()
    return state


def until_the_end(item: Exchange) -> list[dict[str, Any]]:
    """The events of a recording to the one that ends its run."""
    taken: list[dict[str, Any]] = []
    for event in item.events():
        taken.append(event)
        if event["event"] in ("workflow_finished", "workflow_paused", "error"):
            break
    return taken


@pytest.mark.long
@pytest.mark.sample(1)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, None])
def test_every_recorded_stream_gives_its_events(size: int | None) -> None:
    assert len(STREAMS) > 80
    for item in STREAMS:
        state = delivered(cut(item.body, size or len(item.body) or 1))
        expected = until_the_end(item)
        if expected and expected[-1]["event"] == "error":
            expected.pop()  # it is raised
            assert state.failure is not None
        assert [event.raw for event in state.ready] == expected, item
        assert [event.event for event in state.ready] == [one["event"] for one in expected], item
        assert state.text_complete, item


PINGS = {
    "event: ping": b"event: ping\n\n",
    "a comment": b": ping\n\n",
    "empty data": b"data:\n\n",
    "data: ping": b"data: ping\n\n",
    "an event named ping": b'data: {"event": "ping"}\n\n',
}


@pytest.mark.parametrize("ping", PINGS.values(), ids=PINGS)
def test_a_ping_at_any_place_is_no_event_and_no_loss(ping: bytes) -> None:
    item = exchange("1.14.2", "run/echo_unicode_streaming")
    frames = [frame for frame in item.frames() if frame.startswith(b"data:")]
    assert len(frames) > 5
    for at in range(len(frames) + 1):
        whole = b"".join([*frames[:at], ping, *frames[at:]])
        for pieces in ([whole], cut(whole, 5)):
            state = delivered(pieces)
            assert [event.raw for event in state.ready] == item.events(), at
            assert state.text_complete
    assert not delivered([ping]).begun


@pytest.mark.long
def test_an_event_that_the_end_cut_off_is_not_delivered() -> None:
    item = exchange("1.14.2", "run/echo_unicode_streaming")
    *before, last = [frame for frame in item.frames() if frame.startswith(b"data:")]
    for end in range(len(b"data: {"), len(last) - len(b"}\n\n") + 1):
        state = delivered([*before, last[:end]])
        assert [event.raw for event in state.ready] == item.events()[:-1], end
        assert not state.over
    for end in range(len(last) - 2, len(last) + 1):
        assert delivered([*before, last[:end]]).over, end


def test_what_is_no_json_is_skipped_and_text_may_be_missing() -> None:
    good = b'data: {"event": "text_chunk", "data": {"text": "a"}}\n\n'
    for bad in (b"data: {\n\n", b"data: \xff\n\n", b"data: " + b"[" * 100_000 + b"\n\n"):
        state = delivered([good, bad, good])
        assert [event.message for event in state.ready] == ["a", "a"], bad[:20]
        assert not state.text_complete


def test_json_of_the_recordings_is_never_cut_by_a_separator() -> None:
    payloads = SSEDecoder().feed(exchange("1.14.2", "run/echo_unicode_streaming").body)
    raw = b"".join(payloads)
    assert all(separator.encode() in raw for separator in "\u2028\u2029\x85")
    assert [json.loads(payload) for payload in payloads] == exchange(
        "1.14.2", "run/echo_unicode_streaming"
    ).events()
