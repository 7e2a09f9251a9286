"""Some of each kind of fault over real sockets, against `FakeDify`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from dify_workflow import APIError, RunOutcomeUnknown
from dify_workflow._api import limits
from dify_workflow._runs import lookup as finding
from facade import Kind, both, both_by_both, client
from fake_dify import Answer, End, FakeDify, Fault, Gate, Iteration, Node, Step, Text


def workflow(gate: Gate) -> list[Step]:
    """The run waits at the gate, in its last node."""
    return [
        Node("first", {"x": 1}),
        Text(["Hel", "lo"]),
        Iteration(items=["a", "b"]),
        Node("held", {"y": 2}, gate=gate),
        End({"x": "first.x", "y": "held.y"}),
    ]


LOST = "terminal event lost"
CUTS: Any = ("eof", "close", "reset", "truncate chunk", "cut inside event", "silence")
CUT = Fault(after_events=4, then="reset")
# What goes wrong with the run's stream, and what the server then offers.
FAULTS: dict[str, list[Fault | Answer]] = {
    **{then: [Fault(after_events=4, then=then)] for then in CUTS},
    LOST: [CUT, Fault(on="events", then="lose terminal")],
    "ends twice": [CUT, *(Fault(on="events", after_events=n, then="eof") for n in (0, 3))],
    "502 twice": [CUT, Answer(on="events"), Answer(on="events")],
}


@pytest.fixture(autouse=True)
def _shorter_pauses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FIRST_PAUSE", 0.02)
    if request.node.callspec.params.get("name", LOST) == LOST:
        # Elsewhere a busy machine would be taken for a silent run.
        monkeypatch.setattr(limits, "FIRST_QUIET", 0.1)
        monkeypatch.setattr(limits, "QUIET", 0.1)
    monkeypatch.setattr(finding, "_waits", lambda run, lookup: (0.02, 0.05, 0.1, 0.2))


@pytest.fixture(scope="module")
def server() -> Iterator[FakeDify]:
    with FakeDify(eof_delay=0.0, ping_interval=0.02) as dify:
        yield dify


@pytest.fixture
def dify(server: FakeDify) -> Iterator[FakeDify]:
    yield server
    server.wait_idle()
    assert server.faults.left == []
    server.faults.clear()
    server.runs.clear()


def follow(
    kind: Kind, dify: FakeDify, *, replays: bool = True, **options: Any
) -> tuple[list[Any], Any]:
    """Read a run to its end: its events and its result.

    Where it `replays`, the run waits until the client has seen its last node begin.
    """
    gate = Gate()
    dify.workflow = workflow(gate)
    if not replays:
        gate.open()
    events = []
    with client(kind, dify, **options) as ours, ours.run_workflow_stream({}) as stream:
        for event in stream:
            events.append(event)
            if event.raw["data"].get("node_id") == "held":
                gate.open()
        return events, stream.result()


def check(dify: FakeDify, events: list[Any], result: Any, *, replays: bool = True) -> None:
    """One run, whole, once, in order."""
    assert len(dify.runs) == 1
    run = dify.runs[0]
    assert (result.id, result.task_id) == (run.id, run.task_id)
    assert (result.status, result.outputs) == ("succeeded", {"x": 1, "y": 2})
    assert {event.id for event in events} == {run.id}
    assert {event.task_id for event in events} == {run.task_id}
    assert events[-1].event == "workflow_finished"
    told = [_key(event.raw) for event in events]
    assert len(set(told)) == len(told)
    truth = [_key(event) for event in run.events]
    assert set(told) <= set(truth)
    if replays:
        nodes = [key for key in truth if key[0] in ("node_started", "node_finished")]
        assert [key for key in told if key in nodes] == nodes


def _key(event: dict[str, Any]) -> tuple[Any, ...]:
    name, data = event["event"], event["data"]
    return (name, data.get("id"), data["index"] if name == "iteration_next" else data.get("text"))


@both_by_both
@pytest.mark.parametrize("name", FAULTS)
def test_every_cut_and_every_offer(dify: FakeDify, kind: Kind, name: str) -> None:
    for fault in FAULTS[name]:
        dify.faults.add(fault)
    timeout = httpx.Timeout(5.0, read=0.5 if name == "silence" else 5.0)
    events, result = follow(kind, dify, timeout=timeout)
    check(dify, events, result, replays=name != LOST)
    assert [event.recovered for event in events] == [n >= 4 for n in range(len(events))]
    assert result.recovered


@both_by_both
@pytest.mark.parametrize("then", ["close", "reset"])
def test_no_byte_of_the_answer(dify: FakeDify, kind: Kind, then: Any) -> None:
    for adopts in (True, False):
        dify.runs.clear()
        dify.faults.add(Fault(before_headers=True, then=then))
        if adopts:
            _, result = follow(kind, dify, replays=False, unique_user=True)
            assert (len(dify.runs), result.id, result.recovered) == (1, dify.runs[0].id, True)
            continue
        with pytest.raises(RunOutcomeUnknown) as caught:
            follow(kind, dify, replays=False, user=f"somebody {kind} {then}")
        found = [entry.data.workflow_run.id for entry in caught.value.candidates]
        assert found == [run.id for run in dify.runs]
        assert len(found) == 1


@both_by_both
def test_an_error_event_left_open(kind: Kind) -> None:
    """To 1.14 it is the run's end."""
    with FakeDify("1.14.2", eof_delay=0.0) as dify:
        dify.faults.add(Fault(after_events=3, then="error event left open"))
        with pytest.raises(APIError):
            follow(kind, dify, replays=False)
        assert len(dify.runs) == 1


@both  # with httpx's connections, 310 s after the error: their one limit of silence
def test_an_error_event_of_a_run_that_goes_on(dify: FakeDify, kind: Kind) -> None:
    """From 1.15 on servers tell such errors, too."""
    dify.faults.add(Fault(after_events=3, then="error event left open"))
    _, result = follow(kind, dify, replays=False)
    assert result.status == "succeeded"
    assert len(dify.runs) == 1


@both_by_both
@pytest.mark.parametrize("version", ["1.13.2", "1.8.1"])
def test_older_servers(kind: Kind, version: str) -> None:
    with FakeDify(version, eof_delay=0.0) as dify:
        dify.faults.add(Fault(after_events=4, then="reset"))
        if version == "1.8.1":
            with pytest.raises(RunOutcomeUnknown) as caught:
                follow(kind, dify, replays=False)
            assert caught.value.run_id == dify.runs[0].id
        else:
            check(dify, *follow(kind, dify, replays=False), replays=False)
        assert len(dify.runs) == 1
