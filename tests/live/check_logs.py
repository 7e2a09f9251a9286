"""The logs, and the end users that they name."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from dify_workflow._api.versions import BY_NAME

from .session import Live, succeeded


def logged(live: Live, dify: Any) -> tuple[Any, Any]:
    """Run the app; return the result and its log entry."""
    response = dify.run_workflow(live.inputs())
    succeeded(response)

    def look() -> Any:
        entries = live.entries(dify, live.user)
        found = [entry for entry in entries if entry.data.workflow_run.id == response.id]
        return found[0] if found and found[0].status != "running" else None

    entry = live.until(look)
    assert entry is not None, f"run {response.id} is not in the logs"
    return response, entry


def test_logs(dify: Any, live: Live) -> None:
    response, entry = logged(live, dify)
    assert entry.status == response.status
    assert entry.finished_at >= entry.data.workflow_run.created_at
    page = dify.logs(limit=1)
    assert (page.page, page.limit, len(page)) == (1, 1, 1)
    mine = list(islice(dify.iter_logs(created_by_end_user_session_id=live.user), 200))
    assert entry.id in {other.id for other in mine}
    assert len({other.id for other in mine}) == len(mine)


@pytest.mark.parametrize("by", ["entry", "id"])
def test_last_id_loses_nothing_and_repeats_nothing(dify: Any, live: Live, by: str) -> None:
    """Several entries fall into one second, and the server orders by whole seconds."""
    live.needs(BY_NAME["created_by_end_user_session_id"])
    user, ids = live.several_runs()
    of_user = {"created_by_end_user_session_id": user}
    listed = live.until(lambda: len(live.entries(dify, user)) == len(ids))
    assert listed, f"{len(ids)} runs of {user} are not all in the logs"
    for limit in (1, 2, 3, 5, 100):
        page = dify.logs(limit=limit, **of_user)
        found = list(page)
        while page.has_more and len(found) <= len(ids):
            last = page.data[-1]
            last_id = last if by == "entry" else last.id
            page = dify.logs(last_id=last_id, limit=limit, **of_user)
            found += page
        assert sorted(entry.run_id for entry in found) == sorted(ids), f"limit {limit}"
    assert {entry.run_id for entry in dify.iter_logs(**of_user)} == ids


def test_end_user(dify: Any, live: Live) -> None:
    live.needs(BY_NAME["getEndUser"])
    _, entry = logged(live, dify)
    user = dify.end_user(entry.data.created_by_end_user.id)
    assert (user.session_id, user.is_anonymous) == (live.user, False)
