"""The server's version: learned from any answer, named in errors; headers both ways."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version as installed
from typing import Any

import pytest
from dify_workflow import (
    DifyError,
    RouteNotFound,
    WorkflowRunRequest,
)
from facade import Kind, both, client
from replay_server import ReplayServer, Reply
from wire_archive import Exchange, exchange, exchanges

HTML = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>"


EMPTY = exchange("1.14.2", "run/empty_streaming")


# Routes that are not there yet.

ABSENT: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "site": ("1.4.0", lambda dify: dify.site()),
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
