"""The deadline of a run holds whatever comes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from dify_workflow import DeadlineExceeded
from facade import Kind, both, client
from slow_runs import RUN


class Flood(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A run whose text comes without a pause, for long."""

    ended = False

    def __iter__(self) -> Iterator[bytes]:
        *begin, _ = RUN.frames()
        yield b"".join(begin)
        ends = time.monotonic() + 20
        while time.monotonic() < ends:
            yield b'data: {"event": "text_chunk", "data": {"text": "a"}}\n\n' * 10
        Flood.ended = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


@both
@pytest.mark.long
def test_the_deadline_holds_while_events_come_without_a_pause(kind: Kind) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        headers = {"Content-Type": "text/event-stream", "X-Version": "1.14.2"}
        return httpx.Response(200, stream=Flood(), headers=headers)

    transport: Any = httpx.MockTransport(answer)
    http = {"sync": httpx.Client, "async": httpx.AsyncClient}[kind](transport=transport)
    with client(kind, "http://dify.test", http_client=http, deadline=0.2) as dify:
        with pytest.raises(DeadlineExceeded) as caught:
            dify.run_workflow({})
        assert caught.value.run_id is not None
        with pytest.raises(DeadlineExceeded):
            list(dify.run_workflow_stream({}))
    assert not Flood.ended
