"""All of an app's runs, each once and in one order, and the entries after a given one.

The server can be asked for neither: it lists by whole seconds, without a tie-break.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any

import attrs
import pytest
from dify_workflow import WorkflowLogs, WorkflowLogsRequest, errors
from facade import Kind, answered, both, client
from log_server import NOW, STATUSES, USERS, Logs, Times, entry, log_id, numbers
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
# As servers list them, and those before 1.0.1, which ignore times.
SERVERS: list[dict[str, Any]] = [{}, {"shuffled": True}]
SERVERS += [{"filters": False, "version": version} for version in ("0.15.3", "1.0.0")]


@pytest.mark.sample(40)
@both
@pytest.mark.parametrize("given", SERVERS, ids=lambda given: str([*given.values()]))
@pytest.mark.parametrize("which", sorted(TIMES))
@pytest.mark.parametrize("arriving", [0, 1, 30])
def test_each_entry_comes_once(
    kind: Kind, given: dict[str, Any], which: str, arriving: int
) -> None:
    """Runs that are made meanwhile may come or not, but those that were there come once."""
    times = [at - 10 for at in TIMES[which]]
    with Logs(times, arriving=arriving, **given) as server, client(kind, server) as dify:
        entries = list(dify.iter_logs())
        most = 2 * len(times) // 100 + (3 if "filters" in given else 6)
        assert arriving or "shuffled" in given or len(server.requests) <= most
    found = numbers(entries)
    assert len(set(found)) == len(found)
    assert set(range(len(times))) <= set(found)
    assert arriving or [one.created_at for one in entries] == sorted(times, reverse=True)


@both
@pytest.mark.parametrize("filters", [False, True])
def test_what_is_newer_than_asked_for_is_left_out(kind: Kind, filters: bool) -> None:
    """Whether the server does so or not, and where the bound is within one second."""
    for per_second, seconds, first in ((1, 50, 50), (200, 1, 200)):
        before = datetime.fromtimestamp(NOW - seconds, UTC)
        times = _times(600, per_second)
        with Logs(times, filters=filters) as server, client(kind, server) as dify:
            assert numbers(dify.iter_logs(created_at_before=before)) == list(range(first, 600))


@both
def test_nothing_is_fetched_before_it_is_needed_nor_after_the_end(kind: Kind) -> None:
    with Logs(_times(15)) as server, client(kind, server) as dify:
        entries = dify.iter_logs(WorkflowLogsRequest(limit=10))
        assert server.requests == []
        for count, expected, requests in ((9, range(9), 1), (3, range(9, 12), 2)):
            assert numbers(islice(entries, count)) == list(expected)
            assert len(server.requests) == requests
        assert numbers(entries) == [12, 13, 14]
        count = len(server.requests)
        assert list(entries) == []
        assert len(server.requests) == count


@both
def test_filters_and_keys_go_with_every_page(kind: Kind) -> None:
    request = WorkflowLogsRequest(status="failed", limit=10)
    with Logs(_times(90)) as server, client(kind, server) as dify:
        found = dify.iter_logs(request, keyword="k", api_key="app-other")
        assert numbers(found) == _expected({"status": "failed"}, _times(90))
        assert len(server.requests) > 2
        for sent in server.requests:
            assert (sent.query["status"], sent.query["keyword"]) == ("failed", "k")
            assert sent.headers["authorization"] == "Bearer app-other"


@both
def test_an_error_comes_out_where_it_happens(kind: Kind) -> None:
    unauthorized = Reply.of(exchange("1.14.2", "files/upload_no_auth"))
    pages = iter([Reply.json(502, {}), None, unauthorized])

    class Failing(Logs):
        def _tell(self, request: Request) -> Reply:
            return next(pages) or super()._tell(request)

    with Failing(_times(30)) as server, client(kind, server) as dify, recorded_pauses():
        entries = dify.iter_logs(limit=10)
        assert numbers(islice(entries, 9)) == list(range(9))  # the gateway's error was retried
        with pytest.raises(errors.AuthenticationError):
            next(entries)


WRONG: list[dict[str, Any]] = [{"created_at": 10**18}, {"created_at": None}, {"id": []}]
WRONG += [{"workflow_run": None}]


@both
@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_an_entry_that_cannot_be_read_is_a_typed_error(kind: Kind, wrong: dict[str, Any]) -> None:
    body = {"page": 1, "limit": 10, "total": 1, "has_more": False, "data": [entry(0, NOW) | wrong]}
    with answered(kind, Reply.json(200, body)) as (_, dify):
        for call in (dify.logs, lambda: list(dify.iter_logs())):
            with pytest.raises(errors.UnreadableAnswer):
                call()


# Page by page.

# Newest run first, at 2 to 5 a second.
BUSY = [NOW - ago for ago, count in enumerate((2, 5, 3, 4, 2, 5, 3)) for _ in range(count)]
FIRST, LAST = (datetime.fromtimestamp(NOW - ago, UTC) for ago in (5, 1))
FILTERS: list[dict[str, Any]] = [
    {},
    {"status": "failed"},
    {"created_by_end_user_session_id": "ann"},
    {"keyword": "k"},
    {"created_at_after": FIRST},
    {"created_at_before": LAST},
    {
        "status": "stopped",
        "created_by_end_user_session_id": "bob",
        "created_at_after": FIRST,
        "created_at_before": LAST,
    },
]
by = pytest.mark.parametrize("by", ["entry", "id"])


def _times(count: int, per_second: int = 1) -> list[int]:
    return [NOW - n // per_second for n in range(count)]


def _expected(given: dict[str, Any], times: list[int]) -> list[int]:
    """The numbers of the entries that the filters leave."""
    low, high = (given.get(f"created_at_{name}") for name in ("after", "before"))
    return [
        number
        for number, at in enumerate(times)
        if given.get("status") in (None, STATUSES[number % len(STATUSES)])
        and given.get("created_by_end_user_session_id") in (None, USERS[number % len(USERS)])
        and (low is None or at >= low.timestamp())
        and (high is None or at <= high.timestamp())
    ]


def _walk(dify: Any, by: str, limit: int, most: int = 99, **given: Any) -> list[int]:
    """Read page by page, each after the last entry of the one before."""
    page = dify.logs(WorkflowLogsRequest(limit=limit, **given))
    found = numbers(page)
    for _ in range(most - 1):
        if not page.has_more:
            break
        last = page.data[-1] if by == "entry" else page.data[-1].id
        page = dify.logs(WorkflowLogsRequest(last_id=last, limit=limit, **given))
        assert len(page) == limit or not page.has_more
        found += numbers(page)
    return found


@pytest.mark.sample(8)
@both
@by
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 100])
@pytest.mark.parametrize("arriving", [0, 1, 3])
def test_many_runs_of_one_second_come_once_each(
    kind: Kind, by: str, limit: int, arriving: int
) -> None:
    """The server orders them anew for every query, and others arrive meanwhile."""
    for given in FILTERS:
        with Logs(BUSY, shuffled=True, arriving=arriving) as server, client(kind, server) as dify:
            found = _walk(dify, by, limit, **given)
            assert len(server.requests) <= 2 * -(-len(found) // limit) + 1
            assert found == _expected(given, BUSY), given
            assert arriving or numbers(dify.iter_logs(limit=limit, **given)) == found


@pytest.mark.sample(4)
@both
@by
@pytest.mark.parametrize("limit", [7, 100])
@pytest.mark.parametrize("per_second", [101, 150, 300])
def test_a_second_that_fills_more_than_a_page(
    kind: Kind, by: str, limit: int, per_second: int
) -> None:
    with Logs(_times(320, per_second), shuffled=True) as server, client(kind, server) as dify:
        assert _walk(dify, by, limit, most=4) == list(range(320))[: 4 * limit]
        assert numbers(dify.iter_logs()) == list(range(320))


@pytest.mark.sample(6)
@both
@by
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 100])
def test_a_server_that_ignores_times(kind: Kind, by: str, limit: int) -> None:
    """Before 1.0.1: pages can only be numbered."""
    with Logs(BUSY, filters=False, version="1.0.0") as server, client(kind, server) as dify:
        assert _walk(dify, by, limit) == list(range(len(BUSY)))


@both
def test_a_page_says_where_it_stands(kind: Kind) -> None:
    with Logs(_times(45)) as server, client(kind, server) as dify:
        first, third, fourth = dify.logs(), dify.logs(page=3), dify.logs(page=4, limit=20)
    assert (first.page, first.limit, first.total, first.has_more) == (1, 20, 45, True)
    assert (numbers(first), len(first)) == (list(range(20)), 20)
    assert (third.page, third.has_more, numbers(third)) == (3, False, list(range(40, 45)))
    assert (fourth.total, fourth.has_more, list(fourth), fourth.data) == (45, False, [], [])


@both
def test_how_often_the_server_is_asked_for_a_page(kind: Kind) -> None:
    """Once for the last page and for a numbered one; else once more for what its end ties with."""
    with Logs(_times(45)) as server, client(kind, server) as dify:
        for given, requests in (({"limit": 50}, 1), ({"page": 1}, 1), ({}, 2), ({"limit": 1}, 2)):
            server.requests.clear()
            dify.logs(**given)
            assert len(server.requests) == requests, given
            limit = str(given.get("limit", 20))
            assert server.requests[0].query == {"page": "1", "limit": limit}


@both
def test_last_id_is_looked_for_page_by_page(kind: Kind) -> None:
    with Logs(_times(450)) as server, client(kind, server) as dify:
        page = dify.logs(last_id=log_id(298), limit=5, keyword="k", status=None)
    assert numbers(page) == list(range(299, 304))
    assert (page.page, page.limit, page.total, page.has_more) == (1, 5, 450, True)
    assert server.requests[0].query == {"limit": "100", "page": "1", "keyword": "k"}
    asked = [[sent.query[name] for name in ("page", "limit")] for sent in server.requests]
    assert asked == [["1", "100"]] * 4


@both
@pytest.mark.parametrize(
    ("last", "limit", "expected", "has_more", "requests"),
    [
        (0, 20, range(1, 21), True, 1),
        (97, 20, range(98, 118), True, 2),  # the last of the seconds that are whole on a page
        (99, 20, range(100, 120), True, 2),  # the last of a page
        (77, 20, range(78, 98), True, 1),
        (228, 20, range(229, 249), True, 3),
        (229, 20, range(230, 250), False, 3),
        (239, 20, range(240, 250), False, 3),  # fewer than asked for
        (249, 20, range(0), False, 3),  # the very last entry
        (149, 100, range(150, 250), False, 3),
        (148, 100, range(149, 249), True, 3),
    ],
)
def test_the_entries_after_an_id(
    kind: Kind, last: int, limit: int, expected: range, has_more: bool, requests: int
) -> None:
    with Logs(_times(250, per_second=7), shuffled=True) as server, client(kind, server) as dify:
        page = dify.logs(last_id=log_id(last), limit=limit)
        assert len(server.requests) == requests
    assert (numbers(page), page.has_more) == (list(expected), has_more)


@both
@pytest.mark.parametrize("limit", [99, 100, 149])
def test_whether_entries_follow_a_second_that_fills_a_page(kind: Kind, limit: int) -> None:
    times = _times(300, per_second=150)
    with Logs(times, shuffled=True) as server, client(kind, server) as dify:
        entry = dify.logs(last_id=log_id(148), limit=1).data[0]
        page = dify.logs(last_id=dify.logs(last_id=entry, limit=49).data[-1], limit=100)
        assert (numbers(page), page.has_more) == (list(range(199, 299)), True)
        page = dify.logs(last_id=log_id(199), limit=100)
        assert (numbers(page), page.has_more) == (list(range(200, 300)), False)


@both
def test_a_last_id_that_is_not_there_is_a_clear_error(kind: Kind) -> None:
    with Logs(_times(130)) as server, client(kind, server) as dify:
        # An entry of another app is looked for in its own second, not in all that was before.
        another = attrs.evolve(dify.logs().data[0], id="log-x")
        for last, requests in (("log-x", 2), (another, 1)):
            server.requests.clear()
            with pytest.raises(errors.InvalidArgument, match="no entry 'log-x'") as caught:
                dify.logs(last_id=last)
            assert (caught.value.field, len(server.requests)) == ("last_id", requests)
        server.entries.clear()
        with pytest.raises(errors.InvalidArgument, match="no entry"):
            dify.logs(last_id=log_id(1))
    refused = Reply.json(404, {"code": "not_found", "message": "x", "status": 404})
    with answered(kind, refused) as (server_refusing, dify):
        with pytest.raises(errors.NotFound):
            dify.logs(last_id="log-1")
        assert len(server_refusing.requests) == 1


@both
def test_an_entry_as_last_id_needs_one_request(kind: Kind) -> None:
    """Its time names its place, though entries of one second have no order among them."""
    with Logs(_times(5000, per_second=30), shuffled=True) as server, client(kind, server) as dify:
        (entry,) = dify.logs(page=4444, limit=1)
        assert isinstance(entry, WorkflowLogs)
        (number,) = numbers([entry])
        server.requests.clear()
        assert numbers(dify.logs(last_id=entry, limit=30)) == list(range(number + 1, number + 31))
    assert [request.query["page"] for request in server.requests] == ["1"]
    upto = datetime.fromisoformat(server.requests[0].query["created_at__before"])
    assert 0 <= upto.timestamp() - entry.created_at < 1  # inclusive: it holds the entry itself


@both
def test_a_server_that_gives_one_page_for_ever(kind: Kind) -> None:
    with Logs(_times(30)) as server, client(kind, server) as dify:
        page = [entry.raw for entry in dify.logs(page=1)]
    for data in (page, []):
        body = {"page": 1, "limit": 20, "total": 30, "has_more": True, "data": data}
        with answered(kind, Reply.json(200, body)) as (strange, dify):
            assert numbers(dify.iter_logs()) == list(range(len(data)))
            assert len(strange.requests) <= (5 if data else 1)
            assert numbers(dify.logs()) == list(range(len(data)))
            with pytest.raises(errors.InvalidArgument):
                dify.logs(last_id="log-x")
