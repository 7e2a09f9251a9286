"""Iterating over the logs where that cannot go well."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from dify_workflow import (
    AuthenticationError,
    InvalidArgument,
    UnreadableAnswer,
    WorkflowLogsRequest,
)
from facade import Kind, both, client
from log_server import NOW, Logs, entry, numbers
from pauses import recorded_pauses
from replay_server import ReplayServer, Reply, Request
from wire_archive import exchange


@both
@pytest.mark.parametrize("given", [{"page": 1}, {"last_id": "log-1"}, {"limit": 0}, {"nope": 1}])
def test_what_makes_no_sense_here(kind: Kind, given: dict[str, Any]) -> None:
    with Logs([]) as server, client(kind, server.url) as dify:
        with pytest.raises((InvalidArgument, TypeError)):
            list(dify.iter_logs(**given))
        if given.keys() <= {"page", "last_id"}:
            with pytest.raises(InvalidArgument) as caught:
                list(dify.iter_logs(WorkflowLogsRequest(**given)))
            assert caught.value.field in given
        assert server.requests == []


@both
def test_an_error_comes_out_where_it_happens(kind: Kind) -> None:
    unauthorized = Reply.of(exchange("1.14.2", "files/upload_no_auth"))
    pages = iter([Reply.json(502, {}), None, unauthorized])

    class Failing(Logs):
        def _tell(self, request: Request) -> Reply:
            return next(pages) or super()._tell(request)

    with (
        Failing([NOW - n for n in range(30)]) as server,
        client(kind, server.url) as dify,
        recorded_pauses(),
    ):
        entries = dify.iter_logs(limit=10)
        assert numbers(islice(entries, 9)) == list(range(9))  # the gateway's error was retried
        with pytest.raises(AuthenticationError):
            next(entries)


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no list": lambda body: body.update(data=None),
    "no entry": lambda body: body["data"].append(None),
    "no time": lambda body: body["data"][3].pop("created_at"),
    "null time": lambda body: body["data"][3].update(created_at=None),
    "time as text": lambda body: body["data"][3].update(created_at="2026-11-22"),
    "time out of range": lambda body: body["data"][3].update(created_at=10**18),
    "no id": lambda body: body["data"][3].update(id=None),
    "id as list": lambda body: body["data"][3].update(id=[]),
    "no run": lambda body: body["data"][3].update(workflow_run=None),
}


@both
@pytest.mark.parametrize("how", sorted(BROKEN))
def test_a_page_that_cannot_be_read_is_a_typed_error(kind: Kind, how: str) -> None:
    body: dict[str, Any] = {"page": 1, "limit": 10, "total": 9, "has_more": True}
    body |= {"data": [entry(n, NOW - n) for n in range(5)]}
    BROKEN[how](body)
    with ReplayServer([Reply.json(200, body)]) as server, client(kind, server.url) as dify:
        with pytest.raises(UnreadableAnswer):
            list(dify.iter_logs())
        with pytest.raises(UnreadableAnswer):
            dify.logs()


@both
def test_a_page_with_nothing_on_it_is_the_last(kind: Kind) -> None:
    body = {"page": 1, "limit": 10, "total": 9, "has_more": True, "data": []}
    with ReplayServer([Reply.json(200, body)]) as server, client(kind, server.url) as dify:
        assert list(dify.iter_logs()) == []
        assert len(server.requests) == 1
