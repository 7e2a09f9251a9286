"""The checks for real servers (tests/live), run against stand-ins: what passes, skips, fails."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from dify_workflow.testing import (
    Answer,
    Emit,
    FakeDify,
    FormInput,
    HumanInput,
    Input,
    Node,
    Parallel,
    Sleep,
)
from tunnel import TLS, Tunnel

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent
KEY = "app-the-key-of-the-live-suite"
FORM = [
    Input("text", required=True, max_length=3),
    Input("pick", "select", options=("red", "green"), required=True),
    Input("number", "number", required=True),
    Input("yes", "checkbox", required=True),
    Input("object", "json_object", required=True),
    Input("picture", "file", required=True, allowed_file_types=["image"]),
]
INPUTS = {"text": "abc", "pick": "red", "number": 5, "yes": False, "object": {"a": 1}}
SPECIAL = ("PAUSE", "FAIL", "STREAM", "SLOW", "FILES", "FORMS", "SPEECH", "FULL")
FORMS = [
    HumanInput("rich", "{{#$output.c#}}", [FormInput("c"), FormInput("f", "file")]),
    HumanInput("second", "", [FormInput("s", "select", options=("a", "b"))]),
]


@attrs.frozen
class Outcome:
    """How the suite ended: exit code, its output, reasons of skipped checks by module::test."""

    code: int
    output: str
    skipped: dict[str, str]


@functools.cache
def clean_environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("DIFY_")}


def suite(*arguments: str, **variables: str) -> Outcome:
    """Run the suite in a process of its own; no key may ever show in what it prints."""
    ran = subprocess.run(
        [sys.executable, "tests/live", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=100,
        env=clean_environment() | variables,
    )
    output = ran.stdout + ran.stderr
    assert not [key for name, key in variables.items() if "KEY" in name and key in output], output
    lines = [line.split(": ", 2) for line in output.splitlines() if line.startswith("skipped: ")]
    return Outcome(ran.returncode, output, {name: why for _, name, why in lines})


def served(fake: FakeDify) -> dict[str, str]:
    return {"DIFY_BASE_URL": fake.url, "DIFY_API_KEY": fake.api_key}


def special_apps(fake: FakeDify) -> dict[str, str]:
    """Make an app of each kind; return the variables that name them."""
    keys = {name: f"{KEY}-{name.lower()}" for name in SPECIAL}
    fake.app(keys["PAUSE"], FORMS)
    fake.app(keys["FAIL"], [Node("bad", _fails)])
    fake.app(keys["STREAM"], fake.world.app("app-text").workflow)  # type: ignore[union-attr]
    fake.app(keys["SLOW"], [Node(f"slow{n}", {"n": n}, seconds=0.1) for n in range(3)])
    document = fake.file("made.txt", b"made by the workflow")
    docs = Input("docs", "file-list", required=True, allowed_file_types=["custom"], max_length=1)
    fake.app(keys["FILES"], [Node("make", {"made": document})], form=[docs])
    both = Parallel(HumanInput("left", "", [FormInput("a")]), HumanInput("right", ""))
    fake.app(keys["FORMS"], [both, Node("after")])
    fake.app(keys["SPEECH"], speech=True)
    fake.app(keys["FULL"], [Sleep(0.3)], max_active_requests=2)
    return {f"DIFY_API_KEY_{name}": key for name, key in keys.items()}


def _fails(_: Mapping[str, Any]) -> dict[str, Any]:
    from dify_workflow.testing import NodeFailed

    raise NodeFailed("it always fails")


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> Iterator[FakeDify]:
    version = getattr(request, "param", "1.14.2")
    with FakeDify(version, KEY, form=FORM, eof_delay=0.0) as dify:
        yield dify


@pytest.mark.slow
def test_with_every_app_everything_is_checked(fake: FakeDify) -> None:
    fake.default_app.speech = True
    outcome = suite(**served(fake), **special_apps(fake))
    assert (outcome.code, outcome.skipped) == (0, {}), outcome.output
    assert "server: Dify 1.14.2 at 127.0.0.1, app 'workflow'" in outcome.output
    assert "finding" not in outcome.output
    # Nothing is stopped, or left running, but by the checks that do just that.
    assert {run.status for run in fake.runs} <= {"succeeded", "failed", "stopped"}
    assert len(fake.runs) < 60
    used = {request.operation for request in fake.requests}
    assert used >= {"stopWorkflowTask", "streamWorkflowEvents", "getEndUser", "previewFile"}
    assert used >= {"submitHumanInputForm", "textToAudio", "audioToText", "getAppSite"}


def test_with_one_app_the_rest_is_skipped(fake: FakeDify) -> None:
    fake.default_app.form = None
    outcome = suite("-k", "not recovery", **served(fake))
    assert outcome.code == 0, outcome.output
    for check, reason in {
        "check_stops.py::test_stop[sync]": "no DIFY_API_KEY_SLOW, the key of an app whose run",
        "check_human_input.py::test_forms_by_hand[async]": "no DIFY_API_KEY_PAUSE",
        "check_failures.py::test_failed_run[sync]": "no DIFY_API_KEY_FAIL",
        "check_runs.py::test_streamed_text[sync]": "no DIFY_API_KEY_STREAM",
        "check_files.py::test_file_as_an_input[sync]": "the app takes no files",
        "check_app.py::test_speech_to_text[sync]": "the app has speech to text switched off",
        "check_app.py::test_text_to_speech[async]": "the app has text to speech switched off",
    }.items():
        assert outcome.skipped.pop(check).startswith(reason)
    assert "check_logs.py" not in {check.partition("::")[0] for check in outcome.skipped}
    assert {run.status for run in fake.runs} == {"succeeded"}


@pytest.mark.slow
@pytest.mark.parametrize("fake", ["1.9.1"], indirect=True)
def test_what_came_later_is_skipped_on_an_older_server(fake: FakeDify) -> None:
    fake.default_app.speech = True
    outcome = suite(**served(fake), **special_apps(fake))
    assert outcome.code == 0, outcome.output
    assert {check.partition("[")[0] for check in outcome.skipped} == {
        "check_human_input.py::test_forms_by_hand",
        "check_human_input.py::test_forms_by_a_callback",
        "check_logs.py::test_end_user",
        "check_recovery.py::test_cut_stream",
    }
    assert all("and this is 1.9.1" in reason for reason in outcome.skipped.values())


@pytest.mark.slow
def test_over_tls_a_cut_stream_is_recovered(fake: FakeDify) -> None:
    with Tunnel(fake.url, tls=True) as tunnel:
        given = {**served(fake), **special_apps(fake), "SSL_CERT_FILE": str(TLS / "ca.pem")}
        outcome = suite("-k", "recovery", **{**given, "DIFY_BASE_URL": tunnel.url})
    assert (outcome.code, outcome.skipped) == (0, {}), outcome.output
    assert len(fake.runs) == 2
    assert tunnel.protocols


@pytest.mark.slow
def test_inputs_that_are_given_and_inputs_that_are_not_to_be_had(fake: FakeDify) -> None:
    fake.workflow, fake.default_app.form = [Node("bad", _fails)], FORM[:-1]
    film = Input("film", "file", required=True, allowed_file_types=["video"])
    fake.app(f"{KEY}-film", form=[film])
    given = {"DIFY_LIVE_INPUTS": json.dumps(INPUTS), "DIFY_API_KEY_FILES": f"{KEY}-film"}
    outcome = suite("-k", "test_run or test_file_as_an_input", **served(fake), **given)
    assert outcome.code == 1, outcome.output
    assert "run of the app has to succeed, but its run is failed: 'it always fails'" in (
        outcome.output
    )
    assert [run.inputs for run in fake.runs] == [INPUTS, INPUTS]
    reason = outcome.skipped["check_files.py::test_file_as_an_input[sync]"]
    assert reason.startswith("the input 'film' takes files of the type video only; give DIFY_LIVE")


def test_a_broken_server_fails_and_a_newer_one_is_noticed(fake: FakeDify) -> None:
    site, meta = {"title": "a site", "new": 1}, {"tool_icons": "none"}
    fake.faults.add(Answer(on="getAppSite", status=200, body=site), times=None)
    fake.faults.add(Answer(on="getAppMeta", status=200, body=meta), times=None)
    fake.faults.add(Answer(on="getAppParameters", status=200, body={}), times=1)
    fake.world.check = False
    chunk = {"text": 5, "from_variable_selector": ["a", "b"], "mood": [{"of": "the day"}]}
    fake.workflow = [Emit("text_chunk", chunk), Emit("brand_new_event", {"a": 1})]
    fake.default_app.form = FORM[:-1]
    given = {**served(fake), "DIFY_LIVE_INPUTS": json.dumps(INPUTS)}
    outcome = suite("-k", "site or meta or parameters or test_stream[", **given)
    assert outcome.code == 1, outcome.output
    for line in (
        "  getAppSite 200: $: 'chat_color_theme' is a required property",
        "  getAppMeta 200: $.tool_icons: 'none' is not of type 'object'",
        "  getAppParameters 200: $: 'user_input_form' is a required property",
        "  event text_chunk: $.data.text: 5 is not of type 'string'",
        "finding: getAppSite 200: new",
        "finding: event text_chunk: data.mood",
        "finding: event brand_new_event: the contract has no such event",
    ):
        assert line in outcome.output.splitlines(), (line, outcome.output)
    assert "7 failed, 1 passed" in outcome.output


def test_it_says_what_it_needs() -> None:
    outcome = suite()
    assert outcome.code == 2
    assert "make test-live needs DIFY_BASE_URL and DIFY_API_KEY" in outcome.output
    assert "DIFY_API_KEY_PAUSE: the key of an app that asks for human input" in outcome.output
    outcome = suite(DIFY_BASE_URL="http://127.0.0.1:9/v1")
    assert (outcome.code, "needs DIFY_API_KEY." in outcome.output) == (2, True)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"DIFY_API_KEY": "app-another-key"}, "401"),
        ({"DIFY_LIVE_INPUTS_SLOW": "[1]"}, "DIFY_LIVE_INPUTS_SLOW is no JSON object"),
    ],
)
def test_what_cannot_be_used(given: dict[str, str], problem: str, fake: FakeDify) -> None:
    outcome = suite(**served(fake) | given)
    assert outcome.code == 2, outcome.output
    assert "no checks were run: " in outcome.output
    assert problem in outcome.output
    assert not fake.runs
