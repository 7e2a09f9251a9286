"""A paused run is followed on: what can be resumed, in sequence, side by side, elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow import FormClosed, InvalidArgument, NotFound, RouteNotFound
from facade import Kind, answered, both, client
from fake_dify import Answer, FakeDify, Fault, Gate, Node, Parallel
from paused_runs import END, FIRST_LEG, answer, ask, running, seen
from pauses import recorded_pauses
from replay_server import Reply


@both
def test_a_run_is_followed_on_after_its_form(kind: Kind) -> None:
    gate = Gate()
    with running(kind, ask("ask"), Node("last", gate=gate), user="ann") as (server, dify):
        with dify.start({"name": "Ann"}) as first:
            assert seen(first) == FIRST_LEG
            response = first.result()
        assert dify.info(response.id).status == "paused"
        answer(dify, *response.forms)
        gate.wait()
        with dify.resume(response) as second:
            assert (second.id, second.task_id) == (response.id, response.task_id)
            assert second.user == "ann"
            events = [next(second), next(second)]
            gate.open()
            events += list(second)
        result = second.result()
        assert seen(events) == [
            "node_finished ask",
            "node_started last",
            "node_finished last",
            *END,
        ]
        assert (result.id, result.status, result.forms) == (response.id, "succeeded", [])
        assert result.task_id == response.task_id
        assert server.posts() == 1


@both
@pytest.mark.parametrize("what", ["response", "stream", "id"])
def test_what_can_be_resumed(kind: Kind, what: str) -> None:
    with running(kind, ask("ask"), user="ann") as (_, dify):
        stream = dify.run_workflow_stream({})
        response = stream.result()
        assert dify.resume(response).result().status == "paused"  # it still waits
        answer(dify, *response.forms)
        if what == "id":
            given: Any = response.id
        else:
            given = response if what == "response" else getattr(stream, "_inner", stream)
        assert dify.resume(given).result().outputs == {"c": "to ask"}
        assert dify.resume(given).result().status == "succeeded"  # as often as one likes


@both
def test_resuming_in_another_process(kind: Kind) -> None:
    """Only the id and the user are known there: what happened before is replayed."""
    gate = Gate()
    with FakeDify(workflow=[ask("ask"), Node("last", gate=gate)], eof_delay=0.0) as server:
        key = {"api_key": server.api_key}
        with client(kind, server, user="ann", **key) as dify:
            response = dify.run_workflow({})
        with client(kind, server, **key) as other:
            with pytest.raises(NotFound):
                other.resume(response.id).result()
            with other.resume(response.id, user="ann") as paused:
                assert (
                    seen(paused)
                    == [
                        *FIRST_LEG[:-2],  # and the pause of the node is no event of its own
                        *FIRST_LEG[-2:],
                    ]
                )
            forms = paused.result().forms
            assert [form.token for form in forms] == [form.token for form in response.forms]
            answer(other, *forms, user="ann")
            gate.wait()
            with other.resume(response.id, user="ann") as stream:
                events = [next(stream) for _ in range(6)]
                gate.open()
                events += list(stream)
    assert seen(events) == [
        *FIRST_LEG[:-2],
        "node_finished ask",
        "node_started last",
        "node_finished last",
        *END,
    ]


@both
@pytest.mark.parametrize("bad", [None, "", " ", 5, {}, object()])
def test_what_cannot_be_resumed(kind: Kind, bad: Any) -> None:
    with answered(kind, Reply.json(200, {})) as (server, dify):
        with pytest.raises(InvalidArgument):
            dify.resume(bad)
        assert server.requests == []


@both
def test_two_pauses_one_after_the_other(kind: Kind) -> None:
    with running(kind, ask("one"), Node("mid"), ask("two")) as (_, dify):
        response, legs = dify.run_workflow({}), []
        while response.status == "paused":
            assert len(response.forms) == 1
            answer(dify, *response.forms)
            with dify.resume(response) as stream:
                legs.append(seen(stream))
            response = stream.result()
    assert len(legs) == 2
    flat = [line for leg in legs for line in leg]
    assert flat.count("workflow_paused two") == 1
    assert flat.count("human_input_required two") <= 1  # it can have passed before we came
    assert "workflow_paused one" not in flat
    assert response.outputs == {"c": "to two"}


@both
@pytest.mark.parametrize("order", ["both", "left first", "right first"])
def test_two_pauses_side_by_side(kind: Kind, order: str) -> None:
    with running(kind, Parallel(ask("left"), ask("right"))) as (_, dify):
        response = dify.run_workflow({})
        forms = sorted(response.forms, key=lambda form: form.node_id)
        assert [form.node_id for form in forms] == ["left", "right"]
        if order == "both":
            answer(dify, *forms)
        else:
            first, last = forms if order == "left first" else reversed(forms)
            answer(dify, first)
            with dify.resume(response) as stream:
                events = seen(stream)
                response = stream.result()
            assert [form.token for form in response.forms] == [last.token]
            assert events[-1] == f"workflow_paused {last.node_id}"
            assert not any(line.startswith("human_input_required") for line in events)
            answer(dify, last)
        with dify.resume(response) as stream:
            events = seen(stream)
        assert stream.result().status == "succeeded"
        assert [line for line in events if "paused" in line] == []


@pytest.mark.sample(3)
@both
@pytest.mark.parametrize("then", ["close", "eof", "reset", "truncate chunk"])
def test_a_cut_while_resuming_costs_nothing(kind: Kind, then: Any) -> None:
    expected = ["node_finished ask", "node_started last", "node_finished last", *END]
    with FakeDify(eof_delay=0.0) as server, recorded_pauses():
        with client(kind, server) as dify:
            for count in range(9):
                gate = Gate()
                server.workflow = [ask("ask"), Node("last", gate=gate)]
                response = dify.run_workflow({})
                answer(dify, *response.forms)
                gate.wait()
                for cut in (count, count // 2):
                    server.faults.add(Fault(on="events", after_events=cut, then=then))
                with dify.resume(response) as stream:
                    events = [next(stream)]
                    gate.open()
                    events += list(stream)
                found = seen(events)
                assert found[-1] == "workflow_finished", count
                assert len(set(found)) == len(found), count
                assert [line for line in expected if line in found] == found, count
                assert stream.result().outputs == {}, count
                server.faults.clear()
        assert server.posts() == 9


@both
def test_the_events_route_is_away_for_a_while(kind: Kind) -> None:
    with running(kind, ask("ask")) as (server, dify), recorded_pauses():
        response = dify.run_workflow({})
        answer(dify, *response.forms)
        server.wait_idle()
        server.faults.add(Answer(on="events", status=502), times=5)
        result = dify.resume(response).result()
    assert (result.status, result.outputs) == ("succeeded", {"c": "to ask"})


@both
@pytest.mark.parametrize("version", ["1.8.1", "1.12.1", "1.13.2"])
@pytest.mark.parametrize("known", [False, True])
def test_an_older_server_is_named_with_the_version_needed(
    kind: Kind, version: str, known: bool
) -> None:
    with FakeDify(version, eof_delay=0.0) as server:
        run = server.add_run(status="running")
        with client(kind, server, user="user-1") as dify:
            if known:
                dify.info(run.id)
            for call in (
                lambda: dify.form("token"),
                lambda: dify.submit_form("token", action="ok"),
                lambda: dify.resume(run.id).result(),
                lambda: list(dify.resume(run.id)),
            ):
                with pytest.raises(RouteNotFound) as caught:
                    call()
                assert f"needs Dify 1.14.0 or later, and this is {version}" in str(caught.value)
            assert str(dify.server_version) == version


@both
def test_a_form_that_runs_out_is_told(kind: Kind) -> None:
    gate = Gate()
    with running(kind, ask("ask"), gate) as (server, dify):
        response = dify.run_workflow({})
        server.expire_form(response.forms[0].token)
        gate.wait()
        gate.open()
        with pytest.raises(FormClosed):
            answer(dify, *response.forms)
        assert dify.resume(response).result().outputs == {}
