"""The logs: a table, or one JSON object a line, and what is new as it comes."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from dify_workflow_api.filters import LOG_FILTERS

from .. import InvalidArgument, WorkflowLogsRequest
from .clients import open_client
from .exits import Problem
from .inputs import seconds
from .output import write, write_event, write_table
from .state_commands import local_time

if TYPE_CHECKING:
    from .. import DifyWorkflow, WorkflowLogs

PAGE: int = LOG_FILTERS["limit"]["maximum"]  # entries; the most that the server gives at once
LONGEST_RUN = 1800  # s; no server lets a run live longer, so its entry changes no more
FLAGS = {  # shorter than the filters' own names
    "created_at_after": "after",
    "created_at_before": "before",
    "created_by_end_user_session_id": "end-user",
    "created_by_account": "account",
}
COLUMNS = ("created", "run id", "status", "seconds", "tokens", "user", "error")


def logs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many entries.")] = 20,
    page: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The page of so many entries.")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="STATUS", help="succeeded, failed or stopped."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on: show new runs, and how they end.")
    ] = False,
    interval: Annotated[
        float, typer.Option(parser=seconds, metavar="SECONDS", help="How often --follow asks.")
    ] = 2.0,
    json: Annotated[bool, typer.Option("--json", help="One entry a line, as JSON.")] = False,
    **given: Any,  # the filters, see below
) -> None:
    """List the app's runs, newest first (with --follow the newest last)."""
    filters = {name: _filter(name, value) for name, value in given.items() if value is not None}
    if status is not None:
        _filter("status", status)
    if follow and page is not None:
        raise Problem("--follow: not together with --page")
    with open_client(context) as dify:
        if follow:
            for entry in _followed(dify, filters, status, limit, interval):
                _write_line(entry, as_json=json)
            return
        if status is not None:
            filters["status"] = status
        entries = _listed(dify, filters, limit, page)
        if json:
            for entry in entries:
                write_event(entry.raw)
        else:
            write_table(COLUMNS, map(_row, entries), whole=COLUMNS[:5])


def _filter(name: str, value: Any) -> Any:
    """Check a filter, and tell what is wrong in the terminal's words; a time is of this place."""
    flag = f"--{FLAGS.get(name, name.replace('_', '-'))}"
    if LOG_FILTERS[name].get("format") == "date-time":
        try:
            return datetime.fromisoformat(value.strip()).astimezone()
        except (ValueError, OverflowError):
            raise Problem(
                f"{flag}: a time such as 2026-05-01 or '2026-05-01 09:30:00+08:00'"
            ) from None
    try:
        WorkflowLogsRequest(**{name: value})
    except InvalidArgument as error:
        raise Problem(str(error).replace(name, flag, 1)) from None
    return value


def _filter_option(name: str, rule: dict[str, Any]) -> inspect.Parameter:
    """Make the option of a filter, by what the contract says of it."""
    kind = {"integer": int, "number": float, "boolean": bool}.get(rule["type"], str)
    flag = FLAGS.get(name, name.replace("_", "-"))
    flags = f"--{flag}/--no-{flag}" if kind is bool else f"--{flag}"
    metavar = {int: "N", float: "X", str: "TEXT"}.get(kind)
    if rule.get("format") == "date-time":
        metavar = "TIME"
    option = typer.Option(flags, help=rule["description"], metavar=metavar)
    hint: Any = Annotated[kind | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)


def _with_filters(command: Callable[..., None]) -> None:
    """Give a command an option for each filter of the endpoint that it does not name itself."""
    own = inspect.signature(command, eval_str=True)
    named = {name: each for name, each in own.parameters.items() if each.kind != each.VAR_KEYWORD}
    options = [_filter_option(*each) for each in LOG_FILTERS.items() if each[0] not in named]
    whole = own.replace(parameters=[*named.values(), *options])
    command.__signature__ = whole  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in whole.parameters.values()}


_with_filters(logs)


def _listed(
    dify: DifyWorkflow, filters: dict[str, Any], limit: int, page: int | None
) -> Iterable[WorkflowLogs]:
    if page is not None:
        return dify.logs(page=page, limit=limit, **filters)
    return islice(dify.iter_logs(limit=min(limit + 1, PAGE), **filters), limit)


def _followed(
    dify: DifyWorkflow, filters: dict[str, Any], status: str | None, limit: int, interval: float
) -> Iterator[WorkflowLogs]:
    """Yield the entries that are there, oldest first; then each new one, and each that changed.

    Each time, all entries are asked for that are as young as the oldest run that still goes on.
    `status` is looked at here: the server would hide a run until it has that status, and it would
    then be among runs that are older than the newest one seen.
    """
    seen: dict[str, tuple[str, int]] = {}  # of an entry: its status, when it was made
    newest = list(islice(dify.iter_logs(limit=min(limit + 1, PAGE), **filters), limit))
    while True:
        for entry in reversed(newest):
            if seen.get(entry.id, ("", 0))[0] != entry.status:
                seen[entry.id] = (entry.status, entry.created_at)
                if status in (None, entry.status):
                    yield entry
        time.sleep(interval)
        since = _horizon(seen)
        if since is not None:
            seen = {id: told for id, told in seen.items() if told[1] >= since}
            filters["created_at_after"] = _iso(since)
        newest = list(dify.iter_logs(limit=PAGE, **filters))


def _horizon(seen: dict[str, tuple[str, int]]) -> int | None:
    """When the oldest entry was made that may still change, or else the newest one (s)."""
    if not seen:
        return None
    last = max(made for _, made in seen.values())
    open_ones = [
        made
        for status, made in seen.values()
        if status in ("running", "paused") and made > last - LONGEST_RUN
    ]
    return min(open_ones, default=last)


def _iso(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _row(entry: WorkflowLogs) -> tuple[str, ...]:
    run = entry.data.workflow_run
    user = entry.data.created_by_end_user or entry.data.created_by_account
    name = getattr(user, "session_id", None) or getattr(user, "email", None)
    elapsed = getattr(run, "elapsed_time", None)
    return (
        local_time(entry.created_at),
        str(getattr(run, "id", "")),
        entry.status,
        f"{elapsed:.2f}" if isinstance(elapsed, int | float) else "",
        str(getattr(run, "total_tokens", "")),
        str(name or ""),
        entry.message,
    )


def _write_line(entry: WorkflowLogs, *, as_json: bool) -> None:
    if as_json:
        write_event(entry.raw)
    else:
        write("\t".join(" ".join(cell.split()) for cell in _row(entry)))
