"""Human input: what a paused run asks, how a form is submitted, and a callback that does so."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow import InvalidArgument, RunOutcomeUnknown
from dify_workflow._api import limits
from facade import Kind, answered, both, client
from fake_dify import Answer, FakeDify, FormInput, HumanInput, Node, Parallel
from paused_runs import ANSWER, OK, answer, ask, recorded, run, running, start
from replay_server import Reply
from run_events import sse


def reply_to(form: Any) -> tuple[str, dict[str, str]]:
    return form.actions[0].id, {field.output_variable_name: form.node_id for field in form.inputs}


SEQUENCE = [ask("one"), Node("mid"), ask("two"), ask("three")]


each_mode = pytest.mark.parametrize("mode", ["streaming", "blocking"])


@both
@each_mode
def test_a_callback_drives_a_run_to_its_end(kind: Kind, mode: Any) -> None:
    asked = []

    def callback(form: Any) -> Any:
        asked.append((form.node_id, form.content))
        return reply_to(form)

    async def async_callback(form: Any) -> Any:
        return callback(form)

    with running(kind, *SEQUENCE, user="ann") as (server, dify):
        result = run(dify, mode, callback if kind == "sync" else async_callback)
        assert [node for node, _ in asked] == ["one", "two", "three"]
        assert all("{{#start" not in content for _, content in asked)
        assert (result.status, result.outputs) == ("succeeded", {"c": "three"})
        assert (server.posts(), server.posts("submitHumanInputForm")) == (1, 3)
        users = {log.body["user"] for log in server.requests if log.method == "POST"}
        assert users == {"ann"}


@both
@each_mode
def test_an_action_alone_and_a_user_of_ones_own(kind: Kind, mode: Any) -> None:
    step = HumanInput("ask", "Sure?", [], {"yes": "Yes", "no": "No"})
    with running(kind, Parallel(step, ask("other")), unique_user=True) as (server, dify):
        result = run(dify, mode, lambda form: "no" if form.node_id == "ask" else reply_to(form))
        assert result.status == "succeeded"
        assert ("no", {}) in [form.answer for form in server.runs[0].forms]
        users = {log.body["user"] for log in server.requests if log.method == "POST"}
        assert users == {result.user} == {server.runs[0].user}
        assert server.posts("submitHumanInputForm") == 2


@both
@each_mode
@pytest.mark.parametrize("answered", [(), ("right",), ("left", "middle")], ids=str)
def test_none_leaves_a_form_and_the_run_paused(
    kind: Kind, mode: Any, answered: tuple[str, ...]
) -> None:
    asked = []

    def callback(form: Any) -> Any:
        asked.append(form.node_id)
        return reply_to(form) if form.node_id in answered else None

    names = ["left", "middle", "right"]
    with running(kind, Parallel(*map(ask, names))) as (_, dify):
        result = run(dify, mode, callback)
        left = [form.node_id for form in result.forms]
        assert (result.status, sorted(left)) == ("paused", sorted(set(names) - set(answered)))
        assert sorted(asked) == names  # each once: asking may send somebody a mail
        while result.status == "paused":
            answer(dify, result.forms[0])
            result = dify.resume(result).result()
        assert result.status == "succeeded"


@both
@each_mode
def test_the_forms_of_a_pause_are_answered_one_at_a_time(kind: Kind, mode: Any) -> None:
    """After an answer the run is followed to its next pause; two at once can lose it."""
    submitted: list[int] = []

    def callback(form: Any) -> Any:
        submitted.append(server.posts("submitHumanInputForm"))
        closed = [each for each in server.runs[0].forms if not each.waits]
        assert len(closed) == len(submitted) - 1
        assert server.runs[0].status == "paused"  # at its next pause, not between two
        return reply_to(form)

    forms = Parallel(ask("left"), ask("middle"), ask("right"))
    with running(kind, forms) as (server, dify):
        assert run(dify, mode, callback).status == "succeeded"
    assert submitted == [0, 1, 2]


@both
def test_a_form_without_a_token_is_left_and_cannot_be_answered(kind: Kind) -> None:
    """It is not delivered by WebApp: the response says so, and the run is not lost."""
    events = recorded("one_start").events()
    events[-1]["data"]["reasons"][0]["form_token"] = None
    with answered(kind, Reply.stream(sse(events))) as (server, dify):
        result = run(dify, "streaming", pytest.fail)
        (form,) = result.forms
        assert (result.status, result.id) == ("paused", events[-1]["workflow_run_id"])
        assert (form.token, form.id) == (None, events[-1]["data"]["reasons"][0]["form_id"])
        with pytest.raises(InvalidArgument, match="not delivered by WebApp") as caught:
            dify.submit_form(form, **ANSWER)
        assert (caught.value.field, len(server.requests)) == ("form", 1)


@both
@pytest.mark.parametrize("how", ["expired", "submitted by another"])
def test_a_form_that_was_closed_meanwhile_is_answered(kind: Kind, how: str) -> None:
    """The run went on without us: it is followed on."""

    def callback(form: Any) -> Any:
        if how == "expired":
            server.expire_form(form.token)
        else:
            with client("sync", server) as other:
                other.submit_form(form.token, action="ok", inputs={"c": "of another"})
        return reply_to(form)

    with running(kind, ask("ask")) as (server, dify):
        result = run(dify, "streaming", callback)
    expected: dict[str, Any] = {} if how == "expired" else {"c": "of another"}
    assert (result.status, result.outputs) == ("succeeded", expected)


@both
@pytest.mark.parametrize(
    "reply", [5, ("ok",), ("ok", {}, 1), ["ok", {}], ("ok", 5), {"c": "x"}, ("ok", {"c": 5})]
)
def test_a_callback_that_returns_something_else(kind: Kind, reply: Any) -> None:
    with running(kind, ask("ask")) as (server, dify):
        with pytest.raises(InvalidArgument) as caught:
            run(dify, "streaming", lambda form: reply)
        assert caught.value.field == ("inputs.c" if reply == ("ok", {"c": 5}) else "on_human_input")
        assert server.posts("submitHumanInputForm") == 0


@both
def test_what_a_callback_raises_comes_out(kind: Kind) -> None:
    def callback(form: Any) -> Any:
        raise LookupError(form.node_id)

    with running(kind, ask("ask")) as (_, dify), pytest.raises(LookupError, match="ask"):
        run(dify, "streaming", callback)


@both
def test_streams_take_no_callback(kind: Kind) -> None:
    with answered(kind, Reply.json(200, {})) as (server, dify):
        for method in (dify.run_workflow_stream, dify.start):
            with pytest.raises(InvalidArgument) as caught:
                method({}, on_human_input=reply_to)
            assert caught.value.field == "on_human_input"
        assert server.requests == []


# Two people at the same moment.


def both_at_once(server: FakeDify) -> Any:
    """A callback that answers a form while somebody else answers the others of the pause."""

    def callback(form: Any) -> Any:
        with client("sync", server) as other:
            waiting = [each for each in server.runs[0].forms if each.waits]
            answer(other, *(other.form(each.token) for each in waiting if each.id != form.id))
        return reply_to(form)

    return callback


@both
@pytest.mark.parametrize("version", ["1.15.0", "1.16.1"])
def test_what_two_people_do_at_once_is_followed_to_its_real_end(kind: Kind, version: str) -> None:
    forms = [Parallel(ask("left"), ask("right"))]
    with (
        FakeDify(version, workflow=forms, two_forms="doubled") as server,
        client(kind, server) as dify,
    ):
        result = dify.run_workflow({}, on_human_input=both_at_once(server))
        assert (result.status, server.posts()) == ("succeeded", 1)


@both
def test_a_run_that_the_server_has_lost_is_told(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays paused with all of its forms closed, for ever."""
    monkeypatch.setattr(limits, "RESUMED_AFTER", 1.0)
    monkeypatch.setattr(limits, "FIRST_QUIET", 0.1)
    forms = [Parallel(ask("left"), ask("right"))]
    with FakeDify(workflow=forms, resume_delay=600.0) as server, client(kind, server) as dify:
        with pytest.raises(RunOutcomeUnknown, match="all of its forms are closed") as caught:
            dify.run_workflow({}, on_human_input=both_at_once(server))
        assert caught.value.run_id == server.runs[0].id


@both
def test_a_form_that_cannot_be_asked_decides_nothing(kind: Kind) -> None:
    """Its run was resumed; the replay tells the old pause, and the form's route is away."""

    def callback(form: Any) -> Any:
        server.faults.add(Answer(on="getHumanInputForm", status=502), times=2)
        return reply_to(form)

    with (
        FakeDify(workflow=[ask("ask")], resume_delay=0.7) as server,
        client(kind, server, max_retries=0) as dify,
    ):
        result = dify.run_workflow({}, on_human_input=callback)
        assert (result.status, server.posts()) == ("succeeded", 1)
        assert len(server.faults.left) < 2  # the form was asked for


# What a paused run says of its forms, and how one is submitted.

STARTS = ["one_start", "ok_start", "two_start", "rich_start"]


@both
@pytest.mark.parametrize("case", STARTS)
def test_the_forms_of_a_paused_run(kind: Kind, case: str) -> None:
    item = recorded(case)
    reason = item.events()[-1]["data"]["reasons"][0]
    response = start(kind, item)
    (form,) = response.forms
    assert (response.status, response.message, response.outputs) == ("paused", "", {})
    assert response.raise_for_status() is response
    names = ("form_id", "form_token", "node_id", "node_title", "form_content", "expiration_time")
    told = (form.id, form.token, form.node_id, form.node_title, form.content, form.expires_at)
    assert told == tuple(reason[name] for name in names)
    actions = [(action.id, action.title) for action in form.actions]
    assert actions == [(action["id"], action["title"]) for action in reason["actions"]]
    for field, raw in zip(form.inputs, reason["inputs"], strict=True):
        assert field.to_dict() == dict.fromkeys(field.to_dict()) | raw
        assert (field.type_, field.output_variable_name) == (
            raw["type"],
            raw["output_variable_name"],
        )


@both
def test_the_defaults_are_constants_and_resolved_variables(kind: Kind) -> None:
    fields = [
        FormInput("fixed", default="looks good"),
        FormInput("filled", default_from="pre.text"),
        FormInput("empty"),
    ]
    with (
        FakeDify(workflow=[Node("pre", {"text": "from pre"}), HumanInput(inputs=fields)]) as server,
        client(kind, server) as dify,
    ):
        (form,) = dify.run_workflow({}).forms
        assert form.defaults == {"fixed": "looks good", "filled": "from pre"}
        assert dify.form(form.token).defaults == form.defaults


@both
def test_a_form_is_submitted_by_itself_or_by_its_token(kind: Kind) -> None:
    (form,) = start(kind, recorded("one_start")).forms
    fetched = Reply.of(recorded("one_form_get"))
    with answered(kind, OK, user="ann") as (server, dify):
        assert dify.submit_form(form, **ANSWER) is None
        assert dify.submit_form(form, user="bob", **ANSWER) is None
        by_form = server.requests
    with answered(kind, fetched, OK, user="ann") as (server, dify):
        assert dify.submit_form(form.token, **ANSWER) is None
        read, by_token = server.requests
    assert (read.method, read.path) == ("GET", f"/v1/form/human_input/{form.token}")
    for request, user in zip([*by_form, by_token], ["ann", "bob", "ann"], strict=True):
        assert (request.method, request.path) == ("POST", f"/v1/form/human_input/{form.token}")
        assert request.json() == {**ANSWER, "user": user}
