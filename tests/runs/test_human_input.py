"""Human input: what a paused run asks, and how a form is submitted."""

from __future__ import annotations

import pytest
from dify_workflow import InvalidArgument
from facade import Kind, answered, both, client
from fake_dify import FakeDify, FormInput, HumanInput, Node
from recorded_forms import ANSWER, OK, recorded, start
from replay_server import Reply

# What a paused run says of its forms.

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
    assert (form.id, form.token) == (reason["form_id"], reason["form_token"])
    assert (form.node_id, form.node_title) == (reason["node_id"], reason["node_title"])
    assert (form.content, form.expires_at) == (reason["form_content"], reason["expiration_time"])
    assert [action.id for action in form.actions] == [a["id"] for a in reason["actions"]]
    assert [action.title for action in form.actions] == [a["title"] for a in reason["actions"]]
    assert [field.to_dict() for field in form.inputs] == [
        {**dict.fromkeys(field.to_dict()), **raw}
        for field, raw in zip(form.inputs, reason["inputs"], strict=True)
    ]


@both
def test_the_inputs_of_a_form_are_typed(kind: Kind) -> None:
    (form,) = start(kind, recorded("rich_start")).forms
    note, pick, att, atts = form.inputs
    assert [field.type_ for field in form.inputs] == ["paragraph", "select", "file", "file-list"]
    assert [field.output_variable_name for field in form.inputs] == ["note", "pick", "att", "atts"]
    assert note.default is None or isinstance(note.default.value, str)
    assert pick.option_source.value == ["red", "green"]
    assert att.allowed_file_types == ["document", "image"]
    assert att.number_limits is None
    assert atts.number_limits == 2
    assert atts.allowed_file_upload_methods == ["local_file", "remote_url"]


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


@both
def test_a_form_without_a_token_cannot_be_answered(kind: Kind) -> None:
    item = recorded("one_start")
    response = start(kind, item, lambda reason: reason.update(form_token=None))
    (form,) = response.forms
    assert (form.token, form.id) == (None, item.events()[-1]["data"]["reasons"][0]["form_id"])
    with answered(kind, OK) as (server, dify):
        with pytest.raises(InvalidArgument, match="not delivered by WebApp") as caught:
            dify.submit_form(form, **ANSWER)
        assert (caught.value.field, server.requests) == ("form", [])
