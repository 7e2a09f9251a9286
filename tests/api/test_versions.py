"""The server's version: learned from its answers, and named in errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from dify_workflow import DifyError, RouteNotFound
from dify_workflow._api.versions import REPLAYS_EVENTS, Version, needed_for
from facade import Kind, answered, both
from places import ROOT
from recorded_models import operation_of
from replay_server import Reply
from wire_archive import VERSIONS, exchanges

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


@both
def test_the_version_is_shared_and_kept_until_another_is_told(kind: Kind) -> None:
    """That any answer tells it: tests/clients/test_facade_complete.py."""
    told = [page(502, version) for version in ("1.14.2", None, "unknown", "1.99.0")]
    with answered(kind, *told, max_retries=0) as (_, dify):
        assert dify.server_version is None
        copy = dify.with_options(user="ann")
        for expected in ("1.14.2", "1.14.2", "1.14.2", "1.99.0"):
            with pytest.raises(DifyError):
                copy.app_info()
            assert str(dify.server_version) == str(copy.server_version) == expected
