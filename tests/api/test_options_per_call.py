"""Which setting counts: that of the request, the call, the client, the environment, in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from dify_workflow import InvalidArgument, WorkflowLogsRequest, WorkflowRunRequest
from facade import Kind, both, client
from replay_server import ReplayServer, Reply, Request
from slow_runs import RUN, RUN_ID, STARTED
from wire_archive import exchange

BLOCKING = exchange("1.14.2", "run/empty_blocking")
DETAIL = exchange("1.14.2", "detail/empty")
LOGS = exchange("1.14.2", "logs/default")


def dify_server(request: Request) -> Reply:
    """Answer every endpoint; a run's own stream is cut after its first event."""
    if request.path.endswith("/stop"):
        return Reply.json(200, {"result": "success"})
    if request.method == "POST":
        streams = request.json()["response_mode"] == "streaming"
        return Reply.stream(STARTED) if streams else Reply.of(BLOCKING)
    if request.path.endswith("/events"):
        return Reply.of(RUN)
    return Reply.of(LOGS if request.path.endswith("/logs") else DETAIL)


def _followed(dify: Any, **options: Any) -> None:
    with dify.run_workflow_stream({}, **options) as stream:
        assert [event.event for event in stream][-1] == "workflow_finished"
        stream.info()
        stream.stop()


def _attached(dify: Any, **options: Any) -> None:
    assert list(dify.attach(RUN_ID, **options))


BLOCKING_REQUEST = WorkflowRunRequest(inputs={}, response_mode="blocking")

# Every call that takes the options of a call.
CALLS: dict[str, Callable[..., Any]] = {
    "a stream, cut and followed again": _followed,
    "attach": _attached,
    "run_workflow": lambda dify, **options: dify.run_workflow({}, **options),
    "run_workflow, blocking": lambda dify, **given: dify.run_workflow(BLOCKING_REQUEST, **given),
    "start": lambda dify, **options: dify.start({}, **options).result(),
    "info": lambda dify, **options: dify.info("x", **options),
    "stop": lambda dify, **options: dify.stop_workflow_stream("x", **options),
}


def _user_of(request: Request) -> str | None:
    if request.method == "POST":
        return str(request.json()["user"])
    return request.query.get("user")


@both
@pytest.mark.parametrize("name", CALLS)
def test_an_option_of_the_call_stands_above_the_clients(kind: Kind, name: str) -> None:
    call = CALLS[name]
    with (
        ReplayServer(dify_server) as server,
        client(
            kind,
            server.url,
            api_key="app-client",
            user="client",
            default_headers={"X-A": "client", "X-B": "client"},
        ) as dify,
    ):
        copy = dify.with_options(api_key="app-copy", user="copy", extra_headers={"x-b": "copy"})
        given: Any = {"api_key": "app-call", "user": "call", "extra_headers": {"X-b": "call"}}
        nothing = {"api_key": None, "user": None, "extra_headers": None}
        given["extra_headers"] |= {"authorization": "cannot be replaced"}
        for used, options, who, header in (
            (dify, {}, "client", "client"),
            (dify, nothing, "client", "client"),
            (copy, {}, "copy", "copy"),
            (copy, given, "call", "call"),
            (dify, {"user": "one"}, "one", "client"),
        ):
            server.requests.clear()
            call(used, **options)
            assert server.requests
            key = "app-client" if who == "one" else f"app-{who}"
            for request in server.requests:
                assert request.headers["authorization"] == f"Bearer {key}"
                assert _user_of(request) in (who, None)
                assert (request.headers["x-a"], request.headers["x-b"]) == ("client", header)


@both
def test_the_request_stands_above_the_client(kind: Kind) -> None:
    asked = WorkflowRunRequest(inputs={}, api_key="app-request", user="request")
    with ReplayServer(dify_server) as server, client(kind, server.url) as dify:
        dify = dify.with_options(api_key="app-client", user="client")
        with dify.run_workflow_stream(asked) as stream:
            list(stream)
            stream.stop()
            stream.info()
            assert stream.user == "request"
        dify.run_workflow(asked)
        dify.logs(WorkflowLogsRequest(api_key="app-request", page=1))
        for request in server.requests:
            assert request.headers["authorization"] == "Bearer app-request"
            assert _user_of(request) in ("request", None)
        assert [request.method for request in server.requests] == [
            *("POST", "GET", "POST", "GET"),
            *("POST", "GET"),
            "GET",
        ]


@both
def test_what_a_request_has_is_not_given_beside_it(kind: Kind) -> None:
    with ReplayServer(dify_server) as server, client(kind, server.url) as dify:
        both_ways = {"api_key": "app-request", "user": "request"}
        asked = WorkflowRunRequest(inputs={}, api_key="app-request", user="request")
        dify.run_workflow(asked, **both_ways)
        for name in both_ways:
            with pytest.raises(InvalidArgument, match="give it once") as caught:
                dify.run_workflow(asked, **{name: "another"})
            assert caught.value.field == name
        dify.run_workflow(WorkflowRunRequest(inputs={}, api_key="app-request"), user="call")
        last = [request for request in server.requests if request.method == "POST"][-1]
        assert last.headers["authorization"] == "Bearer app-request"
        assert last.json()["user"] == "call"


@both
def test_the_environment_stands_below_everything(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ReplayServer(dify_server) as server:
        monkeypatch.setenv("DIFY_API_KEY", "app-environment")
        monkeypatch.setenv("DIFY_BASE_URL", server.url)
        monkeypatch.setenv("DIFY_USER", "environment")
        unset: dict[str, Any] = {"api_key": None, "user": None}
        with client(kind, None, **unset) as dify:  # type: ignore[arg-type]
            assert dify.base_url == server.url + "/v1"
            dify.run_workflow({})
        with client(kind, server.url, api_key="app-client", user="client") as dify:
            dify.run_workflow({})
        monkeypatch.delenv("DIFY_USER")
        with client(kind, server.url, **unset) as dify:
            dify.run_workflow({})
        posts = [request for request in server.requests if request.method == "POST"]
    assert [(request.headers["authorization"][7:], _user_of(request)) for request in posts] == [
        ("app-environment", "environment"),
        ("app-client", "client"),
        ("app-environment", "dify-workflow"),
    ]


@both
def test_extra_body_is_merged_into_the_body(kind: Kind) -> None:
    with ReplayServer([Reply.of(RUN)]) as server, client(kind, server.url) as dify:
        copy = dify.with_options(extra_body={"a": 1, "b": {"c": [1]}})
        copy.run_workflow({"x": 1})
        copy.run_workflow({"x": 1}, extra_body={"a": 2})
        dify.run_workflow({"x": 1})
        bodies = [request.json() for request in server.requests]
    plain = {"inputs": {"x": 1}, "user": "dify-workflow", "response_mode": "streaming"}
    assert bodies == [{**plain, "a": 1, "b": {"c": [1]}}, {**plain, "a": 2}, plain]


@both
def test_what_is_streamed_is_asked_for_as_a_stream_and_uncompressed(kind: Kind) -> None:
    with ReplayServer(dify_server) as server, client(kind, server.url) as dify:
        for call in CALLS.values():
            call(dify)
        for request in server.requests:
            streams = request.path.endswith("/events") or b'"streaming"' in request.body
            accept = request.headers["accept"], request.headers["accept-encoding"]
            assert (accept == ("text/event-stream", "identity")) is streams
            assert ("json" in request.headers.get("content-type", "")) is bool(request.body)


@both
def test_trace_ids(kind: Kind) -> None:
    with ReplayServer([Reply.of(RUN)]) as server, client(kind, server.url) as dify:
        asked = WorkflowRunRequest(inputs={}, trace_id="t-1", trace_session_id="s-1")
        dify.run_workflow(asked, extra_headers={"X-Trace-Id": "abc123"})
        dify.run_workflow({})
        first, second = server.requests
    assert (first.json()["trace_id"], first.json()["trace_session_id"]) == ("t-1", "s-1")
    assert first.headers["x-trace-id"] == "abc123"
    assert not {"trace_id", "trace_session_id"} & set(second.json())
    assert "x-trace-id" not in second.headers


@both
def test_a_workflow_id_runs_that_version(kind: Kind) -> None:
    with ReplayServer(dify_server) as server, client(kind, server.url) as dify:
        for workflow_id, target in (
            ("706abcef-cc54-47fd-bb7d-17df135b6447", "706abcef-cc54-47fd-bb7d-17df135b6447"),
            ("a b..c?d#e%", "a%20b..c%3Fd%23e%25"),
        ):
            asked = WorkflowRunRequest(
                inputs={"a": 1}, workflow_id=workflow_id, response_mode="blocking"
            )
            dify.run_workflow(asked)
            assert server.requests[-1].target == f"/v1/workflows/{target}/run"
            assert set(server.requests[-1].json()) == {"inputs", "user", "response_mode"}
        for empty in ("", " ", "."):
            with pytest.raises(InvalidArgument, match="workflow_id"):
                dify.run_workflow(WorkflowRunRequest(inputs={}, workflow_id=empty))


@both
def test_an_unknown_option_is_refused_by_its_name(kind: Kind) -> None:
    with ReplayServer(dify_server) as server, client(kind, server.url) as dify:
        calls = [partial(call, dify) for call in CALLS.values()]
        for call in (*calls, dify.with_options):
            with pytest.raises(InvalidArgument, match=r"^time_out: ") as caught:
                call(time_out=3)
            assert caught.value.field == "time_out"
        with (
            pytest.raises(InvalidArgument, match=r"^time_out: "),
            client(kind, server.url, time_out=3),
        ):
            pass
        assert server.requests == []
