"""The API key never shows in what is raised, nor in the locals of our frames."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import dify_workflow
import httpx
import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    DifyError,
    DifyWorkflow,
    RunOutcomeUnknown,
    WorkflowLogsRequest,
    WorkflowRunRequest,
)
from facade import API_KEY, Kind, answered, both, client
from failing_replies import CUT, IN_STREAM, NOBODY, STREAM, TOO_MANY, UNAUTHORIZED
from leaks import assert_never_shown
from replay_server import Close, ReplayServer, Reply, Request

Call = Callable[[Any, dict[str, Any]], Any]


def given_everywhere(kind: Kind, url: str, call: Call) -> None:
    """Make a call that fails, with the key in the client, and again with it in the call."""
    for options, given in (
        ({"api_key": API_KEY}, {}),
        ({"api_key": "app-another"}, {"api_key": API_KEY}),
    ):
        with client(kind, url, max_retries=0, **options) as dify:
            with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is not the matter
                call(dify, given)
            assert not isinstance(caught.value, NameError | AssertionError)
            assert_never_shown(caught.value)


BAD_CLIENTS: list[dict[str, Any]] = [
    {"base_url": "https://host.example/console/api"},
    {"base_url": 5},
    {"user": ""},
    {"timeout": "soon"},
    {"max_retries": -1},
    {"default_headers": {"X": 5}},
    {"extra_body": {"a": b"a"}},
    {"nonsense": 1},
]


@pytest.mark.parametrize("client_class", [DifyWorkflow, AsyncDifyWorkflow])
@pytest.mark.parametrize("given", [True, False], ids=["given", "of the environment"])
def test_a_client_that_cannot_be_made_does_not_show_it(
    client_class: type[Any], given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not given:
        monkeypatch.setenv("DIFY_API_KEY", API_KEY)
    for bad in BAD_CLIENTS:
        options = {"base_url": NOBODY, **({"api_key": API_KEY} if given else {}), **bad}
        with pytest.raises(dify_workflow.InvalidArgument) as caught:
            client_class(**options)
        assert_never_shown(caught.value)


@pytest.mark.parametrize("ending", ["\n1", " 1", "\x00", "é", "密"])
@both
def test_a_key_that_cannot_be_sent_is_not_shown(kind: Kind, ending: str) -> None:
    def call(dify: Any, given: dict[str, Any]) -> None:
        dify.run_workflow({}, **{name: value + ending for name, value in given.items()})

    with ReplayServer([Reply.of(STREAM)]) as server:
        with (
            pytest.raises(dify_workflow.InvalidArgument) as caught,
            client(kind, server, api_key=API_KEY + ending),
        ):
            pass
        assert_never_shown(caught.value)
        with client(kind, server, api_key="app-another") as dify:
            with pytest.raises(dify_workflow.InvalidArgument) as caught:
                dify.run_workflow({}, api_key=API_KEY + ending)
            assert_never_shown(caught.value)


BAD_CALLS: dict[str, Call] = {
    "bad option": lambda dify, given: dify.run_workflow({}, user="", **given),
    "unknown option": lambda dify, given: dify.run_workflow({}, nonsense=1, **given),
    "bad inputs": lambda dify, given: dify.run_workflow({"a": b"a"}, **given),
    "endless inputs": lambda dify, given: dify.run_workflow({"a": endless()}, **given),
    "bad inputs of a stream": lambda dify, given: dify.run_workflow_stream({"a": {1: 2}}, **given),
    "whole request": lambda dify, given: dify.run_workflow({"inputs": {}}, **given),
    "key among the inputs": lambda dify, given: dify.start(
        {"inputs": {}, "api_key": "app"}, **given
    ),
    "bad request": lambda dify, given: dify.run_workflow(
        WorkflowRunRequest(inputs={"a": b"a"}, **given)
    ),
    "blocking stream": lambda dify, given: dify.run_workflow_stream(
        WorkflowRunRequest(inputs={}, response_mode="blocking", **given)
    ),
    "bad header": lambda dify, given: dify.info("a-run", extra_headers={"X": 5}, **given),
    "bad id": lambda dify, given: dify.info("", **given),
    "endless id": lambda dify, given: dify.info("a" * 70_000, **given),
    "bad task id": lambda dify, given: dify.stop_workflow_stream("", user_id="u", **given),
    "bad run id": lambda dify, given: dify.attach("", **given),
    "bad filter": lambda dify, given: dify.logs(limit=0, **given),
    "unknown filter": lambda dify, given: dify.logs(nonsense=1, **given),
    "bad entry": lambda dify, given: dify.logs(last_id=5, **given),
    "bad logs request": lambda dify, given: dify.logs(WorkflowLogsRequest(limit=0, **given)),
    "filters beside a request": lambda dify, given: dify.logs(
        WorkflowLogsRequest(**given), limit=0, **given
    ),
    "bad filter of all logs": lambda dify, given: list(dify.iter_logs(limit=0, **given)),
    "bad copy": lambda dify, given: dify.with_options(user="", **given),
    "unknown option of a copy": lambda dify, given: dify.with_options(nonsense=1, **given),
}


def endless() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


CALLS: dict[str, Call] = {
    "run_workflow": lambda dify, given: dify.run_workflow({}, **given),
    "run_workflow, of the request": lambda dify, given: dify.run_workflow(
        WorkflowRunRequest(inputs={}, **given)
    ),
    "run_workflow, blocking": lambda dify, given: dify.run_workflow(
        WorkflowRunRequest(inputs={}, response_mode="blocking", **given)
    ),
    "run_workflow_stream": lambda dify, given: list(dify.run_workflow_stream({}, **given)),
    "result": lambda dify, given: dify.run_workflow_stream({}, **given).result(),
    "start": lambda dify, given: dify.start({}, **given),
    "attach": lambda dify, given: list(dify.attach("a-run", deadline=0.2, **given)),
    "info": lambda dify, given: dify.info("a-run", **given),
    "stop_workflow_stream": lambda dify, given: dify.stop_workflow_stream("a-task", **given),
    "logs": lambda dify, given: dify.logs(limit=5, **given),
    "logs, of the request": lambda dify, given: dify.logs(WorkflowLogsRequest(**given)),
    "iter_logs": lambda dify, given: list(dify.iter_logs(**given)),
    "parameters": lambda dify, given: dify.parameters(**given),
    "form": lambda dify, given: dify.form("a-token", **given),
    "upload_file": lambda dify, given: dify.upload_file(b"a", name="a.txt", **given),
}


@both
@pytest.mark.parametrize("call", [*BAD_CALLS.values(), *CALLS.values()], ids=[*BAD_CALLS, *CALLS])
def test_a_call_that_is_refused_here_or_reaches_nobody_does_not_show_it(
    kind: Kind, call: Call
) -> None:
    given_everywhere(kind, NOBODY, call)


@both
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_error_answer_does_not_show_it(kind: Kind, call: Call) -> None:
    for reply in (UNAUTHORIZED, TOO_MANY, Reply.json(200, [5])):
        with ReplayServer([reply]) as server:
            given_everywhere(kind, server.url, call)
            sent = {request.headers["authorization"] for request in server.requests}
            assert sent <= {f"Bearer {API_KEY}"}


@both
def test_an_error_in_a_stream_does_not_show_it(kind: Kind) -> None:
    with ReplayServer([IN_STREAM]) as server:
        for name in ("run_workflow", "run_workflow_stream", "result", "start"):
            given_everywhere(kind, server.url, CALLS[name])


ECHO = f"Bearer {API_KEY}"
HEAD = "HTTP/1.1 200 OK\r\nX-Version: 1.9.1\r\n"
CHUNKED = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n"
STREAMED = f"{HEAD}Content-Type: text/event-stream\r\n\r\ndata: "
ECHOES = {
    "no head": f"{ECHO}\r\n\r\n",
    "the begin of one": ECHO,
    "status line": f"HTTP/1.1 2x0 {ECHO}\r\n\r\n",
    "header": f"HTTP/1.1 500 Error\r\nX-Sent: {ECHO}\r\nContent-Length: 0\r\n\r\n",
    "address": f"HTTP/1.1 302 Found\r\nLocation: http://a/{API_KEY}\r\nContent-Length: 0\r\n\r\n",
    "transfer coding": f"{HEAD}Transfer-Encoding: {API_KEY}\r\n\r\n",
    "coding": f"{HEAD}Content-Encoding: {API_KEY}\r\n\r\nbody",
    "media type": f"{HEAD}Content-Type: text/{API_KEY}\r\n\r\nbody",
    "chunk": f"{CHUNKED}{ECHO}\r\n",
    "trailer": f"{CHUNKED}1\r\na\r\n0\r\n{ECHO}\r\n\r\n",
    "body": f"{HEAD}\r\n{ECHO}",
    "JSON": f'{HEAD}\r\n"{ECHO}"',
    "code": f'{HEAD}\r\n{{"code": "{API_KEY}", "message": "{ECHO}", "status": 400}}',
    "event": f'{STREAMED}{{"event": "error", "code": "{API_KEY}", "message": "{ECHO}"}}\n\n',
}


@both
@pytest.mark.parametrize("connections", ["own", "httpx"])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_a_server_that_repeats_it_does_not_have_it_shown(
    kind: Kind, connections: str, echo: str
) -> None:
    blocking = WorkflowRunRequest(inputs={}, response_mode="blocking")
    given = {"connections": connections, "max_retries": 0, "deadline": 0.3}
    with ReplayServer([Reply.raw(echo.encode(), Close())] * 99) as server:
        calls: list[Callable[[Any], Any]] = [
            lambda dify: dify.run_workflow({}),
            lambda dify: dify.run_workflow(blocking),
            lambda dify: dify.parameters(),
        ]
        for call in calls:
            with client(kind, server, **given) as dify, pytest.raises(DifyError) as caught:
                call(dify)
            assert_never_shown(caught.value, by_locals=False)


@both
def test_a_lost_run_does_not_show_it(kind: Kind) -> None:
    def answer(request: Request) -> Reply:
        return CUT if request.method == "POST" else UNAUTHORIZED

    with answered(kind, answer, max_retries=0) as (_, dify):
        for call in (CALLS["run_workflow"], CALLS["result"]):
            with pytest.raises(RunOutcomeUnknown) as caught:
                call(dify, {})
            assert caught.value.run_id is not None
            assert_never_shown(caught.value)


LARGE = "x" * 10_000_000  # more than the system takes for a server that does not read


@both
def test_a_request_that_is_not_taken_does_not_show_it(kind: Kind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with client(kind, url, max_retries=0, timeout=httpx.Timeout(0.3)) as dify:
            blocking = WorkflowRunRequest(inputs={"a": LARGE}, response_mode="blocking")
            calls: list[Callable[[], Any]] = [
                lambda: dify.run_workflow(blocking),
                lambda: dify.run_workflow({"a": LARGE}, deadline=0.3),
                lambda: dify.upload_file(LARGE.encode(), name="a.bin"),
            ]
            for call in calls:
                with pytest.raises(DifyError) as caught:
                    call()
                assert_never_shown(caught.value)


@pytest.mark.parametrize("failure", [httpx.ReadError, httpx.ReadTimeout])
def test_a_stream_that_breaks_on_a_client_of_the_callers(failure: type[Exception]) -> None:
    class Breaks(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'data: {"event": "workflow_started", "workflow_run_id": "r", "data": {}}\n\n'
            raise failure("it broke")

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"X-Version": "1.9.1"}
        if request.method == "GET":
            return httpx.Response(200, json={"id": "r", "status": "running"}, headers=headers)
        headers["Content-Type"] = "text/event-stream"
        return httpx.Response(200, stream=Breaks(), headers=headers)

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as http,
        client("sync", NOBODY, http_client=http) as dify,
        pytest.raises(RunOutcomeUnknown) as caught,
    ):
        dify.run_workflow({})
    cause = caught.value.__cause__
    assert isinstance(cause, failure)
    assert_never_shown(caught.value)
