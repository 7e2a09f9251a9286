"""A run that is followed again delivers what is new, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow._runs.state import RunState
from dify_workflow_api.events import EVENTS
from hypothesis import given, settings
from hypothesis import strategies as st
from run_events import (
    FORM,
    NODE_STARTED,
    RUN,
    STARTED,
    STREAMS,
    TASK,
    Raw,
    ended,
    live,
    run_of,
    sse,
)
from wire_archive import exchange


def short(event: Raw) -> Raw:
    """An event as a snapshot tells it."""
    data = {key: value for key, value in event["data"].items() if not key.endswith("_truncated")}
    return {**event, "task_id": RUN, "data": data}


NODE_FINISHED = live("node_finished", id="n1", node_type="code", status="succeeded")
PAUSED = live("workflow_paused", reasons=[{"form_id": "f1"}], status="paused")
FINISHED = live("workflow_finished", status="succeeded", outputs={"a": 1})


def replayed(before: list[Raw], again: list[Raw]) -> tuple[list[Raw], RunState]:
    """What is delivered of a replay, after some events had been delivered live."""
    state = run_of(before)
    state.ready.clear()
    state.interrupted()
    state.connect(replaying=True)
    state.feed(sse(again))
    return [event.raw for event in state.ready], state


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        (STARTED, {}),
        (NODE_STARTED, {"id": "n2"}),
        (NODE_FINISHED, {"id": "n2"}),
        (NODE_FINISHED, {"status": "failed"}),
        (FORM, {"form_id": "f2"}),
    ],
    ids=lambda value: value.get("event", "") or str(value),
)
def test_what_was_delivered_is_dropped_and_what_is_new_is_not(event: Raw, changed: Raw) -> None:
    other = {**event, "data": {**event["data"], **changed}}
    for again in (event, short(event)):
        assert replayed([event], [again])[0] == []
        assert replayed([], [again])[0] == [again]
        if changed:
            assert replayed([event], [again, other])[0] == [other]


def test_a_live_stream_may_say_the_same_twice() -> None:
    twice = [STARTED, NODE_STARTED, NODE_STARTED, NODE_FINISHED, NODE_FINISHED, FORM, FORM]
    assert [event.raw for event in run_of(twice).ready] == twice


@pytest.mark.parametrize("name", ["iteration_next", "loop_next", "agent_log", "node_retry"])
def test_events_that_repeat_by_right_are_all_delivered(name: str) -> None:
    same = live(name, id="i1", node_id="i1", index=1)
    assert replayed([STARTED, same], [short(STARTED), same, same])[0] == [same, same]


@pytest.mark.parametrize("node_type", ["iteration", "loop"])
def test_containers_of_a_snapshot_are_inventions_and_dropped(node_type: str) -> None:
    for event in (NODE_STARTED, NODE_FINISHED):
        told = short({**event, "data": {**event["data"], "node_type": node_type}})
        assert replayed([STARTED], [told])[0] == []


@pytest.mark.parametrize("status", ["retry", "paused"])
def test_ends_that_are_none_are_dropped_from_a_snapshot(status: str) -> None:
    told = short({**NODE_FINISHED, "data": {**NODE_FINISHED["data"], "status": status}})
    assert replayed([NODE_STARTED], [told, NODE_FINISHED])[0] == [NODE_FINISHED]


def test_a_pause_that_was_announced_is_not_announced_again() -> None:
    delivered, state = replayed([STARTED, FORM], [short(STARTED), short(FORM), PAUSED])
    assert delivered == [PAUSED]
    assert state.status == "paused"
    before = [STARTED, NODE_STARTED, FORM]
    state = run_of([*before, PAUSED])
    again = RunState()
    again.delivered = state.delivered
    again.connect(replaying=True)
    again.feed(sse([short(STARTED), short(NODE_STARTED), short(FORM), PAUSED]))
    assert not again.ready
    assert (again.over, again.status) == (True, "paused")


def test_a_resumed_leg_may_begin_the_same_nodes_again() -> None:
    resumed = live("workflow_started", id=RUN, reason="resumption", created_at=2)
    leg = [resumed, NODE_STARTED, NODE_FINISHED]
    delivered, _ = replayed([STARTED, NODE_STARTED, FORM], [short(STARTED), short(FORM), *leg])
    assert delivered == leg


def test_the_leg_before_is_not_told_again_either() -> None:
    resumed = live("workflow_started", id=RUN, reason="resumption", created_at=2)
    second = {**NODE_STARTED, "data": {**NODE_STARTED["data"], "id": "n2"}}
    before = [STARTED, NODE_STARTED, NODE_FINISHED, FORM, resumed, second]
    told = [short(event) for event in (STARTED, NODE_STARTED, NODE_FINISHED, FORM, second)]
    assert replayed(before, told)[0] == []


def test_a_recorded_paused_run_is_told_again_without_anything_new() -> None:
    first = exchange("1.14.2", "human/one_start").events()
    again = exchange("1.14.2", "human/one_events_paused_snapshot").events()
    assert first[0]["workflow_run_id"] == again[0]["workflow_run_id"]
    for end in range(len(first)):
        delivered, state = replayed(first[:end], again)
        names = [event["event"] for event in first[:end] + delivered]
        assert names == [event["event"] for event in first], end
        assert (state.over, state.status) == (True, "paused")
        assert state.task_id == first[0]["task_id"]


def test_a_recorded_snapshot_alone_delivers_all_but_its_inventions() -> None:
    for case in ("events/ping_snapshot", "human/one_events_paused_snapshot"):
        events = exchange("1.14.2", case).events()
        delivered, _ = replayed([], events)
        expected = [event for event in events if event["data"].get("status") != "paused"]
        expected += [event for event in events if event["event"] == "workflow_paused"]
        assert delivered == expected, case


def test_items_of_a_replay_are_marked_and_the_task_id_is_kept() -> None:
    _, state = replayed([STARTED], [short(STARTED), short(NODE_STARTED), NODE_FINISHED, FINISHED])
    assert [event.event for event in state.ready] == [
        "node_started",
        "node_finished",
        "workflow_finished",
    ]
    assert all(event.recovered for event in state.ready)
    assert {event.task_id for event in state.ready} == {TASK}
    assert state.recovered
    assert not state.text_complete


# Recorded runs of nodes alone, whose snapshots are easily told.
SIMPLE = {"workflow_started", "node_started", "node_finished", "text_chunk", "workflow_finished"}
PLAIN = [
    item.events()
    for item in filter(ended, STREAMS["1.14.2"])
    if {event["event"] for event in item.events()} <= SIMPLE and item.method == "POST"
]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_cut_run_delivers_every_node_once_wherever_it_was_cut(data: st.DataObject) -> None:
    events = data.draw(st.sampled_from(PLAIN))
    run_id = events[0]["workflow_run_id"]
    cut = data.draw(st.integers(0, len(events) - 1))
    told = data.draw(st.integers(cut, len(events) - 1))  # how far the server is by then
    again = [
        {**short(event), "task_id": run_id}
        for event in events[:told]
        if event["event"] != "text_chunk"
    ]
    delivered, state = replayed(events[:cut], again + events[told:])
    missed = [event for event in events[cut:told] if event["event"] != "text_chunk"]
    expected = events[:cut] + missed + events[told:]

    def said(event: Raw) -> tuple[Any, ...]:
        return (event["event"], event["data"].get("id"), event["data"].get("text"))

    assert [said(event) for event in events[:cut] + delivered] == [said(one) for one in expected]
    assert state.over
    assert state.run_id == run_id


def test_there_are_runs_to_cut() -> None:
    assert len(PLAIN) > 25
    assert all(events[-1]["event"] == "workflow_finished" for events in PLAIN)
    assert len(EVENTS) > 20
