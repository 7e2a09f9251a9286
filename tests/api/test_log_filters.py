"""The request for a page of the logs: every filter, and what is refused."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

import pytest
from dify_workflow import InvalidArgument, WorkflowLogsRequest
from dify_workflow._api.api_requests import logs
from dify_workflow.options import Options
from dify_workflow.types.requests import logs_request
from dify_workflow_api.filters import LOG_FILTERS
from odd_values import (
    NOON,
    Unknown,
)


def query(**filters: Any) -> dict[str, Any]:
    made = logs(Options(), WorkflowLogsRequest(**filters).filters)
    params: dict[str, Any] = made.kwargs.get("params", {})
    return params


def test_a_filter_that_is_none_is_not_sent() -> None:
    assert query(**dict.fromkeys(LOG_FILTERS)) == query()
    assert WorkflowLogsRequest().limit == 20
    assert WorkflowLogsRequest(limit=None).limit == 20


class NoZone(tzinfo):
    """Says nothing of its offset."""

    def utcoffset(self, when: datetime | None, /) -> None:
        return None

    dst = tzname = utcoffset

    def __repr__(self) -> str:
        return "NoZone()"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own zone is not UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        clock.tzset()
        yield
    clock.tzset()


TIMES = [
    (NOON.astimezone(timezone(timedelta(hours=-3, minutes=-30))), NOON.isoformat()),
    ("2026-11-22 12:00:00Z", "2026-11-22T12:00:00+00:00"),
    (" 2026-11-22T12:00:00Z ", "2026-11-22T12:00:00+00:00"),
    ("2026-11-22T12:00:00.5-05:00", "2026-11-22T17:00:00.500000+00:00"),
]


@pytest.mark.parametrize(("value", "text"), TIMES, ids=repr)
def test_a_time_is_sent_in_utc(value: Any, text: str, elsewhere: None) -> None:
    assert query(created_at_after=value) == query() | {"created_at__after": text}


FAR_WEST, FAR_EAST = timezone(timedelta(hours=-12)), timezone(timedelta(hours=12))
NAIVE = (datetime(2026, 11, 22, 12), datetime(2026, 11, 22, tzinfo=NoZone()), "2026-11-22")
BAD_TIMES: list[Any] = [
    *(*NAIVE, "2026-11-22T12:00:00"),
    *("", "junk", "2026-13-01", "1795340080", 1795340080, 1795340080.0, []),
    *(date(2026, 11, 22), time(12)),
    *(datetime.max.replace(tzinfo=FAR_WEST), datetime.min.replace(tzinfo=FAR_EAST)),
]
BAD_FILTERS: list[tuple[str, Any]] = [
    *((name, value) for name in ("limit", "page") for value in (0, -1, True, "5", 5.0, [5])),
    ("limit", 101),
    ("page", 100_000),
    *(("status", value) for value in ("running", "partial-succeeded", "", "Failed", ["failed"], 1)),
    *(("keyword", value) for value in ("", "  ", 5, b"a", "\ud800")),
    *(("created_by_account", value) for value in ("", 5)),
    *(("created_by_end_user_session_id", value) for value in ("", 5)),
    *((name, value) for name in ("created_at_before", "created_at_after") for value in BAD_TIMES),
    *(("last_id", value) for value in ("", " ", 5, b"a", Unknown(), ["a"])),
    ("created_at__before", NOON),
    ("user", "somebody"),
    ("detail", True),
]


@pytest.mark.parametrize(("name", "value"), BAD_FILTERS, ids=repr)
def test_a_bad_filter_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        WorkflowLogsRequest(**{name: value})
    assert caught.value.field == name
    assert str(caught.value).startswith(f"{name}: ")


def test_an_unknown_filter_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidArgument, match="nonsense") as caught:
        WorkflowLogsRequest(nonsense=1)  # type: ignore[call-arg]
    assert all(name in str(caught.value) for name in [*LOG_FILTERS, "last_id"])


def test_a_request_and_filters_beside_it_add_up() -> None:
    request = WorkflowLogsRequest(limit=5, status="failed")
    assert logs_request(request, {"limit": None}) is request
    for wrong in (5, "a", {"limit": 5}):
        with pytest.raises(InvalidArgument) as caught:
            logs_request(wrong, {})  # type: ignore[arg-type]
        assert caught.value.field == "request"
