"""The server's version: read from any text, compared, and kept until a newer answer says it."""

from __future__ import annotations

import httpx
import pytest
from dify_workflow.versions import REPLAYS_EVENTS, Server, Version, at_least
from wire_archive import VERSIONS, exchanges

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
    assert at_least(None, REPLAYS_EVENTS)
    assert at_least(Version(1, 14), REPLAYS_EVENTS)
    assert not at_least(Version(1, 13, 9), REPLAYS_EVENTS)
