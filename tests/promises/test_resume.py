"""A paused run is followed on: what can be resumed, nothing twice, and no old pause is the end."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow import NotFound
from facade import Kind, both, client
from fake_dify import Answer, Fault, Gate, Node
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

SECOND_LEG = ["node_finished ask", "node_started last", "node_finished last", *END]


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
        assert seen(events) == SECOND_LEG
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
    with running(kind, ask("ask"), Node("last", gate=gate), user="ann") as (server, dify):
        response = dify.run_workflow({})
        with client(kind, server) as other:
            with pytest.raises(NotFound):
                other.resume(response.id).result()
            with other.resume(response.id, user="ann") as paused:
                assert seen(paused) == FIRST_LEG
            forms = paused.result().forms
            assert [form.token for form in forms] == [form.token for form in response.forms]
            answer(other, *forms, user="ann")
            gate.wait()
            with other.resume(response.id, user="ann") as stream:
                events = [next(stream) for _ in range(6)]
                gate.open()
                events += list(stream)
    assert seen(events) == [*FIRST_LEG[:-2], *SECOND_LEG]


@pytest.mark.sample(3)
@both
@pytest.mark.parametrize("then", ["close", "eof", "reset", "truncate chunk"])
def test_a_cut_while_resuming_costs_nothing(kind: Kind, then: Any) -> None:
    with running(kind) as (server, dify), recorded_pauses():
        for count in range(9):
            gate = Gate()
            server.workflow = [ask("ask"), Node("last", gate=gate)]
            response = dify.run_workflow({})
            answer(dify, *response.forms)
            gate.wait()
            server.faults.add(Answer(on="events", status=502), times=count % 3 + 1)
            for cut in (count, count // 2):
                server.faults.add(Fault(on="events", after_events=cut, then=then))
            with dify.resume(response) as stream:
                events = [next(stream)]
                gate.open()
                events += list(stream)
            found = seen(events)
            assert found[-1] == "workflow_finished", count
            assert len(set(found)) == len(found), count
            assert [line for line in SECOND_LEG if line in found] == found, count
            assert stream.result().outputs == {}, count
            server.faults.clear()
        assert server.posts() == 9


@both
def test_the_events_route_is_away_for_a_while(kind: Kind) -> None:
    """The run has ended meanwhile: its detail is enough."""
    with running(kind, ask("ask")) as (server, dify), recorded_pauses():
        response = dify.run_workflow({})
        answer(dify, *response.forms)
        server.wait_idle()
        server.faults.add(Answer(on="events", status=502), times=5)
        result = dify.resume(response).result()
    assert (result.status, result.outputs) == ("succeeded", {"c": "to ask"})


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


def resumed_text(kind: Kind, first: list[bytes], second: list[bytes]) -> tuple[str, str, list[Any]]:
    """The text of a run to its pause, that of its second leg, and the events of this."""
    run, replay = (Reply.stream(SNAPSHOT, *leg) for leg in ([*first, PAUSED], [*second, FINISHED]))
    with Paused(run, [replay]) as server, client(kind, server) as dify:
        with dify.run_workflow_stream({}) as stream:
            before = said(stream)
        with dify.resume(stream.result()) as stream:
            events = list(stream)
    return before, said(events), events


@both
@pytest.mark.parametrize("missed", range(len(LEG_2_OLD) + 2))
def test_text_that_is_sent_again_is_not_delivered_again(kind: Kind, missed: int) -> None:
    """Each leg sends the text from its beginning; `missed` live events passed before we came."""
    live = [RESUMED, *LEG_2_OLD, *LEG_2_NEW][missed:]
    first, second, _ = resumed_text(kind, LEG_1, live)
    assert first == "tok0 tok1 \n" + "long " * 1000 + "\n"
    # A separator looks like any other: of those that were missed, new ones take the place.
    separators = sum(event == SEPARATOR for event in LEG_2_OLD[: max(missed - 1, 0)])
    assert second == ("yestok0 new" if separators else "yes\ntok0 new")


@both
def test_other_text_is_delivered_though_its_variable_had_some(kind: Kind) -> None:
    live = [RESUMED, _chunk("fir", "n", "x"), _chunk("ST and more", "n", "x")]
    assert resumed_text(kind, [_chunk("first", "n", "x")], live)[1] == "ST and more"


@both
def test_two_legs_within_one_second(kind: Kind) -> None:
    """Both begin with an event of the same second, and text comes again in both."""
    leg = [RESUMED, _chunk("a", "n", "x"), _chunk("b", "m", "x")]
    first, second, events = resumed_text(
        kind, [_chunk("a", "n", "x")], [*leg, *leg, _chunk("c", "o", "x")]
    )
    assert (first, second) == ("a", "bc")
    assert seen(events).count("workflow_started resumption") == 2
