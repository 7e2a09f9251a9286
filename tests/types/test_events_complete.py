"""`events_complete`: whether events can be missing; what a silenced reader gets all the same.

Of a run that was attached to: tests/live/check_runs.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from fault_cases import run_both, server
from fault_scripts import Script, eight_nodes, iterating, pausing
from fault_server_model import Dify
from fault_sim import following, stream_of
from fault_streams import Fault


def completeness(dify: Dify) -> tuple[bool, bool]:
    """Read a run; return `events_complete` before and after its end."""
    stream = stream_of(dify, following(dify))
    next(stream)
    before = stream.events_complete
    names = [event.event for event in stream]
    assert names[-1] in ("workflow_finished", "workflow_paused")
    return before, stream.events_complete


NEWEST: dict[str, Any] = {"version": "1.16.1"}
ITERATING = [event["event"] for event in iterating().events]
BEGUN, ENDED = (ITERATING.index(f"iteration_{name}") for name in ("started", "completed"))
# The fourth node begins between the snapshot and the subscription, and its begin is in neither.
BETWEEN = (0.1, 0.2, 0.3, 0.9, 1.5, 1.6, 2.0, *range(5, 5 + len(eight_nodes().events) - 7))


def unlucky() -> Script:
    script = eight_nodes().paced(1.0)
    return Script(script.name, script.events, BETWEEN, script.inputs)


# A run, its server, after how many events its stream is cut, and whether it is complete then.
RUNS: list[tuple[Script, dict[str, Any], int | None, bool]] = [
    *(
        (script.paced(0.5), NEWEST, None, True)
        for script in (eight_nodes(), iterating(), pausing())
    ),
    # A replay of a running run covers the gap, that of one that has ended does not.
    *((eight_nodes().paced(1.5), NEWEST, cut, True) for cut in (2, 3, 8, 11, 20)),
    (eight_nodes().paced(0.0), NEWEST, 5, False),
    (unlucky(), {"version": "1.14.2", "gap": 0.5}, 3, False),
    # What happened inside an iteration is not replayed.
    (iterating().paced(1.5), NEWEST, BEGUN + 2, False),
    (iterating().paced(1.5), NEWEST, ENDED + 1, True),
    # It was polled.
    (eight_nodes().paced(1.5), {"version": "1.13.2"}, 5, False),
    (eight_nodes().paced(1.5), {"refuses_events": True}, 5, False),
]


@pytest.mark.parametrize(("script", "given", "cut", "complete"), RUNS, ids=str)
def test_whether_a_run_is_complete(
    script: Script, given: dict[str, Any], cut: int | None, complete: bool
) -> None:
    fault = {} if cut is None else {"own_fault": Fault("eof", cut)}
    assert completeness(server(script, **given, **fault)) == (True, complete)


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
    given = {"script": eight_nodes().paced(gap), "version": "1.15.0"}
    seen = run_both({**given, "own_fault": Fault("eof", cut)}, {"recovered"})
    assert seen.server.asked.count("events") > 2
    nodes = [event for event in seen.events if event.event == "node_finished"]
    assert len(nodes) >= sum(key[0] == "node_finished" for key in eight_nodes().keys) - 2
    assert seen.seconds - seen.server.script.times[-1] < 16


@pytest.mark.parametrize("version", ["1.14.2", "1.15.0", "1.17.0"])
def test_only_there_a_reader_attaches_again_every_10_seconds_at_most(version: str) -> None:
    dify = server(eight_nodes().paced(40.0), version=version, own_fault=Fault("eof", 3))
    *_, end = stream_of(dify, following(dify))
    assert end.event == "workflow_finished"
    assert (dify.asked.count("events") > 1) == (version == "1.15.0")
    assert all(seconds >= 10 for _, seconds in dify.gaps("events"))


def test_the_detail_is_asked_less_often_after_a_minute() -> None:
    script = eight_nodes().paced(1.0, *(1.0,) * 8, 200.0)
    dify = server(script, version="1.14.2", own_fault=Fault("eof", 5))
    *_, end = stream_of(dify, following(dify))
    assert end.event == "workflow_finished"
    gaps = dify.gaps("detail")
    assert min(seconds for _, seconds in gaps) == pytest.approx(3, abs=0.2)
    late = [seconds for at, seconds in gaps if at > 130]
    assert sum(seconds > 10 for seconds in late) > 3
    assert max(late) < 30.1  # an event may stand between
