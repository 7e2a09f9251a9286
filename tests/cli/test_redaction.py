"""Secrets are taken out of recordings wherever they stand, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow.cli.redaction import Redactor, each_line

LINK = "https://dify.example.com/files/1/file-preview"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{LINK}?nonce=ab&sign=x%3D=", f"{LINK}?nonce=<redacted>&sign=<redacted>"),
        ("/files/1/file-preview?sign=a-b_c", "/files/1/file-preview?sign=<redacted>"),
        ("![x](/f?sign=abc) (/f?sign=abc), 1", "![x](/f?sign=<redacted>) (/f?sign=<redacted>), 1"),
        ("http://s3/x?X-Amz-Signature=ab/c", "http://s3/x?X-Amz-Signature=<redacted>"),
        ("http://ann:pass@proxy/x", "http://<redacted>@proxy/x"),
        ("http://x/form/LQcAsLPO73fwhdeMtIWBYC now", "http://x/form/<token> now"),
        ("/v1/form/human_input/LQcAsL", "/v1/form/human_input/<token>"),
        ("/v1/form/human_input", "/v1/form/human_input"),
        ("another key app-0123456789abcdefXYZ.", "another key <key>."),
        ("app-0123 is short, an app-name too", "app-0123 is short, an app-name too"),
        ("what? a=b & c", "what? a=b & c"),
    ],
)  # fmt: skip
def test_links_and_keys_in_a_text(text: str, expected: str) -> None:
    assert Redactor().text(text) == expected


def test_a_known_secret_is_taken_out_as_a_whole_word() -> None:
    redactor = Redactor()
    for secret, mark in (("ann", "<user>"), ("ann-2", "<user>"), ("k+y", "<key>"), ("", "<user>")):
        redactor.learn(secret, mark)
    text = "ann, ann-2 and Anna: annual planning (k+y); joann"
    assert redactor.text(text) == "<user>, <user> and Anna: annual planning (<key>); joann"


def test_people_are_known_by_the_field_and_then_everywhere() -> None:
    given: dict[str, Any] = {
        "by": "ann",  # before the field that tells who she is
        "user": "ann",
        "sys.user_id": "bob",
        "email": "c@example.com",
        "session_id": None,
        "inner": '{"x": ["bob"], "session_id": "dan"}',
        "list": [{"external_user_id": "eve"}, "eve", "dan", 5],
        "created_by_account": {"email": "c@example.com"},
        "bob": 1,
        "form_token": "LQcAsL",
        "form": "open LQcAsL",
    }
    (value,) = Redactor().values([given])
    assert value == {
        "by": "<user>",
        "user": "<user>",
        "sys.user_id": "<user>",
        "email": "<user>",
        "session_id": None,
        "inner": '{"x": ["<user>"], "session_id": "<user>"}',
        "list": [{"external_user_id": "<user>"}, "<user>", "<user>", 5],
        "created_by_account": {"email": "<user>"},
        "<user>": 1,
        "form_token": "<token>",
        "form": "open <token>",
    }


def test_a_user_called_like_a_field_or_event_changes_no_structure() -> None:
    redactor = Redactor()
    given = [{"user": "data"}, {"user": "node_started"}, {"event": "node_started", "data": "data"}]
    value = redactor.values(given)[-1]
    assert value == {"event": "node_started", "data": "<user>"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/info", "/v1/info"),
        ("/v1/workflows/logs?page=2&limit=20", "/v1/workflows/logs?page=2&limit=20"),
        ("/v1/x?user=J%C3%B6rg&keyword=by+J%C3%B6rg", "/v1/x?user=<user>&keyword=by+<user>"),
        ("/v1/x?created_by_account=a%40b.c&status=", "/v1/x?created_by_account=<user>&status="),
        ("/v1/form/human_input/LQcAsL?user=x", "/v1/form/human_input/<token>?user=<user>"),
        ("/v1/x?a__after=2026-11-22T08:30:38Z", "/v1/x?a__after=2026-11-22T08:30:38Z"),
    ],
)  # fmt: skip
def test_paths_keep_what_the_contract_speaks_of(path: str, expected: str) -> None:
    assert Redactor().path(path) == expected


def test_events_of_a_stream_are_changed_together() -> None:
    stream = 'event: ping\n\ndata: {"by": "ann"}\n\ndata: {"user": "ann", "é": 1}\n\ndata: {"cu'
    assert each_line(stream, "data:", Redactor().values) == (
        'event: ping\n\ndata: {"by": "<user>"}\n\ndata: {"user": "<user>", "é": 1}\n\ndata: '
    )
