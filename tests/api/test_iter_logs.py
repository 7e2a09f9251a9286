"""All of an app's runs, one after the other: lazily, each once, none missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import pytest
from dify_workflow import (
    WorkflowLogsRequest,
)
from facade import Kind, both, client
from fake_dify import FakeDify
from log_server import NOW, STATUSES, Logs, Times, log_id, numbers

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
    with Logs(TIMES[which]) as server, client(kind, server.url) as dify:
        found = list(dify.iter_logs())
        assert len(server.requests) <= max(2 * len(found) // 100, 1) + 6
    assert sorted(numbers(found)) == list(range(len(TIMES[which])))
    assert [item.created_at for item in found] == sorted(TIMES[which], reverse=True)


@pytest.mark.sample(16)
@both
@pytest.mark.parametrize("which", sorted(TIMES))
@pytest.mark.parametrize("arriving", [0, 1, 30])
def test_new_runs_and_ties_move_nothing(kind: Kind, which: str, arriving: int) -> None:
    """Runs that are made meanwhile may come or not, but those that were there come once."""
    times = [at - 10 for at in TIMES[which]]
    with Logs(times, arriving=arriving, shuffled=True) as server, client(kind, server.url) as dify:
        found = numbers(dify.iter_logs())
    assert len(set(found)) == len(found)
    assert set(range(len(times))) <= set(found)


@pytest.mark.sample(12)
@both
@pytest.mark.parametrize("version", ["0.15.3", "1.0.0"])
@pytest.mark.parametrize("which", sorted(TIMES))
@pytest.mark.parametrize("arriving", [0, 1, 30])
def test_a_server_that_ignores_times(kind: Kind, version: str, which: str, arriving: int) -> None:
    times = [at - 10 for at in TIMES[which]]
    with (
        Logs(times, arriving=arriving, filters=False, version=version) as server,
        client(kind, server.url) as dify,
    ):
        found = numbers(dify.iter_logs())
        assert arriving or len(server.requests) <= 2 * len(times) // 100 + 3
    assert len(set(found)) == len(found)
    assert set(range(len(times))) <= set(found)


@both
def test_a_server_that_ignores_times_and_bounds_of_ones_own(kind: Kind) -> None:
    """What is newer than asked for is left out here."""
    times = [NOW - n for n in range(250)]
    before = datetime.fromtimestamp(NOW - 50, UTC)
    with Logs(times, filters=False) as server, client(kind, server.url) as dify:
        assert numbers(dify.iter_logs(created_at_before=before)) == list(range(50, 250))


@both
def test_a_bound_within_one_second_stays(kind: Kind) -> None:
    times = [NOW - n // 200 for n in range(600)]
    before = datetime.fromtimestamp(NOW - 1, UTC)
    with Logs(times) as server, client(kind, server.url) as dify:
        assert numbers(dify.iter_logs(created_at_before=before)) == list(range(200, 600))


@both
def test_nothing_is_fetched_before_it_is_needed(kind: Kind) -> None:
    with Logs([NOW - n for n in range(250)]) as server, client(kind, server.url) as dify:
        entries = dify.iter_logs(limit=10)
        assert server.requests == []
        assert numbers(islice(entries, 9)) == list(range(9))
        assert len(server.requests) == 1
        assert numbers(islice(entries, 2)) == [9, 10]
        assert len(server.requests) == 2
        assert next(entries).id == log_id(11)
        assert len(server.requests) == 2


@both
def test_the_end_stays_the_end(kind: Kind) -> None:
    with Logs([NOW]) as server, client(kind, server.url) as dify:
        entries = dify.iter_logs()
        assert numbers(entries) == [0]
        assert list(entries) == []
        assert len(server.requests) == 1


@both
@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_any_page_size_gives_the_same(kind: Kind, limit: int) -> None:
    times = [NOW - n // 2 for n in range(25)]
    with Logs(times) as server, client(kind, server.url) as dify:
        assert sorted(numbers(dify.iter_logs(limit=limit))) == list(range(25))
        # a second that fills a page is read by itself, with a larger one
        assert {request.query["limit"] for request in server.requests} <= {str(limit), "100"}
        assert numbers(dify.iter_logs()) == numbers(dify.iter_logs(WorkflowLogsRequest(limit=3)))


@both
def test_filters_and_keys_go_with_every_page(kind: Kind) -> None:
    after = datetime.fromtimestamp(NOW - 99, UTC)
    before = datetime.fromtimestamp(NOW - 20, UTC)
    request = WorkflowLogsRequest(status="failed", created_at_before=before, limit=10)
    with Logs([NOW - n for n in range(250)]) as server, client(kind, server.url) as dify:
        found = dify.iter_logs(request, keyword="k", created_at_after=after, api_key="app-other")
        assert numbers(found) == [
            n for n in range(20, 100) if STATUSES[n % len(STATUSES)] == "failed"
        ]
        assert len(server.requests) > 2
        for sent in server.requests:
            assert sent.path == "/v1/workflows/logs"
            assert (sent.query["status"], sent.query["keyword"]) == ("failed", "k")
            assert sent.query["created_at__after"] == after.isoformat()
            assert sent.headers["authorization"] == "Bearer app-other"


def _runs(server: FakeDify) -> Iterator[str]:
    return (run.log_id for run in server.runs)


@both
def test_a_whole_history_of_a_server(kind: Kind) -> None:
    with FakeDify() as server:
        for number in range(230):
            server.add_run(created_at=NOW - number // 4, user=f"user-{number % 3}")
        with client(kind, server.url, api_key=server.api_key) as dify:
            assert {item.id for item in dify.iter_logs()} == set(_runs(server))
            of_one = list(dify.iter_logs(created_by_end_user_session_id="user-1"))
            assert len(of_one) == len({item.id for item in of_one}) == 77
