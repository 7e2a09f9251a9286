"""What the matrix has no cell for: queues, deploys, dead workers, cuts upon cuts."""

from __future__ import annotations

import copy
from collections import deque
from typing import Any

import attrs
import pytest
import wire_archive
from dify_workflow import RunOutcomeUnknown
from fault_cases import KINDS, run_both, server
from fault_judge import judge
from fault_scripts import (
    Event,
    Script,
    eight_nodes,
    iterating,
    pausing,
    recorded,
    resumed,
    retrying,
    two_forms,
)
from fault_server_model import Dify
from fault_sim import following, play
from fault_streams import AFTER_SNAPSHOT, Fault, Kind


def _comparable(event: Event) -> Event:
    times = ("elapsed_time", "created_at", "finished_at")
    data = {key: value for key, value in event["data"].items() if key not in times}
    if isinstance(data.get("inputs"), dict):
        data["inputs"] = {k: v for k, v in data["inputs"].items() if k != "sys.timestamp"}
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
@pytest.mark.parametrize("script", [eight_nodes(), retrying(), iterating(), pausing()], ids=str)
def test_the_terminal_event_without_its_blank_line(script: Script, ending: Any) -> None:
    fault = Fault("blank", len(script.events) - 1, ending)
    for options in ({}, {"unique_user": True}):
        seen = run_both(lambda: server(script, own_fault=fault), {"whole"}, **options)
        # In silence, the run's detail is asked before the end is taken for one.
        assert seen.server.asked == ["post", *["detail"] * (ending == "silence")]


@pytest.mark.long
@pytest.mark.sample(4)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("script", [eight_nodes(), iterating(), pausing(), resumed()], ids=str)
def test_cuts_upon_cuts(script: Script, kind: Kind) -> None:
    """The recovery itself is cut, several times over, at every position."""
    for position in range(len(script.events)):
        faults = [Fault(kind, after) for after in (0, AFTER_SNAPSHOT, position, position + 1)]
        run_both(
            lambda p=position, f=faults: server(
                script.paced(1.5, 0.4), own_fault=Fault(kind, p), replay_faults=deque(f)
            ),
            {"whole", "recovered"},
            unique_user=True,
        )


@pytest.mark.parametrize(
    "options", [{}, {"unique_user": True}, {"run_key_input": "k"}, {"timeout": 30}], ids=str
)
def test_a_queued_run_that_begins_after_200_seconds_is_awaited(options: dict[str, Any]) -> None:
    seen = run_both(lambda: server(version="1.13.2", queued=203.0), {"whole"}, **options)
    assert len(seen.events) == len(seen.server.script.events)


@pytest.mark.parametrize("options", [{"unique_user": True}, {"run_key_input": "k"}], ids=str)
@pytest.mark.parametrize("version", ["1.13.2", "1.14.2"])
def test_a_run_whose_connection_is_cut_in_the_queue_is_found_when_it_begins(
    version: str, options: dict[str, Any]
) -> None:
    def make() -> Dify:
        return server(version=version, queued=200.0, answers_post=False, answer_lost_after=-1)

    run_both(make, {"recovered"}, **options)


@pytest.mark.parametrize("adopts", [False, True])
def test_a_ping_and_silence_for_ever_ends(adopts: bool) -> None:
    """1.13 answers an input that is not valid like that; no run begins."""
    seen = run_both(lambda: server(version="1.13.2", queued=1e6), {"unknown"}, unique_user=adopts)
    assert isinstance(seen.error, RunOutcomeUnknown)
    assert (seen.error.run_id, seen.error.candidates) == (None, ())
    assert seen.seconds < (700 if adopts else 330)


@pytest.mark.parametrize(
    "faults", [[], [Fault("eof", AFTER_SNAPSHOT)] * 5000], ids=["pings", "eof"]
)
def test_a_run_whose_worker_was_killed_is_given_up(faults: list[Fault]) -> None:
    def make() -> Dify:
        return server(killed_after=9, replay_faults=deque(faults))

    seen = run_both(make, {"unknown"})
    assert 1260 < seen.seconds < 1400
    assert len(seen.server.asked) < 1000


@pytest.mark.parametrize(("version", "cut"), [("1.14.2", 26), ("1.13.2", 26), ("1.14.2", 1)])
def test_a_run_of_an_hour_survives_a_deploy(version: str, cut: int) -> None:
    """Patience is counted from the last event, not from the start."""
    away: dict[Any, Any] = {"events": ["502"] * 30, "detail": ["502"] * 30}

    def make() -> Dify:
        troubles = {route: deque(answers) for route, answers in away.items()}
        script = eight_nodes().paced(130.0)
        return server(script, version=version, own_fault=Fault("eof", cut), troubles=troubles)

    run_both(make, {"recovered"})


def test_the_logs_and_details_may_be_away_for_minutes_too() -> None:
    away: dict[Any, Any] = {"logs": ["502", "reset", "page"] * 9, "detail": ["502"] * 3}

    def make(options: dict[str, Any]) -> Dify:
        troubles = {route: deque(answers) for route, answers in away.items()}
        return server(answers_post=False, troubles=troubles)

    for options in ({"unique_user": True}, {"run_key_input": "k"}):
        run_both(lambda options=options: make(options), {"recovered"}, **options)
    seen = run_both(lambda: make({}), {"unknown"})
    assert isinstance(seen.error, RunOutcomeUnknown)
    assert [entry.status for entry in seen.error.candidates]


def test_the_forms_of_a_pause_are_worth_asking_for() -> None:
    """The run's detail says that it is paused, but only the events say by which forms."""

    def make() -> Dify:
        troubles: Any = {"events": deque(["502", "refused", "timeout", "502", "502", "502"])}
        return server(pausing().paced(0.5), own_fault=Fault("reset", 2), troubles=troubles)

    seen = run_both(make, {"recovered"})
    assert seen.result is not None
    assert [form.token for form in seen.result.forms]


def test_a_page_in_the_place_of_the_events_is_no_answer() -> None:
    def make() -> Dify:
        pages = deque(["page", "429", "500", "timeout", "page"])
        return server(own_fault=Fault("reset", 5), troubles={"events": pages})

    run_both(make, {"recovered"})


def test_a_run_is_put_on_record_late() -> None:
    run_both(lambda: server(own_fault=Fault("reset", 2), recorded_after=12.0), {"recovered"})


def test_an_old_server_is_looked_at_again_where_it_does_not_answer() -> None:
    def make() -> Dify:
        last = len(eight_nodes().events) - 1
        troubles: Any = {"detail": deque(["502", "reset", "504"])}
        return server(version="1.8.1", own_fault=Fault("chunk", last), troubles=troubles)

    run_both(make, {"recovered"})


def test_a_success_that_is_no_stream_may_have_started_the_run() -> None:
    """A page is refused where nothing shows a Dify: neither its version, nor the logs."""
    nothing: dict[Any, Any] = {"post": deque(["page"]), "logs": deque(["page"])}
    for says_version, troubles, expected in (
        (True, nothing, "unknown"),
        (False, {"post": deque(["page"])}, "unknown"),
        (False, nothing, "refused"),
    ):
        dify = server(says_version=says_version, troubles=copy.deepcopy(troubles))
        seen = play(dify, following(dify))
        assert judge(seen, expected=set()).outcome == expected
        assert dify.asked.count("post") == 1


def test_what_a_gap_has_swallowed_does_not_come_behind_its_end() -> None:
    """The begin of a node is lost, its end comes live, and the next snapshot has both."""
    first = eight_nodes()
    times = (0.1, 0.2, 0.3, 0.9, 1.5, 1.6, 2.0, *range(5, 5 + len(first.events) - 7))
    script = attrs.evolve(first, times=times)
    for gap in (0.4, 0.5, 0.6):
        run_both(
            lambda gap=gap: server(
                script,
                own_fault=Fault("eof", 3),
                gap=gap,
                replay_faults=deque([Fault("eof", 10), Fault("eof", 16)]),
            ),
            {"recovered"},
        )


def test_a_leg_that_is_told_twice_is_delivered_once() -> None:
    """The snapshot has the whole second leg already, and it comes live once more."""
    script = resumed().paced(0.02, 0.0)
    run_both(lambda: server(script, own_fault=Fault("eof", 5), gap=-0.15), {"recovered"})


def test_a_node_begins_again_in_a_new_leg() -> None:
    """The pause falls into the gap: the run goes on, and its node with the same id begins anew."""
    first = resumed()
    later = range(len(first.events) - 4)
    script = attrs.evolve(first, times=(0.1, 0.2, 0.3, 1.0, *(5.0 + i * (i > 1) for i in later)))
    seen = run_both(lambda: server(script, own_fault=Fault("eof", 4), gap=4.0), {"recovered"})
    assert [event.event for event in seen.events].count("node_started") == 4


@pytest.mark.parametrize("script", [pausing(), two_forms()], ids=str)
def test_a_pause_of_a_run_that_is_put_on_record_late_has_its_forms(script: Script) -> None:
    """Its detail is there first: the events are asked again, which alone tell the forms."""
    reasons = script.events[-1]["data"]["reasons"]
    for late in (1.0, 4.0, 9.0):
        seen = run_both(
            lambda late=late: server(
                script.paced(0.05),
                version="1.16.1",
                own_fault=Fault("eof", 1),
                recorded_after=late,
            ),
            {"recovered"},
        )
        assert seen.result is not None
        assert len(seen.result.forms) == len(reasons)
