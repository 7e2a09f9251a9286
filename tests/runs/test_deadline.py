"""What a run's deadline is for: a place that it waits for, and the end of all that comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import fault_server_model
import pytest
from dify_workflow import (
    ConnectionFailed,
    DeadlineExceeded,
    QuotaExceeded,
    RequestTimedOut,
    RunOutcomeUnknown,
    TooManyRequests,
    WorkflowFile,
)
from dify_workflow._api import limits
from facade import Kind, answered, both
from fault_cases import server as model
from fault_sim import AsyncSimDriver, Observed, SimDriver, following, play
from fault_streams import Frame, ModelStream
from pauses import recorded_pauses
from posting import OVER_QUOTA, TOO_MANY, TOO_MANY_TODAY, gateway, modes, post, start
from replay_server import Reply, Request
from slow_runs import slow_runs
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


# What the POSTs meet, the options, what is raised: a server that is gone is not waited for.
IN_BETWEEN: list[tuple[list[Any], dict[str, Any], type[Exception] | None]] = [
    (["busy"] * 5 + ["refused"] * 2 + ["429", "busy", "refused"], {}, None),
    (["busy"] + ["refused"] * 50, {}, ConnectionFailed),
    (["busy"] + ["refused"] * 500, {"deadline": 6, "max_retries": 200}, TooManyRequests),
    (["busy", "reset"], {}, RunOutcomeUnknown),  # nor is it posted again
]


@both
@pytest.mark.parametrize(("troubles", "options", "raised"), IN_BETWEEN)
def test_no_connection_in_between_does_not_end_it(
    kind: Kind, troubles: list[Any], options: dict[str, Any], raised: type[Exception] | None
) -> None:
    seen = read(kind, troubles, **{"deadline": 120, **options})
    assert seen.error is None if raised is None else type(seen.error) is raised


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
def test_a_pause_that_takes_too_long_is_followed_by_no_post(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine slept."""

    def pause(driver: SimDriver, seconds: float, _: Any) -> None:
        driver.dify.clock.advance(seconds + 1000.0)

    async def pause_async(driver: AsyncSimDriver, seconds: float, _: Any) -> None:
        driver.dify.clock.advance(seconds + 1000.0)

    monkeypatch.setattr(SimDriver, "pause", pause)
    monkeypatch.setattr(AsyncSimDriver, "pause", pause_async)
    seen = read(kind, FULL_FOR_EVER, deadline=120)
    assert type(seen.error) is TooManyRequests
    assert seen.server.asked == ["post"]


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
    assert post(kind, mode, [TOO_MANY] * 9, deadline=120, max_retries=None).posts == 10
    with recorded_pauses(), answered(kind, TOO_MANY, max_retries=1, deadline=120) as (server, dify):
        rows: list[tuple[dict[str, Any], int | None, int]] = [
            *(({}, given, posts) for given, posts in ((None, 2), (0, 1), (3, 4))),
            *(({name: None}, None, 2) for name in ("user", "max_retries")),
            ({"max_retries": 2}, None, 3),
        ]
        for copied, given, posts in rows:
            server.requests.clear()
            ended = start(dify.with_options(**copied), mode, max_retries=given)
            assert (type(ended), len(server.requests)) == (TooManyRequests, posts)


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
        with dify.run_workflow_stream({}) as stream:
            for _ in range(2):
                with pytest.raises(RequestTimedOut):
                    stream.result(0.05)
        assert stream.id is None
        assert [request.method for request in server.requests] == ["POST"]


@both
def test_the_deadline_holds_while_events_come_without_a_pause(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    give = ModelStream._give

    def give_slowly(stream: ModelStream, frame: Frame) -> bytes | None:
        stream._clock.advance(10.0)
        return give(stream, frame)

    monkeypatch.setattr(ModelStream, "_give", give_slowly)
    seen = read(kind, [], deadline=100)
    assert (type(seen.error), seen.id) == (DeadlineExceeded, seen.server.script.run_id)
    assert 100 <= seen.seconds < 120
