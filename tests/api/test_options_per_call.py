"""Which setting counts: of the request, call, client, environment, in turn; time limits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from dify_workflow import (
    DeadlineExceeded,
    InvalidArgument,
    RunOptions,
    WorkflowLogsRequest,
    WorkflowRunRequest,
)
from facade import Kind, answered, both, client, mocked
from replay_server import ReplayServer, Reply, Request
from slow_runs import RUN, RUN_ID, STARTED, TASK_ID, slow_runs
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


# Every call that takes the options of a call.
CALLS: dict[str, Callable[..., Any]] = {
    "a stream, cut and followed again": _followed,
    "attach": _attached,
    "run_workflow": lambda dify, **options: dify.run_workflow({}, **options),
    "run_workflow, blocking": lambda dify, **options: dify.run_workflow(
        {}, response_mode="blocking", **options
    ),
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
    made = {"api_key": "app-client", "user": "client"}
    headers = {"X-A": "client", "X-B": "client"}
    with answered(kind, dify_server, **made, default_headers=headers) as (server, dify):
        copy = dify.with_options(api_key="app-copy", user="copy", extra_headers={"x-b": "copy"})
        given: Any = {"api_key": "app-call", "user": "call", "extra_headers": {"X-b": "call"}}
        given["extra_headers"] |= {"authorization": "cannot be replaced", "User-Agent": "mine/1"}
        for used, options, who, header in (
            (dify, {}, "client", "client"),
            (dify, dict.fromkeys(given), "client", "client"),
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
                assert (request.headers["user-agent"] == "mine/1") == (options is given)


ASKED = WorkflowRunRequest(inputs={}, api_key="app-request", user="request")


@both
def test_the_request_stands_above_the_client(kind: Kind) -> None:
    with answered(kind, dify_server, api_key="app-client", user="client") as (server, dify):
        with dify.run_workflow_stream(ASKED) as stream:
            list(stream)
            stream.stop()
            stream.info()
            assert stream.user == "request"
        dify.run_workflow(ASKED)
        dify.logs(WorkflowLogsRequest(api_key="app-request", page=1))
        for request in server.requests:
            assert request.headers["authorization"] == "Bearer app-request"
            assert _user_of(request) in ("request", None)
        methods = [request.method for request in server.requests]
        assert methods == ["POST", "GET", "POST", "GET", "POST", "GET", "GET"]


@both
def test_what_a_request_has_is_not_given_beside_it(kind: Kind) -> None:
    with answered(kind, dify_server) as (server, dify):
        dify.run_workflow(ASKED, api_key="app-request", user="request")
        for name in ("api_key", "user"):
            with pytest.raises(InvalidArgument, match="give it once") as caught:
                dify.run_workflow(ASKED, **{name: "another"})
            assert caught.value.field == name
        dify.run_workflow(WorkflowRunRequest(inputs={}, api_key="app-request"), user="call")
        last = [request for request in server.requests if request.method == "POST"][-1]
        assert last.headers["authorization"] == "Bearer app-request"
        assert last.json()["user"] == "call"


@both
def test_the_environment_stands_below_everything(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sent(url: str | None, **given: Any) -> tuple[str, str | None]:
        with client(kind, url, **{"api_key": None, **given}) as dify:
            dify.run_workflow({})
            assert dify.base_url == f"{server.url}/v1"
        post = [request for request in server.requests if request.method == "POST"][-1]
        return post.headers["authorization"], _user_of(post)

    with ReplayServer(dify_server) as server:
        monkeypatch.setenv("DIFY_API_KEY", "app-environment")
        monkeypatch.setenv("DIFY_BASE_URL", server.url)
        monkeypatch.setenv("DIFY_USER", "environment")
        assert sent(None) == ("Bearer app-environment", "environment")
        assert sent(None, user=None) == ("Bearer app-environment", "environment")
        monkeypatch.setenv("DIFY_BASE_URL", "http://127.0.0.1:9")
        mine = {"api_key": "app-client", "user": "client"}
        assert sent(server.url, **mine) == ("Bearer app-client", "client")
        monkeypatch.setenv("DIFY_USER", "")  # which is not set
        assert sent(server.url) == ("Bearer app-environment", "dify-workflow")
        monkeypatch.setenv("DIFY_API_KEY", "")
        with pytest.raises(InvalidArgument, match="DIFY_API_KEY"):
            sent(server.url)


@both
def test_extra_body_is_merged_into_the_body(kind: Kind) -> None:
    with answered(kind, RUN) as (server, dify):
        copy = dify.with_options(extra_body={"a": 1, "b": {"c": (1,)}})
        copy.run_workflow({"x": 1})
        copy.run_workflow({"x": 1}, extra_body={"a": 2})
        dify.run_workflow({"x": 1})
        bodies = [request.json() for request in server.requests]
    plain = {"inputs": {"x": 1}, "user": "dify-workflow", "response_mode": "streaming"}
    assert bodies == [{**plain, "a": 1, "b": {"c": [1]}}, {**plain, "a": 2}, plain]


@both
def test_what_is_streamed_is_asked_for_as_a_stream_and_uncompressed(kind: Kind) -> None:
    with answered(kind, dify_server) as (server, dify):
        for call in CALLS.values():
            call(dify)
        for request in server.requests:
            streams = request.path.endswith("/events") or b'"streaming"' in request.body
            accept = request.headers["accept"], request.headers["accept-encoding"]
            assert (accept == ("text/event-stream", "identity")) is streams
            assert ("json" in request.headers.get("content-type", "")) is bool(request.body)


@both
def test_a_workflow_id_runs_that_version(kind: Kind) -> None:
    version = "706abcef-cc54-47fd-bb7d-17df135b6447"
    with answered(kind, dify_server) as (server, dify):
        for workflow_id, target in ((version, version), ("a b..c?d#e%", "a%20b..c%3Fd%23e%25")):
            dify.run_workflow({"a": 1}, workflow_id=workflow_id, response_mode="blocking")
            assert server.requests[-1].target == f"/v1/workflows/{target}/run"
            assert set(server.requests[-1].json()) == {"inputs", "user", "response_mode"}


@both
def test_an_unknown_option_is_refused_by_its_name(kind: Kind) -> None:
    with answered(kind, dify_server) as (server, dify):
        calls: list[Callable[..., Any]] = [partial(call, dify) for call in CALLS.values()]
        calls += [dify.with_options, lambda **given: client(kind, server, **given).__enter__()]
        for call in calls:
            with pytest.raises(InvalidArgument, match=r"^time_out: ") as caught:
                call(time_out=3)
            assert caught.value.field == "time_out"
        for name in ("nonsense", "base_url", "http_client", "Timeout", ""):
            with pytest.raises(InvalidArgument) as caught:
                dify.run_workflow({}, **{name: 1})
            assert caught.value.field == name
            assert all(known in str(caught.value) for known in RunOptions.__annotations__)
        assert server.requests == []


# Time-outs and deadlines.


def _timeouts(kind: Kind, use: Callable[[Any], Any], **options: Any) -> list[dict[str, Any]]:
    """The time-outs that httpx was given, a request after the other."""
    seen: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        item = DETAIL
        if request.method == "POST":
            item = BLOCKING if b"blocking" in request.content else RUN
        return httpx.Response(200, headers=item.headers, content=item.body)

    http = mocked(kind, handler)
    with client(kind, "http://dify.test", http_client=http, **options) as dify:
        use(dify)
    return seen


def _all(seconds: float | None) -> dict[str, float | None]:
    return dict.fromkeys(("connect", "read", "write", "pool"), seconds)


@both
def test_timeouts(kind: Kind) -> None:
    def info(**given: Any) -> dict[str, Any]:
        [seen] = _timeouts(kind, lambda dify: dify.info("x", **given), timeout=7)
        return seen

    def of_a_run(mode: str | None = None, **given: Any) -> dict[str, Any]:
        [seen] = _timeouts(kind, lambda dify: dify.run_workflow({}, response_mode=mode), **given)
        return seen

    usual = {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 10.0}
    assert _timeouts(kind, lambda dify: dify.info("x")) == [usual]
    assert _timeouts(kind, lambda dify: dify.info("x"), timeout=None) == [_all(None)]
    assert (info(), info(timeout=3)) == (_all(7), _all(3))
    parts = {"connect": 1, "read": 2, "write": 1, "pool": 3}
    assert info(timeout=httpx.Timeout(1, read=2, pool=3)) == parts
    # A stream's head may take as long as a queued run does.
    first = of_a_run()
    assert {**first, "read": 60.0} == usual
    assert first["read"] > 300
    # A number is for plain requests; an httpx.Timeout stands above the silences of a stream too.
    assert of_a_run(timeout=7) == _all(7) | {"read": first["read"]}
    assert of_a_run(timeout=httpx.Timeout(7)) == _all(7)
    unlimited = of_a_run(timeout=None)
    assert unlimited["connect"] is None
    assert unlimited["read"] > 300  # silence of a stream always has a limit
    blocking = of_a_run("blocking")
    assert {**blocking, "read": 60.0} == usual
    assert blocking["read"] > 1200  # the longest run of a server
    capped = of_a_run(deadline=5)
    assert all(4 < seconds <= 5 for seconds in capped.values())


@both
def test_a_deadline_ends_the_wait_and_names_the_run(kind: Kind) -> None:
    with slow_runs(kind, deadline=1.5) as (_, server, dify):
        for call in (
            lambda: list(dify.run_workflow_stream({})),
            lambda: dify.with_options(deadline=600).run_workflow({}, deadline=1.5),
        ):
            with pytest.raises(DeadlineExceeded, match=RUN_ID) as caught:
                call()
            error = caught.value
            assert isinstance(error, TimeoutError)
            assert (error.run_id, error.task_id, error.status) == (RUN_ID, TASK_ID, "running")
            assert error.user == "dify-workflow"
        assert [request.method for request in server.requests] == ["POST"] * 2


@both
@pytest.mark.parametrize("state", ["an answer", "a first event"])
def test_a_deadline_before_the_run_is_known(kind: Kind, state: str) -> None:
    with slow_runs(kind, deadline=1.0) as (runs, server, dify):
        runs.state = state
        told = r"^the run \(its id is not known\): the deadline"
        with pytest.raises(DeadlineExceeded, match=told) as caught:
            dify.run_workflow({})
        assert (caught.value.run_id, caught.value.status) == (None, None)
        assert len(server.requests) == 1
