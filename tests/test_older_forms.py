"""What older servers say in forms of their own, one by one, and what is learned of a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version as installed
from typing import Any

import pytest
from dify_workflow import (
    DifyError,
    InvalidParam,
    NotFound,
    RouteNotFound,
    ServerError,
    TooLarge,
    TooManyRequests,
    WorkflowRunRequest,
)
from dify_workflow_api.models import (
    IterationNextData,
    NodeFinishedData,
    NodeRetryData,
    ParallelBranchFinishedData,
    ParallelBranchStartedData,
    WorkflowFinishedData,
    WorkflowStartedData,
)
from facade import Kind, both, client
from replay_server import ReplayServer, Reply
from wire_archive import VERSIONS, Exchange, exchange, exchanges

HTML = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>"
EMPTY = exchange("1.14.2", "run/empty_streaming")


def stream(kind: Kind, item: Exchange | Reply) -> Any:
    """The events of a recorded stream, and the result."""
    reply = Reply.of(item) if isinstance(item, Exchange) else item
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        running = dify.run_workflow_stream({})
        return list(running), running.result()


def payloads(events: Any, kind: type[Any]) -> list[Any]:
    return [event.data for event in events if isinstance(event.data, kind)]


# Streams.


@both
@pytest.mark.parametrize("version", ["0.15.3", "1.1.3", "1.8.1", "1.9.1", "1.12.1", "1.14.2"])
def test_escaped_and_raw_text_are_the_same(kind: Kind, version: str) -> None:
    item = exchange(version, "run/echo_unicode_streaming")
    assert (b"\\u4f60" in item.body) == (version in ("0.15.3", "1.1.3"))
    _, result = stream(kind, item)
    assert "你好" in json.dumps(result.outputs, ensure_ascii=False)
    newest = exchange("1.14.2", "run/echo_unicode_streaming").events()[-1]["data"]["outputs"]
    kept = {name: value for name, value in result.outputs.items() if value is not None}
    assert kept.items() <= newest.items()


@both
@pytest.mark.parametrize("ping", [b"data: ping\n\n", b"data: ping\r\n\r\n", b"data:ping\n\n"])
def test_a_ping_that_is_data(kind: Kind, ping: bytes) -> None:
    """As sent by servers up to 0.6."""
    item = exchange("0.15.3", "run/empty_streaming")
    frames = [piece for frame in item.frames() for piece in (ping, frame)]
    events, result = stream(kind, Reply.stream(*frames))
    assert [event.raw for event in events] == item.events()
    assert result.status == "succeeded"


@both
def test_parallel_branches_have_events(kind: Kind) -> None:
    events, result = stream(kind, exchange("1.8.1", "run/parallel_streaming"))
    begun, ended = (
        payloads(events, model) for model in (ParallelBranchStartedData, ParallelBranchFinishedData)
    )
    assert len(begun) == len(ended) == 3
    assert {branch.status for branch in ended} == {"succeeded"}
    assert {branch.parallel_branch_id for branch in begun} == {
        branch.parallel_branch_id for branch in ended
    }
    assert result.status == "succeeded"


@both
@pytest.mark.parametrize(("version", "more"), [("0.15.3", 1), ("1.8.1", 1), ("1.9.1", 0)])
def test_an_iteration_closes_with_one_more(kind: Kind, version: str, more: int) -> None:
    events, _ = stream(kind, exchange(version, "run/iteration_streaming"))
    rounds = [data.index for data in payloads(events, IterationNextData)]
    assert rounds == list(range(3 + more))


@both
@pytest.mark.parametrize(("version", "stable"), [("1.8.1", False), ("1.12.1", True)])
def test_the_ids_of_retries(kind: Kind, version: str, stable: bool) -> None:
    events, _ = stream(kind, exchange(version, "run/fail_retry_streaming"))
    retries = payloads(events, NodeRetryData)
    assert [retry.retry_index for retry in retries] == [1, 2]
    assert (len({retry.id for retry in retries}) == 1) is stable


@both
def test_truncated_outputs_are_flagged(kind: Kind) -> None:
    item = exchange("1.9.1", "run/echo_unicode_streaming")
    frames = [
        frame.replace(b'"outputs_truncated":false', b'"outputs_truncated":true')
        for frame in item.frames()
    ]
    assert frames != item.frames()
    events, _ = stream(kind, Reply.stream(*frames))
    assert all(data.outputs_truncated is True for data in payloads(events, NodeFinishedData))
    older, _ = stream(kind, exchange("1.8.1", "run/echo_unicode_streaming"))
    assert all(data.outputs_truncated is None for data in payloads(older, NodeFinishedData))


@both
@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_without_error_has_no_message(kind: Kind, version: str) -> None:
    """`error` is null, or "" on 1.4 to 1.9; `outputs` null up to 1.1."""
    item = exchange(version, "run/empty_streaming")
    recorded = item.events()[-1]["data"]
    assert recorded["error"] == ("" if version in ("1.4.3", "1.8.1", "1.9.1") else None)
    assert recorded["outputs"] == (None if version in ("0.15.3", "1.1.3") else {})
    events, result = stream(kind, item)
    assert (result.message, events[-1].message, result.outputs) == ("", "", {})
    assert result.raise_for_status() is result
    (started,), (finished,) = (
        payloads(events, model) for model in (WorkflowStartedData, WorkflowFinishedData)
    )
    reason = None if VERSIONS.index(version) < VERSIONS.index("1.13.2") else "initial"
    assert (started.reason, finished.exceptions_count) == (reason, 0)


# Answers.


@both
def test_details_in_every_form(kind: Kind) -> None:
    seen: dict[str, set[type]] = {"outputs": set(), "created_at": set(), "finished_at": set()}
    items = [item for item in exchanges() if item.path.startswith("/v1/workflows/run/")]
    items = [item for item in items if item.status == 200 and item.json()["id"]]
    with (
        ReplayServer([Reply.of(item) for item in items]) as server,
        client(kind, server.url) as dify,
    ):
        for item in items:
            run = dify.info("id")
            for name, types in seen.items():
                types.add(type(item.json()[name]))
            assert isinstance(run.outputs, dict)
            assert isinstance(run.data.created_at, int)
            assert run.data.finished_at is None or isinstance(run.data.finished_at, int)
            assert (run.data.finished_at is None) == (item.json()["finished_at"] is None)
            if run.data.finished_at:
                assert 0 <= run.data.finished_at - run.data.created_at < 60
    assert seen["outputs"] == {str, dict, type(None)}
    assert seen["created_at"] == {str, int}
    assert seen["finished_at"] == {str, int, type(None)}


@both
def test_a_run_that_is_not_there(kind: Kind) -> None:
    """200 with nulls (and zeros up to 1.4), or 404."""
    zeros = {"total_steps": 0, "total_tokens": 0}
    nulls = exchange("1.9.1", "detail/unknown").json()
    missing = Reply.of(exchange("1.14.2", "detail/unknown"))
    for reply in (Reply.json(200, nulls), Reply.json(200, nulls | zeros), missing):
        with ReplayServer([reply]) as server, client(kind, server.url) as dify:
            with pytest.raises(NotFound) as caught:
                dify.info("00000000-0000-0000-0000-000000000000")
            assert (caught.value.code, type(caught.value)) == ("not_found", NotFound)


# A refused parameter, by the field that the message must name.
PARAMETERS: list[tuple[str, Any, str]] = [
    ("0.15.3", exchange("0.15.3", "errors/no_inputs_streaming"), "inputs"),
    (
        "1.8.1",
        {"errors": {"inputs": "Missing required"}, "message": "Input payload validation failed"},
        "inputs",
    ),
    ("1.12.1", exchange("1.12.1", "errors/no_inputs"), "inputs"),
    ("1.12.1", exchange("1.12.1", "errors/mode_bad"), "response_mode"),
    ("1.14.2", exchange("1.14.2", "errors/no_inputs"), "inputs"),
]


@both
@pytest.mark.parametrize("number", range(len(PARAMETERS)))
def test_a_refused_parameter_is_named(kind: Kind, number: int) -> None:
    _, body, name = PARAMETERS[number]
    reply = Reply.of(body) if isinstance(body, Exchange) else Reply.json(400, body)
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        with pytest.raises(InvalidParam) as caught:
            dify.run_workflow({})
        assert len(server.requests) == 1
    assert name in caught.value.message
    assert (caught.value.status_code, caught.value.code) == (400, "invalid_param")


@both
@pytest.mark.parametrize("version", VERSIONS)
def test_every_refused_parameter_of_the_logs_is_named(kind: Kind, version: str) -> None:
    items = [item for item in exchanges(version, "logs/bad_") if item.status == 400]
    assert items
    for item in items:
        name = next(part for part in ("limit", "page", "status") if part in item.case)
        with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
            with pytest.raises(InvalidParam) as caught:
                dify.logs()
            assert name in caught.value.message, item


@both
def test_bodies_without_a_status_or_a_code(kind: Kind) -> None:
    item = exchange("0.15.3", "errors/json_array_body")
    assert "status" not in item.json()
    with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
        with pytest.raises(ServerError) as caught:
            dify.run_workflow({})
        assert (caught.value.status_code, caught.value.code) == (500, "unknown")
        assert len(server.requests) == 1


@both
@pytest.mark.parametrize("version", VERSIONS)
def test_refusals_mean_the_same_on_every_version(kind: Kind, version: str) -> None:
    meaning = {"limit/": TooManyRequests, "files/upload_too_large": TooLarge}
    for under, expected in meaning.items():
        items = [item for item in exchanges(version, under) if item.status >= 400]
        assert items
        for item in items:
            with (
                ReplayServer([Reply.of(item)]) as server,
                client(kind, server.url, max_retries=0) as dify,
                pytest.raises(expected),
            ):
                dify.run_workflow({})


# Routes that are not there yet.

ABSENT: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "site": ("1.4.0", lambda dify: dify.site()),
    "preview": ("1.7.2", lambda dify: dify.preview_file("id")),
    "end user": ("1.13.0", lambda dify: dify.end_user("id")),
    "form": ("1.14.0", lambda dify: dify.form("token")),
    "submit": ("1.14.0", lambda dify: dify.submit_form("token", action="ok")),
    "resume": ("1.14.0", lambda dify: dify.resume("id").result()),
    "run by id": (
        "1.7.2",
        lambda dify: dify.run_workflow(WorkflowRunRequest(inputs={}, workflow_id="id")),
    ),
}


@both
@pytest.mark.parametrize("name", sorted(ABSENT))
def test_a_route_that_is_not_there_yet_names_the_version_needed(kind: Kind, name: str) -> None:
    needed, ask = ABSENT[name]
    for version, status in (("0.15.3", 404), ("1.1.3", 405)):
        reply = Reply.html(status, HTML, [("X-Version", version)])
        with ReplayServer([reply]) as server, client(kind, server.url) as dify:
            with pytest.raises(RouteNotFound) as caught:
                ask(dify)
            assert f"needs Dify {needed} or later, and this is {version}" in str(caught.value)
            assert len(server.requests) == 1


@both
def test_a_route_that_should_be_there_asks_for_the_base_url(kind: Kind) -> None:
    replies = {
        "no such route": Reply.html(404, HTML, [("X-Version", "1.14.2")]),
        "It should end in /v1": Reply.html(404, HTML),
    }
    for text, reply in replies.items():
        with (
            ReplayServer([reply]) as server,
            client(kind, server.url) as dify,
            pytest.raises(RouteNotFound, match=text),
        ):
            dify.form("token")


# What is learned of the server, and what it is told of us.


@both
def test_the_version_is_learned_from_any_answer(kind: Kind) -> None:
    spoken = exchange("1.14.2", "audio/with_model_text_to_audio")
    stop = next(item for item in exchanges("1.8.1", "stop/") if item.path.endswith("/stop"))
    asks: list[tuple[Reply, Any]] = [
        (Reply.of(EMPTY), lambda dify: dify.run_workflow({})),
        (Reply.of(spoken), lambda dify: list(dify.text_to_audio("x"))),
        (Reply.of(stop), lambda dify: dify.stop_workflow_stream("id")),
        (Reply.html(404, HTML, [("X-Version", "0.15.3")]), lambda dify: dify.site()),
        (
            Reply.of(exchange("1.14.2", "files/upload_no_auth")),
            lambda dify: dify.upload_file(b"x", name="a"),
        ),
        (Reply.html(502, "", [("X-Version", "1.12.1")]), lambda dify: dify.app_info()),
    ]
    expected = ["1.14.2", "1.14.2", "1.8.1", "0.15.3", "1.14.2", "1.12.1"]
    for (reply, ask), version in zip(asks, expected, strict=True):
        with ReplayServer([reply]) as server, client(kind, server.url, max_retries=0) as dify:
            assert dify.server_version is None
            copy = dify.with_options(user="ann")
            with suppress(DifyError):
                ask(copy)
            assert str(dify.server_version) == str(copy.server_version) == version


@both
def test_a_version_that_is_not_told_is_kept(kind: Kind) -> None:
    info = Reply.of(exchange("1.14.2", "appinfo/echo_info_user"))
    without = Reply.json(200, exchange("1.14.2", "appinfo/echo_info_user").json())
    with ReplayServer([info, without]) as server, client(kind, server.url) as dify:
        dify.app_info()
        dify.app_info()
        assert str(dify.server_version) == "1.14.2"


@both
def test_every_request_names_library_and_version(kind: Kind) -> None:
    agent = f"dify-workflow/{installed('dify-workflow')}"
    with ReplayServer([Reply.of(EMPTY)]) as server, client(kind, server.url) as dify:
        for ask in (
            partial(dify.run_workflow, {}),
            partial(dify.app_info),
            partial(dify.logs),
            partial(dify.upload_file, b"x", name="a"),
            partial(dify.download, "/a"),
            partial(next, dify.text_to_audio("x")),
        ):
            with suppress(DifyError):
                ask()
        assert [request.headers["user-agent"] for request in server.requests] == [agent] * 6
        dify.run_workflow({}, extra_headers={"User-Agent": "mine/1"})
        assert server.requests[-1].headers["user-agent"] == "mine/1"


@both
def test_responses_carry_the_headers(kind: Kind) -> None:
    blocking = exchange("1.14.2", "run/empty_blocking")
    detail = exchange("1.14.2", "detail/failed")
    stop = next(item for item in exchanges("1.14.2", "stop/") if item.path.endswith("/stop"))
    request = WorkflowRunRequest(inputs={}, response_mode="blocking")
    asks: list[tuple[Exchange, Callable[[Any], Any]]] = [
        (EMPTY, lambda dify: dify.run_workflow({})),
        (blocking, lambda dify: dify.run_workflow(request)),
        (detail, lambda dify: dify.info("id")),
        (stop, lambda dify: dify.stop_workflow_stream("id")),
        (exchange("1.14.2", "logs/default"), lambda dify: dify.logs()),
    ]
    for item, ask in asks:
        with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
            headers = ask(dify).headers
        assert headers["X-Version"] == "1.14.2"
        assert headers["server"] == "gunicorn"
        assert headers["date"] == item.header("date")
