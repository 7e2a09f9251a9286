"""The app's own data and its end users, as typed models; every recording: tests/promises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from dify_workflow import InvalidArgument, NotFound, RouteNotFound, UnreadableAnswer
from dify_workflow_api.models import AppMeta, AppParameters, EndUser
from facade import Kind, answered, both, client
from fake_dify import FakeDify, Input
from replay_server import Reply
from wire_archive import exchange

FORM = exchange("1.14.2", "appinfo/echo_parameters_extra")


@both
@pytest.mark.parametrize("name", ["app_info", "parameters", "meta", "site"])
def test_an_answer_that_is_none(kind: Kind, name: str) -> None:
    for none in (Reply.json(200, None), Reply.json(200, []), Reply.html(200, "<html></html>")):
        with answered(kind, none) as (_, dify), pytest.raises(UnreadableAnswer):
            getattr(dify, name)()


@both
def test_what_older_servers_do_not_say_is_none(kind: Kind) -> None:
    with answered(kind, exchange("0.15.3", "appinfo/chat_info")) as (_, dify):
        info = dify.app_info()
    assert (info.name, info.mode, info.author_name) == ("chat", None, None)


@both
def test_the_input_form_is_typed(kind: Kind) -> None:
    raw = FORM.json()
    raw["user_input_form"].append({"hologram": {"variable": "h", "depth": 3}})
    with answered(kind, Reply.json(200, raw)) as (_, dify):
        parameters = dify.parameters()
    text, *_, select, number, flag, obj, doc, docs, new = parameters.user_input_form
    assert (text.text_input.variable, text.text_input.label) == ("text", "Text 文本")
    assert (text.text_input.required, text.text_input.max_length) == (True, 200000)
    assert select.select.options == ["a", "b", "c"]
    assert (number.number.type_, flag.checkbox.type_) == ("number", "checkbox")
    assert obj.json_object.variable == "obj"
    assert doc.file.allowed_file_upload_methods == ["local_file", "remote_url"]
    assert docs.file_list.max_length == 3
    assert text.paragraph is None
    assert parameters.system_parameters.file_size_limit == 15
    assert parameters.text_to_speech.enabled is False
    # An input of a new type is kept.
    assert new.additional_properties == {"hologram": {"variable": "h", "depth": 3}}


@both
def test_what_is_null_or_left_out_hides_nothing_else(kind: Kind) -> None:
    for left_out in attrs.fields_dict(AppParameters).keys() - {"additional_properties"}:
        whole = FORM.json()
        rest = {name: value for name, value in whole.items() if name != left_out}
        bodies = [{**whole, left_out: None}, *([rest] if left_out != "user_input_form" else [])]
        with answered(kind, *(Reply.json(200, body) for body in bodies)) as (_, dify):
            for _ in bodies:
                assert not getattr(dify.parameters(), left_out)


# End users.

USER = exchange("1.14.2", "endusers/default_user")


@both
def test_the_times_of_an_end_user_are_in_utc(kind: Kind) -> None:
    raw = USER.json()
    zoned = {"created_at": "2026-11-22T16:00:00+08:00", "updated_at": "2026-11-22T08:00:00.5Z"}
    with answered(kind, USER, Reply.json(200, raw | zoned)) as (server, dify):
        user, other = dify.end_user(raw["id"]), dify.end_user("id")
        assert server.requests[0].target == USER.path
    assert type(user) is EndUser
    assert (user.session_id, user.is_anonymous) == ("DEFAULT-USER", True)
    assert (user.id, user.app_id, user.name) == (raw["id"], raw["app_id"], None)
    naive = datetime.fromisoformat(raw["created_at"])
    assert naive.tzinfo is None
    assert datetime.fromisoformat(user.created_at) == naive.replace(tzinfo=UTC)
    assert datetime.fromisoformat(user.updated_at).utcoffset() is not None
    for name, text in zoned.items():  # those with a zone stay
        assert datetime.fromisoformat(getattr(other, name)) == datetime.fromisoformat(text)


@both
@pytest.mark.parametrize("time", [None, 5, "yesterday", [], {}])
def test_times_that_are_none(kind: Kind, time: Any) -> None:
    reply = Reply.json(200, {**USER.json(), "created_at": time})
    with answered(kind, reply) as (_, dify), pytest.raises(UnreadableAnswer):
        dify.end_user("id")


@both
def test_end_users_that_are_not_there(kind: Kind) -> None:
    for case in ("unknown", "other_app", "malformed"):
        item = exchange("1.14.2", f"endusers/{case}")
        with answered(kind, item) as (server, dify):
            with pytest.raises(NotFound) as caught:
                dify.end_user(item.path.rpartition("/")[2])
            assert isinstance(caught.value, RouteNotFound) == (case == "malformed")
            for bad in ("", " ", None, 5, "."):
                with pytest.raises(InvalidArgument):
                    dify.end_user(bad)
            assert len(server.requests) == 1


@both
def test_a_stand_in_server_says_the_same(kind: Kind) -> None:
    form = [Input("text", required=True, max_length=5)]
    with FakeDify(form=form, eof_delay=0.0) as server, client(kind, server, user="ann") as dify:
        dify.run_workflow({"text": "x"})
        (entry,) = dify.logs()
        user = dify.end_user(entry.data.created_by_end_user.id)
        assert (user.session_id, dify.app_info().mode) == ("ann", "workflow")
        (field,) = dify.parameters().user_input_form
        assert field.text_input.max_length == 5
        assert dify.site().title == "workflow"
        assert type(dify.meta()) is AppMeta
