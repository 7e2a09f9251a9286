"""Runs of the newest FakeDify: made-up starts and ends, forms, races, readers, stops."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fake_dify import (
    End,
    FakeDify,
    Fault,
    FormInput,
    Gate,
    Hang,
    HumanInput,
    Input,
    Node,
    Parallel,
    PipelineError,
    Text,
)
from fake_dify_calls import Plain, Serve, asked, decode, names
from wire_archive import exchange

RELEASE, NEWEST = "1.15.0", "1.16.1"
NO_END = "Workflow stream ended without a terminal event"
OK = {"ok": "OK"}
PAIR = ["workflow_started", "workflow_finished"]
both = pytest.mark.parametrize("version", [RELEASE, NEWEST])


def made_up(event: dict[str, Any]) -> bool:
    ids = event.get("task_id"), event.get("workflow_run_id")
    return ids[0] == ids[1] and event["data"].get("created_by", {}) == {}


# Refusals


@both
def test_a_refused_run_is_told_as_a_run_and_is_none(serve: Serve, version: str) -> None:
    dify, client = serve(version, form=[Input("text", required=True)])
    told = client.run(other=1)
    assert names(told) == PAIR
    assert all(map(made_up, told))
    assert told[0]["data"]["inputs"] == {"other": 1}
    assert told[1]["data"]["error"] == "text is required in input form"
    assert dify.runs == []
    assert client.get(f"/workflows/run/{told[0]['workflow_run_id']}").status_code == 404
    assert client.get("/workflows/logs").json()["total"] == 0
    blocking = client.post("/workflows/run", json=asked("blocking"))
    assert (blocking.status_code, blocking.json()["code"]) == (400, "invalid_param")


@pytest.mark.parametrize(("version", "text"), [(RELEASE, NO_END), (NEWEST, "no such model")])
def test_a_graph_that_cannot_be_built(serve: Serve, version: str, text: str) -> None:
    _, client = serve(version, workflow=[PipelineError("no such model")])
    told = client.run()
    assert names(told) == ["error", *PAIR]
    assert told[0]["message"] == "no such model"
    assert told[2]["data"]["error"] == text


@pytest.mark.parametrize(("version", "more"), [("1.14.2", []), (NEWEST, PAIR)])
def test_an_error_of_a_run_that_has_begun(serve: Serve, version: str, more: list[str]) -> None:
    dify, client = serve(version, workflow=[Node("a"), PipelineError("x")], idle_limit=1.0)
    told = client.run()
    assert names(told)[5:] == ["error", *more]
    assert not more or made_up(told[-1])
    assert client.status(dify.runs[0]) == "running"


# Made-up ends


@pytest.mark.parametrize(("version", "end"), [("1.14.2", []), (NEWEST, PAIR[1:])])
def test_a_stream_without_an_end_gets_one(serve: Serve, version: str, end: list[str]) -> None:
    """It was lost, or the worker has died."""
    for step, status in ((Node("b"), "succeeded"), (Hang(), "running")):
        dify, client = serve(version, workflow=[Node("a"), step], idle_limit=1.0)
        if status == "succeeded":
            dify.faults.add(Fault(then="lose terminal"))
        told = client.run()
        assert names(told)[-1 - len(end) :] == ["node_finished", *end]
        if end:
            assert made_up(told[-1])
            assert told[-1]["data"]["error"] == NO_END
        assert client.status(dify.runs[0]) == status


def test_a_queued_run_is_unknown_and_gets_a_made_up_pair(serve: Serve) -> None:
    queue = Gate()
    dify, client = serve(queue=queue, idle_limit=0.2)
    told = client.run(text="x")
    assert names(told) == PAIR
    assert told[0]["data"]["inputs"] == {"text": "x"}
    assert told[1]["data"]["error"] == NO_END
    run_id = told[0]["workflow_run_id"]
    dify.world.idle_limit = 5.0
    with client.running() as response:
        chunks = response.iter_raw()
        assert next(chunks) == b"event: ping\n\n"
        assert client.get("/workflows/logs").json()["total"] == 0
        assert client.get(f"/workflows/run/{run_id}").status_code == 404
        queue.open()
        assert next(chunks).startswith(b'data: {"event":"workflow_started"')
        response.close()
    dify.wait_idle()
    assert client.detail(run_id)["status"] == "succeeded"


def test_followers_get_no_made_up_end(serve: Serve) -> None:
    dify, client = serve(workflow=[Node(gate=Gate())], ping_interval=0.05, idle_limit=1.0)
    dify.faults.add(Fault(after_events=1, then="eof"))
    client.run()
    run = dify.runs[0]
    dify.wait_for(lambda: not run.readers)
    dify.faults.add(Fault(on="events", then="lose terminal"))
    with client.following(run) as response:
        dify.wait_for(lambda: bool(run.readers))
        client.stop(run)
        assert "workflow_finished" not in names(decode(response))


# Two forms of one pause

FORMS = [HumanInput(name, name, [FormInput(name[0])], OK) for name in ("left", "right")]


def follow_both_answered(dify: FakeDify, client: Plain) -> list[dict[str, Any]]:
    """Start a run, answer its forms at once; return what a follower is told."""
    client.run()
    run = dify.runs[0]
    dify.wait_for(lambda: not run.readers)
    with client.following(run, snapshot=True, over_pauses=True) as response:
        dify.wait_for(lambda: bool(run.readers))
        for form in dify.forms:
            client.submit(form.token, l="1", r="2")
        return decode(response)


def test_two_forms_taken_together(serve: Serve) -> None:
    dify, client = serve(workflow=[Parallel(*FORMS)], resume_delay=0.5)
    told = follow_both_answered(dify, client)
    assert dify.runs[0].event_names.count("workflow_started") == 2
    assert told[-1]["data"]["outputs"] == {"l": "1", "r": "2"}


def test_two_forms_lose_the_run(serve: Serve) -> None:
    dify, client = serve(workflow=[Parallel(*FORMS)], two_forms="lost")
    client.run()
    run, forms = dify.runs[0], dify.forms
    answers = [client.submit(form.token, l="1", r="2") for form in forms]
    assert [answer.status_code for answer in answers] == [200, 200]
    dify.wait_idle()
    assert run.event_names[-2:] == ["human_input_required", "workflow_paused"]
    assert run.events[-1]["data"]["paused_nodes"] == ["right"]
    assert client.status(run) == "paused"
    assert [client.submit(form.token, l="1", r="2").status_code for form in forms] == [412, 412]
    assert dify.forms == []


def test_two_forms_and_an_error_while_the_run_goes_on(serve: Serve) -> None:
    gate = Gate()
    workflow = [Parallel(*FORMS), Node("after", gate=gate)]
    dify, client = serve(workflow=workflow, two_forms="doubled")
    told = follow_both_answered(dify, client)
    run = dify.runs[0]
    recorded = exchange("1.16.1", "human/double_10_follow").events()
    assert names(told)[-3:] == names(recorded)[-3:]
    assert told[-3]["message"] == f"Workflow task already active for task_id={run.task_id}"
    assert told[-2]["data"]["reason"] == "resumption"
    assert all(map(made_up, told[-2:]))
    assert client.status(run) == "running"
    gate.open()
    dify.wait_idle()
    assert client.status(run) == "succeeded"


def test_two_forms_run_the_rest_twice_on_1_15(serve: Serve) -> None:
    options: Any = {"workflow": [Parallel(*FORMS)], "two_forms": "doubled"}
    dify, client = serve(RELEASE, **options)
    told = follow_both_answered(dify, client)
    ends = [event["data"]["id"] for event in told if event["data"].get("node_id") == "end"]
    assert len(ends) == 4
    assert len(set(ends)) == 1
    assert names(told).count("workflow_finished") == 1
    assert told[-1]["data"]["status"] == "succeeded"


@pytest.mark.parametrize("race", ["together", "lost", "doubled"])
def test_one_form_after_the_other_is_no_race(serve: Serve, race: str) -> None:
    dify, client = serve(workflow=[Parallel(*FORMS)], two_forms=race, idle_limit=1.0)
    first = client.run()
    assert names(first)[-3:] == ["human_input_required"] * 2 + ["workflow_paused"]
    assert first[-1]["data"]["paused_nodes"] == ["left", "right"]
    tokens = [form.token for form in dify.forms]
    run = dify.runs[0]
    with client.following(run, over_pauses=True) as response:
        dify.wait_for(lambda: bool(run.readers))
        client.submit(tokens[0], l="1")
        dify.wait_for(lambda: run.event_names.count("workflow_paused") == 2)
        assert run.events[-1]["data"]["paused_nodes"] == ["right"]
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


@both
def test_a_form_runs_out(serve: Serve, version: str) -> None:
    dify, client = serve(version, workflow=[HumanInput(), End({"action": "ask.__action_id"})])
    client.run()
    form, run = dify.forms[0], dify.runs[0]
    assert (form.id in {node.id for node in run.nodes}) == (version == NEWEST)
    dify.expire_form(form.token)
    dify.wait_idle()
    assert ("human_input_form_timeout" in run.event_names) == (version == RELEASE)
    assert run.outputs == {"action": ""}
    for answer in (client.get(f"/form/human_input/{form.token}"), client.submit(form.token)):
        assert (answer.status_code, answer.json()["code"]) == (412, "human_input_form_expired")


@pytest.mark.parametrize("version", ["1.14.2", RELEASE, NEWEST])
def test_a_form_of_a_stopped_run_ends_it(serve: Serve, version: str) -> None:
    dify, client = serve(version, workflow=[HumanInput(actions=OK)])
    client.run()
    run = dify.runs[0]
    assert client.stop(run).is_success
    assert client.status(run) == "paused"
    assert client.submit(dify.forms[0].token, comment="x").is_success
    if version == "1.14.2":  # there it hangs
        dify.wait_for(lambda: run.status == "running")
        assert run.event_names[-1] == "workflow_paused"
        return
    dify.wait_idle()
    last = run.events[-1]["data"]
    assert (last["status"], last["error"]) == ("stopped", "Stopped by user.")
    ours, recorded = client.detail(run.id), exchange(version, "human/stop_paused_detail2").json()
    for key in ("status", "error", "total_steps"):
        assert ours[key] == recorded[key]


# Readers


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


def cut_and_follow(dify: FakeDify, client: Plain, gate: Gate, snapshot: bool = False) -> bytes:
    """Leave the stream of a run, follow it, let it go on; return what the follower got."""
    with client.running() as response:
        gate.wait()
        for chunk in response.iter_raw():
            if b"held" in chunk:
                break
    run, received = dify.runs[0], b""
    with client.following(run, snapshot) as response:
        dify.wait_for(lambda: len(run.readers) == 2 or dify.version == NEWEST)
        gate.open()
        for chunk in response.iter_raw():
            received += chunk
    return received


def test_a_plain_follower_breaks_off(serve: Serve) -> None:
    dify, client = serve(RELEASE, workflow=[Node("held", gate=(gate := Gate())), Node("after")])
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        cut_and_follow(dify, client, gate)
    dify.wait_idle()
    assert dify.runs[0].status == "succeeded"


@pytest.mark.parametrize("then", ["reset", "eof", None])
def test_a_follower_with_a_snapshot_gets_nothing_but_pings(serve: Serve, then: Any) -> None:
    gate = Gate()
    workflow = [Node("held", gate=gate), Node("after")]
    dify, client = serve(RELEASE, workflow=workflow, ping_interval=0.5, idle_limit=1.2)
    if then is not None:
        dify.faults.add(Fault(after_events=4, then=then))
    received = cut_and_follow(dify, client, gate, snapshot=True)
    assert received.count(b"data: ") == 4
    assert received.endswith(b"event: ping\n\n" * 2)


def test_readers_of_the_newest_let_each_other_live(serve: Serve) -> None:
    dify, client = serve(workflow=[Node("held", gate=(gate := Gate())), Node("after")])
    received = cut_and_follow(dify, client, gate)
    assert b'"event":"workflow_finished"' in received


def test_the_own_stream_of_a_run_is_ended_by_a_follower(serve: Serve) -> None:
    dify, client = serve(RELEASE, workflow=[Node("held", gate=(gate := Gate())), Node("after")])
    with client.running() as response:
        gate.wait()
        with client.following(dify.runs[0]) as follower:
            assert next(follower.iter_raw()) == b"event: ping\n\n"
        gate.open()
        told = decode(response)
    assert made_up(told[-1])
    assert told[-1]["data"]["error"] == NO_END
    dify.wait_idle()
    assert dify.runs[0].status == "succeeded"


# Ends


@both
def test_the_redeploy_of_a_worker(serve: Serve, version: str) -> None:
    gate = Gate()
    dify, client = serve(version, workflow=[Node("held", gate=gate)])
    with client.running() as response:
        gate.wait()
        dify.redeploy_worker()
        gate.open()
        last = decode(response)[-1]["data"]
    shown = client.detail(dify.runs[0].id)
    assert (shown["status"], shown["error"]) == (last["status"], last["error"])
    expected = "Aborted: Workflow stopped because the worker is shutting down."
    assert last["error"] == (expected if version == NEWEST else None)
    assert last["status"] == ("stopped" if version == NEWEST else "succeeded")


def test_a_model_that_thinks(serve: Serve) -> None:
    _, client = serve(workflow=[Text(["a", "b"], reasoning=["let me ", "think"])])
    told = client.run()
    thoughts = [event["data"] for event in told if event["event"] == "reasoning_chunk"]
    said = [(item["reasoning"], item["is_final"]) for item in thoughts]
    assert said == [("let me ", False), ("think", False), ("", True)]


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


# Records and limits


def test_too_many_requests(dify: FakeDify, client: Plain) -> None:
    dify.default_app.max_active_requests = 1
    assert client.post("/workflows/run", json=asked("blocking")).is_success
    answer = client.post("/workflows/run", json=asked())
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_param")
    assert answer.json()["message"].startswith("Too many requests. Please try again later.")
    assert len(dify.runs) == 1


def test_entries_of_one_second_have_no_order(serve: Serve) -> None:
    dify, client = serve()
    for number in range(12):
        dify.add_run(created_at=1795336238 - (number >= 8))

    def listed(**query: Any) -> list[str]:
        entries = client.get("/workflows/logs", params=query).json()["data"]
        return [entry["id"] for entry in entries]

    orders = {tuple(listed(limit=limit)) for limit in range(12, 18)}
    assert len(orders) > 1
    assert {frozenset(order[:8]) for order in orders} == {frozenset(next(iter(orders))[:8])}
    assert listed(limit=12) == listed(limit=12)
    pages = [listed(limit=5, page=page) for page in (1, 2, 3)]
    assert {id for page in pages for id in page} == set(next(iter(orders)))
    assert listed(limit=12) != listed(limit=12, created_by_end_user_session_id="user-1")
