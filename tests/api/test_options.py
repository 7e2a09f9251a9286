"""Options: bad values are refused by name before anything is sent."""

from __future__ import annotations

import math
from typing import Any

import attrs
import httpx
import pytest
from dify_workflow import AsyncDifyWorkflow, CallOptions, DifyWorkflow, InvalidArgument, RunOptions
from dify_workflow.options import Options, RequestTimeout
from facade import Kind, both, client
from replay_server import ReplayServer, Reply
from wire_archive import exchange

STREAM = Reply.of(exchange("1.14.2", "run/empty_streaming"))
STOPPED = Reply.json(200, {"result": "success"})
NOT_TEXT: list[Any] = [5, True, b"a", ["a"], {"a": 1}, 1.5]
NOT_A_COUNT: list[Any] = [-1, 1.0, "3", True, [3], math.nan, math.inf]
NOT_SECONDS: list[Any] = [0, -1, "3", True, [3], math.nan, math.inf, -math.inf]
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
    *(("deadline", value) for value in NOT_SECONDS),
    *(("timeout", value) for value in [*NOT_SECONDS, (1, 2), (1, 2, 3, 4), {"read": 1}]),
    ("timeout", httpx.Timeout(-1)),
    ("timeout", httpx.Timeout(5, read=math.nan)),
    ("timeout", httpx.Timeout(5, pool=math.inf)),
    ("timeout", httpx.Timeout("5")),  # type: ignore[arg-type]
    *(("stop_on_exit", value) for value in NOT_A_BOOL),
    *(("unique_user", value) for value in NOT_A_BOOL),
    *(("read_ahead", value) for value in NOT_A_BOOL),
    *(("run_key_input", value) for value in ["", " ", *NOT_TEXT]),
    *(("validate", value) for value in ["", "on", "Strict", True, False, 1, ["off"]]),
    *(("on_human_input", value) for value in ["a", 5, {}]),
    *(("extra_headers", value) for value in NOT_A_MAPPING),
    *(("extra_body", value) for value in NOT_A_MAPPING),
    ("extra_body", {1: 2}),
]
BAD_BODIES: list[tuple[Any, str]] = [
    ({"a": math.nan}, "extra_body.a"),
    ({"a": [b"a"]}, "extra_body.a[0]"),
]
bad = pytest.mark.parametrize(("name", "value"), BAD, ids=repr)


@bad
def test_a_bad_value_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Options().merged({name: value})
    assert caught.value.field == name
    assert str(caught.value).startswith(f"{name}: ")


def test_the_place_in_a_bad_body_is_named() -> None:
    for body, place in BAD_BODIES:
        with pytest.raises(InvalidArgument) as caught:
            Options().merged({"extra_body": body})
        assert caught.value.field == place


@both
def test_a_bad_value_is_refused_where_it_is_given(kind: Kind) -> None:
    for name, value in BAD:
        with pytest.raises(InvalidArgument) as caught, client(kind, "http://h", **{name: value}):
            pass
        assert caught.value.field == name, (name, value)
    with ReplayServer([STREAM]) as server, client(kind, server.url) as dify:
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


@pytest.mark.parametrize("headers", NOT_A_MAPPING, ids=repr)
def test_default_headers_that_are_no_mapping_are_refused(headers: Any) -> None:
    for client_class in (DifyWorkflow, AsyncDifyWorkflow):
        with pytest.raises(InvalidArgument):
            client_class(api_key="app-x", base_url="http://host", default_headers=headers)


GOOD: list[tuple[str, Any, Any]] = [
    ("user", "u" * 255, "u" * 255),
    ("user", "你好", "你好"),
    ("max_retries", 0, 0),
    ("max_event_bytes", 1, 1),
    ("deadline", 5, 5.0),
    ("deadline", 0.1, 0.1),
    ("timeout", 5, RequestTimeout(5)),
    ("timeout", None, httpx.Timeout(None)),
    ("timeout", httpx.Timeout(5, pool=0), httpx.Timeout(5, pool=0)),
    ("extra_body", {"a": (1, 2)}, {"a": [1, 2]}),
    ("extra_headers", {}, {}),
    ("extra_headers", {"X-A": " b "}, {"x-a": "b"}),
    ("extra_headers", {"x!#$%&'*+-.^_`|~9": ""}, {"x!#$%&'*+-.^_`|~9": ""}),
    ("validate", "strict", "strict"),
    ("on_human_input", print, print),
    ("run_key_input", "key", "key"),
]


@pytest.mark.parametrize(("name", "value", "kept"), GOOD, ids=repr)
def test_a_good_value_is_kept(name: str, value: Any, kept: Any) -> None:
    assert getattr(Options().merged({name: value}), name) == kept


BAD_HEADERS: list[tuple[Any, Any]] = [
    *(("X-A", value) for value in [5, None, True, b"a", ["a"]]),
    *(("X-A", value) for value in ["a\nb", "a\r\nX-B: c", "a\rb", "\x00", "a\tb", "\x7f"]),
    *(("X-A", value) for value in ["你好", "é", "\x85", "\ud800"]),
    *((name, "a") for name in ["Host", "connection", "Content-Length", "Transfer-Encoding"]),
    *((name, "a") for name in ["", " ", "X A", "X:A", "X\n", "é", "X\x00", "(a)", 5, None, b"X-A"]),
]


@both
def test_a_header_that_cannot_be_sent_is_refused_by_its_name(kind: Kind) -> None:
    with ReplayServer([STREAM]) as server, client(kind, server.url) as dify:
        for name, value in BAD_HEADERS:
            with pytest.raises(InvalidArgument) as caught:
                dify.run_workflow({}, extra_headers={"X-Good": "a", name: value})
            assert ("X-A" if name == "X-A" else repr(name)) in str(caught.value)
        assert server.connections == 0


@both
def test_a_default_header_that_cannot_be_sent_is_refused_by_its_name(kind: Kind) -> None:
    for name, value in BAD_HEADERS:
        headers = {"X-Good": "a", name: value}
        with (
            pytest.raises(InvalidArgument) as caught,
            client(kind, "http://127.0.0.1:1", default_headers=headers),
        ):
            pass
        assert ("X-A" if name == "X-A" else repr(name)) in str(caught.value)


@pytest.mark.parametrize("name", ["nonsense", "base_url", "http_client", "Timeout", ""])
def test_an_unknown_option_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Options().merged({name: 1})
    assert caught.value.field == name
    assert all(known in str(caught.value) for known in RunOptions.__annotations__)


def test_the_typed_options_are_those_that_are_taken() -> None:
    """`max_event_bytes` bounds memory; it is no everyday option."""
    taken = {field.name for field in attrs.fields(Options)}
    typed = set(RunOptions.__annotations__) | set(CallOptions.__annotations__)
    assert taken - typed <= {"max_event_bytes"}
    assert typed <= taken


# The API key.


@pytest.mark.parametrize(
    "key", ["app x", "app-x\n1", "Bearer app-x", "app-x\x00", "app-é", "app-密钥", "\ud800", 5]
)
@both
def test_a_key_that_cannot_be_sent_is_refused_when_the_client_is_made(kind: Kind, key: Any) -> None:
    with (
        pytest.raises(InvalidArgument) as caught,
        client(kind, "http://127.0.0.1:1", api_key=key),
    ):
        pass
    assert caught.value.field == "api_key"


@both
def test_white_space_around_a_key_is_none_of_it(kind: Kind) -> None:
    with (
        ReplayServer([STREAM]) as server,
        client(kind, server.url, api_key=" app-x\r\n") as dify,
    ):
        dify.run_workflow({})
        assert server.requests[0].headers["authorization"] == "Bearer app-x"


@pytest.mark.parametrize("key", ["", " "])
@both
def test_an_empty_key_is_none(kind: Kind, key: str) -> None:
    with ReplayServer([STREAM]) as server, client(kind, server.url, api_key=key) as dify:
        for call in (dify.run_workflow, dify.run_workflow_stream):
            with pytest.raises(InvalidArgument) as caught:
                call({})
            assert caught.value.field == "api_key"
        with pytest.raises(InvalidArgument):
            dify.info("a-run")
        assert server.connections == 0


@both
def test_without_any_key_the_error_says_where_one_can_be_given(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIFY_API_KEY", raising=False)
    with (
        client(kind, "http://127.0.0.1:1", api_key=None) as dify,
        pytest.raises(InvalidArgument, match=r"api_key=.*DIFY_API_KEY"),
    ):
        dify.run_workflow({})
