"""Runs that are attached to, stopped, waited for a while, or given a deadline, and then cut."""

from __future__ import annotations

from collections import deque

import pytest
from dify_workflow import DeadlineExceeded, RequestTimedOut, RunOutcomeUnknown
from fault_cases import KINDS, server
from fault_scripts import Script, eight_nodes, iterating
from fault_sim import following, play, stream_of
from fault_streams import AFTER_SNAPSHOT, NO_FAULT, Fault, Kind


@pytest.mark.parametrize("kind", ["none", *KINDS])
def test_attaching(kind: Kind) -> None:
    """A run that another process started, before its end and after it; it is cut, and not."""
    for later in (50.0, 500.0):
        faults = deque([Fault(kind, 8), Fault(kind, AFTER_SNAPSHOT)])
        dify = server(eight_nodes().paced(10.0), replay_faults=faults)
        play_nothing = following(dify)
        assert play_nothing.start is not None
        dify._start(play_nothing.start)
        dify.clock.advance(later)
        seen = play(dify, following(dify, attach=True))
        assert seen.result is not None
        assert (seen.result.id, seen.result.status) == (dify.script.run_id, "succeeded")
        names = [(e.event, (e.raw["data"] or {}).get("id")) for e in seen.events]
        nodes = [name for name in names if name[0].startswith("node_")]
        assert len(set(nodes)) == len(nodes) == (16 if later < 100 else 0)
        assert not seen.text_complete
        cut = kind != "none" and later < 100
        assert seen.recovered is cut
        assert (dify.posts, dify.opened) == (1, dify.closed)


@pytest.mark.parametrize(("version", "most"), [("1.14.2", 100), ("1.13.2", 60), ("1.10.1", 60)])
def test_a_stopped_run_whose_detail_says_running_for_ever(version: str, most: float) -> None:
    dify = server(version=version, own_fault=Fault("eof", 9), killed_after=9)
    with stream_of(dify, following(dify)) as stream:
        while len(dify.handed) < 9:
            next(stream)
        stopped_at = dify.clock.now
        assert stream.stop().result == "success"
        with pytest.raises(RunOutcomeUnknown, match="stop") as caught:
            list(stream)
    assert caught.value.run_id == dify.script.run_id
    assert dify.clock.now - stopped_at < most


def test_a_deadline_ends_a_recovery() -> None:
    dify = server(own_fault=Fault("eof", 9), killed_after=9)
    seen = play(dify, following(dify, deadline=100.0))
    assert isinstance(seen.error, DeadlineExceeded)
    assert (seen.error.run_id, seen.error.task_id) == (dify.script.run_id, dify.script.task_id)
    assert 100 <= seen.seconds < 110
    assert dify.opened == dify.closed


def test_a_result_can_be_waited_for_again_during_a_recovery() -> None:
    """Short waits add up: a silent connection is found out all the same."""
    for fault in (Fault("reset", 5), Fault("silence", 5), Fault("silence", 0)):
        dify = server(own_fault=fault, replay_faults=deque([Fault("silence", 9)]))
        waited = 0
        with stream_of(dify, following(dify, unique_user=True)) as stream:
            while True:
                try:
                    result = stream.result(timeout=0.7)
                    break
                except RequestTimedOut:
                    waited += 1
        assert (result.status, result.id) == ("succeeded", dify.script.run_id)
        assert result.recovered
        assert 20 < waited < 200
        assert (dify.posts, dify.opened) == (1, dify.closed)


@pytest.mark.parametrize("fault", [NO_FAULT, Fault("eof", 2), Fault("reset", 9)], ids=str)
@pytest.mark.parametrize("script", [eight_nodes().paced(60.0), iterating()], ids=str)
def test_a_consumer_that_sleeps_is_no_silence(script: Script, fault: Fault) -> None:
    dify = server(script, limit=90_000.0, own_fault=fault)
    with stream_of(dify, following(dify, unique_user=True)) as stream:
        names = []
        for event in stream:
            names.append(event.event)
            dify.clock.advance(1700.0)
    assert names[-1] == "workflow_finished"
    assert stream.result().outputs == script.events[-1]["data"]["outputs"]
    if fault is NO_FAULT:
        assert len(names) == len(script.events)
        assert not stream.recovered
