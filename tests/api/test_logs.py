"""The request for a page of the logs: every filter on the wire, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

import pytest
from dify_workflow import InvalidArgument, WorkflowLogsRequest
from dify_workflow.types.requests import logs_request
from dify_workflow_api.filters import LOG_FILTERS, LogFilters
from facade import Kind, answered, both
from odd_values import Unknown
from recorded_models import SPECIFIED, component
from replay_server import Reply

EMPTY = Reply.json(200, {"page": 1, "limit": 20, "total": 0, "has_more": False, "data": []})
DEFAULTS = {"page": "1", "limit": "20"}
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT_NOON = "2026-11-22T12:00:00+00:00"
SHANGHAI, FAR_WEST, FAR_EAST = (timezone(timedelta(hours=hours)) for hours in (8, -12, 12))

# A filter as it is given, and its name and text on the wire.
ON_THE_WIRE: list[tuple[dict[str, Any], str, str]] = [
    ({"keyword": "a b"}, "keyword", "a b"),
    ({"keyword": "1+1=2&x#?/%20"}, "keyword", "1+1=2&x#?/%20"),
    ({"keyword": "你好 😀"}, "keyword", "你好 😀"),
    *(({"status": value}, "status", value) for value in ("succeeded", "failed", "stopped")),
    ({"page": 2}, "page", "2"),
    ({"limit": 100}, "limit", "100"),
    ({"created_at_before": NOON}, "created_at__before", AT_NOON),
    ({"created_at_after": NOON}, "created_at__after", AT_NOON),
    ({"created_at_after": NOON.astimezone(SHANGHAI)}, "created_at__after", AT_NOON),
    ({"created_at_after": "2026-11-22T12:00:00Z"}, "created_at__after", AT_NOON),
    ({"created_at_after": " 2026-11-22T12:00:00Z "}, "created_at__after", AT_NOON),
    ({"created_at_before": "2026-11-22 20:00:00+08:00"}, "created_at__before", AT_NOON),
    ({"created_at_after": "2026-11-22T07:00-05:00"}, "created_at__after", AT_NOON),
    ({"created_by_end_user_session_id": " 用户/?"}, "created_by_end_user_session_id", " 用户/?"),
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
def test_every_filter_on_the_wire(kind: Kind, as_request: bool, elsewhere: None) -> None:
    with answered(kind, EMPTY) as (server, dify):
        for given, name, text in ON_THE_WIRE:
            dify.logs(WorkflowLogsRequest(**given)) if as_request else dify.logs(**given)
            request = server.requests[-1]
            assert request.query == {**DEFAULTS, name: text}, given
            assert (request.method, request.path) == ("GET", "/v1/workflows/logs")
            if text == AT_NOON:  # a `+` would arrive as a space, which the server refuses
                assert request.target.count("%2B") == 1
    tested = {name for given, _, _ in ON_THE_WIRE for name in given}
    assert tested == set(LOG_FILTERS) == set(LogFilters.__annotations__)


@both
def test_all_filters_at_once_and_nothing_else(kind: Kind) -> None:
    given = EXAMPLES | {"created_at_before": NOON, "created_at_after": NOON, "page": 3, "limit": 7}
    with answered(kind, EMPTY) as (server, dify):
        dify.logs(**given)
        assert len(server.requests[0].query) == len(given) == len(LOG_FILTERS)
        dify.logs()
        dify.logs(**dict.fromkeys(LOG_FILTERS), last_id=None, api_key=None)
        dify.logs(WorkflowLogsRequest(limit=None))
        assert [request.query for request in server.requests[1:]] == [DEFAULTS] * 3


@both
def test_arguments_stand_above_those_of_the_request(kind: Kind) -> None:
    asked = WorkflowLogsRequest(api_key="app-1", limit=3, status="failed", keyword="k")
    assert logs_request(asked, {"limit": None}) is asked
    with answered(kind, EMPTY) as (server, dify):
        dify.logs(asked, limit=4, keyword=None)
        dify.logs(asked, api_key="app-2")
        first, second = server.requests
    assert first.query == {"page": "1", "limit": "4", "status": "failed", "keyword": "k"}
    assert first.headers["authorization"] == "Bearer app-1"
    assert second.query == first.query | {"limit": "3"}
    assert second.headers["authorization"] == "Bearer app-2"


class NoZone(tzinfo):
    """Says nothing of its offset."""

    def utcoffset(self, when: datetime | None, /) -> None:
        return None

    dst = tzname = utcoffset

    def __repr__(self) -> str:
        return "NoZone()"


NAIVE = (datetime(2026, 11, 22, 12), datetime(2026, 11, 22, tzinfo=NoZone()), "2026-11-22")
BAD_TIMES: list[Any] = [
    *(*NAIVE, "2026-11-22T12:00:00"),
    *("", "junk", "2026-13-01", "1795340080", 1795340080, 1795340080.0, []),
    *(date(2026, 11, 22), time(12)),
    *(datetime.max.replace(tzinfo=FAR_WEST), datetime.min.replace(tzinfo=FAR_EAST)),
]
BAD: list[tuple[str, Any]] = [
    *((name, value) for name in ("limit", "page") for value in (0, -1, True, "5", 5.0, [5])),
    ("limit", 101),
    ("page", 100_000),
    *(("status", value) for value in ("running", "partial-succeeded", "", "Failed", ["failed"], 1)),
    *(("keyword", value) for value in ("", "  ", 5, b"a", "\ud800")),
    *(("created_by_account", value) for value in ("", 5)),
    *(("created_by_end_user_session_id", value) for value in ("", 5)),
    *((name, value) for name in ("created_at_before", "created_at_after") for value in BAD_TIMES),
    *(("last_id", value) for value in ("", " ", 5, b"a", Unknown(), ["a"])),
    *(("created_at__before", NOON), ("detail", True), ("nonsense", 1)),
]


@both
def test_a_bad_filter_is_refused_by_its_name_and_not_sent(kind: Kind) -> None:
    with answered(kind, EMPTY) as (server, dify):
        for name, value in [*BAD, ("user", "somebody")]:
            calls = [WorkflowLogsRequest, dify.logs, lambda **given: list(dify.iter_logs(**given))]
            for call in calls[: 1 if name == "user" else 3]:
                with pytest.raises(InvalidArgument, match=f"^{name}: ") as caught:
                    call(**{name: value})
                assert caught.value.field == name, value
        with pytest.raises(InvalidArgument) as caught:
            WorkflowLogsRequest(nonsense=1)  # type: ignore[call-arg]
        assert all(name in str(caught.value) for name in [*LOG_FILTERS, "last_id"])
        for wrong in (5, "a", {"limit": 5}):
            with pytest.raises(InvalidArgument, match=r"^request: "):
                dify.logs(wrong)
        assert server.requests == []


@both
def test_a_page_and_a_place_are_not_given_together(kind: Kind) -> None:
    place: dict[str, Any] = {"last_id": "log-1"}
    requests = [WorkflowLogsRequest(**given) for given in (place, {"page": 1})]
    with answered(kind, EMPTY) as (server, dify):
        for call, args, given in (
            (WorkflowLogsRequest, (), {**place, "page": 2}),
            (dify.logs, (), {**place, "page": 2}),
            (dify.logs, requests[:1], {"page": 2}),
            (dify.iter_logs, (), place),
            (dify.iter_logs, (), {"page": 1}),
            *((dify.iter_logs, [request], {}) for request in requests),
        ):
            with pytest.raises(InvalidArgument, match=r"^(last_id|page): "):
                next(iter(call(*args, **given)))
        assert server.requests == []
