"""The logs, and the end users that they name."""

from __future__ import annotations

from itertools import islice
from typing import Any

from dify_workflow.versions import END_USERS
from facade import Kind, both

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


@both
def test_logs(live: Live, kind: Kind) -> None:
    with live.connect(kind) as dify:
        response, entry = logged(live, dify)
        assert entry.status == response.status
        assert entry.finished_at >= entry.data.workflow_run.created_at
        page = dify.logs(limit=1)
        assert (page.page, page.limit, len(page)) == (1, 1, 1)
        mine = list(islice(dify.iter_logs(created_by_end_user_session_id=live.user), 200))
        assert entry.id in {other.id for other in mine}
        assert len({other.id for other in mine}) == len(mine)


@both
def test_end_user(live: Live, kind: Kind) -> None:
    live.needs(END_USERS)
    with live.connect(kind) as dify:
        _, entry = logged(live, dify)
        user = dify.end_user(entry.data.created_by_end_user.id)
        assert (user.session_id, user.is_anonymous) == (live.user, False)
