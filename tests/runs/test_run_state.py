"""The state of a run: ids, status, end; of a replay it delivers what is new, and nothing twice."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from dify_workflow._codec.jsonio import normalised_run
from dify_workflow._runs.handle import from_stream
from dify_workflow._runs.state import RunState
from dify_workflow_api import models
from run_events import FORM, NODE_STARTED, RUN, STARTED, TASK, Raw, live, run_of, sse
from wire_archive import VERSIONS, exchange, exchanges

ODD: tuple[Any, ...] = (None, 5, [], {}, True)
STATUSES: list[tuple[Any, str]] = [
    *((text, text) for text in ("succeeded", "partial-succeeded", "failed", "stopped", "newer")),
    *((odd, "") for odd in ODD),
]


@pytest.mark.parametrize(("said", "status"), STATUSES)
def test_a_finished_run_has_the_status_that_the_server_says(said: Any, status: str) -> None:
    state = run_of([live("workflow_finished", status=said)])
    assert (state.over, state.status, state.ready[0].status) == (True, status, status)


def test_nothing_is_taken_behind_the_end() -> None:
    ends = [live("workflow_finished", status=status) for status in ("failed", "a")]
    state = run_of([ends[0], {"event": "tts_message_end"}, ends[1]])
    assert [event.event for event in state.ready] == ["workflow_finished"]
    assert state.status == "failed"


def test_ids_that_an_event_lacks_come_with_a_later_one() -> None:
    state = run_of(
        [
            {"event": "a"},
            {"event": "b", "workflow_run_id": None, "task_id": None},
            {"event": "c", "workflow_run_id": 5, "task_id": ["t"]},
            {"event": "d", "task_id": "task"},
            {"event": "e", "workflow_run_id": "run", "task_id": "another"},
            {"event": "f", "workflow_run_id": "other", "task_id": "other"},
        ]
    )
    ids = [(event.id, event.task_id) for event in state.ready]
    assert ids == [(None, None)] * 3 + [(None, "task")] + [("run", "task")] * 2


def test_ids_are_learned_from_texts_even_where_only_the_result_counts() -> None:
    item = exchange("1.14.2", "run/echo_unicode_streaming")
    texts = [frame for frame in item.frames() if b'"text_chunk"' in frame]
    state = RunState(result_only=True)
    state.feed(texts[0])
    assert (state.run_id, state.task_id) == (
        item.events()[-1]["workflow_run_id"],
        item.events()[-1]["task_id"],
    )
    state.ready.clear()
    state.feed(b"".join(texts[1:]))
    assert len(texts) > 1
    assert not state.ready


def test_what_is_kept_unread_of_a_result_has_a_bound() -> None:
    """Events of nodes are read when it is reached, all of them and in their order."""
    state = run_of([STARTED], result_only=True)
    state.ready.clear()
    nodes = [live("node_started", id=str(number), title="x" * 300_000) for number in range(4)]
    for node in nodes[:3]:
        state.feed(sse([node]))
    assert not state.ready
    state.feed(sse(nodes[3:]))
    assert [event.raw for event in state.ready] == nodes
    assert state.count == 5


def test_a_paused_run_is_ended_by_its_detail_with_its_forms() -> None:
    state = run_of([STARTED, FORM])
    state.interrupted()
    state.finish({"id": RUN, "status": "paused", "outputs": {}, "error": None})
    last = state.ready[-1]
    assert (state.over, state.status, last.event) == (True, "paused", "workflow_paused")
    assert isinstance(last.data, models.WorkflowPausedData)
    assert [reason.form_id for reason in last.data.reasons or []] == ["f1"]
    assert [form.id for form in from_stream(state, httpx.Headers(), "u").forms] == ["f1"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_detail_ends_a_run_of_any_server(version: str) -> None:
    count = 0
    for item in exchanges(version, "detail/"):
        if item.method == "GET" and item.status == 200 and item.json().get("id"):
            state, detail = run_of([STARTED]), normalised_run(item.json())
            state.interrupted()
            state.finish(detail)
            last = state.ready[-1]
            assert (state.over, state.status) == (True, last.status), item
            assert (last.id, last.task_id, last.recovered) == (RUN, TASK, True), item
            assert (last.status, last.message) == (detail["status"], detail["error"] or ""), item
            assert isinstance(last.data, models.WorkflowFinishedData), item
            assert last.data.outputs == detail["outputs"], item
            count += 1
    assert count


# Replays.


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
