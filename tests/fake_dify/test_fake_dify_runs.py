"""Runs of FakeDify that pause, hang, wait or are looked for: what the recordings do not show."""

from __future__ import annotations

import pytest
from fake_dify import (
    Emit,
    End,
    FakeDify,
    FormInput,
    Gate,
    Hang,
    HumanInput,
    Node,
    Parallel,
    PipelineError,
    Text,
)
from fake_dify.versions import NEWEST
from fake_dify_calls import Plain, decode, names

OK = {"ok": "OK"}
before = pytest.mark.parametrize("dify", ["1.14.2"], indirect=True)


def test_two_forms_at_once(dify: FakeDify, client: Plain) -> None:
    left = HumanInput("left", "L", [FormInput("l")], OK)
    right = HumanInput("right", "R", [FormInput("r")], OK)
    dify.workflow = [Parallel(left, right)]
    first = client.run()
    assert names(first)[-3:] == ["human_input_required"] * 2 + ["workflow_paused"]
    assert first[-1]["data"]["paused_nodes"] == ["left", "right"]
    tokens = [form.token for form in dify.forms]
    run = dify.runs[0]
    with client.following(run, over_pauses=True) as response:
        dify.wait_for(lambda: bool(run.readers))
        client.submit(tokens[0], l="1")
        dify.wait_for(lambda: run.event_names.count("workflow_paused") == 2)
        client.submit(tokens[1], r="2")
        told = decode(response)
    legs = [leg.split() for leg in " ".join(names(told)).split("workflow_started ")[1:]]
    again = ["node_started", "node_started", "text_chunk", "text_chunk", "node_finished"]
    assert legs[0] == [*again, "human_input_required", "workflow_paused"]
    assert legs[1][0] == "node_started"
    assert told[6]["data"]["form_token"] == tokens[1]
    assert told[-1]["data"]["outputs"] == {"l": "1", "r": "2"}
    assert {event["data"]["reason"] for event in told if "reason" in event["data"]} == {
        "resumption"
    }
    assert client.detail(run.id)["total_steps"] == 7


@pytest.mark.parametrize("dify", ["1.15.0", NEWEST], indirect=True)
def test_a_form_runs_out(dify: FakeDify, client: Plain) -> None:
    dify.workflow = [HumanInput(actions=OK), End({"action": "ask.__action_id"})]
    client.run()
    token, form_id = dify.forms[0].token, dify.forms[0].id
    assert (form_id in {node.id for node in dify.runs[0].nodes}) == (dify.version == NEWEST)
    dify.expire_form(token)
    dify.wait_idle()
    assert ("human_input_form_timeout" in dify.runs[0].event_names) == (dify.version == "1.15.0")
    assert dify.runs[0].outputs == {"action": ""}
    for answer in (client.get(f"/form/human_input/{token}"), client.submit(token, comment="x")):
        assert answer.status_code == 412
        assert answer.json()["code"] == "human_input_form_expired"


@before
def test_a_paused_run_that_was_stopped_hangs_after_its_form(dify: FakeDify, client: Plain) -> None:
    dify.workflow = [HumanInput(actions=OK)]
    client.run()
    assert client.stop(dify.runs[0]).is_success
    assert dify.runs[0].status == "paused"
    assert client.submit(dify.forms[0].token, comment="x").is_success
    dify.wait_for(lambda: dify.runs[0].status == "running")
    assert dify.runs[0].event_names[-1] == "workflow_paused"


def test_a_run_can_be_followed_over_pauses_only_with_a_snapshot(
    dify: FakeDify, client: Plain
) -> None:
    dify.workflow = [Node(gate=(gate := Gate()))]
    with client.running() as stream:
        gate.wait()
        run = dify.runs[0]
        with (
            client.following(run, over_pauses=True) as plain,
            client.following(run, snapshot=True, over_pauses=True) as snapshot,
        ):
            dify.wait_for(lambda: len(run.readers) == 3)
            gate.open()
            stream.read()
            text = plain.read().decode()
            assert text.endswith("event: ping\n\n")
            assert names(decode(snapshot))[-1] == "workflow_finished"


def test_the_snapshot_of_a_running_run(dify: FakeDify, client: Plain) -> None:
    dify.workflow = [Node("a"), Node("b", gate=(gate := Gate()))]
    with client.running() as stream:
        gate.wait()
        run = dify.runs[0]
        with client.following(run, snapshot=True) as response:
            dify.wait_for(lambda: len(run.readers) == 2)
            gate.open()
            told = decode(response)
        stream.read()
    replayed, live = told[:6], told[6:]
    data = [event["data"] for event in replayed]
    assert [it.get("node_id") for it in data] == [None, "start", "start", "a", "a", "b"]
    assert [it.get("index") for it in data] == [None, 1, 1, 2, 2, 3]
    assert {event["task_id"] for event in replayed} == {run.id}
    assert {event["task_id"] for event in live} == {run.task_id}
    assert names(live)[-1] == "workflow_finished"


@before
def test_a_worker_that_dies(dify: FakeDify, client: Plain) -> None:
    dify.workflow = [Node("a"), Hang()]
    told = client.run()
    assert names(told)[-1] == "node_finished"
    assert client.status(dify.runs[0]) == "running"


@before
def test_errors_outside_of_nodes(dify: FakeDify, client: Plain) -> None:
    dify.workflow = [PipelineError("no such model")]
    assert names(client.run()) == ["error"]
    answer = client.post("/workflows/run", json={"inputs": {}, "user": "u"})
    assert (answer.status_code, answer.json()["message"]) == (400, "no such model")
    assert dify.runs == []
    dify.workflow = [Node("a"), PipelineError()]
    assert names(client.run())[-2:] == ["node_finished", "error"]
    assert dify.runs[0].status == "running"


def test_a_queued_run_is_unknown_to_everybody(client: Plain, dify: FakeDify) -> None:
    dify.world.queue, dify.world.idle_limit = Gate(), 5.0
    with client.running() as response:
        chunks = response.iter_raw()
        assert next(chunks) == b"event: ping\n\n"
        assert client.get("/workflows/logs").json()["total"] == 0
        assert client.get(f"/workflows/run/{dify.runs[0].id}").status_code == 404
        dify.world.queue.open()
        rest = b"".join(chunks)
    assert rest.startswith(b'data: {"event":"workflow_started"')


def test_the_text_of_a_second_model_waits_for_the_first(dify: FakeDify, client: Plain) -> None:
    gate = Gate()
    slow = [Node("wait", gate=gate), Text(["one"], id="first")]
    both = Parallel(slow, Text(["t", "w", "o"], id="second"))
    dify.workflow = [both, End({"a": "first.text", "b": "second.text"})]
    with client.running() as response:
        dify.wait_for(lambda: len(dify.runs) == 1)
        dify.wait_for(lambda: dify.runs[0].event_names.count("node_finished") == 2)
        gate.open()
        told = decode(response)
    text = [event["data"]["text"] for event in told if event["event"] == "text_chunk"]
    assert text == ["one", "", "\n", "t", "w", "o", ""]


def test_other_versions_of_the_workflow(dify: FakeDify, client: Plain) -> None:
    version = dify.default_app.add_version([Node(outputs={"old": True})])
    answer = client.post(f"/workflows/{version}/run", json={"inputs": {}, "user": "u"})
    assert answer.json()["data"]["outputs"] == {"old": True}
    assert answer.json()["data"]["workflow_id"] == version


def test_events_of_every_kind_pass(dify: FakeDify, client: Plain) -> None:
    log = {"node_id": "agent", "node_execution_id": "agent", "id": "r1", "label": "ROUND 1"}
    unset: dict[str, object] = {"parent_id": None, "error": None, "data": {}, "metadata": {}}
    dify.workflow = [
        Emit("agent_log", {**log, **unset, "status": "start"}),
        Emit("text_replace", {"text": "x"}),
    ]
    assert {"agent_log", "text_replace"} < set(names(client.run()))


def test_too_many_requests(dify: FakeDify, client: Plain) -> None:
    dify.default_app.max_active_requests = 1
    body = {"inputs": {}, "user": "u"}
    assert client.post("/workflows/run", json=body).status_code == 200
    answer = client.post("/workflows/run", json={**body, "response_mode": "streaming"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_param")
    assert answer.json()["message"].startswith("Too many requests. Please try again later.")
    assert len(dify.runs) == 1


def test_a_file_that_is_too_large(client: Plain) -> None:
    files = {"file": ("big.txt", b"x" * (15 * 1024 * 1024 + 1), "text/plain")}
    answer = client.post("/files/upload", files=files, data={"user": "u"})
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert answer.json()["message"] == ""
