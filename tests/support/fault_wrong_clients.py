"""Clients that are wrong on purpose: what checks the real one must find each of them out."""

from __future__ import annotations

from typing import Any

from dify_workflow._api import api_requests
from dify_workflow._api.api_responses import ApiResponse, stream_error
from dify_workflow._api.commands import Cut, Flow, Open, Opened, Pause, ReadOn, Send
from dify_workflow._runs.replay import SeenEvents
from dify_workflow._runs.run import Run
from dify_workflow._runs.start import follow
from dify_workflow._runs.state import RunState
from fault_scripts import Event, framed


def _read(run: Run) -> Flow[Any]:
    """Post the run and read its stream to the end or the cut."""
    assert run.start is not None
    outcome = yield Open(run.start, silence=310.0)
    if isinstance(outcome, Opened):
        yield ReadOn(first=310.0, silence=60.0)
    if run.state.failure is not None:
        raise run.state.failure
    return outcome


def _detail(run: Run) -> Flow[dict[str, Any] | None]:
    """Ask until the run has ended."""
    if run.state.run_id is None:
        raise run.unknown("no id")
    run.state.interrupted()
    while True:
        answer = yield Send(api_requests.detail(run.state.run_id, run.options))
        if isinstance(answer, ApiResponse) and answer.ok and answer.json()["status"] != "running":
            found: dict[str, Any] = answer.json()
            return found
        if run.clock() > 1300.0:
            raise run.unknown("it does not end")
        yield Pause(5.0)


def polls_only(run: Run) -> Flow[None]:
    """Drop what the stream brings, and ask for the result."""
    yield from _read(run)
    run.state.ready.clear()
    run.state.over = False
    detail = yield from _detail(run)
    assert detail is not None
    run.state.finish(detail)


def polls_after_the_cut(run: Run) -> Flow[None]:
    """Read the stream, but only ask for the result once it is cut."""
    yield from _read(run)
    if not run.state.over:
        detail = yield from _detail(run)
        assert detail is not None
        run.state.finish(detail)


def posts_again(run: Run) -> Flow[None]:
    """Start the run anew when its stream is cut."""
    yield from _read(run)
    if not run.state.over:
        yield from _read(run)


def stops_at_the_cut(run: Run) -> Flow[None]:
    """Take the end of the stream for the end of the run."""
    yield from _read(run)
    if not run.state.over:
        data: Event = {"status": "succeeded", "outputs": {}, "error": None}
        event = {"event": "workflow_finished", "workflow_run_id": run.state.run_id, "data": data}
        run.state.feed(framed(event))


def ends_without_a_word(run: Run) -> Flow[None]:
    """Stop iterating when the stream is cut."""
    yield from _read(run)


class _Forgetful(SeenEvents):
    def is_new(self, name: str, data: Event, *, replaying: bool) -> bool:
        return True


def delivers_twice(run: Run) -> Flow[None]:
    """Deliver all that a replay repeats."""
    run.state.delivered = _Forgetful()
    yield from follow(run)


class _Trusting(RunState):
    doubts_ends = property(lambda self: False, lambda self, value: None)


def believes_what_is_made_up(run: Run) -> Flow[None]:
    """Take a made-up run for a run, and a made-up end for its end."""
    run.state.__class__ = _Trusting
    yield from follow(run)


class _Hasty(RunState):
    def _take_behind_start(self, name: str, raw: Event, data: Event) -> None:
        super()._take_behind_start(name, raw, data)
        if self.held == "refusal":  # whatever its text
            self.failure, self.over, self.held = stream_error(raw), True, None


def refuses_by_any_text(run: Run) -> Flow[None]:
    """Take every made-up pair for a refusal."""
    run.state.__class__ = _Hasty
    yield from follow(run)


class _Unasked(RunState):
    def finish(self, detail: Event) -> None:
        self.delivered.forms.clear()
        super().finish(detail)


def pauses_without_forms(run: Run) -> Flow[None]:
    """Take a pause from the run's detail, and ask nobody for its forms."""
    yield from _read(run)
    if not run.state.over:
        run.state.__class__ = _Unasked
        detail = yield from _detail(run)
        assert detail is not None
        run.state.finish(detail)


def believes_pings(run: Run) -> Flow[None]:
    """Replay the run, and wait for its end as long as pings come."""
    yield from _read(run)
    if run.state.over:
        return
    run.state.interrupted()
    if run.state.run_id is None:
        raise run.unknown("no id")
    while not run.state.over:
        events = api_requests.events(run.state.run_id, run.options)
        outcome = yield Open(events, silence=60.0, replaying=True)
        if not isinstance(outcome, Opened):
            yield Pause(1.0)
            continue
        cut: Cut = yield ReadOn(first=1e9, silence=1e9)
        assert cut


def gives_up_early(run: Run) -> Flow[None]:
    """Say that nothing is known as soon as the stream is cut."""
    yield from _read(run)
    if not run.state.over:
        raise run.unknown("the stream was cut")
