"""A paused run is followed on: what can be resumed, nothing twice, and no old pause is the end."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow import FormClosed, InvalidArgument, NotFound, RouteNotFound
from facade import Kind, answered, both, client
from fake_dify import Answer, FakeDify, Fault, Gate, Node, Parallel
from paused_runs import (
    END,
    FIRST_LEG,
    WAITING,
    Paused,
    answer,
    ask,
    frame,
    recorded,
    running,
    said,
    seen,
)
from pauses import recorded_pauses
from recorded_runs import names, request_of
from replay_server import Reply, Sleep


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


# What a server tells again.


@both
@pytest.mark.parametrize("held", [False, True])
def test_an_old_pause_is_not_the_end(kind: Kind, held: bool) -> None:
    """The server's replay tells the pause that the form has ended already."""
    item = recorded("ok_follow_snapshot_cont")
    names_of = names(item.events())
    at = names_of.index("workflow_paused") + 1
    frames = item.frames()  # the first one is the ping
    steps: list[Any] = [b"".join(frames)] if held else frames
    reply = Reply.stream(*steps, Sleep(60))
    with Paused(Reply.of(recorded("ok_start")), [reply]) as server, client(kind, server) as dify:
        response = dify.run_workflow(request_of(recorded("ok_start")))
        with dify.resume(response) as stream:
            events = list(stream)
        result = stream.result()
    assert [event.raw for event in events] == item.events()[at:]
    assert (result.status, result.forms) == ("succeeded", [])
    assert result.outputs == item.events()[-1]["data"]["outputs"]


@both
def test_a_pause_that_is_new_is_the_end(kind: Kind) -> None:
    """Two in sequence: the replay tells the first pause, then the second, whose form is open."""
    start, item = recorded("two_start"), recorded("two_follow_snapshot_cont")
    old, new = (at for at, name in enumerate(names(item.events())) if name == "workflow_paused")
    token = item.events()[new]["data"]["reasons"][0]["form_token"]
    snapshot = recorded("two_events_paused2_snapshot")
    replies = [
        Reply.of(item, hold_open=60.0),
        Reply.stream(*snapshot.frames(), *item.frames()[new + 2 :], Sleep(60)),
    ]
    forms = {token: Reply.of(recorded("two_form2_get"))}
    with Paused(Reply.of(start), replies, forms) as server, client(kind, server) as dify:
        response = dify.run_workflow(request_of(start))
        with dify.resume(response) as stream:
            events = list(stream)
        paused = stream.result()
        assert [event.raw for event in events] == item.events()[old + 1 : new + 1]
        assert [form.token for form in paused.forms] == [token]
        assert events[-1].status == paused.status == "paused"
        forms.clear()  # the second one was submitted, too
        with dify.resume(paused) as stream:
            events = list(stream)
        assert [event.raw for event in events] == item.events()[new + 1 :]
        assert stream.result().status == "succeeded"


@both
def test_a_form_that_is_announced_again_is_not_delivered_again(kind: Kind) -> None:
    form = recorded("one_start").events()[-2]["data"]
    reasons = recorded("one_start").events()[-1]["data"]["reasons"]
    left = {**form, "form_id": "left", "form_token": "token-left", "node_id": "left"}
    right = {**form, "form_id": "right", "form_token": "token-right", "node_id": "right"}
    both_wait = [{**reasons[0], **left}, {**reasons[0], **right}]
    run = [
        frame("workflow_started", id="run-1", reason="initial"),
        frame("human_input_required", **left),
        frame("human_input_required", **right),
        frame("workflow_paused", status="paused", reasons=both_wait),
    ]
    resumed = Reply.stream(
        *run,
        frame("workflow_started", id="run-1", reason="resumption", created_at=1),
        frame("human_input_required", **right),
        frame("human_input_form_filled", node_id="left"),
        frame("workflow_paused", status="paused", reasons=both_wait[1:]),
        Sleep(60),
    )
    with (
        Paused(Reply.stream(*run), [resumed], {"token-right": WAITING}) as server,
        client(kind, server) as dify,
    ):
        response = dify.run_workflow({})
        assert [form.node_id for form in response.forms] == ["left", "right"]
        with dify.resume(response) as stream:
            assert seen(stream) == [
                "workflow_started resumption",
                "human_input_form_filled left",
                "workflow_paused right",
            ]
        assert [form.token for form in stream.result().forms] == ["token-right"]


def _chunk(text: str, *selector: str) -> bytes:
    return frame("text_chunk", text=text, from_variable_selector=list(selector))


SEPARATOR = _chunk("\n", "end", "answer")
LONG = _chunk("long " * 1000, "second", "x")
LEG_1 = [_chunk(text, "llm", "text") for text in ("tok0 ", "tok1 ", "")]
LEG_1 += [SEPARATOR, LONG, SEPARATOR]
LEG_2_OLD = [_chunk("tok0 tok1", "llm", "text"), SEPARATOR, LONG, SEPARATOR]  # at once, stripped
LEG_2_NEW = [_chunk("yes", "ask", "c"), SEPARATOR]
LEG_2_NEW += [_chunk(text, "llm2", "text") for text in ("tok0 ", "new", "")]
SNAPSHOT = frame("workflow_started", id="run-1", reason="initial")
RESUMED = frame("workflow_started", id="run-1", reason="resumption", created_at=1)
FINISHED = frame("workflow_finished", id="run-1", status="succeeded", outputs={"a": "b"})
PAUSED = frame("workflow_paused", status="paused", reasons=[])


@both
@pytest.mark.parametrize("missed", range(len(LEG_2_OLD) + 2))
def test_text_that_is_sent_again_is_not_delivered_again(kind: Kind, missed: int) -> None:
    """Each leg sends the text from its beginning; `missed` live events passed before we came."""
    run = Reply.stream(SNAPSHOT, *LEG_1, PAUSED)
    live = [RESUMED, *LEG_2_OLD, *LEG_2_NEW][missed:]
    with (
        Paused(run, [Reply.stream(SNAPSHOT, *live, FINISHED)]) as server,
        client(kind, server) as dify,
    ):
        with dify.run_workflow_stream({}) as first:
            assert said(first) == "tok0 tok1 \n" + "long " * 1000 + "\n"
        with dify.resume(first.result()) as second:
            text = said(second)
    # A separator looks like any other: of those that were missed, new ones take the place.
    separators = sum(event == SEPARATOR for event in LEG_2_OLD[: max(missed - 1, 0)])
    assert text == ("yestok0 new" if separators else "yes\ntok0 new")


@both
def test_other_text_is_delivered_though_its_variable_had_some(kind: Kind) -> None:
    run = Reply.stream(SNAPSHOT, _chunk("first", "n", "x"), PAUSED)
    live = [RESUMED, _chunk("fir", "n", "x"), _chunk("ST and more", "n", "x"), FINISHED]
    with Paused(run, [Reply.stream(SNAPSHOT, *live)]) as server, client(kind, server) as dify:
        with dify.run_workflow_stream({}) as first:
            list(first)
        with dify.resume(first.result()) as second:
            assert said(second) == "ST and more"


@both
def test_two_legs_within_one_second(kind: Kind) -> None:
    """Both begin with an event of the same second, and text comes again in both."""
    run = Reply.stream(SNAPSHOT, _chunk("a", "n", "x"), PAUSED)
    first = [RESUMED, _chunk("a", "n", "x"), _chunk("b", "m", "x")]
    second = Reply.stream(SNAPSHOT, *first, *first, _chunk("c", "o", "x"), FINISHED)
    with Paused(run, [second]) as server, client(kind, server) as dify:
        with dify.run_workflow_stream({}) as stream:
            assert said(stream) == "a"
        with dify.resume(stream.result()) as resumed:
            events = list(resumed)
        assert said(events) == "bc"
        assert seen(events).count("workflow_started resumption") == 2
