"""Pages of the logs: one page, the entries after a given one, all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from dify_workflow_api.filters import LOG_FILTERS

from .._codec.jsonio import as_text
from ..errors import invalid
from ..options import Options
from ..types.requests import WorkflowLogsRequest
from ..types.responses import DifyPageResult, WorkflowLogs
from . import api_requests
from .api_responses import ApiResponse
from .commands import Flow, ask
from .logger import log

_LARGEST_PAGE: int = LOG_FILTERS["limit"]["maximum"]
_LAST_TIME = 1 << 35  # unix seconds: a bound of sanity, in the year 3058
_ROUNDS = 20  # readings of a second that fills more than a page
_STRANGE_PAGES = 2  # in a row, that bring nothing new: the server repeats itself


def log_entry(raw: Any) -> WorkflowLogs:
    """Read one entry of the logs; raises one of `UNREADABLE`."""
    run, created_at = raw["workflow_run"], raw["created_at"]
    if not isinstance(raw["id"], str) or not isinstance(run["id"], str):
        raise TypeError("an entry and its run need ids")
    if not isinstance(created_at, int):
        raise TypeError("an entry needs a time")
    if not 0 <= created_at < _LAST_TIME:
        raise ValueError("the time of an entry is none")
    return WorkflowLogs(
        id=raw["id"],
        status=as_text(run.get("status")),
        message=as_text(run.get("error")),
        created_at=created_at,
        finished_at=run.get("finished_at"),
        raw=raw,
    )


def _page(response: ApiResponse) -> DifyPageResult[WorkflowLogs]:
    return response.decode(
        lambda raw: DifyPageResult(
            data=[log_entry(item) for item in raw["data"]],
            page=raw["page"],
            limit=raw["limit"],
            total=raw["total"],
            has_more=raw["has_more"],
            headers=response.headers,
        )
    )


def fetch_page(
    options: Options, request: WorkflowLogsRequest
) -> Flow[DifyPageResult[WorkflowLogs]]:
    """Fetch the page that a request asks for: a numbered one as the server gives it."""
    if request.last_id is not None:
        return (yield from _entries_after(options, request, request.last_id))
    if "page" in request.filters:
        return _page((yield from ask(api_requests.logs(options, request.filters))))
    walk = LogWalk({**request.filters, "limit": request.limit})
    found = yield from walk.next_entries(options)
    first = walk.page
    walk.use_full_pages()
    while not walk.done and len(found) < request.limit:
        found += yield from walk.next_entries(options)
    return attrs.evolve(first, data=found[: request.limit])


def _entries_after(
    options: Options, request: WorkflowLogsRequest, last: str | WorkflowLogs
) -> Flow[DifyPageResult[WorkflowLogs]]:
    """Fetch the `limit` entries that come after `last` in the listing, newest first.

    The server knows no such parameter. An entry names its second, so the listing is read from there
    on; an id is looked for from the newest entry on.
    """
    filters = {**request.filters, "limit": _LARGEST_PAGE}
    last_id, oldest = (last.id, last.created_at) if isinstance(last, WorkflowLogs) else (last, 0)
    if oldest:
        filters["created_at_before"] = _not_after(_end_of(oldest), filters)
    walk = LogWalk(filters)
    found: list[WorkflowLogs] | None = None  # None: `last` has not come yet
    first: DifyPageResult[WorkflowLogs] | None = None
    # `limit` entries are not enough where it is not sure that more follow.
    while not walk.done and (found is None or len(found) < request.limit + (not walk.more)):
        entries = yield from walk.next_entries(options)
        first = first or walk.page
        if found is not None:
            found += entries
            continue
        ids = [entry.id for entry in entries]
        if last_id in ids:
            found = entries[ids.index(last_id) + 1 :]
        elif entries and entries[-1].created_at < oldest:
            break
    if found is None or first is None:
        raise invalid("last_id", f"the listing holds no entry {last_id!r}")
    return DifyPageResult(
        data=found[: request.limit],
        page=1,
        limit=request.limit,
        total=first.total,
        has_more=not walk.done or len(found) > request.limit,
        headers=walk.page.headers,
    )


def whole_listing(request: WorkflowLogsRequest) -> LogWalk:
    """Return the walk over all entries that a request is for; raises `InvalidArgument`."""
    for name in ("last_id", "page"):
        if getattr(request, name, None) is not None or name in request.filters:
            raise invalid(name, "iter_logs begins with the newest")
    return LogWalk(request.filters)


class LogWalk:
    """The whole listing, newest first, by whole seconds; within a second by id. No I/O.

    The server orders entries by their second alone: those of one second come in another order for
    other filters, limits and pages, so a page may break off anywhere within a second. Its last
    second is therefore left out, and the next page begins with it (by its time, not by a number:
    new runs shift nothing). A second that fills a page is read alone, again and again while entries
    of it are missing.

    Dify before 1.0.1 cannot be asked by time. There pages are numbered, and entries of one second
    on the border of two pages come once each only if the server keeps their order.
    """

    def __init__(self, filters: Mapping[str, Any]) -> None:
        self._filters = {"limit": _LARGEST_PAGE, **filters}
        self._by_time = True
        self._number = 1
        self._seen: set[str] = set()  # what was given out last; or all, where pages are numbered
        self._held: list[WorkflowLogs] = []
        self._strange = 0
        self.done: bool = False
        self.more: bool = True  # entries are known to follow
        self.page: DifyPageResult[WorkflowLogs]  # the last one that was fetched

    def use_full_pages(self) -> None:
        """Let the pages after the first one be as large as they can be."""
        self._filters["limit"] = _LARGEST_PAGE

    def next_entries(self, options: Options) -> Flow[list[WorkflowLogs]]:
        """Fetch the next page; return the entries of the seconds it has in full, maybe none."""
        filters = {**self._filters, "page": self._number}
        self.page = page = _page((yield from ask(api_requests.logs(options, filters))))
        entries = [entry for entry in page if _is_within(entry, filters)]
        if len(entries) < len(page):
            self._by_time = False
        self.done = not page.has_more or not page.data
        complete, upto = entries, None
        if self._by_time and not self.done:
            oldest = min(entry.created_at for entry in entries)
            upto = _end_of(oldest)
            complete = [entry for entry in entries if entry.created_at > oldest]
            self.more = bool(complete)
            if not complete:
                second = yield from self._second(options, oldest)
                if second is None:
                    self._by_time = False
                else:
                    complete, upto = second, _end_of(oldest - 1)
                    self.more = page.total > len(complete)
        if not self._by_time:
            return self._by_number(entries)
        if upto is not None:
            self._filters["created_at_before"] = _not_after(upto, self._filters)
            self._seen = {entry.id for entry in complete}
        return _ordered(complete)

    def _by_number(self, entries: list[WorkflowLogs]) -> list[WorkflowLogs]:
        """Take a numbered page; return what comes before its last second."""
        fresh = [entry for entry in entries if entry.id not in self._seen]
        self._strange = 0 if fresh or not entries else self._strange + 1
        self.done = self.done or self._strange == _STRANGE_PAGES
        self._seen.update(entry.id for entry in fresh)
        self._number += 1
        collected = self._held + fresh
        oldest = -1 if self.done else min((entry.created_at for entry in collected), default=0)
        self._held = [entry for entry in collected if entry.created_at == oldest]
        self.more = bool(self._held)
        return _ordered(entry for entry in collected if entry.created_at > oldest)

    def _second(self, options: Options, at: int) -> Flow[list[WorkflowLogs] | None]:
        """Fetch all entries of one second; None where the server does not filter by time.

        Where they fill several pages, each page is in an order of its own: what one reading lacks,
        another one with another limit may have.
        """
        after = self._filters.get("created_at_after")
        start = datetime.fromtimestamp(at, UTC)
        filters = {
            **self._filters,
            "created_at_after": start if after is None else max(after, start),
            "created_at_before": _not_after(_end_of(at), self._filters),
        }
        by_id: dict[str, WorkflowLogs] = {}
        total = 0
        for limit in range(_LARGEST_PAGE, _LARGEST_PAGE - _ROUNDS, -1):
            number, more = 1, True
            while more:
                page_filters = {**filters, "limit": limit, "page": number}
                page = _page((yield from ask(api_requests.logs(options, page_filters))))
                if any(entry.created_at != at for entry in page):
                    return None
                by_id.update((entry.id, entry) for entry in page)
                total = page.total
                more = bool(page.data) and number * limit < total
                number += 1
            if len(by_id) >= total:
                break
        else:
            log.warning(
                "%d of %d log entries of one second were not got", total - len(by_id), total
            )
        return list(by_id.values())


def _ordered(entries: Iterable[WorkflowLogs]) -> list[WorkflowLogs]:
    return sorted(entries, key=lambda entry: (entry.created_at, entry.id), reverse=True)


def _end_of(second: int) -> datetime:
    """Return the last microsecond of a second: bounds are inclusive, times are whole seconds."""
    return datetime.fromtimestamp(second, UTC) + timedelta(microseconds=999_999)


def _not_after(upto: datetime, filters: Mapping[str, Any]) -> datetime:
    """Return the earlier of a time and the filters' own bound."""
    before: datetime | None = filters.get("created_at_before")
    return upto if before is None else min(upto, before)


def _is_within(entry: WorkflowLogs, filters: Mapping[str, Any]) -> bool:
    before, after = (filters.get(f"created_at_{name}") for name in ("before", "after"))
    return (before is None or entry.created_at <= before.timestamp()) and (
        after is None or entry.created_at >= int(after.timestamp())
    )
