"""FakeDify as an older Dify behaves like it: lost streams, stops, run details, logs, limits."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest
from fake_dify import Fault, Gate, Input, Iteration, Node, Parallel, Step, Text
from fake_dify_calls import Serve, asked, decode, names


@pytest.mark.parametrize("version", ["1.8.1", "1.9.1"])
@pytest.mark.parametrize("fault", [{"before_headers": True}, {"after_events": 2}])
def test_a_run_dies_with_its_stream(serve: Serve, version: str, fault: Any) -> None:
    gate = Gate()
    dify, client = serve(version, workflow=[Node("held", gate=gate)])
    dify.faults.add(Fault(then="reset", **fault))
    with pytest.raises(httpx.ReadError):
        client.run()
    dify.wait_idle()
    gate.open()
    run = dify.runs[0]
    assert client.status(run) == "running"
    client.stop(run)
    assert client.status(run) == "running"
    assert client.get("/workflows/logs").json()["data"] == []


@pytest.mark.parametrize("version", ["1.10.1", "1.12.1", "1.13.2", "1.14.2"])
def test_a_run_outlives_its_stream(serve: Serve, version: str) -> None:
    dify, client = serve(version, workflow=[Node("a")])
    dify.faults.add(Fault(then="reset", before_headers=True))
    with pytest.raises(httpx.ReadError):
        client.run()
    dify.wait_idle()
    assert client.status(dify.runs[0]) == "succeeded"


STOPS = [
    ("1.8.1", "node", "stopped", "stopped"),
    ("1.8.1", "iteration", "stopped", "stopped"),
    ("1.12.1", "node", "stopped", "running"),
    ("1.12.1", "iteration", "failed", "stopped"),
    ("1.13.2", "node", "stopped", "running"),
    ("1.13.2", "parallel", "failed", "stopped"),
    ("1.14.2", "node", "failed", "stopped"),
    ("1.14.2", "text", "stopped", "running"),
    ("1.15.0", "node", "failed", "stopped"),
    ("1.15.0", "text", "stopped", "stopped"),
    ("1.16.1", "iteration", "stopped", "stopped"),
    ("1.16.1", "text", "stopped", "stopped"),
]


@pytest.mark.parametrize(("version", "what", "told", "detail"), STOPS)
def test_how_a_stop_ends(serve: Serve, version: str, what: str, told: str, detail: str) -> None:
    held = Node("held", gate=Gate())
    workflows: dict[str, list[Step]] = {
        "node": [held],
        "iteration": [Iteration([1, 2], [held])],
        "parallel": [Parallel(held, Node("other"))],
        "text": [Text(["tok "] * 1000, seconds=0.01)],
    }
    dify, client = serve(version, workflow=workflows[what])
    with client.running() as response:
        begun = "text_chunk" if what == "text" else "node_started"
        dify.wait_for(lambda: len(dify.runs) == 1)
        run = dify.runs[0]
        dify.wait_for(lambda: begun in run.event_names[3:])
        assert client.stop(run).json() == {"result": "success"}
        last = decode(response)[-1]
    assert (last["event"], last["data"]["status"]) == ("workflow_finished", told)
    assert client.status(run) == detail


def test_only_the_own_user_stops_a_run_of_1_8(serve: Serve) -> None:
    gate = Gate()
    dify, client = serve("1.8.1", workflow=[Node("held", gate=gate)])
    with client.running() as response:
        gate.wait()
        assert client.stop(dify.runs[0], "somebody").json() == {"result": "success"}
        gate.open()
        response.read()
    assert dify.runs[0].status == "succeeded"


@pytest.mark.parametrize("version", ["1.8.1", "1.12.1"])
def test_a_missing_run_is_all_null(serve: Serve, version: str) -> None:
    _, client = serve(version)
    answer = client.get("/workflows/run/00000000-0000-0000-0000-000000000000")
    assert answer.status_code == 200
    assert set(answer.json().values()) == {None}


def test_outputs_are_text_or_null_before_1_13(serve: Serve) -> None:
    dify, client = serve("1.12.1")
    client.run(text="你好")
    client.run()
    outputs = [client.detail(run.id)["outputs"] for run in dify.runs]
    assert outputs == ['{"text": "\\u4f60\\u597d"}', None]


@pytest.mark.parametrize(
    ("version", "status", "events"), [("1.12.1", 400, []), ("1.13.2", 200, []), ("1.14.2", 200, 1)]
)
def test_a_missing_input_of_a_streaming_run(
    serve: Serve, version: str, status: int, events: Any
) -> None:
    _, client = serve(version, form=[Input("text", required=True)], idle_limit=0.1)
    answer = client.post("/workflows/run", json=asked())
    assert answer.status_code == status
    assert answer.text.count('"event":"error"') == (events or 0)


def test_iterations_and_branches_of_1_8(serve: Serve) -> None:
    branches = Parallel(Node("left", {"l": 1}), Node("right", {"r": 2}))
    _, client = serve("1.8.1", workflow=[Iteration([1, 2]), branches])
    events = client.run()
    rounds = [event["data"]["index"] for event in events if event["event"] == "iteration_next"]
    assert rounds == [0, 1, 2]
    told = Counter(names(events))
    assert (told["parallel_branch_started"], told["parallel_branch_finished"]) == (2, 2)
    assert "text_chunk" not in told
    left = next(event["data"] for event in events if event["data"].get("node_id") == "left")
    assert left["parallel_start_node_id"] == "left"
    assert left["index"] > 1


def test_logs_list_ended_runs_only_before_1_11(serve: Serve) -> None:
    gate = Gate()
    dify, client = serve("1.10.1", workflow=[Node("held", gate=gate)])
    with client.running() as response:
        gate.wait()
        assert client.get("/workflows/logs").json()["total"] == 0
        gate.open()
        response.read()
    dify.wait_idle()
    assert client.get("/workflows/logs").json()["total"] == 1


@pytest.mark.parametrize(("version", "third"), [("1.12.1", 400), ("1.13.2", 200)])
def test_streams_hold_slots_before_1_13(serve: Serve, version: str, third: int) -> None:
    gate = Gate()
    dify, client = serve(version, workflow=[Node("held", gate=gate)])
    dify.default_app.max_active_requests = 2
    with client.running(), client.running(), client.running() as response:
        assert response.status_code == third
        gate.open()
