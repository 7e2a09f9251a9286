"""`events_complete`: whether events can be missing; what a silenced reader gets all the same."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from fault_cases import run_both, server
from fault_scripts import Script, eight_nodes, iterating, pausing
from fault_server_model import Dify
from fault_sim import following, start_elsewhere, stream_of
from fault_streams import Fault


def completeness(dify: Dify, *, attach: bool = False) -> tuple[bool, bool]:
    """Read a run; return `events_complete` before and after its end."""
    stream = stream_of(dify, following(dify, attach=attach))
    next(stream)
    before = stream.events_complete
    names = [event.event for event in stream]
    assert names[-1] in ("workflow_finished", "workflow_paused")
    return before, stream.events_complete


@pytest.mark.parametrize("script", [eight_nodes(), iterating(), pausing()], ids=str)
def test_a_run_that_was_not_cut_is_complete(script: Script) -> None:
    assert completeness(server(script.paced(0.5), version="1.16.1")) == (True, True)


def test_a_replay_of_a_running_run_covers_the_gap() -> None:
    for cut in (2, 3, 8, 11, 20):
        dify = server(eight_nodes().paced(1.5), version="1.16.1", own_fault=Fault("eof", cut))
        assert completeness(dify) == (True, True), cut


def test_a_replay_of_a_run_that_has_ended_does_not() -> None:
    dify = server(eight_nodes().paced(0.0), version="1.16.1", own_fault=Fault("eof", 5))
    assert completeness(dify) == (True, False)


def test_a_node_whose_begin_fell_between_snapshot_and_subscription_is_missing() -> None:
    times = (0.1, 0.2, 0.3, 0.9, 1.5, 1.6, 2.0, *range(5, 5 + len(eight_nodes().events) - 7))
    script = eight_nodes().paced(1.0)
    script = Script(script.name, script.events, times, script.inputs)
    dify = server(script, version="1.14.2", own_fault=Fault("eof", 3), gap=0.5)
    assert completeness(dify) == (True, False)


def test_what_happened_inside_an_iteration_is_not_replayed() -> None:
    begun = [e["event"] for e in iterating().events].index("iteration_started")
    ended = [e["event"] for e in iterating().events].index("iteration_completed")

    def cut_at(position: int) -> Dify:
        script = iterating().paced(1.5)
        return server(script, version="1.16.1", own_fault=Fault("eof", position))

    assert completeness(cut_at(begun + 2)) == (True, False)
    assert completeness(cut_at(ended + 1)) == (True, True)


@pytest.mark.parametrize("more", [{"version": "1.13.2"}, {"refuses_events": True}], ids=str)
def test_a_run_that_was_polled_is_not_complete(more: dict[str, Any]) -> None:
    dify = server(eight_nodes().paced(1.5), own_fault=Fault("eof", 5), **more)
    assert completeness(dify) == (True, False)


def test_a_run_that_somebody_else_started_is_not_complete() -> None:
    dify = server(eight_nodes().paced(1.5), version="1.16.1")
    start_elsewhere(dify)
    dify.clock.advance(3.0)
    assert completeness(dify, attach=True) == (False, False)


def test_an_event_that_could_not_be_read_is_missing() -> None:
    dify = server(eight_nodes().paced(1.5), version="1.16.1")
    stream = stream_of(dify, following(dify))
    next(stream)
    stream._state.feed(b"data: {not JSON}\n\n")
    assert not stream.events_complete


# From 1.15.0 to 1.16.1 the end of one reader silences the others.


@pytest.mark.parametrize("gap", [3.0, 7.0])
@pytest.mark.parametrize("cut", [2, 5, 9])
def test_a_silenced_reader_attaches_again_and_gets_the_rest(cut: int, gap: float) -> None:
    def make() -> Dify:
        script = eight_nodes().paced(gap)
        return server(script, version="1.15.0", own_fault=Fault("eof", cut))

    seen = run_both(make, {"recovered"})
    asked = seen.server.asked
    assert asked.count("events") > 2
    nodes = [event for event in seen.events if event.event == "node_finished"]
    assert len(nodes) >= sum(key[0] == "node_finished" for key in eight_nodes().keys) - 2
    times = seen.seconds - seen.server.script.times[-1]
    assert times < 16


def test_a_reader_attaches_again_every_10_seconds_at_most() -> None:
    dify = server(eight_nodes().paced(40.0), version="1.15.0", own_fault=Fault("eof", 3))
    stream = stream_of(dify, following(dify))
    assert [event.event for event in stream][-1] == "workflow_finished"
    assert min(seconds for _, seconds in dify.gaps("events")) >= 10


@pytest.mark.parametrize("version", ["1.14.2", "1.17.0"])
def test_other_servers_are_attached_to_once(version: str) -> None:
    dify = server(eight_nodes().paced(40.0), version=version, own_fault=Fault("eof", 3))
    stream = stream_of(dify, following(dify))
    assert [event.event for event in stream][-1] == "workflow_finished"
    assert dify.asked.count("events") == 1


def test_the_detail_is_asked_less_often_after_a_minute() -> None:
    dify = server(
        eight_nodes().paced(1.0, *(1.0,) * 8, 200.0),
        version="1.14.2",
        own_fault=Fault("eof", 5),
        replay_faults=deque(),
    )
    stream = stream_of(dify, following(dify))
    assert [event.event for event in stream][-1] == "workflow_finished"
    gaps = dify.gaps("detail")
    assert min(seconds for _, seconds in gaps) == pytest.approx(3, abs=0.2)
    late = [seconds for at, seconds in gaps if at > 130]
    assert sum(seconds > 10 for seconds in late) > 3
    assert max(late) < 30.1  # an event may stand between
