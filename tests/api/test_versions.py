"""The server's version: read from any text, compared, and kept until a newer answer says it."""

from __future__ import annotations

import re

import httpx
import pytest
from dify_workflow._api.versions import (
    REPLAYS_EVENTS,
    Server,
    Version,
    needed_for,
)
from dify_workflow_api.operations import OPERATIONS
from places import ROOT
from wire_archive import VERSIONS, exchanges

ROUTES = {
    operation: re.compile(re.sub(r"\{\w+\}", "[^/]+", f"{method} {path}"))
    for operation, (method, path, _) in OPERATIONS.items()
}
TEXTS = [
    ("1.14.2", Version(1, 14, 2)),
    ("v1.14.2", Version(1, 14, 2)),
    (" 1.14.2 ", Version(1, 14, 2)),
    ("1.14", Version(1, 14, 0)),
    ("1.14.2-fix1", Version(1, 14, 2)),
    ("2.0.0-beta.1", Version(2, 0, 0)),
    ("0.15.3", Version(0, 15, 3)),
    ("1", None),
    ("", None),
    (None, None),
    ("latest", None),
    ("9" * 5_000 + ".1", None),
    ("\xb2.\xb2", None),
]


@pytest.mark.parametrize(("text", "version"), TEXTS, ids=lambda value: str(value)[:20])
def test_a_version_is_read_or_unknown(text: str | None, version: Version | None) -> None:
    assert Version.of(text) == version


def test_versions_are_compared_by_their_numbers() -> None:
    found = [Version.of(text) for text in VERSIONS]
    known = [version for version in found if version is not None]
    assert len(known) == len(VERSIONS)
    assert sorted(known) == known
    assert list(map(str, known)) == list(VERSIONS)
    assert Version(1, 9, 2) < Version(1, 10) < Version(1, 10, 1) < Version(2, 0)


def test_every_recorded_answer_tells_the_version() -> None:
    for item in exchanges():
        if item.status:
            server = Server()
            server.learn(httpx.Headers(item.headers))
            assert str(server.version) == item.version, item


def test_an_answer_without_a_version_leaves_what_is_known() -> None:
    server = Server()
    server.learn(httpx.Headers({"X-Version": "1.14.2"}))
    for headers in ({}, {"X-Version": "unknown"}):
        server.learn(httpx.Headers(headers))
        assert server.version == Version(1, 14, 2)
    server.learn(httpx.Headers({"x-version": "1.15.0"}))
    assert server.version == Version(1, 15)


def test_an_unknown_server_is_taken_as_current() -> None:
    assert REPLAYS_EVENTS.on(None)
    assert REPLAYS_EVENTS.on(Version(1, 14))
    assert not REPLAYS_EVENTS.on(Version(1, 13, 9))


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "README.zh-CN.md",
        "CONTRIBUTING.md",
        "docs/versions.md",
        "docs/quickstart.md",
        "docs/zh/quickstart.md",
    ],
)
def test_the_newest_recorded_version_is_named(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    spans = re.findall(r"(\d+\.\d+\.\d+) (?:to|至) (\d+\.\d+\.\d+)", text)
    known = [span for span in spans if span[0] == VERSIONS[0]]
    assert known
    assert set(known) == {(VERSIONS[0], VERSIONS[-1])}


def test_the_table_agrees_with_the_recorded_servers() -> None:
    """A route answers on the versions that have it, and only with 404 pages on those before."""
    served: dict[tuple[str, str], bool] = {}
    for item in exchanges():
        place = item.method, item.path.removeprefix("/v1").partition("?")[0]
        for operation, pattern in ROUTES.items():
            if pattern.fullmatch(" ".join(place)) and item.status:
                known = not (item.status == 404 and "html" in item.content_type)
                key = operation, item.version
                served[key] = served.get(key, False) or known
    for (operation, version), answers in served.items():
        needed = needed_for(operation)
        has_it = needed is None or needed.on(Version.of(version))
        assert answers == has_it, (operation, version)
    assert sum(not answers for answers in served.values()) > 5
