"""Pages of the logs: one page, the entries after a given one, all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from . import calls
from .answers import Answer
from .commands import Flow
from .errors import InvalidArgument
from .options import Options
from .reading import as_text
from .requests import WorkflowLogsRequest
from .responses import DifyPageResult, WorkflowLogs
from .retrying import ask

_LARGEST_PAGE = 100
_LAST_TIME = 1 << 35  # unix seconds; long after all of us


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


def _page(answer: Answer) -> DifyPageResult[WorkflowLogs]:
    return answer.read(
        lambda raw: DifyPageResult(
            data=[log_entry(item) for item in raw["data"]],
            page=raw["page"],
            limit=raw["limit"],
            total=raw["total"],
            has_more=raw["has_more"],
            headers=answer.headers,
        )
    )


def fetch_page(
    options: Options, request: WorkflowLogsRequest
) -> Flow[DifyPageResult[WorkflowLogs]]:
    """Fetch the page that a request asks for."""
    if request.last_id is not None:
        return (yield from _entries_after(options, request))
    answer = yield from ask(calls.logs(options, request.filters))
    return _page(answer)


class LogWalk:
    """The whole listing, page by page. No I/O.

    The next page is asked for by the time of the last entry, not by its number: so new runs do not
    shift it, and entries of one second, which the server orders at will, are not skipped (while no
    more of them than a page holds begin within two seconds).
    """

    def __init__(self, request: WorkflowLogsRequest) -> None:
        for name in ("last_id", "page"):
            if getattr(request, name, None) is not None or name in request.filters:
                raise InvalidArgument(f"{name}: iter_logs begins with the newest", field=name)
        self._filters = {"limit": _LARGEST_PAGE, **request.filters}
        self._number = 1
        self._by_time = True
        self._seen: dict[str, int] = {}  # creation time by id, as far as they can come again
        self.done: bool = False

    def next_page(self, options: Options) -> Flow[list[WorkflowLogs]]:
        """Fetch the next page; return the entries on it that are new."""
        before, after = (self._filters.get(f"created_at_{name}") for name in ("before", "after"))
        answer = yield from ask(calls.logs(options, {**self._filters, "page": self._number}))
        listed = _page(answer)
        page = [
            entry
            for entry in listed
            if (before is None or entry.created_at <= before.timestamp())
            and (after is None or entry.created_at >= int(after.timestamp()))
        ]
        if len(page) < len(listed):
            self._by_time = False  # Dify before 1.0.1 ignores times
        fresh = [entry for entry in page if entry.id not in self._seen]
        self._seen.update((entry.id, entry.created_at) for entry in fresh)
        self.done = not listed.has_more or not listed.data
        oldest = min((entry.created_at for entry in page), default=0)
        # Inclusive, and by whole seconds: this second is asked for again.
        upto = datetime.fromtimestamp(oldest + 1, UTC)
        if fresh and self._by_time and (before is None or upto < before):
            self._filters["created_at_before"] = upto
            self._seen = {key: at for key, at in self._seen.items() if at <= oldest + 1}
            self._number = 1
        else:
            self._number += 1
        return fresh


def _entries_after(
    options: Options, request: WorkflowLogsRequest
) -> Flow[DifyPageResult[WorkflowLogs]]:
    """The `limit` entries that come after `last_id` in the listing, newest first.

    The server knows no such parameter. An entry names its time, so its neighbourhood is asked for;
    an id is looked for page by page. Pages can overlap and order entries of one second at will.
    """
    last = request.last_id
    filters = {**request.filters, "limit": _LARGEST_PAGE}
    if isinstance(last, WorkflowLogs):
        # Inclusive, and entries are listed by whole seconds: the next second holds it for sure.
        upto = datetime.fromtimestamp(last.created_at + 1, UTC)
        filters.setdefault("created_at_before", upto)
    last_id = last.id if isinstance(last, WorkflowLogs) else last
    seen: set[str] = set()
    found: list[WorkflowLogs] = []
    passed = False
    number, total, more, headers = 0, 0, True, httpx.Headers()
    while more and len(found) < request.limit:
        number += 1
        answer = yield from ask(calls.logs(options, {**filters, "page": number}))
        page = _page(answer)
        for entry in page:
            if entry.id not in seen and passed:
                found.append(entry)
            seen.add(entry.id)
            passed = passed or entry.id == last_id
        more, total, headers = page.has_more and len(page) > 0, page.total, page.headers
    if not passed:
        raise InvalidArgument(f"last_id: the listing holds no entry {last_id!r}", field="last_id")
    return DifyPageResult(
        data=found[: request.limit],
        page=1,
        limit=request.limit,
        total=total,
        has_more=more or len(found) > request.limit,
        headers=headers,
    )
