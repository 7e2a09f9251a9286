"""Pages of the logs, and the entries after a given one, which the server cannot be asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from dify_workflow import InvalidArgument, NotFound, WorkflowLogs, WorkflowLogsRequest
from facade import Kind, answered, both, client
from log_server import NOW, STATUSES, USERS, Logs, log_id, numbers
from replay_server import Reply

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
def test_the_entries_after_each_entry_of_a_page(kind: Kind) -> None:
    """A page that is shown whole is in the same order as what comes after an entry of it."""
    with Logs(BUSY, shuffled=True) as server, client(kind, server) as dify:
        page = dify.logs(limit=100)
        for number, entry in enumerate(page):
            assert numbers(dify.logs(last_id=entry)) == numbers(page.data[number + 1 :])[:20]


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
            with pytest.raises(InvalidArgument, match="no entry 'log-x'") as caught:
                dify.logs(last_id=last)
            assert (caught.value.field, len(server.requests)) == ("last_id", requests)
        server.entries.clear()
        with pytest.raises(InvalidArgument, match="no entry"):
            dify.logs(last_id=log_id(1))
    refused = Reply.json(404, {"code": "not_found", "message": "x", "status": 404})
    with answered(kind, refused) as (server_refusing, dify):
        with pytest.raises(NotFound):
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
    body = {"page": 1, "limit": 20, "total": 30, "has_more": True, "data": page}
    with answered(kind, Reply.json(200, body)) as (strange, dify):
        assert numbers(dify.iter_logs()) == list(range(20))
        assert len(strange.requests) <= 5
        assert numbers(dify.logs()) == list(range(20))
        with pytest.raises(InvalidArgument):
            dify.logs(last_id="log-x")
