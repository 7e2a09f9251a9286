"""A paused run is followed on: nothing comes twice, and no old pause is taken for the end."""

from __future__ import annotations

from typing import Any

import pytest
from facade import Kind, both, client
from paused_runs import WAITING, Paused, frame, recorded, said, seen
from recorded_runs import names, request_of
from replay_server import Reply, Sleep


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
