"""All of an app's runs, one after the other: lazily, each once, none missed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from dify_workflow import AuthenticationError, UnreadableAnswer, WorkflowLogsRequest
from facade import Kind, answered, both, client
from fake_dify import FakeDify
from log_server import NOW, STATUSES, Logs, Times, entry, log_id, numbers
from pauses import recorded_pauses
from replay_server import Reply, Request
from wire_archive import exchange

TIMES: dict[str, Times] = {
    "none": [],
    "one": [NOW],
    "one a second": [NOW - n for n in range(450)],
    "three a second": [NOW - n // 3 for n in range(450)],
    "all in one second": [NOW] * 90,
    "exactly a page": [NOW - n for n in range(100)],
    "exactly two pages": [NOW - n for n in range(200)],
    "a second over the border of a page": [NOW - (n + 10) // 45 for n in range(250)],
    "long ago": [NOW - n * 86_400 for n in range(250)],
    "more in one second than on a page": [NOW - n // 150 for n in range(450)],
}


@both
@pytest.mark.parametrize("which", sorted(TIMES))
def test_each_entry_comes_once(kind: Kind, which: str) -> None:
    with Logs(TIMES[which]) as server, client(kind, server) as dify:
        found = list(dify.iter_logs())
        assert len(server.requests) <= max(2 * len(found) // 100, 1) + 6
    assert sorted(numbers(found)) == list(range(len(TIMES[which])))
    assert [item.created_at for item in found] == sorted(TIMES[which], reverse=True)


# As servers list them, and those before 1.0.1, which ignore times.
SERVERS: list[dict[str, Any]] = [{"shuffled": True}]
SERVERS += [{"filters": False, "version": version} for version in ("0.15.3", "1.0.0")]


@pytest.mark.sample(28)
@both
@pytest.mark.parametrize("given", SERVERS, ids=lambda given: str([*given.values()]))
@pytest.mark.parametrize("which", sorted(TIMES))
@pytest.mark.parametrize("arriving", [0, 1, 30])
def test_new_runs_and_ties_move_nothing(
    kind: Kind, given: dict[str, Any], which: str, arriving: int
) -> None:
    """Runs that are made meanwhile may come or not, but those that were there come once."""
    times = [at - 10 for at in TIMES[which]]
    with Logs(times, arriving=arriving, **given) as server, client(kind, server) as dify:
        found = numbers(dify.iter_logs())
        if "filters" in given and not arriving:
            assert len(server.requests) <= 2 * len(times) // 100 + 3
    assert len(set(found)) == len(found)
    assert set(range(len(times))) <= set(found)


@both
@pytest.mark.parametrize("filters", [False, True])
def test_what_is_newer_than_asked_for_is_left_out(kind: Kind, filters: bool) -> None:
    """Whether the server does so or not, and where the bound is within one second."""
    for per_second, seconds, first in ((1, 50, 50), (200, 1, 200)):
        before = datetime.fromtimestamp(NOW - seconds, UTC)
        times = [NOW - n // per_second for n in range(600)]
        with Logs(times, filters=filters) as server, client(kind, server) as dify:
            assert numbers(dify.iter_logs(created_at_before=before)) == list(range(first, 600))


@both
def test_nothing_is_fetched_before_it_is_needed_nor_after_the_end(kind: Kind) -> None:
    with Logs([NOW - n for n in range(15)]) as server, client(kind, server) as dify:
        entries = dify.iter_logs(limit=10)
        assert server.requests == []
        assert numbers(islice(entries, 9)) == list(range(9))
        assert len(server.requests) == 1
        assert numbers(islice(entries, 2)) == [9, 10]
        assert len(server.requests) == 2
        assert next(entries).id == log_id(11)
        assert len(server.requests) == 2
        assert numbers(entries) == [12, 13, 14]
        count = len(server.requests)
        assert list(entries) == []
        assert len(server.requests) == count


@both
@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_any_page_size_gives_the_same(kind: Kind, limit: int) -> None:
    times = [NOW - n // 2 for n in range(25)]
    with Logs(times) as server, client(kind, server) as dify:
        assert sorted(numbers(dify.iter_logs(limit=limit))) == list(range(25))
        # a second that fills a page is read by itself, with a larger one
        assert {request.query["limit"] for request in server.requests} <= {str(limit), "100"}
        assert numbers(dify.iter_logs()) == numbers(dify.iter_logs(WorkflowLogsRequest(limit=3)))


@both
def test_filters_and_keys_go_with_every_page(kind: Kind) -> None:
    after, before = (datetime.fromtimestamp(NOW - seconds, UTC) for seconds in (99, 20))
    request = WorkflowLogsRequest(status="failed", created_at_before=before, limit=10)
    with Logs([NOW - n for n in range(250)]) as server, client(kind, server) as dify:
        found = dify.iter_logs(request, keyword="k", created_at_after=after, api_key="app-other")
        failed = [n for n in range(20, 100) if STATUSES[n % len(STATUSES)] == "failed"]
        assert numbers(found) == failed
        assert len(server.requests) > 2
        for sent in server.requests:
            assert sent.path == "/v1/workflows/logs"
            assert (sent.query["status"], sent.query["keyword"]) == ("failed", "k")
            assert sent.query["created_at__after"] == after.isoformat()
            assert sent.headers["authorization"] == "Bearer app-other"


@both
def test_a_whole_history_of_a_server(kind: Kind) -> None:
    with FakeDify() as server, client(kind, server) as dify:
        for number in range(230):
            server.add_run(created_at=NOW - number // 4, user=f"user-{number % 3}")
        assert {item.id for item in dify.iter_logs()} == {run.log_id for run in server.runs}
        of_one = list(dify.iter_logs(created_by_end_user_session_id="user-1"))
        assert len(of_one) == len({item.id for item in of_one}) == 77


# Where that cannot go well.


@both
def test_an_error_comes_out_where_it_happens(kind: Kind) -> None:
    unauthorized = Reply.of(exchange("1.14.2", "files/upload_no_auth"))
    pages = iter([Reply.json(502, {}), None, unauthorized])

    class Failing(Logs):
        def _tell(self, request: Request) -> Reply:
            return next(pages) or super()._tell(request)

    times = [NOW - n for n in range(30)]
    with Failing(times) as server, client(kind, server) as dify, recorded_pauses():
        entries = dify.iter_logs(limit=10)
        assert numbers(islice(entries, 9)) == list(range(9))  # the gateway's error was retried
        with pytest.raises(AuthenticationError):
            next(entries)


PAGE = {"page": 1, "limit": 10, "total": 9, "has_more": True, "data": []}
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
    body = PAGE | {"data": [entry(n, NOW - n) for n in range(5)]}
    BROKEN[how](body)
    with answered(kind, Reply.json(200, body)) as (_, dify):
        for call in (dify.logs, lambda: list(dify.iter_logs())):
            with pytest.raises(UnreadableAnswer):
                call()


@both
def test_a_page_with_nothing_on_it_is_the_last(kind: Kind) -> None:
    with answered(kind, Reply.json(200, PAGE)) as (server, dify):
        assert list(dify.iter_logs()) == []
        assert len(server.requests) == 1
