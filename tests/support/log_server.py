"""The logs of an app as a server lists them."""

from __future__ import annotations

import copy
import random
from datetime import datetime
from typing import Any

from replay_server import ReplayServer, Reply, Request
from wire_archive import exchange

ENTRY = exchange("1.14.2", "logs/default").json()["data"][0]
NOW = 1_795_336_000
STATUSES = ("succeeded", "failed", "stopped")
USERS = ("ann", "bob")
Times = list[int]


def log_id(number: int) -> str:
    """The id of an entry: those of one second are listed by id, the last one first."""
    return f"log-{999_999 - number}"


def entry(number: int, at: int) -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(ENTRY)
    made |= {"id": log_id(number), "created_at": at}
    made["workflow_run"]["status"] = STATUSES[number % len(STATUSES)]
    made["created_by_end_user"]["session_id"] = USERS[number % len(USERS)]
    made["workflow_run"] |= {"id": f"run-{number}", "created_at": at, "finished_at": at}
    return made


class Logs(ReplayServer):
    """The logs of an app, as the server lists them: by whole seconds, without a tie-break.

    times: when each run was made, in unix seconds. arriving: runs that are made between any two
    requests. shuffled: entries of one second come in another order for every query (other filters,
    another limit, another page). filters: whether times are filtered by, as from 1.1 on.
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
        if status := query.get("status"):
            found = [item for item in found if item["workflow_run"]["status"] == status]
        if user := query.get("created_by_end_user_session_id"):
            found = [item for item in found if item["created_by_end_user"]["session_id"] == user]
        if self._shuffled:
            random.Random(repr(sorted(query.items()))).shuffle(found)
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
    return [999_999 - int(item.id.removeprefix("log-")) for item in entries]
