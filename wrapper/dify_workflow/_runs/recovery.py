"""A run whose stream was cut, followed to its end all the same. Flows: no I/O."""

from __future__ import annotations

from typing import Any

from .._api import api_requests, limits, versions
from .._api.api_responses import ApiResponse
from .._api.commands import (
    Cut,
    Flow,
    Open,
    Opened,
    Pause,
    ReadOn,
    Send,
    backoff,
    may_change,
    send_with_retries,
)
from .._api.results import no_run
from .._codec.jsonio import normalised_run
from ..errors import FormClosed, UnreadableAnswer
from ..types.events import ERROR
from .lookup import find
from .no_stream import read_error
from .run import Run
from .state import ENDED, reasons_of


def recover(run: Run, cause: Exception | None) -> Flow[None]:
    """Follow a run by the best way its server has; `cause` is what cut its stream."""
    state = run.state
    state.leave_start()
    if state.run_id is None and state.unconfirmed_id is not None:
        yield from _confirm(run)
    if state.run_id is None:
        yield from find(run, cause=cause)
    run.changed()  # counts as activity: the run was alive until now
    run.recovering_since = run.changed_at
    if run.resuming:
        yield from _replay(run, cause)  # its detail says `paused` for a while still
    elif not versions.OUTLIVES_ITS_STREAM.on(run.server.version):
        yield from _last_look(run, cause)
    elif not versions.REPLAYS_EVENTS.on(run.server.version):
        yield from _poll(run, cause)
    else:
        yield from _replay(run, cause)


def _confirm(run: Run) -> Flow[None]:
    """Ask for the run of an id that the server may have made up, until it is on record."""
    assert run.state.unconfirmed_id is not None
    run.changed()
    attempt, absent = 0, False
    while True:
        outcome = yield Send(api_requests.detail(run.state.unconfirmed_id, run.options))
        if _detail(outcome) is not None:
            run.state.confirm()
            return
        if isinstance(outcome, ApiResponse) and not outcome.ok:
            absent = absent or outcome.status == 404
            if outcome.status != 404 and not may_change(outcome):
                return
        waited = run.clock() - run.changed_at
        if waited > (limits.RECORDED_AFTER if absent else limits.PATIENCE):
            return
        yield Pause(backoff(attempt))
        attempt += 1


def _replay(run: Run, cause: Exception | None) -> Flow[None]:
    """Follow the run over the events route until it is over."""
    state, fruitless, ended, again = run.state, 0, 0, 0
    cut = run.start is not None
    while True:
        before = state.news
        events = api_requests.events(_run_id(run), run.options, through_pauses=run.resuming)
        outcome = yield Open(events, silence=limits.SILENCE, replaying=True)
        if isinstance(outcome, Opened) and not outcome.ok:
            outcome = yield from read_error(run, events, outcome)
        detail = None
        if isinstance(outcome, Opened):
            detail = yield from _watch(run, limits.ATTACH_EVERY * 1.5**again if cut else None)
            cut = True
            if not state.over:
                state.interrupted()
            if state.over:
                return
        elif isinstance(outcome, ApiResponse):
            if outcome.status in (404, 405):
                if run.resuming:
                    raise outcome.error()
                if run.last_detail is not None:  # an older server, or another user's run
                    yield from _poll(run, cause or outcome.error())
                    return
                if (yield from look(run)) is None:  # it is not on record yet
                    _check_patience(run, cause)
                    yield Pause(min(backoff(fruitless), limits.RECORD_EVERY))
                    fruitless += 1
                continue
            _give_up_if_definite(run, outcome)
        if state.news > before:
            fruitless = again = 0
        if detail is None:
            detail = yield from look(run)
        elif not has_ended(detail):
            again = min(again + 1, limits.ATTACH_LATER)
            continue  # it runs, and this reader was silenced: attach again
        if detail is not None and has_ended(detail) and not _may_resume(run, detail):
            ended += 1  # the events of an ended run come at once
            if ended >= (
                limits.FORMS_UNSEEN if detail.get("status") == "paused" else limits.ENDED_UNSEEN
            ):
                _finish(run, detail)
                return
        _check_patience(run, cause)
        yield Pause(backoff(fruitless))
        fruitless += 1


def _watch(run: Run, silenced_after: float | None) -> Flow[dict[str, Any] | None]:
    """Read one replay until it is over or cut, or the run's detail says to leave it.

    silenced_after: seconds after which a silent reader of a running run is left, where the server
    silences readers; None where none of ours was cut before. Return that detail.
    """
    state, before = run.state, run.state.news
    state.doubts_ends = versions.makes_up_ends(run.server.version)
    attached_at = run.clock()
    while True:
        seen = state.count
        cut: Cut = yield ReadOn(first=limits.SILENCE, silence=limits.SILENCE, quiet=next_look(run))
        if state.news > before:  # a replay alone says nothing new
            run.changed()
        judged = yield from settle(run)
        if state.over or not (cut.open and judged):
            return None
        if cut.reason != "quiet":
            continue
        detail = yield from look(run)
        _check_patience(run, cut.error)
        silenced = (
            silenced_after is not None
            and state.count == seen
            and versions.kills_readers(run.server.version)
            and run.clock() - attached_at >= silenced_after
        )
        if detail is not None and (silenced or has_ended(detail)):
            return detail
        before = state.news


def next_look(run: Run) -> float:
    """Return seconds without an event until the run's detail is asked; more after a minute."""
    past = run.clock() - run.recovering_since - limits.FIRST_MINUTE
    return min(limits.FIRST_QUIET + max(past, 0.0) / 5, limits.QUIET)


def settle(run: Run) -> Flow[bool]:
    """Decide on what the run's state holds back; False: nothing is known, and the stream is left.

    What the server may have made up is held against the run's detail.
    """
    state = run.state
    while state.held in ("end", "pause"):
        if state.held == "pause":
            if (yield from _is_waiting(run)):
                state.believe()
            else:
                state.disbelieve()
            continue
        if state.held_event.get("event") == ERROR:
            run.doubt(state.held_event)
        detail = yield from peek(run)
        if detail is None or not has_ended(detail) or detail.get("status") == "paused":
            state.disbelieve()
            if detail is None:
                return False
        else:
            state.interrupted()
            _finish(run, detail)
    return state.held != "refusal"


def _finish(run: Run, detail: dict[str, Any]) -> None:
    """End the run as its detail says; a failure that an `error` event told is that error."""
    error = run.doubted
    if error is not None and detail.get("status") in ("failed", "stopped"):
        run.state.fail(error)
    else:
        run.state.finish(detail)


def _poll(run: Run, cause: Exception | None) -> Flow[None]:
    """Ask the run's detail until the run has ended."""
    seconds = 0.5
    while True:
        detail = yield from look(run)
        if detail is not None and has_ended(detail):
            _finish(run, detail)
            return
        _check_patience(run, cause)
        yield Pause(seconds)
        seconds = min(seconds * 1.5, limits.POLL_LONGEST)


def _last_look(run: Run, cause: Exception | None) -> Flow[None]:
    """Ask once whether the run has ended: before 1.10 a run dies with its stream."""
    detail = yield from look(run)
    for attempt in range(limits.LAST_LOOKS):
        if detail is not None:
            break
        yield Pause(backoff(attempt))
        detail = yield from look(run)
    if detail is None or not has_ended(detail):
        raise run.unknown(
            f"Dify {run.server.version} ends a run with its stream and leaves it `running`", cause
        )
    run.state.finish(detail)


def look(run: Run) -> Flow[dict[str, Any] | None]:
    """Return the run's detail, or None when it cannot be had now; raises when it never can."""
    outcome = yield Send(api_requests.detail(_run_id(run), run.options))
    detail = _noted(run, outcome)
    if detail is None and isinstance(outcome, ApiResponse):
        _check_absence(run, outcome)
    return detail


def peek(run: Run) -> Flow[dict[str, Any] | None]:
    """Return the run's detail as `look` does, but raise nothing: no detail means nothing."""
    return _noted(run, (yield Send(api_requests.detail(_run_id(run), run.options))))


def _noted(run: Run, outcome: Any) -> dict[str, Any] | None:
    detail = _detail(outcome)
    run.note_detail(detail)
    return detail


def _detail(outcome: Any) -> dict[str, Any] | None:
    """Return the run's detail in a response; None for nulls, which 1.12 sends for a missing run."""
    if not isinstance(outcome, ApiResponse) or not outcome.ok:
        return None
    try:
        detail = normalised_run(outcome.json())
    except (UnreadableAnswer, ValueError, TypeError):
        return None
    return detail if isinstance(detail, dict) and detail.get("id") else None


def _check_absence(run: Run, response: ApiResponse) -> None:
    """Raise when a response without a detail is the last word."""
    try:
        missing = no_run(response)
    except UnreadableAnswer:
        return
    if missing is not None or response.status == 404:
        run.absent = run.attached and run.last_detail is None
        limit = limits.ATTACHED_AFTER if run.absent else limits.RECORDED_AFTER
        if run.clock() - run.changed_at <= limit:
            return
        if run.attached and missing is not None:
            raise missing
    if not response.ok:
        _give_up_if_definite(run, response)


def _may_resume(run: Run, detail: dict[str, Any]) -> bool:
    """Return whether the detail of a resumed run still says "paused": it lags behind."""
    return run.resuming and detail.get("status") == "paused"


def _is_waiting(run: Run) -> Flow[bool]:
    """Return whether the run waits at the pause that a replay has: none of its forms is closed.

    A run that is still paused 30 s after a form was answered waits for its other forms. Raises
    `RunOutcomeUnknown` where it has none: the server does not resume it.
    """
    closed = open_ = unknown = 0
    for reason in reasons_of(run.state.held_event):
        token = reason.get("form_token")
        if isinstance(token, str):
            form = yield from send_with_retries(Send(api_requests.form(token, run.options)))
            if not isinstance(form, ApiResponse) or (not form.ok and may_change(form)):
                unknown += 1
            elif not form.ok and isinstance(form.error(), FormClosed):
                closed += 1
            else:
                open_ += 1
    if not (closed or unknown):
        return True
    if unknown:
        return False  # what follows the pause, or the next replay, tells
    if run.clock() - run.changed_at <= limits.RESUMED_AFTER:
        return False
    detail = yield from peek(run)
    if detail is None or detail.get("status") != "paused":
        return False
    if not open_:
        raise run.unknown(
            "it is paused, all of its forms are closed, and the server does not resume it"
        )
    return True


def has_ended(detail: dict[str, Any]) -> bool:
    """Return whether a detail is of a run that has ended, or is paused."""
    status = detail.get("status")
    ended = isinstance(status, str) and status in ENDED
    return ended or detail.get("finished_at") is not None


def _give_up_if_definite(run: Run, response: ApiResponse) -> None:
    """Raise for an error response that will not change by asking again."""
    if may_change(response) and not (run.attached and response.names_no_run):
        return
    error = response.error()
    if run.attached:
        raise error  # nothing of ours was lost: attached to a run that is not there
    raise run.unknown(f"asking for it was refused: {error}", error)


def _check_patience(run: Run, cause: Exception | None) -> None:
    now = run.clock()
    run.looks += 1
    run.check_doubted()
    if run.stop_asked_at is not None:
        replays = versions.REPLAYS_EVENTS.on(run.server.version)
        patience = limits.LONG_STOP_PATIENCE if replays else limits.STOP_PATIENCE
        if now - max(run.stop_asked_at, run.changed_at) > patience:
            raise run.unknown("it was asked to stop, and its detail still says `running`", cause)
    if now - run.changed_at > limits.PATIENCE and run.looks >= limits.LEAST_LOOKS:
        raise run.unknown(f"nothing happened for {limits.PATIENCE:.0f} s", cause)


def _run_id(run: Run) -> str:
    assert run.state.run_id is not None
    return run.state.run_id
