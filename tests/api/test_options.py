"""Options: bad values are refused by name before anything is sent."""

from __future__ import annotations

import math
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import httpx
import pytest
from dify_workflow import CallOptions, InvalidArgument, RunOptions
from dify_workflow._api.api_requests import run
from dify_workflow.options import DEFAULT_TIMEOUT, Options, RequestTimeout
from facade import Kind, answered, both, client
from replay_server import Reply
from wire_archive import exchange

STREAM = Reply.of(exchange("1.14.2", "run/empty_streaming"))
NOT_TEXT: list[Any] = [5, True, b"a", ["a"], {"a": 1}, 1.5]
NOT_A_COUNT: list[Any] = [-1, 1.0, "3", True, [3], math.nan, math.inf]
NOT_SECONDS: list[Any] = [0, -1, "3", True, [3], math.nan, math.inf, -math.inf, timedelta(-1)]
NOT_A_BOOL: list[Any] = [1, 0, "yes", "", [True]]
NOT_A_MAPPING: list[Any] = [5, "a", b"a", [1], [("a", "b")], {"a"}, True]

HOLDS_ITSELF: list[Any] = []
HOLDS_ITSELF.append(HOLDS_ITSELF)

BAD: list[tuple[str, Any]] = [
    *(("files", value) for value in ["a", {}, HOLDS_ITSELF]),
    *(("user", value) for value in ["", " ", "u" * 256, "\ud800", *NOT_TEXT]),
    *(("api_key", value) for value in NOT_TEXT),
    *(("max_retries", value) for value in NOT_A_COUNT),
    *(("max_event_bytes", value) for value in [0, *NOT_A_COUNT]),
    *(("max_response_bytes", value) for value in [0, *NOT_A_COUNT]),
    *(("deadline", value) for value in NOT_SECONDS),
    *(("timeout", value) for value in [*NOT_SECONDS, (1, 2), (1, 2, 3, 4), {"read": 1}]),
    ("timeout", httpx.Timeout(-1)),
    ("timeout", httpx.Timeout(5, read=math.nan)),
    ("timeout", httpx.Timeout(5, pool=math.inf)),
    ("timeout", httpx.Timeout("5")),  # type: ignore[arg-type]
    *(("stop_on_exit", value) for value in NOT_A_BOOL),
    *(("unique_user", value) for value in NOT_A_BOOL),
    *(("read_ahead", value) for value in NOT_A_BOOL),
    *(("run_key_input", value) for value in ["", " ", "\ud800", *NOT_TEXT]),
    *(("validate", value) for value in ["", "on", "Strict", True, False, 1, ["off"]]),
    *(("on_human_input", value) for value in ["a", 5, {}]),
    *(("extra_headers", value) for value in NOT_A_MAPPING),
    *(("extra_body", value) for value in NOT_A_MAPPING),
    ("extra_body", {1: 2}),
]


def make(kind: Kind, **options: Any) -> None:
    with client(kind, "http://h", **options):
        pass


@both
def test_a_bad_value_is_refused_where_it_is_given(kind: Kind) -> None:
    for name, value in BAD:
        with pytest.raises(InvalidArgument) as caught:
            make(kind, **{name: value})
        assert caught.value.field == name, (name, value)
        assert str(caught.value).startswith(f"{name}: ")
    with answered(kind, STREAM) as (server, dify):
        for name, value in BAD:
            for call in (dify.run_workflow, dify.run_workflow_stream, dify.start):
                with pytest.raises(InvalidArgument) as caught:
                    call({"a": 1}, **{name: value})
                assert caught.value.field == name, (name, value)
            with pytest.raises(InvalidArgument):
                dify.with_options(**{name: value})
            if name in CallOptions.__annotations__:
                with pytest.raises(InvalidArgument):
                    dify.info("a-run", **{name: value})
        assert server.connections == 0


def test_an_extra_body_cannot_change_what_the_request_says() -> None:
    for name in ("user", "inputs", "response_mode"):
        with pytest.raises(InvalidArgument, match=name) as caught:
            run({}, Options(extra_body={name: "another"}))
        assert caught.value.field == "extra_body"
    with pytest.raises(InvalidArgument) as caught:
        Options().merged({"extra_body": {"a": [b"a"]}})
    assert caught.value.field == "extra_body.a[0]"


def test_a_good_value_is_kept() -> None:
    for name, value, kept in (
        ("user", "u" * 255, "u" * 255),
        ("max_retries", 0, 0),
        ("max_event_bytes", 1, 1),
        ("deadline", 0.1, 0.1),
        ("deadline", timedelta(minutes=1), 60.0),
        ("timeout", 5, RequestTimeout(5)),
        ("timeout", timedelta(minutes=1), RequestTimeout(60)),
        ("timeout", httpx.Timeout(5, pool=0), httpx.Timeout(5, pool=0)),
        ("extra_headers", {"X-A": " b "}, {"x-a": "b"}),
        ("extra_headers", {"x!#$%&'*+-.^_`|~9": ""}, {"x!#$%&'*+-.^_`|~9": ""}),
        ("on_human_input", print, print),
    ):
        assert getattr(Options().merged({name: value}), name) == kept


def test_none_is_not_given_except_for_the_time_out() -> None:
    names = {field.name for field in attrs.fields(Options)} - {"timeout"}
    before = Options(api_key="app-x", user="u", deadline=5, max_retries=1)
    assert before.merged(dict.fromkeys(names)) == before
    assert before.merged({"timeout": None}).timeout == httpx.Timeout(None)
    assert before.merged({}).timeout == DEFAULT_TIMEOUT


BAD_HEADERS: list[tuple[Any, Any]] = [
    *(("X-A", value) for value in [5, None, True, b"a", ["a"]]),
    *(("X-A", value) for value in ["a\nb", "a\r\nX-B: c", "a\rb", "\x00", "a\tb", "\x7f"]),
    *(("X-A", value) for value in ["你好", "é", "\x85", "\ud800"]),
    *((name, "a") for name in ["Host", "connection", "Content-Length", "Transfer-Encoding"]),
    *((name, "a") for name in ["", " ", "X A", "X:A", "X\n", "é", "X\x00", "(a)", 5, None, b"X-A"]),
]


@both
def test_a_header_that_cannot_be_sent_is_refused_by_its_name(kind: Kind) -> None:
    with answered(kind, STREAM) as (server, dify):
        for name, value in BAD_HEADERS:
            headers = {"X-Good": "a", name: value}
            with pytest.raises(InvalidArgument) as by_call:
                dify.run_workflow({}, extra_headers=headers)
            with pytest.raises(InvalidArgument) as by_client:
                make(kind, default_headers=headers)
            for caught, where in ((by_call, "extra_headers"), (by_client, "default_headers")):
                assert caught.value.field == where
                assert ("X-A" if name == "X-A" else repr(name)) in str(caught.value)
        for no_mapping in NOT_A_MAPPING:
            for call in (partial(make, kind), dify.with_options):
                with pytest.raises(InvalidArgument) as caught:
                    call(default_headers=no_mapping)
                assert caught.value.field == "default_headers"
        assert server.connections == 0


def test_the_typed_options_are_those_that_are_taken() -> None:
    """`max_event_bytes` bounds memory; it is no everyday option."""
    taken = {field.name for field in attrs.fields(Options)}
    typed = set(RunOptions.__annotations__) | set(CallOptions.__annotations__)
    assert taken - typed <= {"max_event_bytes"}
    assert typed <= taken


# The API key.

BAD_KEYS: list[Any] = ["app x", "app-x\n1", "Bearer app-x", "app-x\x00", "app-é", "app-密钥"]


@both
def test_a_key_is_checked_when_the_client_is_made_and_white_space_is_none_of_it(kind: Kind) -> None:
    for key in [*BAD_KEYS, "\ud800", 5]:
        with pytest.raises(InvalidArgument) as caught:
            make(kind, api_key=key)
        assert caught.value.field == "api_key"
    with answered(kind, STREAM, api_key=" app-x\r\n") as (server, dify):
        dify.run_workflow({})
        assert server.requests[0].headers["authorization"] == "Bearer app-x"


@pytest.mark.parametrize("key", ["", " ", None])
@both
def test_without_a_key_the_error_says_where_one_can_be_given(
    kind: Kind, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIFY_API_KEY", raising=False)
    with answered(kind, STREAM, api_key=key) as (server, dify):
        for call, what in ((dify.run_workflow, {}), (dify.start, {}), (dify.info, "a-run")):
            with pytest.raises(InvalidArgument, match=r"api_key=.*DIFY_API_KEY") as caught:
                call(what)
            assert caught.value.field == "api_key"
        assert server.connections == 0
