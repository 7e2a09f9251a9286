"""FakeDify as an older Dify behaves like it: lost streams, stops, run details, logs, limits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fake_dify import (
    FakeDify,
    Fault,
    Gate,
    Input,
    Iteration,
    Node,
    Parallel,
    Step,
    Text,
)

Start = Callable[..., tuple[FakeDify, httpx.Client]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a FakeDify of some version, and a client for it."""
    opened: list[Any] = []

    def make(version: str, **options: Any) -> tuple[FakeDify, httpx.Client]:
        dify = FakeDify(version, eof_delay=0.0, **options).start()
        headers = {"authorization": f"Bearer {dify.api_key}"}
        client = httpx.Client(base_url=dify.url, headers=headers, timeout=5, verify=False)
        opened.extend([dify, client])
        return dify, client

    yield make
    for item in opened:
        item.stop() if isinstance(item, FakeDify) else item.close()
    for item in opened:
        if isinstance(item, FakeDify):
            item.raise_problems()


def body(mode: str = "streaming", **inputs: Any) -> dict[str, Any]:
    return {"inputs": inputs, "user": "u", "response_mode": mode}


def stream(client: httpx.Client) -> list[dict[str, Any]]:
    text = client.post("/workflows/run", json=body()).text
    return [json.loads(part[6:]) for part in text.split("\n\n") if part.startswith("data: ")]


@pytest.mark.parametrize("version", ["1.8.1", "1.9.1"])
@pytest.mark.parametrize("fault", [{"before_headers": True}, {"after_events": 2}])
def test_a_run_dies_with_its_stream(start: Start, version: str, fault: Any) -> None:
    gate = Gate()
    dify, client = start(version, workflow=[Node("held", gate=gate)])
    dify.faults.add(Fault(then="reset", **fault))
    with pytest.raises(httpx.ReadError):
        stream(client)
    dify.wait_idle()
    gate.open()
    run = dify.runs[0]
    assert client.get(f"/workflows/run/{run.id}").json()["status"] == "running"
    client.post(f"/workflows/tasks/{run.task_id}/stop", json={"user": "u"})
    assert client.get(f"/workflows/run/{run.id}").json()["status"] == "running"
    assert client.get("/workflows/logs").json()["data"] == []


@pytest.mark.parametrize("version", ["1.10.1", "1.12.1", "1.13.2", "1.14.2"])
def test_a_run_outlives_its_stream(start: Start, version: str) -> None:
    dify, client = start(version, workflow=[Node("a")])
    dify.faults.add(Fault(then="reset", before_headers=True))
    with pytest.raises(httpx.ReadError):
        stream(client)
    dify.wait_idle()
    assert client.get(f"/workflows/run/{dify.runs[0].id}").json()["status"] == "succeeded"


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
def test_how_a_stop_ends(start: Start, version: str, what: str, told: str, detail: str) -> None:
    held = Node("held", gate=Gate())
    workflows: dict[str, list[Step]] = {
        "node": [held],
        "iteration": [Iteration([1, 2], [held])],
        "parallel": [Parallel(held, Node("other"))],
        "text": [Text(["tok "] * 1000, seconds=0.01)],
    }
    dify, client = start(version, workflow=workflows[what])
    with client.stream("POST", "/workflows/run", json=body()) as response:
        begun = "text_chunk" if what == "text" else "node_started"
        dify.wait_for(lambda: len(dify.runs) == 1)
        dify.wait_for(lambda: begun in dify.runs[0].event_names[3:])
        stop = f"/workflows/tasks/{dify.runs[0].task_id}/stop"
        assert client.post(stop, json={"user": "u"}).json() == {"result": "success"}
        text = response.read().decode()
    last = json.loads(text.split("data: ")[-1])
    assert last["event"] == "workflow_finished"
    assert last["data"]["status"] == told
    run_id = last["workflow_run_id"]
    assert client.get(f"/workflows/run/{run_id}").json()["status"] == detail


def test_only_the_own_user_stops_a_run_of_1_8(start: Start) -> None:
    gate = Gate()
    dify, client = start("1.8.1", workflow=[Node("held", gate=gate)])
    with client.stream("POST", "/workflows/run", json=body()) as response:
        gate.wait()
        stop = f"/workflows/tasks/{dify.runs[0].task_id}/stop"
        assert client.post(stop, json={"user": "somebody"}).json() == {"result": "success"}
        gate.open()
        response.read()
    assert dify.runs[0].status == "succeeded"


@pytest.mark.parametrize("version", ["1.8.1", "1.12.1"])
def test_a_missing_run_is_all_null(start: Start, version: str) -> None:
    _, client = start(version)
    answer = client.get("/workflows/run/00000000-0000-0000-0000-000000000000")
    assert answer.status_code == 200
    assert set(answer.json().values()) == {None}


def test_outputs_are_text_or_null_before_1_13(start: Start) -> None:
    dify, client = start("1.12.1")
    client.post("/workflows/run", json=body("blocking", text="你好"))
    client.post("/workflows/run", json=body("blocking"))
    outputs = [client.get(f"/workflows/run/{run.id}").json()["outputs"] for run in dify.runs]
    assert outputs == ['{"text": "\\u4f60\\u597d"}', None]


@pytest.mark.parametrize(
    ("version", "status", "events"), [("1.12.1", 400, []), ("1.13.2", 200, []), ("1.14.2", 200, 1)]
)
def test_a_missing_input_of_a_streaming_run(
    start: Start, version: str, status: int, events: Any
) -> None:
    form = [Input("text", required=True)]
    _, client = start(version, form=form, idle_limit=0.1)
    answer = client.post("/workflows/run", json=body())
    assert answer.status_code == status
    assert answer.text.count('"event":"error"') == (events or 0)


def test_iterations_and_branches_of_1_8(start: Start) -> None:
    branches = Parallel(Node("left", {"l": 1}), Node("right", {"r": 2}))
    _, client = start("1.8.1", workflow=[Iteration([1, 2]), branches])
    events = stream(client)
    rounds = [event["data"] for event in events if event["event"] == "iteration_next"]
    assert [item["index"] for item in rounds] == [0, 1, 2]
    names = [event["event"] for event in events]
    assert names.count("parallel_branch_started") == 2
    assert names.count("parallel_branch_finished") == 2
    assert "text_chunk" not in names
    left = next(event["data"] for event in events if event["data"].get("node_id") == "left")
    assert left["parallel_start_node_id"] == "left"
    assert left["index"] > 1


def test_logs_list_ended_runs_only_before_1_11(start: Start) -> None:
    gate = Gate()
    dify, client = start("1.10.1", workflow=[Node("held", gate=gate)])
    with client.stream("POST", "/workflows/run", json=body()) as response:
        gate.wait()
        assert client.get("/workflows/logs").json()["total"] == 0
        gate.open()
        response.read()
    dify.wait_idle()
    assert client.get("/workflows/logs").json()["total"] == 1


@pytest.mark.parametrize(("version", "third"), [("1.12.1", 400), ("1.13.2", 200)])
def test_streams_hold_slots_before_1_13(start: Start, version: str, third: int) -> None:
    gate = Gate()
    dify, client = start(version, workflow=[Node("held", gate=gate)])
    dify.default_app.max_active_requests = 2
    with (
        client.stream("POST", "/workflows/run", json=body()),
        client.stream("POST", "/workflows/run", json=body()),
        client.stream("POST", "/workflows/run", json=body()) as response,
    ):
        assert response.status_code == third
        gate.open()


def test_versions_that_cannot_be_pretended() -> None:
    with pytest.raises(ValueError, match=r"1\.8\.1 or later"):
        FakeDify("1.4.3")
    with pytest.raises(ValueError, match="looks like"):
        FakeDify("latest")
