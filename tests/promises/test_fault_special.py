"""What the matrix has no cell for: queues, deploys, dead workers, cuts upon cuts, time-outs."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import wire_archive
from dify_workflow import DeadlineExceeded, RequestTimedOut, RunOutcomeUnknown
from fault_cases import ADOPTIONS, CUTS, run_both, server
from fault_judge import Outcome, judge
from fault_scripts import (
    Event,
    Script,
    eight_nodes,
    iterating,
    pausing,
    recorded,
    resumed,
    two_forms,
)
from fault_sim import following, play, start_elsewhere, stream_of
from fault_streams import AFTER_SNAPSHOT, NO_FAULT, Cut, Fault

OURS = [ADOPTIONS["user"], ADOPTIONS["key"]]


def _comparable(event: Event) -> Event:
    times = ("elapsed_time", "created_at", "finished_at")
    data = {key: value for key, value in event["data"].items() if key not in times}
    if isinstance(data.get("inputs"), dict):
        data["inputs"] = {**data["inputs"], "sys.timestamp": 0}
    return {**event, "data": data}


def test_the_model_tells_snapshots_as_the_server_does() -> None:
    paused = wire_archive.exchange("1.14.2", "human/one_events_paused_snapshot").events()
    ours = [shown.event for shown in pausing().snapshots[-1]]
    assert [_comparable(event) for event in ours] == [_comparable(event) for event in paused]
    running = wire_archive.exchange("1.14.2", "events/ping_snapshot").events()[:4]
    script = recorded("1.14.2", "run/slow_streaming", name="slow")
    ours = [shown.event for shown in script.snapshots[4]]
    for event, theirs in zip(ours, running, strict=True):
        assert list(event) == list(theirs)
        assert list(event["data"]) == list(theirs["data"])
        assert event["task_id"] == script.run_id
        told = ("index", "status", "node_id", "reason", "files", "outputs")
        assert [event["data"].get(k) for k in told] == [theirs["data"].get(k) for k in told]


@pytest.mark.parametrize("ending", ["eof", "reset", "silence"])
def test_the_terminal_event_without_its_blank_line(ending: Any) -> None:
    """In silence, the run's detail is asked before the end is taken for one."""
    fault = Fault("blank", len(eight_nodes().events) - 1, ending)
    seen = run_both({"script": eight_nodes(), "own_fault": fault}, {"whole"})
    assert seen.server.asked == ["post", *["detail"] * (ending == "silence")]


@pytest.mark.parametrize("options", [{}, *OURS, {"timeout": 30}], ids=str)
def test_a_queued_run_that_begins_after_200_seconds_is_awaited(options: dict[str, Any]) -> None:
    seen = run_both({"version": "1.13.2", "queued": 203.0}, {"whole"}, **options)
    assert len(seen.events) == len(seen.server.script.events)


@pytest.mark.parametrize("adopts", [False, True])
def test_a_ping_and_silence_for_ever_ends(adopts: bool) -> None:
    """1.13 answers an input that is not valid like that; no run begins."""
    queued = {"version": "1.13.2", "queued": 1e6}
    seen = run_both(queued, {"unknown"}, unique_user=adopts)
    assert isinstance(seen.error, RunOutcomeUnknown)
    assert (seen.error.run_id, seen.error.candidates) == (None, ())
    assert seen.seconds < (700 if adopts else 330)


@pytest.mark.parametrize(
    "faults", [[], [Fault("eof", AFTER_SNAPSHOT)] * 5000], ids=["pings", "eof"]
)
def test_a_run_whose_worker_was_killed_is_given_up(faults: list[Fault]) -> None:
    seen = run_both({"killed_after": 9, "replay_faults": faults}, {"unknown"})
    assert 1260 < seen.seconds < 1400
    assert len(seen.server.asked) < 1000


def of_an_hour(version: str, cut: int) -> dict[str, Any]:
    """Patience is counted from the last event, not from the start."""
    away = {"events": ["502"] * 30, "detail": ["502"] * 30}
    known = {"version": version, "own_fault": Fault("eof", cut)}
    return {"script": eight_nodes().paced(130.0), "troubles": away, **known}


def with_a_gap(gap: float) -> dict[str, Any]:
    """The begin of a node is lost, its end comes live, and the next snapshot has both."""
    first = eight_nodes()
    times = (0.1, 0.2, 0.3, 0.9, 1.5, 1.6, 2.0, *range(5, 5 + len(first.events) - 7))
    cuts = {"own_fault": Fault("eof", 3), "replay_faults": [Fault("eof", 10), Fault("eof", 16)]}
    return {"script": attrs.evolve(first, times=times), "gap": gap, **cuts}


PAGES = ["page", "429", "500", "timeout", "page"]
UNHEARD = {"queued": 200.0, "answers_post": False, "answer_lost_after": -1}
AWAY = {"logs": ["502", "reset", "page"] * 9, "detail": ["502"] * 3}
NO_LOGS: dict[str, Any] = {"answers_post": False, "troubles": AWAY}
# Servers on which the run is known, and those where it is found by its user or its key.
RECOVERED: dict[str, dict[str, Any]] = {
    "an hour, 1.14": of_an_hour("1.14.2", 26),
    "an hour, 1.13": of_an_hour("1.13.2", 26),
    "an hour, cut at once": of_an_hour("1.14.2", 1),
    "pages": {"own_fault": Fault("reset", 5), "troubles": {"events": PAGES}},
    "on record late": {"own_fault": Fault("reset", 2), "recorded_after": 12.0},
    "an old server that does not answer": {
        "version": "1.8.1",
        "own_fault": Fault("chunk", len(eight_nodes().events) - 1),
        "troubles": {"detail": ["502", "reset", "504"]},
    },
    **{f"a gap of {gap} s": with_a_gap(gap) for gap in (0.4, 0.5, 0.6)},
    "a leg that is told twice": {  # in the snapshot, and live
        "script": resumed().paced(0.02, 0.0),
        "own_fault": Fault("eof", 5),
        "gap": -0.15,
    },
}
FOUND: dict[str, dict[str, Any]] = {
    "cut in the queue, 1.13": {"version": "1.13.2", **UNHEARD},
    "cut in the queue, 1.14": {"version": "1.14.2", **UNHEARD},
    "the logs are away for minutes": NO_LOGS,
}


@pytest.mark.parametrize("given", RECOVERED.values(), ids=RECOVERED)
def test_a_run_that_is_known_is_recovered(given: dict[str, Any]) -> None:
    run_both(given, {"recovered"})


@pytest.mark.parametrize("options", OURS, ids=str)
@pytest.mark.parametrize("given", FOUND.values(), ids=FOUND)
def test_a_run_that_is_found_is_recovered(given: dict[str, Any], options: dict[str, Any]) -> None:
    run_both(given, {"recovered"}, **options)


def test_a_run_that_is_not_known_has_candidates_when_the_logs_come_back() -> None:
    seen = run_both(NO_LOGS, {"unknown"})
    assert isinstance(seen.error, RunOutcomeUnknown)
    assert [entry.status for entry in seen.error.candidates]


def test_the_forms_of_a_pause_are_worth_asking_for() -> None:
    """The run's detail says that it is paused, but only the events say by which forms."""
    away = {"events": ["502", "refused", "timeout", "502", "502", "502"]}
    cut = {"script": pausing().paced(0.5), "own_fault": Fault("reset", 2)}
    seen = run_both({**cut, "troubles": away}, {"recovered"})
    assert seen.result is not None
    assert [form.token for form in seen.result.forms]


def test_a_success_that_is_no_stream_may_have_started_the_run() -> None:
    """A page is refused where nothing shows a Dify: neither its version, nor the logs."""
    for says_version, away, expected in (
        (True, {"post": ["page"], "logs": ["page"]}, "unknown"),
        (False, {"post": ["page"]}, "unknown"),
        (False, {"post": ["page"], "logs": ["page"]}, "refused"),
    ):
        dify = server(says_version=says_version, troubles=away)
        seen = play(dify, following(dify))
        assert judge(seen, expected=set()).outcome == expected
        assert dify.asked.count("post") == 1


def test_a_node_begins_again_in_a_new_leg() -> None:
    """The pause falls into the gap: the run goes on, and its node with the same id begins anew."""
    first = resumed()
    later = range(len(first.events) - 4)
    script = attrs.evolve(first, times=(0.1, 0.2, 0.3, 1.0, *(5.0 + i * (i > 1) for i in later)))
    given = {"script": script, "own_fault": Fault("eof", 4), "gap": 4.0}
    seen = run_both(given, {"recovered"})
    assert [event.event for event in seen.events].count("node_started") == 4


@pytest.mark.parametrize("script", [pausing(), two_forms()], ids=str)
def test_a_pause_of_a_run_that_is_put_on_record_late_has_its_forms(script: Script) -> None:
    """Its detail is there first: the events are asked again, which alone tell the forms."""
    reasons = script.events[-1]["data"]["reasons"]
    for late in (1.0, 4.0, 9.0):
        cut = {"own_fault": Fault("eof", 1), "recorded_after": late, "version": "1.16.1"}
        seen = run_both({"script": script.paced(0.05), **cut}, {"recovered"})
        assert seen.result is not None
        assert len(seen.result.forms) == len(reasons)


# Runs that are attached to, stopped, waited for a while, or given a deadline, and then cut.


@pytest.mark.parametrize("cut", ["none", *CUTS])
def test_attaching(cut: Cut) -> None:
    """A run that another process started, before its end and after it; it is cut, and not."""
    for later in (50.0, 500.0):
        faults = [Fault(cut, 8), Fault(cut, AFTER_SNAPSHOT)]
        dify = server(eight_nodes().paced(10.0), replay_faults=faults)
        start_elsewhere(dify)
        dify.clock.advance(later)
        seen = play(dify, following(dify, attach=True))
        outcome: Outcome = "recovered" if cut != "none" and later < 100 else "whole"
        assert not judge(seen, expected={outcome}, iterated=False).problems
        names = [(e.event, (e.raw["data"] or {}).get("id")) for e in seen.events]
        nodes = [name for name in names if name[0].startswith("node_")]
        assert len(set(nodes)) == len(nodes) == (16 if later < 100 else 0)
        assert not seen.text_complete


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
        dify = server(own_fault=fault, replay_faults=[Fault("silence", 9)])
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
