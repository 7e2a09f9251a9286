"""Finding a run whose id was never seen: by the logs of its user."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .._api import api_requests, limits, versions
from .._api.api_responses import ApiResponse
from .._api.commands import Flow, Pause, Send, backoff, may_change
from .._api.logs import log_entry
from .._codec.jsonio import UNREADABLE, as_object
from ..errors import APIError, UnreadableAnswer
from .run import Lookup

if TYPE_CHECKING:
    from ..types.responses import WorkflowLogs
    from .run import Run

_COMPARED = 20  # runs of the user whose inputs are compared; 100 where ours has a key


def find(run: Run, *, cause: Exception | None = None, once: bool = False) -> Flow[bool]:
    """Look for the run in the logs and take over its id.

    Returns whether it was found (`once`), or raises `RunOutcomeUnknown` with the candidates, also
    when two runs are surely ours.
    """
    lookup = run.lookup
    assert lookup is not None
    candidates: dict[str, WorkflowLogs] = {}
    inputs: dict[str, Mapping[str, Any]] = {}  # by run id, fetched once
    failed = 0  # looks without a response
    for seconds in (0.0,) if once else _waits(run, lookup):
        if seconds:
            yield Pause(seconds)
        attempts = 1 if once else max(limits.FIND_ATTEMPTS - failed, 1)
        entries, more = yield from _recent(run, attempts=attempts)
        failed += more
        ours: dict[str, WorkflowLogs] = {}
        for entry in entries:
            run_id = entry.run_id
            if run_id not in inputs and len(inputs) < (100 if lookup.adopts else _COMPARED):
                candidates[run_id] = entry  # until its inputs say that it is another one
                fetched = yield from _inputs(run, run_id)
                if fetched is None:
                    continue
                inputs[run_id] = fetched
                if lookup.is_ours(fetched):
                    ours[run_id] = entry
                elif not lookup.may_be_ours(fetched):
                    del candidates[run_id]
        if len(ours) > 1:
            twice = "its request was carried out twice"
            raise run.unknown(twice, cause, candidates=tuple(ours.values()))
        for run_id in ours:
            run.state.run_id, run.state.unconfirmed_id = run_id, None
            return True
        if not versions.LOGS_RUNNING_RUNS.on(run.server.version):
            break  # these list a run only after its end
    if once:
        return False
    why = "it is not in the logs of its user"
    if not lookup.adopts:
        why = "the connection was lost before its id came"
        if isinstance(cause, APIError):
            why = f"the answer told no id ({cause})"
        why += " (unique_user=True makes such a run findable)"
    raise run.unknown(why, cause, candidates=tuple(candidates.values()))


def _waits(run: Run, lookup: Lookup) -> Iterator[float]:
    """Yield the seconds between looks: a run is in the logs 0.1 to 0.4 s after it has started."""
    yield from (0.2, 0.5, 1.0, 2.0)
    if lookup.adopts:
        yield from (4.0, *(8.0,) * 7)
        if versions.QUEUES_RUNS.on(run.server.version):
            yield from (16.0,) * 16  # it may be queued, and start 300 s later


def _recent(run: Run, *, attempts: int) -> Flow[tuple[list[WorkflowLogs], int]]:
    """Return the log entries of the run's user since its POST, and how many requests failed."""
    filters = {"created_by_end_user_session_id": run.options.user, "limit": 100}
    for attempt in range(attempts):
        asked_at = run.clock()
        outcome = yield Send(api_requests.logs(run.options, filters))
        if (
            isinstance(outcome, ApiResponse)
            and (entries := _entries(run, outcome, asked_at)) is not None
        ):
            return entries, attempt
        if isinstance(outcome, ApiResponse) and not may_change(outcome):
            break
        if attempt + 1 < attempts:
            yield Pause(backoff(attempt))
    return [], attempts


def _entries(run: Run, response: ApiResponse, asked_at: float) -> list[WorkflowLogs] | None:
    """Return the entries that can be of the run; None when the response is no page of the logs."""
    try:
        entries = [log_entry(raw) for raw in response.json()["data"]]
    except (UnreadableAnswer, *UNREADABLE):
        return None
    since = _server_time(response) - (asked_at - run.posted_at) - limits.CLOCK_SLACK
    return [entry for entry in entries if entry.created_at >= since and _is_of(entry, run)]


def _is_of(entry: WorkflowLogs, run: Run) -> bool:
    """Return whether an entry is of the run's user; servers before 1.5 ignore the filter."""
    user = entry.data.created_by_end_user
    return getattr(user, "session_id", None) == run.options.user


def _server_time(response: ApiResponse) -> float:
    """Return the server's clock in unix seconds, by its `Date` header; 0 when it sends none."""
    try:
        return email.utils.parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _inputs(run: Run, run_id: str) -> Flow[Mapping[str, Any] | None]:
    """Return the inputs of a run; None when they cannot be fetched, {} where nobody needs them."""
    if run.lookup is not None and run.lookup.unique_user:
        return {}
    outcome = yield Send(api_requests.detail(run_id, run.options))
    try:
        value = as_object(outcome.json()["inputs"]) if isinstance(outcome, ApiResponse) else None
    except (UnreadableAnswer, *UNREADABLE):
        return None
    return value if isinstance(value, dict) else None
