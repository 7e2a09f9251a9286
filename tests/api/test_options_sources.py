"""Options: the environment, the client, its copies, the call and the request, in this order."""

from __future__ import annotations

import attrs
import httpx
import pytest
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow, InvalidArgument
from dify_workflow._api.api_requests import run
from dify_workflow._clients.settings import from_environment
from dify_workflow.options import DEFAULT_TIMEOUT, Options
from replay_server import Reply
from wire_archive import exchange

STREAM = Reply.of(exchange("1.14.2", "run/empty_streaming"))
STOPPED = Reply.json(200, {"result": "success"})


def test_the_environment_gives_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DIFY_API_KEY", "DIFY_USER", "DIFY_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    options, url = from_environment({}, None)
    assert (options, str(url)) == (Options(), "https://api.dify.ai/v1")
    assert (options.user, options.timeout, options.retries) == (
        "dify-workflow",
        httpx.Timeout(connect=10, pool=10, write=60, read=60),
        3,
    )
    monkeypatch.setenv("DIFY_API_KEY", "app-env")
    monkeypatch.setenv("DIFY_USER", "env-user")
    monkeypatch.setenv("DIFY_BASE_URL", "http://localhost")
    options, url = from_environment({}, None)
    assert (options.key().reveal(), options.user) == ("app-env", "env-user")
    assert str(url) == "http://localhost/v1"
    options, url = from_environment({"api_key": "app-given", "user": "given"}, "http://host")
    assert (options.key().reveal(), options.user) == ("app-given", "given")
    assert str(url) == "http://host/v1"


def test_what_is_empty_in_the_environment_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DIFY_API_KEY", "DIFY_USER", "DIFY_BASE_URL"):
        monkeypatch.setenv(name, "")
    options, url = from_environment({}, None)
    assert (options, str(url)) == (Options(), "https://api.dify.ai/v1")


def test_a_bad_value_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIFY_USER", "u" * 256)
    for client_class in (DifyWorkflow, AsyncDifyWorkflow):
        with pytest.raises(InvalidArgument) as caught:
            client_class(base_url="http://host")
        assert caught.value.field == "user"


def test_none_is_not_given_except_for_the_time_out() -> None:
    names = {field.name for field in attrs.fields(Options)} - {"timeout"}
    before = Options(api_key="app-x", user="u", deadline=5, max_retries=1)
    assert before.merged(dict.fromkeys(names)) == before
    assert before.merged({"timeout": None}).timeout == httpx.Timeout(None)
    assert before.merged({}).timeout == DEFAULT_TIMEOUT


def test_headers_add_up_whatever_their_case() -> None:
    options = Options().merged({"extra_headers": {"X-A": "1", "X-B": "1"}})
    options = options.merged({"extra_headers": {"x-b": "2", "X-C": "2"}})
    assert options.extra_headers == {"x-a": "1", "x-b": "2", "x-c": "2"}


def test_an_extra_body_is_added_to_what_is_sent() -> None:
    options = Options(extra_body={"new": {"a": (1,)}})
    body = run({}, options).kwargs["json"]
    assert body["new"] == {"a": [1]}
    assert body["response_mode"] == "streaming"


@pytest.mark.parametrize("name", ["user", "inputs", "response_mode"])
def test_an_extra_body_cannot_change_what_the_request_says(name: str) -> None:
    options = Options(extra_body={name: "another"})
    with pytest.raises(InvalidArgument, match=name) as caught:
        run({}, options)
    assert caught.value.field == "extra_body"
