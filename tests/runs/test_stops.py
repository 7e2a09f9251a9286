"""How a run is known to have been stopped, wherever its end is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cli_calls import cli
from dify_workflow import WorkflowFailed, WorkflowRunRequest
from dify_workflow.batch import iter_many
from dify_workflow.cli.exits import Exit
from facade import Kind, both, client
from fake_dify import FakeDify
from log_server import NOW, entry
from replay_server import ReplayServer, Reply, Request
from wire_archive import exchange

RUN = exchange("1.14.2", "run/empty_streaming").events()
BLOCKING = exchange("1.14.2", "run/empty_blocking").json()
DETAIL = exchange("1.14.2", "detail/failed").json()
SHUT_DOWN = "Aborted: Workflow stopped because the worker is shutting down."
ASKED = ("Aborted: User requested stop", "Aborted: App task was stopped", "Stopped by user.")
STOPPED = [(status, text) for status in ("stopped", "failed") for text in (*ASKED, SHUT_DOWN)]
STOPPED += [("stopped", ""), ("stopped", "Aborted: for another reason")]
NOT_STOPPED = [
    ("succeeded", ""),
    ("failed", "boom"),
    ("failed", "Aborted: Maximum execution time exceeded: 1201.00s > 1200s"),
    ("failed", "Node said: Aborted: User requested stop"),
    ("partial-succeeded", "Aborted: User requested stop"),
]
ENDS = [(*end, True) for end in STOPPED] + [(*end, False) for end in NOT_STOPPED]


def server_of(status: str, text: str) -> ReplayServer:
    """A server all of whose runs end so."""
    end = {"status": status, "error": text or None}

    def reply(request: Request) -> Reply:
        if request.path.endswith("/logs"):
            listed = entry(0, NOW)
            listed["workflow_run"] |= end
            page = {"page": 1, "limit": 20, "total": 1, "has_more": False, "data": [listed]}
            return Reply.json(200, page)
        if request.method == "GET":
            return Reply.json(200, DETAIL | end)
        if request.json()["response_mode"] == "blocking":
            return Reply.json(200, BLOCKING | {"data": BLOCKING["data"] | end})
        events = [*RUN[:-1], RUN[-1] | {"data": RUN[-1]["data"] | end}]
        return Reply.stream(*(f"data: {json.dumps(event)}\n\n".encode() for event in events))

    return ReplayServer(reply)


@both
@pytest.mark.parametrize(("status", "text", "stopped"), ENDS)
def test_every_view_of_a_run_says_whether_it_was_stopped(
    kind: Kind, status: str, text: str, stopped: bool
) -> None:
    with server_of(status, text) as server, client(kind, server) as dify:
        stream = dify.run_workflow_stream({})
        assert not stream.stopped
        *before, last = stream
        assert not any(event.stopped for event in before)
        seen: list[Any] = [
            last,
            stream.result(),
            dify.run_workflow({}),
            dify.run_workflow(WorkflowRunRequest(inputs={}, response_mode="blocking")),
            dify.info("x"),
            *dify.logs(),
            *dify.iter_logs(),
        ]
        assert len(seen) == 7
        for view in seen:
            assert (view.stopped, view.status, view.message) == (stopped, status, text), view
        assert (stream.stopped, stream.status) == (stopped, status)
        if status in ("stopped", "failed"):
            with pytest.raises(WorkflowFailed) as caught:
                stream.result().raise_for_status()
            redeploy = "the server's worker was shut down" in str(caught.value)
            assert (text in str(caught.value), redeploy) == (True, text == SHUT_DOWN)
        if kind == "sync":
            (row,) = iter_many(dify, [{}])
            assert (row.status, json.loads(row.line())["stopped"]) == (status, stopped)


@pytest.mark.sample(4)
@pytest.mark.parametrize(("status", "text", "stopped"), ENDS)
def test_the_terminal_says_whether_a_run_was_stopped(
    fake_dify: FakeDify, status: str, text: str, stopped: bool
) -> None:
    run = fake_dify.add_run(user="dify-workflow", status=status, error=text or None)
    watched, told = cli(fake_dify, "watch", run.id), cli(fake_dify, "info", run.id)
    assert (watched.exit_code == Exit.RUN_STOPPED) is stopped
    assert cli(fake_dify, "info", run.id, "--json").json["stopped"] is stopped
    assert ("stopped:" in told.out) is stopped
    assert ("Nobody asked" in watched.err) is (text == SHUT_DOWN)
