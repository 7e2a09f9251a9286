"""The API key never shows in what is raised, nor in the locals of our frames."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    DifyError,
    DifyWorkflow,
    InvalidArgument,
    RunOutcomeUnknown,
    WorkflowLogsRequest,
    WorkflowRunRequest,
)
from facade import API_KEY, Kind, answered, both, both_by_both, client, mocked
from leaks import CUT, IN_STREAM, NOBODY, STREAM, TOO_MANY, UNAUTHORIZED, assert_never_shown
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
        with pytest.raises(InvalidArgument) as caught:
            client_class(**options)
        assert_never_shown(caught.value)


@pytest.mark.parametrize("ending", ["\n1", " 1", "\x00", "é", "密"])
@both
def test_a_key_that_cannot_be_sent_is_not_shown(kind: Kind, ending: str) -> None:
    key = API_KEY + ending
    with pytest.raises(InvalidArgument) as caught, client(kind, NOBODY, api_key=key):
        pass
    assert_never_shown(caught.value)
    with client(kind, NOBODY) as dify, pytest.raises(InvalidArgument) as caught:
        dify.run_workflow({}, api_key=key)
    assert_never_shown(caught.value)


def endless() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


def calling(method: str, /, *arguments: Any, **more: Any) -> Call:
    """A call of a method; what it gives is read to its end."""

    def call(dify: Any, given: dict[str, Any]) -> None:
        value = getattr(dify, method)(*arguments, **more, **given)
        if method in ("run_workflow_stream", "attach", "iter_logs"):
            list(value)

    return call


def requesting(name: str, kind: type[Any], **more: Any) -> Call:
    """A call with a request, which has the key."""
    return lambda dify, given: getattr(dify, name)(kind(**more, **given))


BLOCKING = {"inputs": {}, "response_mode": "blocking"}
BAD_CALLS: dict[str, Call] = {
    "bad option": calling("run_workflow", {}, user=""),
    "unknown option": calling("run_workflow", {}, nonsense=1),
    "bad inputs": calling("run_workflow", {"a": b"a"}),
    "endless inputs": calling("run_workflow", {"a": endless()}),
    "bad inputs of a stream": calling("run_workflow_stream", {"a": {1: 2}}),
    "whole request": calling("run_workflow", {"inputs": {}}),
    "key among the inputs": calling("start", {"inputs": {}, "api_key": "app"}),
    "bad request": requesting("run_workflow", WorkflowRunRequest, inputs={"a": b"a"}),
    "blocking stream": requesting("run_workflow_stream", WorkflowRunRequest, **BLOCKING),
    "bad header": calling("info", "a-run", extra_headers={"X": 5}),
    "bad id": calling("info", ""),
    "endless id": calling("info", "a" * 70_000),
    "bad task id": calling("stop_workflow_stream", "", user_id="u"),
    "bad run id": calling("attach", ""),
    "bad filter": calling("logs", limit=0),
    "unknown filter": calling("logs", nonsense=1),
    "bad entry": calling("logs", last_id=5),
    "bad logs request": requesting("logs", WorkflowLogsRequest, limit=0),
    "bad filter of all logs": calling("iter_logs", limit=0),
    "bad copy": calling("with_options", user=""),
    "unknown option of a copy": calling("with_options", nonsense=1),
}
CALLS: dict[str, Call] = {
    "run_workflow": calling("run_workflow", {}),
    "run_workflow, of the request": requesting("run_workflow", WorkflowRunRequest, inputs={}),
    "run_workflow, blocking": requesting("run_workflow", WorkflowRunRequest, **BLOCKING),
    "run_workflow_stream": calling("run_workflow_stream", {}),
    "result": lambda dify, given: dify.run_workflow_stream({}, **given).result(),
    "start": calling("start", {}),
    "attach": calling("attach", "a-run", deadline=0.2),
    "info": calling("info", "a-run"),
    "stop_workflow_stream": calling("stop_workflow_stream", "a-task"),
    "logs": calling("logs", limit=5),
    "logs, of the request": requesting("logs", WorkflowLogsRequest),
    "iter_logs": calling("iter_logs"),
    "parameters": calling("parameters"),
    "form": calling("form", "a-token"),
    "upload_file": calling("upload_file", b"a", name="a.txt"),
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


@both_by_both
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_a_server_that_repeats_it_does_not_have_it_shown(kind: Kind, echo: str) -> None:
    reply = Reply.raw(echo.encode(), Close())
    with answered(kind, reply, max_retries=0, deadline=0.3) as (_, dify):
        for name in ("run_workflow", "run_workflow, blocking", "parameters"):
            with pytest.raises(DifyError) as caught:
                CALLS[name](dify, {})
            assert_never_shown(caught.value, by_locals=False)


@both_by_both
def test_a_lost_run_does_not_show_it(kind: Kind) -> None:
    def answer(request: Request) -> Reply:
        return CUT if request.method == "POST" else UNAUTHORIZED

    with answered(kind, answer, max_retries=0) as (_, dify):
        for name in ("run_workflow", "result"):
            with pytest.raises(RunOutcomeUnknown) as caught:
                CALLS[name](dify, {})
            assert caught.value.run_id is not None
            assert_never_shown(caught.value)


LARGE = "x" * 10_000_000  # more than the system takes for a server that does not read


@both
def test_a_request_that_is_not_taken_does_not_show_it(kind: Kind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with client(kind, url, max_retries=0, timeout=httpx.Timeout(0.3)) as dify:
            for call in (
                requesting(
                    "run_workflow", WorkflowRunRequest, **BLOCKING | {"inputs": {"a": LARGE}}
                ),
                calling("run_workflow", {"a": LARGE}, deadline=0.3),
                calling("upload_file", LARGE.encode(), name="a.bin"),
            ):
                with pytest.raises(DifyError) as caught:
                    call(dify, {})
                assert_never_shown(caught.value)


@pytest.mark.parametrize("failure", [httpx.ReadError, httpx.ReadTimeout])
def test_a_stream_that_breaks_on_a_client_of_the_callers(failure: type[Exception]) -> None:
    class Breaks(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield STREAM.frames()[1]
            raise failure("it broke")

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"X-Version": "1.9.1"}  # whose runs end with their streams
        if request.method == "GET":
            return httpx.Response(200, json={"id": "r", "status": "running"}, headers=headers)
        return httpx.Response(200, headers={**dict(STREAM.headers), **headers}, stream=Breaks())

    with client("sync", NOBODY, http_client=mocked("sync", answer)) as dify:
        with pytest.raises(RunOutcomeUnknown) as caught:
            dify.run_workflow({})
        assert isinstance(caught.value.__cause__, failure)
        assert_never_shown(caught.value)
