"""What a run's deadline is for: a place that it waits for, and the end of all that comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import fault_server_model
import httpx
import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    ConnectionFailed,
    DeadlineExceeded,
    DifyWorkflow,
    InvalidArgument,
    QuotaExceeded,
    RequestTimedOut,
    StreamClosed,
    TooManyRequests,
    WorkflowFile,
    WorkflowRunRequest,
    WorkflowRunResponse,
)
from dify_workflow._api import limits
from dify_workflow._clients._async.driver import AsyncDriver
from dify_workflow._clients._sync.driver import Driver
from facade import Kind, answered, both, client, mocked
from fake_dify import FakeDify, Sleep
from fault_cases import server as model
from fault_sim import Observed, following, play
from pauses import recorded_pauses
from posting import OVER_QUOTA, TOO_MANY, TOO_MANY_TODAY, gateway, modes, post, start
from replay_server import ReplayServer, Reply, Request
from slow_runs import RUN, slow_runs
from wire_archive import exchange

FULL_FOR_EVER = ["busy"] * 500


def busy(retry_after: str) -> Reply:
    body = {"code": "too_many_requests", "message": "busy", "status": 429}
    return Reply.json(429, body, [("Retry-After", retry_after)])


def read(kind: Kind, troubles: list[Any], **options: Any) -> Observed:
    """Run on the server with the virtual clock, whose POSTs have these troubles in turn."""
    server = model(troubles={"post": troubles})
    return play(server, following(server, **options), kind)


@both
@pytest.mark.parametrize("deadline", [0.3, 2.0, 120.0])
def test_the_last_refusal_is_raised_at_the_deadline(kind: Kind, deadline: float) -> None:
    """Nothing was started, so it is no `DeadlineExceeded`; the last try is shortly before."""
    seen = read(kind, FULL_FOR_EVER, deadline=deadline)
    assert type(seen.error) is TooManyRequests
    assert seen.server.posts == 0
    assert max(deadline / 2, deadline - 1.0) < seen.seconds <= deadline
    assert len(seen.server.asked) >= 2


@both
def test_no_connection_in_between_does_not_end_it(kind: Kind) -> None:
    troubles = ["busy"] * 5 + ["refused"] * 2 + ["429", "busy", "refused"]
    seen = read(kind, troubles, deadline=120)
    assert seen.result is not None
    assert seen.result.status == "succeeded"
    # A server that is gone is not waited for until then.
    seen = read(kind, ["busy", *["refused"] * 50], deadline=120)
    assert type(seen.error) is ConnectionFailed
    seen = read(kind, ["busy", *["refused"] * 500], deadline=6, max_retries=200)
    assert type(seen.error) is TooManyRequests


@both
def test_a_post_without_an_answer_is_not_repeated(kind: Kind) -> None:
    seen = read(kind, ["busy", "reset"], deadline=120)
    assert (seen.server.posts, seen.server.asked.count("post")) == (1, 2)


@both
@pytest.mark.parametrize("troubles", [["busy"] * 9, ["busy"] + ["refused"] * 9], ids=str)
def test_what_comes_after_the_deadline_counts_where_it_started_nothing(
    kind: Kind, troubles: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_server_model, "LATENCY", 50.0)
    seen = read(kind, troubles, deadline=120)
    assert type(seen.error) is TooManyRequests
    assert seen.seconds > 120


@both
@modes
def test_a_pause_that_takes_too_long_is_followed_by_no_post(kind: Kind, mode: str) -> None:
    """The machine slept."""
    with recorded_pauses() as pauses, pytest.MonkeyPatch.context() as patch:

        def pause(driver: object, seconds: float, alarm: Any) -> None:
            pauses.append(seconds + 1000)

        async def pause_async(driver: object, seconds: float, alarm: Any) -> None:
            pauses.append(seconds + 1000)

        patch.setattr(Driver, "pause", pause)
        patch.setattr(AsyncDriver, "pause", pause_async)
        with answered(kind, TOO_MANY) as (server, dify):
            assert type(start(dify, mode, deadline=120)) is TooManyRequests
            assert len(server.requests) == 1


@both
@modes
def test_every_way_to_run_waits_for_a_place(kind: Kind, mode: str) -> None:
    for refusal in (TOO_MANY, TOO_MANY_TODAY, gateway(429)):
        posted = post(kind, mode, [refusal] * 10, deadline=300)
        assert (posted.outcome, posted.posts) == ("succeeded", 11)
        assert posted.pauses == pytest.approx([0.5, 1.0, 2.0, 4.0, *[8.0] * 6], abs=0.1)
    ways: list[dict[str, Any]] = [{}] if mode == "blocking" else [{}, {"read_ahead": True}]
    for options in ways:
        ended = post(kind, mode, [TOO_MANY] * 99, deadline=60, **options)
        assert type(ended.outcome) is TooManyRequests
        assert 58 <= sum(ended.pauses) <= 60


@both
@modes
def test_max_retries_that_is_given_stands_above(kind: Kind, mode: str) -> None:
    for given, posts in ((0, 1), (2, 3)):
        ended = post(kind, mode, [TOO_MANY] * 9, deadline=120, max_retries=given)
        assert (type(ended.outcome), ended.posts) == (TooManyRequests, posts)
    assert post(kind, mode, [TOO_MANY] * 9, deadline=120, max_retries=None).posts == 10
    with ReplayServer([TOO_MANY]) as server, recorded_pauses():
        with client(kind, server, max_retries=1, deadline=120) as dify:
            for copy in (dify, dify.with_options(user="me"), dify.with_options(max_retries=None)):
                server.requests.clear()
                assert type(start(copy, mode, max_retries=None)) is TooManyRequests
                assert len(server.requests) == 2
        with client(kind, server, deadline=120) as dify:
            server.requests.clear()
            assert type(start(dify.with_options(max_retries=1), mode)) is TooManyRequests
            assert len(server.requests) == 2


@both
@modes
def test_retry_after_within_and_beyond_the_deadline(
    kind: Kind, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(UTC) + timedelta(seconds=3600)
    for text in ("3600", format_datetime(at, usegmt=True), "9" * 400):
        for given in (None, 5):
            ended = post(kind, mode, [busy(text)], deadline=120, max_retries=given)
            assert (type(ended.outcome), ended.posts, ended.pauses) == (TooManyRequests, 1, [])
        late = post(kind, mode, [TOO_MANY] * 3 + [busy(text)], deadline=120)
        assert (type(late.outcome), late.posts) == (TooManyRequests, 4)
    posted = post(kind, mode, [busy("300"), busy("0"), busy("0.1"), busy("20")], deadline=1000)
    assert posted.outcome == "succeeded"
    # 0 is no leave to ask without a pause.
    assert posted.pauses == pytest.approx([300.0, 1.0, 2.0, 20.0], abs=0.1)
    monkeypatch.setattr(limits, "LAST_TRY", 100.0)  # the last try waits for it as well
    posted = post(kind, mode, [busy("100")], deadline=120)
    assert posted.pauses == pytest.approx([100.0], abs=0.1)


@both
def test_what_never_gets_in_is_not_waited_for(kind: Kind) -> None:
    quota = post(kind, "result", [OVER_QUOTA], deadline=120)
    assert (type(quota.outcome), quota.posts) == (QuotaExceeded, 1)
    said = "Too many requests for your plan"
    for code in ("rate_limit_error", "provider_quota_exceeded"):
        reply = Reply.json(429, {"code": code, "message": said, "status": 429})
        cloud = post(kind, "result", [reply], deadline=120)
        assert (type(cloud.outcome), cloud.posts) == (QuotaExceeded, 1)
    alone = exchange("1.16.1", "limit/max1_streaming_idle_server").json()
    for version in ("1.13.0", "1.16.1", None):
        reply = Reply.json(400, alone, [("X-Version", version)] if version else [])
        for mode in ("stream", "result"):
            ended = post(kind, mode, [reply] * 9, deadline=120)
            assert (type(ended.outcome), ended.posts) == (TooManyRequests, 4)
    # A blocking run gets in there, and to 1.12 a streaming one too.
    assert post(kind, "blocking", [reply] * 9, deadline=120).outcome == "succeeded"
    old = Reply.json(400, alone, [("X-Version", "1.12.1")])
    assert post(kind, "result", [old] * 9, deadline=120).outcome == "succeeded"


@both
def test_uploads_count_into_the_deadline(kind: Kind) -> None:
    with recorded_pauses() as pauses:

        def handler(request: Request) -> Reply:
            if request.path.endswith("/upload"):
                pauses.append(100.0)
                return Reply.of(exchange("1.14.2", "files/upload_txt"))
            return TOO_MANY

        with answered(kind, handler, deadline=120) as (_, dify), pytest.raises(TooManyRequests):
            dify.run_workflow({"f": WorkflowFile.from_bytes(b"a", "a.txt")})
        assert sum(pauses[1:]) < 20


@both
def test_waiting_for_its_result_can_end_and_go_on(kind: Kind) -> None:
    with slow_runs(kind, "a place", stop_on_exit=True) as (_, server, dify):
        stream = dify.run_workflow_stream({})
        for _ in range(2):
            with pytest.raises(RequestTimedOut):
                stream.result(0.05)
        with pytest.raises(InvalidArgument, match="task_id"):
            stream.stop()
        assert stream.id is None
        stream.close()
        with pytest.raises(StreamClosed):
            stream.result()
        assert [request.method for request in server.requests] == ["POST"]


@both
def test_start_raises_at_the_deadline(kind: Kind) -> None:
    with recorded_pauses(), answered(kind, TOO_MANY) as (server, dify):
        with pytest.raises(TooManyRequests):
            dify.start({}, deadline=60)
        assert len(server.requests) > 4


# Many runs of a full app.


@both
@pytest.mark.parametrize("mode", ["streaming", "blocking"])
def test_nine_runs_of_a_full_app_all_succeed(
    kind: Kind, mode: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(limits, "LONGEST_PAUSE", 0.05)
    request = WorkflowRunRequest(inputs={}, response_mode=mode)

    def in_threads() -> list[WorkflowRunResponse]:
        with DifyWorkflow(**options) as dify, ThreadPoolExecutor(9) as pool:
            return list(pool.map(lambda _: dify.run_workflow(request), range(9)))

    async def in_tasks() -> list[WorkflowRunResponse]:
        async with AsyncDifyWorkflow(**options) as dify:
            return await asyncio.gather(*(dify.run_workflow(request) for _ in range(9)))

    # On an old server, runs hold their places.
    with FakeDify(version="1.12.1", eof_delay=0.0, workflow=[Sleep(0.1)]) as fake:
        fake.default_app.max_active_requests = 2
        options: Any = {"base_url": fake.url, "api_key": fake.api_key, "deadline": 120}
        found = in_threads() if kind == "sync" else asyncio.run(in_tasks())
    assert [run.status for run in found] == ["succeeded"] * 9
    assert len(fake.runs) == 9
    assert {request.status for request in fake.requests} == {200, 400}


# A deadline holds whatever comes.


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

    with client(kind, "http://dify.test", http_client=mocked(kind, answer), deadline=0.2) as dify:
        with pytest.raises(DeadlineExceeded) as caught:
            dify.run_workflow({})
        assert caught.value.run_id is not None
        with pytest.raises(DeadlineExceeded):
            list(dify.run_workflow_stream({}))
    assert not Flood.ended
