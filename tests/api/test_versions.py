"""The server's version: learned from any answer, named in errors; headers both ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version as installed
from typing import Any

import pytest
from dify_workflow import DifyError, RouteNotFound
from dify_workflow._api.versions import REPLAYS_EVENTS, Version, needed_for
from facade import Kind, answered, both
from places import ROOT
from recorded_models import operation_of
from replay_server import Reply
from wire_archive import VERSIONS, Exchange, exchange, exchanges

TEXTS = [
    ("1.14.2", Version(1, 14, 2)),
    ("v1.14.2", Version(1, 14, 2)),
    (" 1.14.2 ", Version(1, 14, 2)),
    ("1.14", Version(1, 14, 0)),
    ("1.14.2-fix1", Version(1, 14, 2)),
    ("2.0.0-beta.1", Version(2, 0, 0)),
    ("0.15.3", Version(0, 15, 3)),
    *((text, None) for text in ("1", "", None, "latest", "9" * 5_000 + ".1", "\xb2.\xb2")),
]


@pytest.mark.parametrize(("text", "version"), TEXTS, ids=lambda value: str(value)[:20])
def test_a_version_is_read_or_unknown(text: str | None, version: Version | None) -> None:
    assert Version.of(text) == version


def test_versions_are_compared_by_their_numbers() -> None:
    known = [version for version in map(Version.of, VERSIONS) if version is not None]
    assert sorted(known) == known
    assert list(map(str, known)) == list(VERSIONS)
    assert Version(1, 9, 2) < Version(1, 10) < Version(1, 10, 1) < Version(2, 0)
    assert REPLAYS_EVENTS.on(None)  # an unknown server is taken as current
    assert REPLAYS_EVENTS.on(Version(1, 14))
    assert not REPLAYS_EVENTS.on(Version(1, 13, 9))


DOCUMENTS = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "docs/versions.md"]
DOCUMENTS += ["docs/quickstart.md", "docs/zh/quickstart.md"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_newest_recorded_version_is_named(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    spans = re.findall(r"(\d+\.\d+\.\d+) (?:to|至) (\d+\.\d+\.\d+)", text)
    assert {span for span in spans if span[0] == VERSIONS[0]} == {(VERSIONS[0], VERSIONS[-1])}


def test_the_table_agrees_with_the_recorded_servers() -> None:
    """A route answers on the versions that have it, and only with 404 pages on those before."""
    served: dict[tuple[str, str], bool] = {}
    for item in exchanges():
        if (operation := operation_of(item)) and item.status:
            known = not (item.status == 404 and "html" in item.content_type)
            key = operation, item.version
            served[key] = served.get(key, False) or known
    for (operation, version), answers in served.items():
        needed = needed_for(operation)
        has_it = needed is None or needed.on(Version.of(version))
        assert answers == has_it, (operation, version)
    assert sum(not answers for answers in served.values()) > 5


# As the clients see it.

EMPTY = exchange("1.14.2", "run/empty_streaming")
STOPPED = [item for item in exchanges("1.14.2", "stop/") if item.path.endswith("/stop")]


def page(status: int, version: str | None) -> Reply:
    """A page that is none of the API's."""
    html = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>"
    return Reply.html(status, html, [("X-Version", version)] if version else [])


ABSENT: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "site": ("1.4.0", lambda dify: dify.site()),
    "end user": ("1.13.0", lambda dify: dify.end_user("id")),
    "form": ("1.14.0", lambda dify: dify.form("token")),
    "submit": ("1.14.0", lambda dify: dify.submit_form("token", action="ok")),
    "resume": ("1.14.0", lambda dify: dify.resume("id").result()),
    "run by id": ("1.7.2", lambda dify: dify.run_workflow({}, workflow_id="id")),
}


@both
@pytest.mark.parametrize("name", sorted(ABSENT))
def test_a_route_that_is_not_there_yet_names_the_version_needed(kind: Kind, name: str) -> None:
    needed, ask = ABSENT[name]
    with answered(kind, page(404, "0.15.3"), page(405, "1.1.3")) as (server, dify):
        for version in ("0.15.3", "1.1.3"):
            with pytest.raises(RouteNotFound) as caught:
                ask(dify)
            assert f"needs Dify {needed} or later, and this is {version}" in str(caught.value)
        assert len(server.requests) == 2
    # Where it should be there, the base URL is asked for.
    for newest, text in (("1.14.2", "no such route"), (None, "It should end in /v1")):
        with (
            answered(kind, page(404, newest)) as (_, dify),
            pytest.raises(RouteNotFound, match=text),
        ):
            ask(dify)


LEARNED: list[tuple[Reply | Exchange, Callable[[Any], Any], str]] = [
    (EMPTY, lambda dify: dify.run_workflow({}), "1.14.2"),
    (
        exchange("1.14.2", "audio/with_model_text_to_audio"),
        lambda dify: list(dify.text_to_audio("x")),
        "1.14.2",
    ),
    (STOPPED[0], lambda dify: dify.stop_workflow_stream("id"), "1.14.2"),
    (page(404, "0.15.3"), lambda dify: dify.site(), "0.15.3"),
    (
        exchange("1.14.2", "files/upload_no_auth"),
        lambda dify: dify.upload_file(b"x", name="a"),
        "1.14.2",
    ),
    (page(502, "1.12.1"), lambda dify: dify.app_info(), "1.12.1"),
]


@both
def test_the_version_is_learned_from_any_answer_and_kept(kind: Kind) -> None:
    unknown = [Reply.json(200, {}), page(502, "unknown"), page(502, "1.99.0")]
    for reply, ask, version in LEARNED:
        with answered(kind, reply, *unknown, max_retries=0) as (_, dify):
            assert dify.server_version is None
            copy = dify.with_options(user="ann")
            with suppress(DifyError):
                ask(copy)
            assert str(dify.server_version) == str(copy.server_version) == version
            for expected in (version, version, "1.99.0"):
                with suppress(DifyError):
                    dify.app_info()
                assert str(dify.server_version) == expected


@both
def test_every_request_names_library_and_version(kind: Kind) -> None:
    agent = f"dify-workflow/{installed('dify-workflow')}"
    with answered(kind, EMPTY) as (server, dify):
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
