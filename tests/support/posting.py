"""One run on a server that answers its POSTs as it is told; what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from facade import Kind, answered
from pauses import recorded_pauses
from replay_server import Reply, Request
from wire_archive import exchange

STREAM = exchange("1.14.2", "run/empty_streaming")
BLOCKING = exchange("1.14.2", "run/empty_blocking")
HTML = "<html><head><title>Gateway</title></head></html>"
NO_LOGS = Reply.json(200, {"page": 1, "limit": 100, "total": 0, "has_more": False, "data": []})
TOO_MANY = Reply.json(429, {"code": "too_many_requests", "message": "busy", "status": 429})
TOO_MANY_TODAY = Reply.of(exchange("1.14.2", "limit/max2_third_streaming"))  # a 400
OVER_QUOTA = Reply.json(429, {"code": "rate_limit_error", "message": "no", "status": 429})
UNKNOWN_500 = Reply.json(500, {"message": "Internal", "code": "unknown", "status": 500})


def gateway(status: int) -> Reply:
    return Reply.html(status, HTML)


modes = pytest.mark.parametrize("mode", ["stream", "result", "blocking"])


@attrs.frozen
class Posted:
    """What came of one run: POSTs that the server saw, pauses made, the outcome."""

    posts: int
    pauses: list[float]
    outcome: Any


def start(dify: Any, mode: str, **options: Any) -> Any:
    """Run a workflow in one of the three ways; return its status or the exception.

    A fourth, "events", returns all that a stream gave.
    """
    try:
        if mode in ("events", "stream"):
            events = list(dify.run_workflow_stream({"a": 1}, **options))
            return events if mode == "events" else events[-1].status
        given = options | ({"response_mode": "blocking"} if mode == "blocking" else {})
        return dify.run_workflow({"a": 1}, **given).status
    except Exception as error:
        return error


def post(
    kind: Kind,
    mode: str,
    replies: Sequence[Reply],
    others: Reply | None = None,
    *,
    jitter: bool = False,
    **options: Any,
) -> Posted:
    """Run a workflow on a server that answers POSTs so, and whose logs are empty.

    `others` is what it answers to all other requests instead.
    """
    finished = Reply.of(BLOCKING) if mode == "blocking" else Reply.of(STREAM, hold_open=60)
    given = iter([*replies, finished])

    def handler(request: Request) -> Reply:
        if request.method == "GET":
            assert others or request.path == "/v1/workflows/logs", request
            return others or NO_LOGS
        assert request.path == "/v1/workflows/run"
        return next(given)

    with recorded_pauses(jitter=jitter) as pauses, answered(kind, handler) as (server, dify):
        outcome = start(dify, mode, **options)
    posts = [request.body for request in server.requests if request.method == "POST"]
    assert len(set(posts)) == 1  # the same run, not another one
    return Posted(len(posts), pauses, outcome)
