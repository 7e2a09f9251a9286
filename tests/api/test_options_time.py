"""Time-outs and deadlines, of the client and of a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from dify_workflow import DeadlineExceeded
from facade import Kind, both, client, mocked
from slow_runs import RUN, RUN_ID, TASK_ID, slow_runs
from wire_archive import exchange

BLOCKING = exchange("1.14.2", "run/empty_blocking")
DETAIL = exchange("1.14.2", "detail/empty")
NOBODY = "http://127.0.0.1:9"


def _timeouts(kind: Kind, use: Callable[[Any], Any], **options: Any) -> list[dict[str, Any]]:
    """The time-outs that httpx was given, a request after the other."""
    seen: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        item = DETAIL
        if request.method == "POST":
            item = BLOCKING if b"blocking" in request.content else RUN
        return httpx.Response(200, headers=item.headers, content=item.body)

    http = mocked(kind, handler)
    with client(kind, "http://dify.test", http_client=http, **options) as dify:
        use(dify)
    return seen


def _all(seconds: float | None) -> dict[str, float | None]:
    return dict.fromkeys(("connect", "read", "write", "pool"), seconds)


@both
def test_timeouts(kind: Kind) -> None:
    def info(**given: Any) -> dict[str, Any]:
        [seen] = _timeouts(kind, lambda dify: dify.info("x", **given), timeout=7)
        return seen

    def of_a_run(mode: str | None = None, **given: Any) -> dict[str, Any]:
        [seen] = _timeouts(kind, lambda dify: dify.run_workflow({}, response_mode=mode), **given)
        return seen

    usual = {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 10.0}
    assert _timeouts(kind, lambda dify: dify.info("x")) == [usual]
    assert _timeouts(kind, lambda dify: dify.info("x"), timeout=None) == [_all(None)]
    assert (info(), info(timeout=3)) == (_all(7), _all(3))
    parts = {"connect": 1, "read": 2, "write": 1, "pool": 3}
    assert info(timeout=httpx.Timeout(1, read=2, pool=3)) == parts
    # A stream's head may take as long as a queued run does.
    first = of_a_run()
    assert {**first, "read": 60.0} == usual
    assert first["read"] > 300
    # A number is for plain requests; an httpx.Timeout stands above the silences of a stream too.
    assert of_a_run(timeout=7) == _all(7) | {"read": first["read"]}
    assert of_a_run(timeout=httpx.Timeout(7)) == _all(7)
    unlimited = of_a_run(timeout=None)
    assert unlimited["connect"] is None
    assert unlimited["read"] > 300  # silence of a stream always has a limit
    blocking = of_a_run("blocking")
    assert {**blocking, "read": 60.0} == usual
    assert blocking["read"] > 1200  # the longest run of a server
    capped = of_a_run(deadline=5)
    assert all(4 < seconds <= 5 for seconds in capped.values())


@both
def test_a_deadline_ends_the_wait_and_names_the_run(kind: Kind) -> None:
    with slow_runs(kind, deadline=0.7) as (_, server, dify):
        for call in (
            lambda: list(dify.run_workflow_stream({})),
            lambda: dify.with_options(deadline=600).run_workflow({}, deadline=0.7),
        ):
            with pytest.raises(DeadlineExceeded, match=RUN_ID) as caught:
                call()
            error = caught.value
            assert isinstance(error, TimeoutError)
            assert (error.run_id, error.task_id, error.status) == (RUN_ID, TASK_ID, "running")
            assert error.user == "dify-workflow"
        assert [request.method for request in server.requests] == ["POST"] * 2


@both
@pytest.mark.parametrize("state", ["an answer", "a first event"])
def test_a_deadline_before_the_run_is_known(kind: Kind, state: str) -> None:
    with slow_runs(kind, deadline=1.0) as (runs, server, dify):
        runs.state = state
        told = r"^the run \(its id is not known\): the deadline"
        with pytest.raises(DeadlineExceeded, match=told) as caught:
            dify.run_workflow({})
        assert (caught.value.run_id, caught.value.status) == (None, None)
        assert len(server.requests) == 1
