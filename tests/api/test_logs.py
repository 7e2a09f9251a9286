"""Pages of the logs: every filter on the wire, and the entries after a given one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from dify_workflow import InvalidArgument, WorkflowLogsRequest
from dify_workflow_api.filters import LOG_FILTERS, LogFilters
from facade import Kind, both, client
from recorded_models import SPECIFIED, component
from replay_server import ReplayServer, Reply

EMPTY = Reply.json(200, {"page": 1, "limit": 20, "total": 0, "has_more": False, "data": []})
DEFAULTS = {"page": "1", "limit": "20"}
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT_NOON = "2026-11-22T12:00:00+00:00"
SHANGHAI = timezone(timedelta(hours=8))

# A filter as it is given, and its name and text on the wire.
ON_THE_WIRE: list[tuple[dict[str, Any], str, str]] = [
    ({"keyword": "a b"}, "keyword", "a b"),
    ({"keyword": "1+1=2&x#?/%20"}, "keyword", "1+1=2&x#?/%20"),
    ({"keyword": "你好 😀"}, "keyword", "你好 😀"),
    ({"status": "succeeded"}, "status", "succeeded"),
    ({"status": "failed"}, "status", "failed"),
    ({"status": "stopped"}, "status", "stopped"),
    ({"page": 2}, "page", "2"),
    ({"limit": 100}, "limit", "100"),
    ({"created_at_before": NOON}, "created_at__before", AT_NOON),
    ({"created_at_after": NOON}, "created_at__after", AT_NOON),
    ({"created_at_after": NOON.astimezone(SHANGHAI)}, "created_at__after", AT_NOON),
    ({"created_at_after": "2026-11-22T12:00:00Z"}, "created_at__after", AT_NOON),
    ({"created_at_before": "2026-11-22 20:00:00+08:00"}, "created_at__before", AT_NOON),
    ({"created_at_after": "2026-11-22T00:00Z"}, "created_at__after", "2026-11-22T00:00:00+00:00"),
    (
        {"created_by_end_user_session_id": " lead 用户/?&#"},
        "created_by_end_user_session_id",
        " lead 用户/?&#",
    ),
    ({"created_by_account": "lab+1@example.com"}, "created_by_account", "lab+1@example.com"),
]
PARAMETERS = {
    one["name"].replace("__", "_"): one
    for one in map(component, SPECIFIED["listWorkflowLogs"]["parameters"])
}
EXAMPLES = {name: one["schema"]["examples"][0] for name, one in PARAMETERS.items()}
ON_THE_WIRE += [  # what came later, by the contract's example
    ({name: EXAMPLES[name]}, one["name"], str(EXAMPLES[name]))
    for name, one in PARAMETERS.items()
    if name not in {name for given, _, _ in ON_THE_WIRE for name in given}
]


@both
@pytest.mark.parametrize("as_request", [False, True])
def test_every_filter_on_the_wire(kind: Kind, as_request: bool) -> None:
    with ReplayServer([EMPTY]) as server, client(kind, server.url) as dify:
        for given, name, text in ON_THE_WIRE:
            if as_request:
                dify.logs(WorkflowLogsRequest(**given))
            else:
                dify.logs(**given)
            request = server.requests[-1]
            assert request.query == {**DEFAULTS, name: text}, given
            assert (request.method, request.path) == ("GET", "/v1/workflows/logs")
            if text == AT_NOON:  # a `+` would arrive as a space, which the server refuses
                assert request.target.count("%2B") == 1
    tested = {name for given, _, _ in ON_THE_WIRE for name in given}
    assert tested == set(LOG_FILTERS) == set(LogFilters.__annotations__)


@both
def test_all_filters_at_once_and_nothing_else(kind: Kind) -> None:
    given: dict[str, Any] = EXAMPLES | {
        "keyword": "k",
        "status": "failed",
        "page": 3,
        "limit": 7,
        "created_at_before": NOON,
        "created_at_after": NOON,
        "created_by_end_user_session_id": "u",
        "created_by_account": "a@example.com",
    }
    with ReplayServer([EMPTY]) as server, client(kind, server.url) as dify:
        dify.logs(**given)
        assert len(server.requests[0].query) == len(given) == len(LOG_FILTERS)
        dify.logs()
        dify.logs(last_id=None, api_key=None, keyword=None, page=None, created_at_after=None)
        assert [request.query for request in server.requests[1:]] == [DEFAULTS] * 2


@both
def test_arguments_stand_above_those_of_the_request(kind: Kind) -> None:
    asked = WorkflowLogsRequest(api_key="app-1", limit=3, status="failed", keyword="k")
    with ReplayServer([EMPTY]) as server, client(kind, server.url) as dify:
        dify.logs(asked, limit=4, keyword=None)
        dify.logs(asked, api_key="app-2")
        first, second = server.requests
    assert first.query == {"page": "1", "limit": "4", "status": "failed", "keyword": "k"}
    assert first.headers["authorization"] == "Bearer app-1"
    assert second.query == {"page": "1", "limit": "3", "status": "failed", "keyword": "k"}
    assert second.headers["authorization"] == "Bearer app-2"


@both
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"last_id": "log-1", "page": 2}, "last_id"),
    ],
)
def test_what_the_server_would_refuse_or_ignore_is_not_sent(
    kind: Kind, given: dict[str, Any], field: str
) -> None:
    with ReplayServer([EMPTY]) as server, client(kind, server.url) as dify:
        with pytest.raises(InvalidArgument, match=f"^{field}: ") as caught:
            dify.logs(**given)
        with pytest.raises(InvalidArgument, match=f"^{field}: "):
            WorkflowLogsRequest(**given)
        assert server.requests == []
    assert caught.value.field == field


@both
def test_last_id_of_a_request_and_a_page_are_refused_together(kind: Kind) -> None:
    with ReplayServer([EMPTY]) as server, client(kind, server.url) as dify:
        with pytest.raises(InvalidArgument, match=r"^last_id: "):
            dify.logs(WorkflowLogsRequest(last_id="log-1"), page=2)
        assert server.requests == []
