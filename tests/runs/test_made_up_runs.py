"""From 1.15 on, a server tells runs and ends that are none: what is made up is no outcome."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from dify_workflow import APIError, InvalidParam, RunOutcomeUnknown
from dify_workflow._runs.replay import SeenEvents
from dify_workflow._runs.state import RunState
from fault_cases import run_both, server
from fault_scripts import Event, eight_nodes, framed, made_up, pausing, resumed
from fault_sim import Mode, following, play, start_elsewhere, stream_of
from fault_streams import Fault
from wire_archive import Exchange, exchanges

RUN = eight_nodes().run_id
STARTED = eight_nodes().events[0]
NODE = eight_nodes().events[1]
REFUSALS = (
    "text is required in input form",
    "short in input form must be less than 10 characters",
    "Invalid upload file",
    "transfer_method is required in file mapping",
    "expected value type int, float or str, got <class 'dict'>, value: {'a': 1}",
    "ToolFile 00000000-0000-0000-0000-000000000000 not found",
)


def newer(**more: Any) -> dict[str, Any]:
    return {"version": "1.16.1", **more}


# A run that is refused before it runs.


@pytest.mark.parametrize("version", ["1.15.0", "1.16.1", None])
@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_that_is_told_as_a_run_is_raised(text: str, version: str | None) -> None:
    given = {"says_version": version is not None, "version": version or "1.16.1"}
    for options in ({}, {"unique_user": True}):
        seen = run_both(newer(refuses=text, **given), {"refused"}, **options)
        error = seen.error
        assert isinstance(error, InvalidParam)
        assert (error.code, error.status_code, error.message) == ("invalid_param", 400, text)
        assert (seen.events, seen.id, seen.task_id) == ([], None, None)
        assert seen.server.asked == ["post"]
        assert RUN not in str(error)


UNCERTAIN: dict[str, dict[str, Any]] = {  # a queued run may end so, and run later
    "no text": {"refuses": ""},
    "no text of a refusal": {"refuses": "Provider lab/none/none does not exist."},
    "a run that failed": {"refuses": "a run that failed in its first node"},
    "cut behind the start": {"refuses": REFUSALS[0], "tells_start_only": True},
}


@pytest.mark.parametrize("how", UNCERTAIN)
def test_what_is_not_certain_is_no_refusal(how: str) -> None:
    seen = run_both(newer(**UNCERTAIN[how]), {"unknown"})
    assert isinstance(seen.error, RunOutcomeUnknown)
    assert (seen.events, seen.error.run_id, seen.id) == ([], None, None)
    assert f"may be {RUN}, which is not confirmed" in str(seen.error)
    assert {"detail", "logs"} <= set(seen.server.asked)
    assert seen.server.posts == 1


def doubting(*events: Event, doubts: bool = True) -> RunState:
    state = RunState()
    state.doubts_ends = doubts
    for event in events:
        state.feed(framed(event))
    return state


def told(state: RunState) -> list[str]:
    return [event.event for event in state.ready]


def test_to_1_14_all_that_is_told_counts() -> None:
    for events in (made_up(STARTED, REFUSALS[0]), (STARTED, made_up(STARTED)[1])):
        state = doubting(*events, doubts=False)
        assert (state.over, state.status, state.failure, state.run_id) == (
            True,
            "failed",
            None,
            RUN,
        )


def test_a_start_is_held_back_until_an_event_of_its_run_comes() -> None:
    start, _ = made_up(STARTED)
    state = doubting(start)
    assert (told(state), state.run_id, state.begun) == ([], None, False)
    state.feed(b'data: {"event":"warning","warning":"w"}\n\n')
    assert (told(state), state.run_id) == (["warning"], None)
    state.feed(framed(NODE))
    assert told(state) == ["warning", "workflow_started", "node_started"]
    assert (state.run_id, state.task_id) == (RUN, eight_nodes().task_id)
    assert told(doubting(STARTED)) == ["workflow_started"]  # which is genuine


def test_a_start_that_nothing_follows_is_delivered_after_2_seconds() -> None:
    events = ({**STARTED, "task_id": RUN}, *eight_nodes().events[1:])
    script = attrs.evolve(eight_nodes(), events=events).paced(0.1, 7.0)
    dify = server(**newer(script=script))
    stream = stream_of(dify, following(dify))
    assert next(stream).event == "workflow_started"
    assert dify.clock.now == pytest.approx(2.1, abs=0.1)
    assert [event.event for event in stream][-1] == "workflow_finished"


# An end that is none.

ENDS: dict[str, list[Event]] = {
    "made-up end": [made_up(STARTED)[1]],
    "error": [
        {"event": "error", "code": "invalid_param", "status": 400, "message": "already active"},
        *made_up(STARTED, "already active", reason="resumption"),
    ],
}


@pytest.mark.parametrize("ends", ENDS.values(), ids=list(ENDS))
def test_what_is_made_up_with_an_end_is_dropped_with_it(ends: list[Event]) -> None:
    """The start behind an error opens no leg; that of a genuine leg behind it does."""
    resumption = {**STARTED, "data": {**STARTED["data"], "reason": "resumption", "created_at": 2}}
    state = doubting(STARTED, NODE, ends[0], resumption, *ends[1:], NODE)
    assert state.held == "end"
    state.disbelieve()
    assert told(state) == ["workflow_started", "node_started"] * 2
    now: RunState = state
    assert (now.over, now.held, now.status) == (False, None, "running")


def test_the_start_of_a_snapshot_is_no_sign_of_what_is_made_up() -> None:
    error, *_ = ENDS["error"]
    state = doubting(STARTED, error)
    state.disbelieve()
    state.connect(replaying=True)
    snapshot = {**STARTED, "task_id": RUN, "data": {**STARTED["data"], "reason": "resumption"}}
    state.feed(framed(snapshot))
    assert told(state) == ["workflow_started", "workflow_started"]


def test_an_error_of_a_run_that_has_failed_is_raised() -> None:
    """The detail says `running` for ever: the error is raised a minute later."""
    for position in (2, 9):
        seen = run_both(newer(own_fault=Fault("error", position)), {"refused"})
        assert isinstance(seen.error, APIError)
        assert seen.error.message == "The worker broke down"
        assert 60 < seen.seconds < 120
    seen = run_both(newer(own_fault=Fault("error", 0)), {"refused"})
    assert seen.seconds < 1  # it had not begun


def test_an_error_stands_where_the_detail_says_that_the_run_failed() -> None:
    *events, last = eight_nodes().events
    failed = {**last, "data": {**last["data"], "status": "failed"}}
    script = attrs.evolve(eight_nodes(), events=(*events, failed)).paced(0.0)
    seen = run_both(newer(script=script, own_fault=Fault("doubt", 3)), {"refused"})
    assert isinstance(seen.error, InvalidParam)


SLOW = eight_nodes().paced(9.0)
# The minute without a change counts while the detail says that the run goes on.
AWAY: dict[str, Any] = {"detail": ["502", "reset", "timeout", "502"]}
LONG_AWAY: dict[str, Any] = {"detail": ["502"] * 40, "events": ["502"] * 40}
GOES_ON: dict[str, dict[str, Any]] = {
    "it begins behind a pair that is not certain": {
        "script": eight_nodes().paced(12.0, 0.5),
        "own_fault": Fault("made", 0),
        "recorded_after": 1.0,
    },
    "it has succeeded": {"script": eight_nodes().paced(0.0), "own_fault": Fault("doubt", 3)},
    "an end, no detail": {"script": SLOW, "own_fault": Fault("made", 4), "troubles": AWAY},
    "an error, no detail": {"script": SLOW, "own_fault": Fault("doubt", 4), "troubles": LONG_AWAY},
}


@pytest.mark.parametrize("given", GOES_ON.values(), ids=GOES_ON)
def test_a_run_goes_on_behind_an_end_or_an_error_that_is_none(given: dict[str, Any]) -> None:
    run_both(newer(**given), {"recovered"})


def test_an_end_that_is_built_from_the_detail_is_not_judged_again() -> None:
    """It has no `created_by` either: judged, it would be asked for again and again."""
    cut = newer(script=eight_nodes().paced(0.1), own_fault=Fault("eof", 5), refuses_events=True)
    seen = run_both(cut, {"recovered"})
    assert seen.result is not None
    assert seen.result.raw["data"]["created_by"] == {}
    assert seen.server.asked.count("detail") < 12


@pytest.mark.parametrize("script", [pausing(), resumed()], ids=str)
def test_ends_that_are_none_do_not_stop_a_run_that_pauses(script: Any) -> None:
    for position in range(1, len(script.events)):
        given = newer(script=script.paced(0.5), own_fault=Fault("doubt", position))
        run_both(given, {"recovered", "whole"})


# As they were recorded; refusals: tests/promises/test_recordings.py.

RECORDED = [
    item
    for version in ("1.15.0", "1.16.1")
    for item in exchanges(version, "human/")
    if item.is_stream and b'"created_by":{}' in item.body
]


def is_made_up(event: Event) -> bool:
    name, data = event["event"], event.get("data", {})
    same = event.get("task_id") == event.get("workflow_run_id")
    started = name == "workflow_started" and same and data["reason"] == "resumption"
    return bool(name == "error" or started or data.get("created_by") == {})


@pytest.mark.parametrize("item", RECORDED, ids=str)
def test_what_is_made_up_of_a_recorded_run_that_goes_on_is_not_delivered(item: Exchange) -> None:
    """Two forms of one pause were answered at once: the run went on, and succeeded."""
    state = RunState(run_id=item.path.split("/")[3])
    state.doubts_ends = True
    state.resume(SeenEvents())
    state.connect(replaying=True)
    for frame in item.frames():
        state.feed(frame)
        while state.held is not None:
            state.disbelieve()
    state.interrupted()
    assert (state.over, state.failure) == (False, None)
    delivered = [event.raw for event in state.ready]
    assert not [event for event in delivered if is_made_up(event)]
    starts = [event for event in item.events() if event["event"] == "workflow_started"]
    genuine = [event for event in starts if not is_made_up(event)]
    assert [event for event in delivered if event["event"] == "workflow_started"] == genuine


@pytest.mark.parametrize("kind", ["doubt", "made"])
@pytest.mark.parametrize("version", ["1.15.0", "1.16.1"])
def test_a_run_that_somebody_attached_to_is_followed_behind_an_end_that_is_none(
    kind: Any, version: str
) -> None:
    modes: tuple[Mode, ...] = ("iterate", "result")
    for position in (0, 2, 6):
        for mode in modes:
            dify = server(version=version, replay_faults=[Fault(kind, position)])
            start_elsewhere(dify)
            dify.clock.advance(3.0)
            seen = play(dify, following(dify, attach=True), mode=mode)
            assert seen.result is not None, (position, seen.error)
            assert seen.result.status == "succeeded"
            assert not any(is_made_up(event.raw) for event in seen.events)


START, END = made_up(STARTED, REFUSALS[0])
OTHER_PAIRS: dict[str, tuple[list[Event], str | None, list[str]]] = {
    "an event between": (
        [START, {"event": "node_started", "data": {"id": "n"}}, END],
        "refusal",
        ["node_started"],
    ),
    "a new event between": ([START, {"event": "newer"}, END], "refusal", ["newer"]),
    "an event of the run behind": ([START, END, NODE], None, ["workflow_started", "node_started"]),
    "the end of another run": (
        [START, {**END, "workflow_run_id": "other", "task_id": "other"}],
        "end",
        [],
    ),
}


@pytest.mark.parametrize(("events", "held", "names"), OTHER_PAIRS.values(), ids=OTHER_PAIRS)
def test_another_pair_is_no_refusal(
    events: list[Event], held: str | None, names: list[str]
) -> None:
    state = doubting()
    state.feed(b"".join(map(framed, events)))
    state.flush()
    assert (state.failure, state.over, state.held, told(state)) == (None, False, held, names)


def test_what_was_held_on_one_connection_does_not_come_up_on_another() -> None:
    start, end = made_up(STARTED, "")
    error, *_ = ENDS["error"]
    state = doubting(start, end, error)
    state.leave_start()
    state.unconfirmed_id = RUN
    state.confirm()
    state.connect(replaying=True)
    state.feed(framed(made_up(STARTED)[1]))
    state.disbelieve()
    assert (state.held, state.failure) == (None, None)


@pytest.mark.parametrize("data", [[1], "x", 5, None])
def test_data_of_another_kind_is_survived(data: Any) -> None:
    state = doubting({**made_up(STARTED)[0], "data": data}, NODE)
    assert told(state) == ["workflow_started", "node_started"]
    state.resume(SeenEvents())
    state.feed(framed({"event": "workflow_paused", "workflow_run_id": RUN, "data": data}))
    assert state.held == "pause"
    state.disbelieve()
    assert not state.over


def test_a_second_run_on_the_stream_of_one_that_was_found_is_told() -> None:
    """A proxy has carried out the request twice."""
    dify = server(eight_nodes().paced(25.0), version="1.16.1", head_after=20.0)
    run = following(dify, unique_user=True)
    start_elsewhere(dify, run)
    dify.runs[0].script = eight_nodes().variant(run_id="first", task_id="t").paced(0.5, 30.0)

    seen = play(dify, run)
    assert isinstance(seen.error, RunOutcomeUnknown)
    assert "carried out twice" in str(seen.error)
    assert (seen.events, seen.error.run_id) == ([], "first")


def test_a_quiet_run_that_somebody_attached_to_keeps_its_reader() -> None:
    dify = server(version="1.15.0", script=eight_nodes().paced(60.0))
    start_elsewhere(dify)
    dify.clock.advance(61.0)
    seen = play(dify, following(dify, attach=True))
    assert seen.result is not None
    assert dify.asked.count("events") == 1
