"""Some of each kind of fault over real sockets, against `FakeDify`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from dify_workflow import RunOutcomeUnknown
from dify_workflow._api import limits
from dify_workflow._runs import lookup as finding
from facade import Kind, both_by_both, client
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


def follow(kind: Kind, dify: FakeDify, *, waits: bool = True, **options: Any) -> tuple[Any, Any]:
    """Read a run to its end: its events and its result.

    Where it `waits`, its last node ends when the client has seen it begin.
    """
    gate = Gate()
    dify.workflow = workflow(gate)
    if not waits:
        gate.open()
    events = []
    with client(kind, dify, **options) as ours, ours.run_workflow_stream({}) as stream:
        for event in stream:
            events.append(event)
            if event.raw["data"].get("node_id") == "held":
                gate.open()
        return events, stream.result()


def _key(event: dict[str, Any]) -> tuple[Any, ...]:
    name, data = event["event"], event["data"]
    return (name, data.get("id"), data["index"] if name == "iteration_next" else data.get("text"))


@both_by_both
@pytest.mark.parametrize("name", FAULTS)
def test_every_cut_and_every_offer(dify: FakeDify, kind: Kind, name: str) -> None:
    """One run, whole, once, in order."""
    for fault in FAULTS[name]:
        dify.faults.add(fault)
    timeout = httpx.Timeout(5.0, read=0.5 if name == "silence" else 5.0)
    events, result = follow(kind, dify, timeout=timeout)
    (run,) = dify.runs
    assert (result.id, result.task_id) == (run.id, run.task_id)
    assert (result.status, result.outputs) == ("succeeded", {"x": 1, "y": 2})
    assert {(event.id, event.task_id) for event in events} == {(run.id, run.task_id)}
    told, truth = [_key(event.raw) for event in events], [_key(event) for event in run.events]
    assert told[-1][0] == "workflow_finished"
    assert len(set(told)) == len(told)
    assert set(told) <= set(truth)
    nodes = [key for key in truth if key[0] in ("node_started", "node_finished")]
    if name != LOST:  # where the detail says that the run is over, no more is read
        assert [key for key in told if key in nodes] == nodes
    assert [event.recovered for event in events] == [n >= 4 for n in range(len(events))]
    assert result.recovered


@both_by_both
@pytest.mark.parametrize("then", ["close", "reset"])
def test_no_byte_of_the_answer(dify: FakeDify, kind: Kind, then: Any) -> None:
    dify.faults.add(Fault(before_headers=True, then=then))
    _, result = follow(kind, dify, waits=False, unique_user=True)
    assert [run.id for run in dify.runs] == [result.id]
    assert result.recovered
    dify.runs.clear()
    dify.faults.add(Fault(before_headers=True, then=then))
    with pytest.raises(RunOutcomeUnknown) as caught:
        follow(kind, dify, waits=False, user=f"somebody {kind} {then}")
    found = [entry.data.workflow_run.id for entry in caught.value.candidates]
    assert found == [run.id for run in dify.runs]
    assert len(found) == 1


@both_by_both
def test_a_run_that_died_with_its_stream(kind: Kind) -> None:
    with FakeDify("1.8.1", eof_delay=0.0) as dify:
        dify.faults.add(CUT)
        with pytest.raises(RunOutcomeUnknown) as caught:
            follow(kind, dify, waits=False)
        assert [run.id for run in dify.runs] == [caught.value.run_id]
