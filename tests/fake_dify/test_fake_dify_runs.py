"""Runs of FakeDify that pause, hang, wait or are looked for: what the recordings do not show."""

from __future__ import annotations

import pytest
from fake_dify import End, FakeDify, FormInput, Gate, HumanInput, Node, Parallel, Text
from fake_dify.versions import NEWEST
from fake_dify_calls import Plain, Serve, asked, decode, names

OK = {"ok": "OK"}


def test_two_forms_at_once(dify: FakeDify, client: Plain) -> None:
    forms = [HumanInput(name, name, [FormInput(name[0])], OK) for name in ("left", "right")]
    dify.workflow = [Parallel(*forms)]
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
    reasons = {event["data"]["reason"] for event in told if "reason" in event["data"]}
    assert reasons == {"resumption"}
    assert client.detail(run.id)["total_steps"] == 7


@pytest.mark.parametrize("version", ["1.15.0", NEWEST])
def test_a_form_runs_out(serve: Serve, version: str) -> None:
    dify, client = serve(version, workflow=[HumanInput(), End({"action": "ask.__action_id"})])
    client.run()
    form, run = dify.forms[0], dify.runs[0]
    assert (form.id in {node.id for node in run.nodes}) == (version == NEWEST)
    dify.expire_form(form.token)
    dify.wait_idle()
    assert ("human_input_form_timeout" in run.event_names) == (version == "1.15.0")
    assert run.outputs == {"action": ""}
    for answer in (client.get(f"/form/human_input/{form.token}"), client.submit(form.token)):
        assert (answer.status_code, answer.json()["code"]) == (412, "human_input_form_expired")


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


def test_too_many_requests(dify: FakeDify, client: Plain) -> None:
    dify.default_app.max_active_requests = 1
    first, second = (
        client.post("/workflows/run", json=asked(m)) for m in ("blocking", "streaming")
    )
    assert first.is_success
    assert (second.status_code, second.json()["code"]) == (400, "invalid_param")
    assert second.json()["message"].startswith("Too many requests. Please try again later.")
    assert len(dify.runs) == 1


def test_a_file_that_is_too_large(client: Plain) -> None:
    files = {"file": ("big.txt", b"x" * (15 * 1024 * 1024 + 1), "text/plain")}
    answer = client.post("/files/upload", files=files, data={"user": "u"})
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert answer.json()["message"] == ""
