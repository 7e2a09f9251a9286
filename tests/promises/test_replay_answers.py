"""Recorded answers to plain requests, replayed through the sync and the async client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    NotFound,
)
from facade import Kind, both, client
from recorded_runs import is_run, request_of
from replay_server import ReplayServer, Reply
from wire_archive import VERSIONS, Exchange, exchange, exchanges

from generator.compare.claims import is_older

# Those before: test_older_servers.py
NEW = [item for version in VERSIONS if not is_older(version) for item in exchanges(version)]
BLOCKING = [item for item in exchanges("1.14.2") if is_run(item) and not item.is_stream]


@both
def test_every_recorded_blocking_answer(kind: Kind) -> None:
    items = [item for item in BLOCKING if item.status == 200]
    assert len(items) > 30
    statuses = set()
    with (
        ReplayServer([Reply.of(item) for item in items]) as server,
        client(kind, server.url) as dify,
    ):
        for item in items:
            result = dify.run_workflow(WORKING.get(item.case) or _blocking_request(item))
            recorded = item.json()
            data = recorded["data"]
            assert (result.id, result.task_id) == (data["id"], recorded["task_id"]), item
            assert (result.status, result.message) == (data["status"], data["error"] or ""), item
            assert (result.outputs, result.raw) == (data["outputs"], recorded), item
            assert result.data.total_steps == data["total_steps"], item
            assert len(result.forms) == len(data.get("reasons") or []), item
            statuses.add(result.status)
        assert statuses == {"succeeded", "failed", "partial-succeeded", "paused"}
        assert {request.json()["response_mode"] for request in server.requests} == {"blocking"}


def _blocking_request(item: Exchange) -> Any:
    return request_of(item, response_mode="blocking")


# Recordings whose request this client does not send: a user that is no text.
WORKING = {
    case: request_of(exchange("1.14.2", case), response_mode="blocking", user="42")
    for case in ("errors/user_int", "errors/user_obj")
}


@both
def test_every_recorded_refusal_of_a_run(kind: Kind) -> None:
    """What a server said, to whatever request, as one exception with its words."""
    items = [item for item in BLOCKING if item.status >= 400]
    assert len(items) > 30
    with (
        ReplayServer([Reply.of(item) for item in items]) as server,
        client(kind, server.url, max_retries=0) as dify,
    ):
        for item in items:
            with pytest.raises(APIError) as caught:
                dify.run_workflow({"text": "x"})
            error = caught.value
            assert error.status_code == item.status, item
            if item.content_type == "application/json":
                recorded = item.json()
                assert (error.code, error.message) == (recorded["code"], recorded["message"]), item
        assert len(server.requests) == len(items)


@both
def test_every_recorded_run_detail(kind: Kind) -> None:
    items = [item for item in NEW if "/workflows/run/" in item.path]
    items = [item for item in items if item.method == "GET"]
    found = [item for item in items if item.status == 200 and item.json()["id"]]
    missing = [item for item in items if item.status == 404 or item.status == 200]
    missing = [item for item in missing if item not in found and "html" not in item.content_type]
    assert len(found) > 50
    assert len(missing) >= 3
    statuses = set()
    replies = [Reply.of(item) for item in [*found, *missing]]
    with ReplayServer(replies) as server, client(kind, server.url) as dify:
        for item in found:
            run = dify.info(item.path.rpartition("/")[2])
            recorded = item.json()
            assert (run.id, run.status) == (recorded["id"], recorded["status"]), item
            assert (run.message, run.task_id) == (recorded["error"] or "", None), item
            outputs = recorded["outputs"] or {}
            assert run.outputs == (json.loads(outputs) if isinstance(outputs, str) else outputs)
            assert run.inputs == json.loads(recorded["inputs"]), item
            assert isinstance(run.data.created_at, int), item
            assert run.raw == recorded, item
            statuses.add(run.status)
        for _ in missing:
            with pytest.raises(NotFound):
                dify.info("00000000-0000-0000-0000-000000000000")
        assert [request.target for request in server.requests[: len(found)]] == [
            item.path for item in found
        ]
    assert statuses == {
        *("running", "succeeded", "partial-succeeded", "failed", "stopped", "paused")
    }


@both
def test_every_recorded_stop(kind: Kind) -> None:
    items = [item for item in NEW if item.path.endswith("/stop")]
    assert len(items) > 20
    with (
        ReplayServer([Reply.of(item) for item in items]) as server,
        client(kind, server.url, max_retries=0) as dify,
    ):
        for item in items:
            task_id = item.path.split("/")[-2]
            if item.status == 200:
                assert dify.stop_workflow_stream(task_id, user_id="user-1").result == "success"
            else:
                with pytest.raises(APIError) as caught:
                    dify.stop_workflow_stream(task_id, user_id="user-1")
                assert caught.value.status_code == item.status, item
        assert [request.target for request in server.requests] == [item.path for item in items]
        assert {request.json()["user"] for request in server.requests} == {"user-1"}


@both
def test_every_recorded_page_of_the_logs(kind: Kind) -> None:
    items = [item for item in NEW if item.path.startswith("/v1/workflows/logs")]
    pages = [item for item in items if item.status == 200]
    refused = [item for item in items if item.status != 200]
    assert len(pages) > 50
    assert len(refused) > 15
    with (
        ReplayServer([Reply.of(item) for item in [*pages, *refused]]) as server,
        client(kind, server.url, max_retries=0) as dify,
    ):
        for item in pages:
            recorded = item.json()
            page = dify.logs(page=1)  # a numbered page is given as it comes
            for name in ("page", "limit", "total", "has_more"):
                assert getattr(page, name) == recorded[name], (item, name)
            assert len(page) == len(recorded["data"]), item
            for entry, raw in zip(page, recorded["data"], strict=True):
                run = raw["workflow_run"]
                assert (entry.id, entry.created_at) == (raw["id"], raw["created_at"]), item
                assert (entry.status, entry.message) == (run["status"], run["error"] or ""), item
                assert (entry.finished_at, entry.raw) == (run["finished_at"], raw), item
                assert entry.data.workflow_run.id == run["id"], item
        for item in refused:
            with pytest.raises(APIError) as caught:
                dify.logs()
            assert caught.value.status_code == item.status, item
