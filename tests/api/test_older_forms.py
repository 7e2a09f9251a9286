"""What older servers say in forms of their own, one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dify_workflow import (
    NotFound,
    ServerError,
    TooLarge,
    TooManyRequests,
)
from dify_workflow_api.models import (
    IterationNextData,
    NodeFinishedData,
    NodeRetryData,
    ParallelBranchFinishedData,
    ParallelBranchStartedData,
    WorkflowFinishedData,
    WorkflowStartedData,
)
from facade import Kind, both, client
from replay_server import ReplayServer, Reply
from wire_archive import VERSIONS, Exchange, exchange, exchanges


def stream(kind: Kind, item: Exchange | Reply) -> Any:
    """The events of a recorded stream, and the result."""
    reply = Reply.of(item) if isinstance(item, Exchange) else item
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        running = dify.run_workflow_stream({})
        return list(running), running.result()


def payloads(events: Any, kind: type[Any]) -> list[Any]:
    return [event.data for event in events if isinstance(event.data, kind)]


@both
@pytest.mark.parametrize("version", ["0.15.3", "1.1.3", "1.8.1", "1.9.1", "1.12.1", "1.14.2"])
def test_escaped_and_raw_text_are_the_same(kind: Kind, version: str) -> None:
    item = exchange(version, "run/echo_unicode_streaming")
    assert (b"\\u4f60" in item.body) == (version in ("0.15.3", "1.1.3"))
    _, result = stream(kind, item)
    assert "你好" in json.dumps(result.outputs, ensure_ascii=False)
    newest = exchange("1.14.2", "run/echo_unicode_streaming").events()[-1]["data"]["outputs"]
    kept = {name: value for name, value in result.outputs.items() if value is not None}
    assert kept.items() <= newest.items()


@both
@pytest.mark.parametrize("ping", [b"data: ping\n\n", b"data: ping\r\n\r\n", b"data:ping\n\n"])
def test_a_ping_that_is_data(kind: Kind, ping: bytes) -> None:
    """As sent by servers up to 0.6."""
    item = exchange("0.15.3", "run/empty_streaming")
    frames = [piece for frame in item.frames() for piece in (ping, frame)]
    with ReplayServer([Reply.stream(*frames)]) as server, client(kind, server.url) as dify:
        running = dify.run_workflow_stream({})
        assert [event.raw for event in running] == item.events()
        assert (running.status, running.text_complete) == ("succeeded", True)


@both
def test_parallel_branches_have_events(kind: Kind) -> None:
    events, result = stream(kind, exchange("1.8.1", "run/parallel_streaming"))
    begun, ended = (
        payloads(events, model) for model in (ParallelBranchStartedData, ParallelBranchFinishedData)
    )
    assert len(begun) == len(ended) == 3
    assert {branch.status for branch in ended} == {"succeeded"}
    assert {branch.parallel_branch_id for branch in begun} == {
        branch.parallel_branch_id for branch in ended
    }
    assert result.status == "succeeded"


@both
@pytest.mark.parametrize(("version", "more"), [("0.15.3", 1), ("1.8.1", 1), ("1.9.1", 0)])
def test_an_iteration_closes_with_one_more(kind: Kind, version: str, more: int) -> None:
    events, _ = stream(kind, exchange(version, "run/iteration_streaming"))
    rounds = [data.index for data in payloads(events, IterationNextData)]
    assert rounds == list(range(3 + more))


@both
@pytest.mark.parametrize(("version", "stable"), [("1.8.1", False), ("1.12.1", True)])
def test_the_ids_of_retries(kind: Kind, version: str, stable: bool) -> None:
    events, _ = stream(kind, exchange(version, "run/fail_retry_streaming"))
    retries = payloads(events, NodeRetryData)
    assert [retry.retry_index for retry in retries] == [1, 2]
    assert (len({retry.id for retry in retries}) == 1) is stable


@both
def test_truncated_outputs_are_flagged(kind: Kind) -> None:
    item = exchange("1.9.1", "run/echo_unicode_streaming")
    frames = [
        frame.replace(b'"outputs_truncated":false', b'"outputs_truncated":true')
        for frame in item.frames()
    ]
    assert frames != item.frames()
    events, _ = stream(kind, Reply.stream(*frames))
    assert all(data.outputs_truncated is True for data in payloads(events, NodeFinishedData))
    older, _ = stream(kind, exchange("1.8.1", "run/echo_unicode_streaming"))
    assert all(data.outputs_truncated is None for data in payloads(older, NodeFinishedData))


@both
@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_without_error_has_no_message(kind: Kind, version: str) -> None:
    """`error` is null, or "" on 1.4 to 1.9; `outputs` null up to 1.1."""
    item = exchange(version, "run/empty_streaming")
    recorded = item.events()[-1]["data"]
    assert recorded["error"] == ("" if version in ("1.4.3", "1.8.1", "1.9.1") else None)
    assert recorded["outputs"] == (None if version in ("0.15.3", "1.1.3") else {})
    events, result = stream(kind, item)
    assert (result.message, events[-1].message, result.outputs) == ("", "", {})
    assert result.raise_for_status() is result
    (started,), (finished,) = (
        payloads(events, model) for model in (WorkflowStartedData, WorkflowFinishedData)
    )
    reason = None if VERSIONS.index(version) < VERSIONS.index("1.13.2") else "initial"
    assert (started.reason, finished.exceptions_count) == (reason, 0)


@both
def test_a_run_that_is_not_there(kind: Kind) -> None:
    """200 with nulls (and zeros up to 1.4), or 404."""
    zeros = {"total_steps": 0, "total_tokens": 0}
    nulls = exchange("1.9.1", "detail/unknown").json()
    missing = Reply.of(exchange("1.14.2", "detail/unknown"))
    for reply in (Reply.json(200, nulls), Reply.json(200, nulls | zeros), missing):
        with ReplayServer([reply]) as server, client(kind, server.url) as dify:
            with pytest.raises(NotFound) as caught:
                dify.info("00000000-0000-0000-0000-000000000000")
            assert (caught.value.code, type(caught.value)) == ("not_found", NotFound)


@both
def test_bodies_without_a_status_or_a_code(kind: Kind) -> None:
    item = exchange("0.15.3", "errors/json_array_body")
    assert "status" not in item.json()
    with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
        with pytest.raises(ServerError) as caught:
            dify.run_workflow({})
        assert (caught.value.status_code, caught.value.code) == (500, "unknown")
        assert len(server.requests) == 1


@both
@pytest.mark.parametrize("version", VERSIONS)
def test_refusals_mean_the_same_on_every_version(kind: Kind, version: str) -> None:
    meaning = {"limit/": TooManyRequests, "files/upload_too_large": TooLarge}
    for under, expected in meaning.items():
        items = [item for item in exchanges(version, under) if item.status >= 400]
        assert items
        for item in items:
            with (
                ReplayServer([Reply.of(item)]) as server,
                client(kind, server.url, max_retries=0) as dify,
                pytest.raises(expected),
            ):
                dify.run_workflow({})
