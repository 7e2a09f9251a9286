"""Pages of the logs, and the entries after a given one, which the server cannot be asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
import pytest
from dify_workflow import InvalidArgument, NotFound, WorkflowLogs, WorkflowLogsRequest
from facade import Kind, both, client
from replay_server import ReplayServer, Reply, Request
from wire_archive import exchange

RECORDED = exchange("1.14.2", "logs/default").json()["data"][0]
START = 1_795_336_000  # unix seconds of the newest entry


def _entry(number: int, created_at: int) -> dict[str, Any]:
    run = {**RECORDED["workflow_run"], "id": f"run-{number}", "created_at": created_at}
    return {**RECORDED, "id": f"log-{number}", "created_at": created_at, "workflow_run": run}


@attrs.define
class Listing:
    """A server's log: newest first, filtered and cut into pages as Dify does it."""

    entries: list[dict[str, Any]]
    overlap: int = 0
    """So many entries are new at each request, which shifts the following pages."""
    requests: list[dict[str, str]] = attrs.field(factory=list)

    def __call__(self, request: Request) -> Reply:
        assert request.path == "/v1/workflows/logs"
        query = request.query
        self.requests.append(query)
        found = list(self.entries)
        if "created_at__before" in query:
            upto = datetime.fromisoformat(query["created_at__before"]).timestamp()
            found = [entry for entry in found if entry["created_at"] <= upto]
        page, limit = int(query.get("page", 1)), int(query.get("limit", 20))
        data = found[(page - 1) * limit : page * limit]
        for number in range(self.overlap):
            self.entries.insert(0, _entry(10_000 * page + number, START + page))
        more = len(found) > page * limit
        counts = {"page": page, "limit": limit, "total": len(found), "has_more": more}
        return Reply.json(200, {**counts, "data": data})


def _listing(count: int, per_second: int = 1, overlap: int = 0) -> Listing:
    return Listing([_entry(n, START - n // per_second) for n in range(count)], overlap)


def _numbers(page: Any) -> list[int]:
    return [int(entry.id.removeprefix("log-")) for entry in page]


@both
def test_a_page_says_where_it_stands(kind: Kind) -> None:
    with ReplayServer(_listing(45)) as server, client(kind, server.url) as dify:
        first, third, fourth = dify.logs(), dify.logs(page=3), dify.logs(page=4, limit=20)
    assert (first.page, first.limit, first.total, first.has_more) == (1, 20, 45, True)
    assert (_numbers(first), len(first)) == (list(range(20)), 20)
    assert (third.page, third.has_more, _numbers(third)) == (3, False, list(range(40, 45)))
    assert (fourth.total, fourth.has_more, list(fourth), fourth.data) == (45, False, [], [])


@both
def test_last_id_is_looked_for_page_by_page(kind: Kind) -> None:
    listing = _listing(450)
    with ReplayServer(listing) as server, client(kind, server.url) as dify:
        page = dify.logs(last_id="log-298", limit=5)
    assert _numbers(page) == list(range(299, 304))
    assert (page.page, page.limit, page.total, page.has_more) == (1, 5, 450, True)
    pages = [{"limit": "100", "page": str(number)} for number in (1, 2, 3, 4)]
    assert listing.requests == pages


@both
@pytest.mark.parametrize(
    ("last", "limit", "expected", "has_more", "requests"),
    [
        (0, 20, range(1, 21), True, 1),
        (99, 20, range(100, 120), True, 2),  # the last of a page
        (79, 20, range(80, 100), True, 1),
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
    listing = _listing(250, per_second=7)
    with ReplayServer(listing) as server, client(kind, server.url) as dify:
        page = dify.logs(last_id=f"log-{last}", limit=limit)
    assert (_numbers(page), page.has_more) == (list(expected), has_more)
    assert len(listing.requests) == requests


@both
def test_the_pages_of_a_loop_give_every_entry_once(kind: Kind) -> None:
    with ReplayServer(_listing(133, per_second=9)) as server, client(kind, server.url) as dify:
        page = dify.logs(limit=17)
        numbers = _numbers(page)
        while page.has_more:
            page = dify.logs(limit=17, last_id=page.data[-1])
            numbers += _numbers(page)
    assert numbers == list(range(133))


@both
def test_pages_that_overlap_give_no_entry_twice(kind: Kind) -> None:
    """New runs arrive between two requests, so that each page repeats the end of the one before."""
    listing = _listing(300, overlap=3)
    with ReplayServer(listing) as server, client(kind, server.url) as dify:
        page = dify.logs(last_id="log-98", limit=100)
    assert _numbers(page) == list(range(99, 199))
    assert len(listing.requests) == 3  # only 97 of the second page are new


@both
def test_last_id_keeps_the_filters(kind: Kind) -> None:
    listing = _listing(5)
    with ReplayServer(listing) as server, client(kind, server.url) as dify:
        dify.logs(WorkflowLogsRequest(last_id="log-1", keyword="k", status="failed", limit=2))
    assert listing.requests == [{"limit": "100", "page": "1", "keyword": "k", "status": "failed"}]


@both
def test_an_unknown_last_id_is_a_clear_error(kind: Kind) -> None:
    listing = _listing(130)
    with ReplayServer(listing) as server, client(kind, server.url) as dify:
        with pytest.raises(InvalidArgument, match="no entry 'log-999'") as caught:
            dify.logs(last_id="log-999")
        assert caught.value.field == "last_id"
        assert len(listing.requests) == 2
        listing.entries.clear()
        with pytest.raises(InvalidArgument, match="no entry"):
            dify.logs(last_id="log-1")


@both
def test_an_entry_as_last_id_needs_one_request(kind: Kind) -> None:
    """Its time names its place, though entries of one second have no order among them."""
    listing = _listing(5000, per_second=30)
    with ReplayServer(listing) as server, client(kind, server.url) as dify:
        entry = next(iter(dify.logs(page=4444, limit=1)))
        assert isinstance(entry, WorkflowLogs)
        listing.requests.clear()
        page = dify.logs(last_id=entry, limit=30)
    assert _numbers(page) == list(range(4444, 4474))
    assert [request["page"] for request in listing.requests] == ["1"]
    upto = datetime.fromisoformat(listing.requests[0]["created_at__before"])
    assert 0 <= upto.timestamp() - entry.created_at <= 1  # inclusive: it holds the entry itself


@both
def test_a_second_with_more_entries_than_a_page(kind: Kind) -> None:
    with ReplayServer(_listing(500, per_second=500)) as server, client(kind, server.url) as dify:
        entry = next(iter(dify.logs(page=251, limit=1)))
        assert _numbers(dify.logs(last_id=entry, limit=3)) == [251, 252, 253]


@both
def test_an_entry_of_another_app_is_not_found(kind: Kind) -> None:
    with ReplayServer(_listing(3)) as server, client(kind, server.url) as dify:
        entry = attrs.evolve(next(iter(dify.logs())), id="another")
        with pytest.raises(InvalidArgument, match="no entry 'another'"):
            dify.logs(last_id=entry)


@both
def test_an_error_while_looking_for_last_id_is_raised(kind: Kind) -> None:
    refused = Reply.json(404, {"code": "not_found", "message": "x", "status": 404})
    with ReplayServer([refused]) as server, client(kind, server.url) as dify:
        with pytest.raises(NotFound):
            dify.logs(last_id="log-1")
        assert len(server.requests) == 1
