"""A run whose stream was cut, followed to its end all the same. Flows: no I/O."""

from __future__ import annotations

from typing import Any

from . import calls, versions
from .answers import Answer
from .commands import Cut, Flow, Open, Opened, Pause, Pump, Send
from .errors import FormClosed, UnreadableAnswer
from .finding import find
from .following import SILENCE, Following
from .reading import normalised_run
from .retrying import backoff, may_change, persistently
from .run_state import ENDED

FIRST_QUIET = 3.0  # s after a snapshot, then
QUIET = 15.0  # s without an event: ask the run's detail (pings prove nothing there)
PATIENCE = 1260.0  # s without any change; the server itself ends a run after 1,200
_LEAST_LOOKS = 10  # in that time: a consumer that sleeps is not the run's silence
STOP_PATIENCE = 15.0  # s; 1.10 to 1.13 leave the detail of a stopped run at `running`,
LONG_STOP_PATIENCE = 60.0  # s; and so does 1.14, but only of some
_RECORDED_AFTER = 30.0  # s; a server may put a new run on record late
_LAST_LOOKS = 5  # times the last look is repeated while there is no answer
_POLL_LONGEST = 10.0  # s between looks
_ENDED_UNSEEN = 3  # times the detail says "ended" and the events do not
_FORMS_UNSEEN = 20  # ... "paused", and only the events tell its forms


def recover(run: Following, cause: Exception | None) -> Flow[None]:
    """Follow a run by the best way its server has; `cause` is what cut its stream."""
    if run.state.run_id is None:
        yield from find(run, cause=cause)
    run.changed()  # until now it was heard of
    if run.resuming:
        yield from _replay(run, cause)  # there is no other way
    elif not versions.OUTLIVES_ITS_STREAM.on(run.version):
        yield from _last_look(run, cause)
    elif not versions.REPLAYS_EVENTS.on(run.version):
        yield from _poll(run, cause)
    else:
        yield from _replay(run, cause)


def _replay(run: Following, cause: Exception | None) -> Flow[None]:
    """Follow the run over the events route until it is over."""
    state, fruitless, ended = run.state, 0, 0
    while True:
        before = state.news
        events = calls.events(_run_id(run), run.options, through_pauses=run.resuming)
        outcome = yield Open(events, silence=SILENCE, replaying=True)
        if isinstance(outcome, Opened):
            yield from _watch(run)
            if not state.over:
                state.interrupted()
            if state.over:
                return
        elif isinstance(outcome, Answer):
            if outcome.status in (404, 405):  # an older server, or another user's run
                if run.resuming:
                    raise outcome.error()
                yield from _poll(run, cause or outcome.error())
                return
            _give_up_if_definite(run, outcome)
        if state.news > before:
            fruitless = 0
        detail = yield from _look(run)
        if detail is not None and _has_ended(detail) and not _may_resume(run, detail):
            ended += 1  # the events of an ended run come at once
            told = detail.get("status") != "paused" or state.delivered.forms
            if ended >= (_ENDED_UNSEEN if told else _FORMS_UNSEEN):
                state.finish(detail)
                return
        _check_patience(run, cause)
        yield Pause(backoff(fruitless))
        fruitless += 1


def _watch(run: Following) -> Flow[None]:
    """Read one replay until it is over or cut, or the run's detail says that the run has ended."""
    quiet, before = FIRST_QUIET, run.state.news
    while True:
        cut: Cut = yield Pump(first=SILENCE, silence=SILENCE, quiet=quiet)
        if run.state.news > before:  # a replay alone says nothing new
            run.changed()
        held = run.state.pause is not None
        while run.state.pause is not None:  # behind an old one, there may be another
            run.state.settle_pause(current=(yield from _is_waiting(run)))
        if held and cut.open and not run.state.over:
            continue
        if run.state.over or cut.reason != "quiet" or not cut.open:
            return
        detail = yield from _look(run)
        if detail is not None and _has_ended(detail):
            return
        _check_patience(run, cut.error)
        quiet, before = QUIET, run.state.news


def _poll(run: Following, cause: Exception | None) -> Flow[None]:
    """Ask the run's detail until the run has ended."""
    seconds = 0.5
    while True:
        detail = yield from _look(run)
        if detail is not None and _has_ended(detail):
            run.state.finish(detail)
            return
        _check_patience(run, cause)
        yield Pause(seconds)
        seconds = min(seconds * 1.5, _POLL_LONGEST)


def _last_look(run: Following, cause: Exception | None) -> Flow[None]:
    """Before 1.10 a run dies with its stream: it has ended already, or its end never comes."""
    detail = yield from _look(run)
    for attempt in range(_LAST_LOOKS):
        if detail is not None:
            break
        yield Pause(backoff(attempt))
        detail = yield from _look(run)
    if detail is None or not _has_ended(detail):
        raise run.unknown(
            f"Dify {run.version} ends a run with its stream and leaves it `running`", cause
        )
    run.state.finish(detail)


def _look(run: Following) -> Flow[dict[str, Any] | None]:
    """Return the run's detail, or None when it cannot be had now."""
    outcome = yield Send(calls.detail(_run_id(run), run.options))
    if not isinstance(outcome, Answer):
        return None
    if not outcome.ok:
        if outcome.status != 404 or run.clock() - run.changed_at > _RECORDED_AFTER:
            _give_up_if_definite(run, outcome)
        return None
    try:
        detail = normalised_run(outcome.json())
    except (UnreadableAnswer, ValueError, TypeError):
        return None
    if not isinstance(detail, dict) or not detail.get("id"):
        return None
    if run._last_detail not in (None, detail):
        run.changed()
    run._last_detail = detail
    return detail


def _may_resume(run: Following, detail: dict[str, Any]) -> bool:
    """Whether a run's detail says "paused" of a run that is being resumed: it lags behind."""
    return run.resuming and detail.get("status") == "paused"


def _is_waiting(run: Following) -> Flow[bool]:
    """Whether the pause that a replay told of is where the run waits: no form of it is closed."""
    assert run.state.pause is not None
    data = run.state.pause.raw.get("data")
    reasons = data.get("reasons") if isinstance(data, dict) else None
    for reason in reasons if isinstance(reasons, list) else ():
        token = reason.get("form_token") if isinstance(reason, dict) else None
        if isinstance(token, str):
            form = yield from persistently(Send(calls.form(token, run.options)))
            if isinstance(form, Answer) and isinstance(form.error(), FormClosed):
                return False
    return True


def _has_ended(detail: dict[str, Any]) -> bool:
    status = detail.get("status")
    ended = isinstance(status, str) and status in ENDED
    return ended or detail.get("finished_at") is not None


def _give_up_if_definite(run: Following, answer: Answer) -> None:
    """Raise for an error answer that will not change by asking again."""
    attached = run.start is None and not run.state.begun
    if may_change(answer) and not (attached and answer.names_no_run):
        return
    error = answer.error()
    if attached:
        raise error  # nothing of ours was lost: attached to a run that is not there
    raise run.unknown(f"asking for it was refused: {error}", error)


def _check_patience(run: Following, cause: Exception | None) -> None:
    now = run.clock()
    run.looks += 1
    if run.stop_asked_at is not None:
        replays = versions.REPLAYS_EVENTS.on(run.version)
        patience = LONG_STOP_PATIENCE if replays else STOP_PATIENCE
        if now - max(run.stop_asked_at, run.changed_at) > patience:
            raise run.unknown("it was asked to stop, and its detail still says `running`", cause)
    if now - run.changed_at > PATIENCE and run.looks >= _LEAST_LOOKS:
        raise run.unknown(f"nothing happened for {PATIENCE:.0f} s", cause)


def _run_id(run: Following) -> str:
    assert run.state.run_id is not None
    return run.state.run_id
