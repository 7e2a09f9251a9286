"""The app's own data and its end users: recorded answers of every version, as typed models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from dify_workflow import (
    APIError,
    AppUnavailable,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    RouteNotFound,
    UnreadableAnswer,
)
from dify_workflow_api.models import AppInfo, AppMeta, AppParameters, AppSite, EndUser
from facade import Kind, both, client
from fake_dify import FakeDify, Input
from replay_server import ReplayServer, Reply
from wire_archive import VERSIONS, Exchange, exchange, exchanges

# Method, its route, and the model that it gives.
METHODS = [
    ("app_info", "/v1/info", AppInfo),
    ("parameters", "/v1/parameters", AppParameters),
    ("meta", "/v1/meta", AppMeta),
    ("site", "/v1/site", AppSite),
]
each_method = pytest.mark.parametrize(("method", "route", "model"), METHODS)


def recorded(route: str, status: int, version: str | None = None) -> list[Exchange]:
    items = [item for item in exchanges(version) if item.path.partition("?")[0] == route]
    return [item for item in items if item.status == status and item.method == "GET"]


@both
@each_method
def test_every_recorded_answer_is_read(kind: Kind, method: str, route: str, model: Any) -> None:
    items = recorded(route, 200)
    assert {item.version for item in items} >= set(VERSIONS) - {"0.15.3", "1.1.3"}
    with (
        ReplayServer([Reply.of(item) for item in items]) as server,
        client(kind, server.url) as dify,
    ):
        for item in items:
            found = getattr(dify, method)()
            assert type(found) is model
            assert given(found.to_dict(), item.json()) == item.json(), item
            assert str(dify.server_version) == item.version
        assert {request.target for request in server.requests} == {route}


def given(value: Any, sent: Any) -> Any:
    """Give what the server said, of a model: without the keys that it left out."""
    if isinstance(value, dict) and isinstance(sent, dict):
        return {k: given(v, sent.get(k)) for k, v in value.items() if v is not None or k in sent}
    if isinstance(value, list) and isinstance(sent, list):
        return [given(one, other) for one, other in zip(value, sent, strict=True)]
    return value


@both
@each_method
def test_every_recorded_refusal_is_typed(kind: Kind, method: str, route: str, model: type) -> None:
    meaning = {400: AppUnavailable, 401: APIError, 403: PermissionDenied, 404: RouteNotFound}
    items = [item for status in meaning for item in recorded(route, status)]
    assert len(items) >= (0 if method == "meta" else 1)
    for item in items:
        with (
            ReplayServer([Reply.of(item)]) as server,
            client(kind, server.url) as dify,
            pytest.raises(meaning[item.status]) as caught,
        ):
            getattr(dify, method)()
        assert caught.value.status_code == item.status


@both
@pytest.mark.parametrize("version", ["0.15.3", "1.1.3"])
def test_the_site_names_the_version_that_brought_it(kind: Kind, version: str) -> None:
    (item,) = recorded("/v1/site", 404, version)
    with (
        ReplayServer([Reply.of(item)]) as server,
        client(kind, server.url) as dify,
        pytest.raises(RouteNotFound) as caught,
    ):
        dify.site()
    assert f"needs Dify 1.4.0 or later, and this is {version}" in str(caught.value)


@both
def test_what_older_servers_do_not_say_is_none(kind: Kind) -> None:
    item = exchange("0.15.3", "appinfo/chat_info")
    with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
        info = dify.app_info()
    assert (info.name, info.mode, info.author_name) == ("chat", None, None)


@both
def test_the_input_form_is_typed(kind: Kind) -> None:
    item = exchange("1.14.2", "appinfo/echo_parameters_extra")
    with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
        parameters = dify.parameters()
    text, *_, select, number, flag, obj, doc, docs = parameters.user_input_form
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


@both
@pytest.mark.parametrize(
    "left_out", sorted(attrs.fields_dict(AppParameters).keys() - {"additional_properties"})
)
def test_what_is_null_or_left_out_hides_nothing_else(kind: Kind, left_out: str) -> None:
    whole = exchange("1.14.2", "appinfo/echo_parameters_extra").json()
    null, rest = {**whole, left_out: None}, {k: v for k, v in whole.items() if k != left_out}
    for raw in (null,) if left_out == "user_input_form" else (null, rest):
        with ReplayServer([Reply.json(200, raw)]) as server, client(kind, server.url) as dify:
            assert not getattr(dify.parameters(), left_out)


@both
def test_an_input_of_a_new_type_is_kept(kind: Kind) -> None:
    raw = exchange("1.14.2", "appinfo/echo_parameters_extra").json()
    raw["user_input_form"].append({"hologram": {"variable": "h", "depth": 3}})
    with ReplayServer([Reply.json(200, raw)]) as server, client(kind, server.url) as dify:
        last = dify.parameters().user_input_form[-1]
    assert last.additional_properties == {"hologram": {"variable": "h", "depth": 3}}


@both
@each_method
def test_an_answer_that_is_none(kind: Kind, method: str, route: str, model: type) -> None:
    for reply in (Reply.json(200, None), Reply.json(200, []), Reply.html(200, "<html></html>")):
        with (
            ReplayServer([reply]) as server,
            client(kind, server.url) as dify,
            pytest.raises(UnreadableAnswer),
        ):
            getattr(dify, method)()


# End users.

USER = exchange("1.14.2", "endusers/default_user")


@both
def test_the_times_of_an_end_user_are_in_utc(kind: Kind) -> None:
    raw = USER.json()
    with ReplayServer([Reply.of(USER)]) as server, client(kind, server.url) as dify:
        user = dify.end_user(raw["id"])
        assert server.requests[0].target == USER.path
    assert type(user) is EndUser
    assert (user.session_id, user.is_anonymous) == ("DEFAULT-USER", True)
    assert (user.id, user.app_id, user.name) == (raw["id"], raw["app_id"], None)
    naive = datetime.fromisoformat(raw["created_at"])
    assert naive.tzinfo is None
    assert datetime.fromisoformat(user.created_at) == naive.replace(tzinfo=UTC)
    assert datetime.fromisoformat(user.updated_at).utcoffset() is not None


@both
def test_times_with_a_zone_stay(kind: Kind) -> None:
    zoned = {"created_at": "2026-11-22T16:00:00+08:00", "updated_at": "2026-11-22T08:00:00.5Z"}
    reply = Reply.json(200, {**USER.json(), **zoned})
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        user = dify.end_user("id")
    for name, text in zoned.items():
        assert datetime.fromisoformat(getattr(user, name)) == datetime.fromisoformat(text)


@both
@pytest.mark.parametrize("time", [None, 5, "yesterday", [], {}])
def test_times_that_are_none(kind: Kind, time: Any) -> None:
    reply = Reply.json(200, {**USER.json(), "created_at": time})
    with (
        ReplayServer([reply]) as server,
        client(kind, server.url) as dify,
        pytest.raises(UnreadableAnswer),
    ):
        dify.end_user("id")


@both
def test_end_users_that_are_not_there(kind: Kind) -> None:
    for case in ("unknown", "other_app", "malformed"):
        item = exchange("1.14.2", f"endusers/{case}")
        with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
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
    with (
        FakeDify(form=form, eof_delay=0.0) as server,
        client(kind, server.url, api_key=server.api_key, user="ann") as dify,
    ):
        dify.run_workflow({"text": "x"})
        (entry,) = dify.logs()
        user = dify.end_user(entry.data.created_by_end_user.id)
        assert (user.session_id, dify.app_info().mode) == ("ann", "workflow")
        (field,) = dify.parameters().user_input_form
        assert field.text_input.max_length == 5
        assert dify.site().title == "workflow"
        assert type(dify.meta()) is AppMeta
