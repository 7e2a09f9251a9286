"""A run that is followed again delivers what is new, and nothing twice."""

from __future__ import annotations

import pytest
from dify_workflow._runs.state import RunState
from run_events import (
    FORM,
    NODE_STARTED,
    RUN,
    STARTED,
    TASK,
    Raw,
    live,
    run_of,
    sse,
)


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


RESUMED = live("workflow_started", id=RUN, reason="resumption", created_at=2)
SECOND = live("node_started", id="n2", node_type="code", title="Code")
LEG = [RESUMED, NODE_STARTED, NODE_FINISHED]
TOLD = [short(event) for event in (STARTED, NODE_STARTED, NODE_FINISHED, FORM, SECOND)]
REPEATED = [
    live(name, id="i1", node_id="i1", index=1)
    for name in ("iteration_next", "loop_next", "agent_log", "node_retry")
]
INVENTED = [
    short({**event, "data": {**event["data"], **changed}})
    for event, changed in (
        *((event, {"node_type": "iteration"}) for event in (NODE_STARTED, NODE_FINISHED)),
        *((event, {"node_type": "loop"}) for event in (NODE_STARTED, NODE_FINISHED)),
        *((NODE_FINISHED, {"status": status}) for status in ("retry", "paused")),
    )
]
# What was delivered live, what comes again, what is delivered of it.
REPLAYS: list[tuple[list[Raw], list[Raw], list[Raw]]] = [
    *(([STARTED, it], [short(STARTED), it, it], [it, it]) for it in REPEATED),
    *(([STARTED], [it, NODE_FINISHED], [NODE_FINISHED]) for it in INVENTED),
    # A resumed leg may begin the same nodes again; the leg before is not told again either.
    ([STARTED, NODE_STARTED, FORM], [short(STARTED), short(FORM), *LEG], LEG),
    ([STARTED, NODE_STARTED, NODE_FINISHED, FORM, RESUMED, SECOND], TOLD, []),
]


@pytest.mark.parametrize(("before", "again", "delivered"), REPLAYS)
def test_what_a_snapshot_tells(before: list[Raw], again: list[Raw], delivered: list[Raw]) -> None:
    assert replayed(before, again)[0] == delivered


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
