"""All of an app's runs, one after the other: lazily, each once, none missed."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from dify_workflow import (
    AuthenticationError,
    InvalidArgument,
    UnreadableAnswer,
    WorkflowLogsRequest,
)
from dify_workflow.testing import FakeDify
from facade import Kind, both, client
from pauses import recorded_pauses
from replay_server import ReplayServer, Reply, Request
from wire_archive import exchange

ENTRY = exchange("1.14.2", "logs/default").json()["data"][0]
NOW = 1_795_336_000
Times = list[int]


def entry(number: int, at: int) -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(ENTRY)
    made |= {"id": f"log-{number}", "created_at": at}
    made["workflow_run"] |= {"id": f"run-{number}", "created_at": at, "finished_at": at}
    return made


class Logs(ReplayServer):
    """The logs of an app, as the server lists them: by whole seconds, without a tie-break.

    times: when each run was made, in unix seconds. arriving: runs that are made between any two
    requests. shuffled: entries of one second come in another order for every page asked for.
    filters: whether times are filtered by, as from 1.1 on.
    """

    def __init__(
        self,
        times: Times,
        *,
        arriving: int = 0,
        shuffled: bool = False,
        filters: bool = True,
        version: str = "1.14.2",
    ) -> None:
        super().__init__(self._tell)
        self.entries = [entry(number, at) for number, at in enumerate(times)]
        self._arriving, self._shuffled, self._filters = arriving, shuffled, filters
        self._headers = [("X-Version", version)]

    def _tell(self, request: Request) -> Reply:
        query = request.query
        page, limit = int(query["page"]), int(query["limit"])
        found = list(self.entries)
        if self._filters:
            bounds = {"created_at__after": 0.0, "created_at__before": 2.0**40}
            for name in bounds.keys() & query.keys():
                bounds[name] = datetime.fromisoformat(query[name]).timestamp()
            low, high = bounds.values()
            found = [item for item in found if low <= item["created_at"] <= high]
        if self._shuffled:
            random.Random(f"{page} {limit}").shuffle(found)
        found.sort(key=lambda item: -item["created_at"])
        for _ in range(self._arriving):
            number = len(self.entries)
            self.entries.insert(0, entry(number, NOW + len(self.requests)))
        body = {
            "page": page,
            "limit": limit,
            "total": len(found),
            "has_more": len(found) > page * limit,
            "data": found[(page - 1) * limit : page * limit],
        }
        return Reply.json(200, body, self._headers)


def numbers(entries: Any) -> list[int]:
    return [int(item.id.removeprefix("log-")) for item in entries]


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


@both
@pytest.mark.parametrize("which", sorted(TIMES.keys() - {"more in one second than on a page"}))
@pytest.mark.parametrize("arriving", [0, 1, 30])
def test_new_runs_and_ties_move_nothing(kind: Kind, which: str, arriving: int) -> None:
    """Runs that are made meanwhile may come or not, but those that were there come once."""
    times = [at - 10 for at in TIMES[which]]
    with Logs(times, arriving=arriving, shuffled=True) as server, client(kind, server.url) as dify:
        found = numbers(dify.iter_logs())
    assert len(set(found)) == len(found)
    assert set(range(len(times))) <= set(found)


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
        assert next(entries).id == "log-11"
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
        assert {request.query["limit"] for request in server.requests} == {str(limit)}
        assert numbers(dify.iter_logs()) == numbers(dify.iter_logs(WorkflowLogsRequest(limit=3)))


@both
def test_filters_and_keys_go_with_every_page(kind: Kind) -> None:
    after = datetime.fromtimestamp(NOW - 99, UTC)
    before = datetime.fromtimestamp(NOW - 20, UTC)
    request = WorkflowLogsRequest(status="failed", created_at_before=before, limit=10)
    with Logs([NOW - n for n in range(250)]) as server, client(kind, server.url) as dify:
        found = dify.iter_logs(request, keyword="k", created_at_after=after, api_key="app-other")
        assert numbers(found) == list(range(20, 100))
        assert len(server.requests) > 7
        for sent in server.requests:
            assert sent.path == "/v1/workflows/logs"
            assert (sent.query["status"], sent.query["keyword"]) == ("failed", "k")
            assert sent.query["created_at__after"] == after.isoformat()
            assert sent.headers["authorization"] == "Bearer app-other"


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
        assert numbers(islice(entries, 10)) == list(range(10))  # the gateway's error was retried
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
