"""What starts nothing is asked again, and how long is waited before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dify_workflow import errors
from facade import Kind, answered, both
from pauses import recorded_pauses
from posting import HTML, NO_LOGS, OVER_QUOTA, TOO_MANY, UNKNOWN_500, gateway, modes, post, start
from replay_server import Close, Reply, Reset
from wire_archive import exchange


def _busy(retry_after: str) -> Reply:
    body = {"code": "too_many_requests", "message": "busy", "status": 429}
    return Reply.json(429, body, [("Retry-After", retry_after)])


@both
@modes
def test_retry_after_is_obeyed(kind: Kind, mode: str) -> None:
    """What else it may be: tests/api/test_errors.py, tests/runs/test_deadline.py."""
    posted = post(kind, mode, [_busy("7"), _busy("0"), _busy("2.5")])
    assert posted.posts == 4
    assert [pause for pause in posted.pauses if pause] == pytest.approx([7.0, 2.5], abs=0.1)
    unreadable = post(kind, mode, [_busy("soon")])
    assert (unreadable.posts, unreadable.outcome) == (2, "succeeded")
    assert 0 < unreadable.pauses[0] <= 0.5  # the client's own
    left_alone = post(kind, mode, [_busy("3600")])
    assert (left_alone.posts, left_alone.pauses) == (1, [])
    assert left_alone.outcome.retry_after == 3600.0


@both
def test_pauses_are_random_below_a_bound_that_doubles(kind: Kind) -> None:
    bounds = [0.5, 1.0, 2.0, 4.0, *[8.0] * 6]
    assert post(kind, "blocking", [TOO_MANY] * 10, max_retries=10).pauses == bounds
    pauses = post(kind, "blocking", [TOO_MANY] * 10, max_retries=10, jitter=True).pauses
    assert all(0 <= pause < bound for pause, bound in zip(pauses, bounds, strict=True))
    assert len(set(pauses)) > 1


@both
def test_max_retries_of_a_call_stands_above_the_clients(kind: Kind) -> None:
    with recorded_pauses(), answered(kind, TOO_MANY, max_retries=1) as (server, dify):
        for options, posts in (({}, 2), ({"max_retries": 0}, 1), ({"max_retries": 5}, 6)):
            server.requests.clear()
            assert type(start(dify, "result", **options)) is errors.TooManyRequests
            assert len(server.requests) == posts


DETAIL = exchange("1.14.2", "detail/empty")
RUN_ID = "11111111-1111-4111-8111-111111111111"

# An answer that starts nothing, and what is raised where no other one comes.
BROKEN: dict[str, tuple[Reply, type[errors.DifyError]]] = {
    "500": (UNKNOWN_500, errors.ServerError),
    "502": (gateway(502), errors.GatewayError),
    "503": (gateway(503), errors.GatewayError),
    "504": (gateway(504), errors.GatewayError),
    "429": (TOO_MANY, errors.TooManyRequests),
    "reset": (Reply.raw(Reset()), errors.ConnectionFailed),
    "closed": (Reply.raw(Close()), errors.ConnectionFailed),
    "reset inside": (
        Reply.of(DETAIL, split=99, stop_after=2, end=Reset()),
        errors.ConnectionFailed,
    ),
}

CALLS: dict[str, tuple[Callable[[Any], Any], Reply]] = {
    "info": (lambda dify: dify.info(RUN_ID), Reply.of(DETAIL)),
    "logs": (lambda dify: dify.logs(), NO_LOGS),
    # Asked to stop twice, a run stops once.
    "stop": (lambda dify: dify.stop_workflow_stream("x"), Reply.json(200, {"result": "success"})),
}


@both
@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("call", CALLS)
def test_what_starts_nothing_is_asked_again(kind: Kind, call: str, name: str) -> None:
    ask, answer = CALLS[call]
    broken, expected = BROKEN[name]
    with recorded_pauses() as pauses, answered(kind, broken, broken, answer) as (server, dify):
        assert ask(dify) is not None
        assert (len(server.requests), len(pauses)) == (3, 2)
        assert len({request.target for request in server.requests}) == 1
    with recorded_pauses() as pauses, answered(kind, broken) as (server, dify):
        for asking, requests in ((dify, 4), (dify.with_options(max_retries=0), 5)):
            with pytest.raises(expected):
                ask(asking)
            assert (len(server.requests), len(pauses)) == (requests, 3)


@both
def test_a_definite_answer_is_not_asked_for_again(kind: Kind) -> None:
    for reply, expected in (
        (Reply.of(exchange("1.14.2", "detail/unknown")), errors.NotFound),
        (OVER_QUOTA, errors.QuotaExceeded),
        (Reply.html(404, HTML), errors.RouteNotFound),
        (Reply.json(200, {"odd": 1}), errors.UnreadableAnswer),
    ):
        with answered(kind, reply) as (server, dify):
            with pytest.raises(expected):
                dify.info(RUN_ID)
            assert len(server.requests) == 1
