"""The app's own data and its end users, as typed models; every recording: tests/promises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from dify_workflow import InvalidArgument, NotFound, RouteNotFound, UnreadableAnswer
from dify_workflow_api.models import EndUser
from facade import Kind, answered, both
from replay_server import Reply
from wire_archive import exchange

FORM = exchange("1.14.2", "appinfo/echo_parameters_extra").json()
USER = exchange("1.14.2", "endusers/default_user")


@both
def test_the_input_form_is_typed_and_an_input_of_a_new_type_is_kept(kind: Kind) -> None:
    entry = {"hologram": {"variable": "h", "depth": 3}}
    form = FORM | {"user_input_form": [*FORM["user_input_form"], entry]}
    null = FORM | {"user_input_form": None}
    with answered(kind, Reply.json(200, form), Reply.json(200, null)) as (_, dify):
        parameters = dify.parameters()
        assert dify.parameters().user_input_form == []
    text, *_, new = parameters.user_input_form
    assert (text.text_input.variable, text.text_input.max_length) == ("text", 200000)
    assert (text.paragraph, parameters.system_parameters.file_size_limit) == (None, 15)
    assert new.additional_properties == entry


@both
def test_the_times_of_an_end_user_are_in_utc(kind: Kind) -> None:
    raw = USER.json()
    zoned = {"created_at": "2026-11-22T16:00:00+08:00", "updated_at": "2026-11-22T08:00:00.5Z"}
    none: list[Any] = [None, 5, "yesterday", [], {}]
    wrong = [Reply.json(200, raw | {"created_at": time}) for time in none]
    with answered(kind, USER, Reply.json(200, raw | zoned), *wrong) as (server, dify):
        user, other = dify.end_user(raw["id"]), dify.end_user("id")
        assert server.requests[0].target == USER.path
        for _ in wrong:
            with pytest.raises(UnreadableAnswer):
                dify.end_user("id")
    assert type(user) is EndUser
    assert (user.id, user.session_id, user.is_anonymous) == (raw["id"], "DEFAULT-USER", True)
    naive = datetime.fromisoformat(raw["created_at"])
    assert naive.tzinfo is None
    assert datetime.fromisoformat(user.created_at) == naive.replace(tzinfo=UTC)
    assert datetime.fromisoformat(user.updated_at).utcoffset() is not None
    for name, text in zoned.items():  # those with a zone stay
        assert datetime.fromisoformat(getattr(other, name)) == datetime.fromisoformat(text)


@both
@pytest.mark.parametrize("case", ["unknown", "other_app", "malformed"])
def test_end_users_that_are_not_there(kind: Kind, case: str) -> None:
    item = exchange("1.14.2", f"endusers/{case}")
    with answered(kind, item) as (server, dify):
        with pytest.raises(NotFound) as caught:
            dify.end_user(item.path.rpartition("/")[2])
        assert isinstance(caught.value, RouteNotFound) == (case == "malformed")
        for bad in ("", " ", None, 5, "."):
            with pytest.raises(InvalidArgument):
                dify.end_user(bad)
        assert len(server.requests) == 1
