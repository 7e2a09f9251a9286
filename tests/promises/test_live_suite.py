"""The checks for real servers (tests/live), run against stand-ins: what passes, skips, fails.

The stand-ins have the faults of servers; the clients of `live_wrong_clients` have faults, too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import attrs
import pytest
from fake_dify import (
    Answer,
    Emit,
    FakeDify,
    Fault,
    FormInput,
    Gate,
    Hang,
    HumanInput,
    Input,
    Node,
    NodeFailed,
    Parallel,
    Sleep,
)
from fake_dify.faults import Ending
from fake_dify.steps.builtin import BUILTINS
from live_wrong_clients import WRONG
from places import ROOT, TLS
from tunnel import Tunnel

LONGEST = 300  # s; one run of the suite, on a busy machine
pytestmark = [pytest.mark.long, pytest.mark.timeout(LONGEST + 60)]
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


def suite(*arguments: str, **variables: str) -> Outcome:
    """Run the suite in a process of its own, with a client whose patience is short.

    No key may ever show in what it prints.
    """
    clean = {name: text for name, text in os.environ.items() if not name.startswith("DIFY_")}
    ran = subprocess.run(
        [sys.executable, "tests/live", "-p", "live_hurry", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=LONGEST,
        env=clean | variables,
    )
    output = ran.stdout + ran.stderr
    assert not [key for name, key in variables.items() if "KEY" in name and key in output], output
    skipped = re.findall(r"(?m)^skipped: (.*?): (.*)", output)
    return Outcome(ran.returncode, output, dict(skipped))


def served(fake: FakeDify) -> dict[str, str]:
    return {"DIFY_BASE_URL": fake.url, "DIFY_API_KEY": fake.api_key}


def special_apps(fake: FakeDify) -> dict[str, str]:
    """Make an app of each kind; return the variables that name them."""
    keys = {name: f"{KEY}-{name.lower()}" for name in SPECIAL}
    fake.app(keys["PAUSE"], FORMS)
    fake.app(keys["FAIL"], [Node("bad", _fails)])
    fake.app(keys["STREAM"], BUILTINS["text"])
    fake.app(keys["SLOW"], [Node(f"slow{n}", {"n": n}, seconds=0.1) for n in range(3)])
    document = fake.file("made.txt", b"made by the workflow")
    custom: Any = {"allowed_file_types": ["custom"], "allowed_file_extensions": [".txt"]}
    docs = Input("docs", "file-list", required=True, max_length=1, **custom)
    fake.app(keys["FILES"], [Node("make", {"made": document})], form=[docs])
    both = Parallel(HumanInput("left", "", [FormInput("a")]), HumanInput("right", ""))
    fake.app(keys["FORMS"], [both, Node("after")])
    fake.app(keys["SPEECH"], speech=True)
    fake.app(keys["FULL"], [Sleep(0.3)], max_active_requests=2)
    return {f"DIFY_API_KEY_{name}": key for name, key in keys.items()}


def _fails(_: Mapping[str, Any]) -> dict[str, Any]:
    raise NodeFailed("it always fails")


def passed(fake: FakeDify, chosen: str, *arguments: str, **variables: str) -> str:
    """Run the chosen checks with every app, all of which pass; return the output."""
    given = {**served(fake), **special_apps(fake), **variables}
    outcome = suite("-k", chosen, *arguments, **given)
    assert (outcome.code, outcome.skipped) == (0, {}), outcome.output
    return outcome.output


def failed(fake: FakeDify, chosen: str, **variables: str) -> Outcome:
    """Run the chosen checks with one app, some of which fail."""
    outcome = suite("-k", chosen, **served(fake), **variables)
    assert outcome.code == 1, outcome.output
    return outcome


FORM_CHECKS = {"test_forms_by_hand", "test_forms_by_a_callback", "test_a_declined_form_is_left"}
FORM_CHECKS |= {"test_cut_before_a_pause"}
REFUSALS, END_USER = {"test_refused_inputs", "test_refused_file"}, {"test_end_user"}
RECOVERY = {"test_cut_stream", "test_cuts_at_random_bytes"}
RECOVERY |= {"test_silence_from_the_start", "test_silence_in_mid_stream"}


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> Iterator[FakeDify]:
    """A server; its parameter is a version, or its options."""
    options = getattr(request, "param", {})
    if isinstance(options, str):
        options = {"version": options}
    with FakeDify(**{"api_key": KEY, "form": FORM, "eof_delay": 0.0, **options}) as dify:
        yield dify


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fake", "skipped"),
    [
        ("1.16.1", set()),
        ("1.9.1", FORM_CHECKS | END_USER | RECOVERY),
        ("1.15.0", set()),
        ("1.14.2", set()),
        ("1.13.2", FORM_CHECKS | REFUSALS),
        ("1.12.1", FORM_CHECKS | END_USER),
    ],
    indirect=["fake"],
)
def test_with_every_app_all_that_the_server_can_is_checked(
    fake: FakeDify, skipped: set[str]
) -> None:
    outcome = suite(**served(fake), **special_apps(fake))
    assert outcome.code == 0, outcome.output
    names = {re.split(r"::|\[", check)[1] for check in outcome.skipped}
    assert names == skipped, outcome.output
    assert all(fake.version in reason for reason in outcome.skipped.values())
    assert f"server: Dify {fake.version} at 127.0.0.1, app 'workflow'" in outcome.output
    assert "finding" not in outcome.output
    # Nothing is stopped, or left paused or running, but by the checks that do just that.
    assert {run.status for run in fake.runs if not run.stop_asked} <= {"succeeded", "failed"}
    assert sum(run.stop_asked for run in fake.runs) == 2
    assert len(fake.runs) < 110
    used = {request.operation for request in fake.requests}
    assert used >= {"stopWorkflowTask", "textToAudio", "audioToText", "getAppSite"}
    if not skipped:
        assert used >= {"submitHumanInputForm", "streamWorkflowEvents", "getEndUser"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fake", "chosen"),
    [
        ({}, ("silence", "-p", "no:live_hurry")),  # with the patience that the client has
        ({"recorded_after": 0.7}, ("check_runs or recovery or failed_run or last_id",)),
    ],
    indirect=["fake"],
)
def test_slow_servers(fake: FakeDify, chosen: tuple[str, ...]) -> None:
    passed(fake, *chosen)


@pytest.mark.slow
@pytest.mark.parametrize("fake", [{"two_forms": "lost"}], indirect=True)
def test_a_wrong_client_fails_the_check_of_its_matter(fake: FakeDify) -> None:
    outcome = suite("-p", "live_wrong_clients", "-rfp", **served(fake), **special_apps(fake))
    assert (outcome.code, outcome.skipped) == (1, {}), outcome.output
    failed = set(re.findall(r"::(test_\S+)", outcome.output))
    failed |= {name.partition("[")[0] for name in failed}
    assert WRONG.keys() <= failed
    assert "PASSED" not in outcome.output


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.15.0", "1.16.1"])
@pytest.mark.parametrize("two_forms", ["lost", "doubled"])
def test_forms_of_one_pause_are_not_answered_at_once(version: str, two_forms: Any) -> None:
    with FakeDify(version, KEY, two_forms=two_forms, form=FORM, eof_delay=0.0) as fake:
        passed(fake, "human_input")
        assert {run.status for run in fake.runs} == {"succeeded"}


@pytest.mark.slow
@pytest.mark.parametrize("fake", [{"idle_limit": 1.0, "ping_interval": 0.2}], indirect=True)
def test_faults_that_the_client_survives(fake: FakeDify) -> None:
    busy = {"code": "too_many_requests", "message": "", "status": 429}
    faults: list[Fault | Answer] = [
        *(Fault(then=one, after_events=2) for one in get_args(Ending) if one != "lose terminal"),
        Fault(then="lose terminal"),
        *(Answer(on=on, status=502) for on in ("detail", "events", "logs")),
        Answer(status=429, body=busy),
    ]
    for fault in faults:
        fake.faults.add(fault)
    fake.workflow = [Node(f"step{n}", seconds=0.05) for n in range(3)]
    output = passed(fake, "(check_runs and not blocking) or last_id")
    assert fake.faults.left == []
    assert "finding: a stream was cut on its way, and its run found again" in output
    assert {run.status for run in fake.runs} == {"succeeded"}


@pytest.mark.slow
@pytest.mark.parametrize("fake", ["1.9.1"], indirect=True)
def test_a_fault_that_the_client_cannot_survive(fake: FakeDify) -> None:
    fake.faults.add(Fault(then="close", after_events=1), times=None)
    fake.workflow = [Node("step", seconds=0.05)]
    output = failed(fake, "test_run[").output
    assert "Dify 1.9.1 ends a run with its stream and leaves it `running`" in output


@pytest.mark.slow
def test_a_redeploy_is_told_as_such(fake: FakeDify) -> None:
    gate = Gate()
    fake.workflow = [Node("step", gate=gate)]
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(failed, fake, "test_run[sync")
        gate.wait(LONGEST)
        fake.redeploy_worker()
        output = ran.result().output
    assert "its run is stopped: 'Aborted: Workflow stopped because the worker is" in output


@pytest.mark.slow
def test_what_there_is_no_time_for_is_named(fake: FakeDify) -> None:
    fake.workflow = [Hang()]
    chosen = "test_run[ or test_stream["
    outcome = failed(fake, chosen, DIFY_LIVE_DEADLINE="3")
    why = "the 3 s of DIFY_LIVE_DEADLINE were over"
    assert f"not run: check_runs.py::test_stream[async]: {why}" in outcome.output
    assert "check_runs.py::test_run[sync]" not in outcome.skipped
    started = len(fake.runs)
    assert started >= 1
    outcome = failed(fake, chosen, DIFY_LIVE_DEADLINE="0.001")
    assert outcome.output.count("not run: ") == 4
    assert len(fake.runs) == started


@pytest.mark.slow
def test_with_one_app_the_rest_is_skipped(fake: FakeDify) -> None:
    fake.default_app.form = None
    outcome = suite(**served(fake))
    assert outcome.code == 0, outcome.output
    for check, reason in {
        "check_stops.py::test_stop[sync]": "no DIFY_API_KEY_SLOW, the key of an app whose run",
        "check_human_input.py::test_forms_by_hand[async-PAUSE]": "no DIFY_API_KEY_PAUSE",
        "check_failures.py::test_failed_run[sync]": "no DIFY_API_KEY_FAIL",
        "check_runs.py::test_streamed_text[sync]": "no DIFY_API_KEY_STREAM",
        "check_full.py::test_a_full_app[sync]": "no DIFY_API_KEY_FULL, the key of an app",
        "check_human_input.py::test_forms_by_hand[sync-FORMS]": "no DIFY_API_KEY_FORMS",
        "check_failures.py::test_refused_inputs[async]": "no given app has an input that is requi",
        "check_files.py::test_file_as_an_input[sync]": "the app takes no files",
        "check_app.py::test_speech_to_text[sync-mp3]": "the app has speech switched off",
        "check_app.py::test_text_to_speech[async]": "the app has speech switched off",
    }.items():
        assert outcome.skipped.pop(check).startswith(reason)
    assert "check_logs.py" not in {check.partition("::")[0] for check in outcome.skipped}
    assert {run.status for run in fake.runs} == {"succeeded"}


@pytest.mark.slow
def test_over_tls_a_cut_stream_is_recovered(fake: FakeDify) -> None:
    with Tunnel(fake.url, tls=True) as tunnel:
        given = {"SSL_CERT_FILE": str(TLS / "ca.pem"), "DIFY_BASE_URL": tunnel.url}
        passed(fake, "cut_stream", **given)
    assert len(fake.runs) == 4
    assert tunnel.protocols


@pytest.mark.slow
def test_inputs_that_are_given_and_inputs_that_are_not_to_be_had(fake: FakeDify) -> None:
    fake.workflow, fake.default_app.form = [Node("bad", _fails)], FORM[:-1]
    film = Input("film", "file", required=True, allowed_file_types=["video"])
    fake.app(f"{KEY}-film", form=[film])
    given = {"DIFY_LIVE_INPUTS": json.dumps(INPUTS), "DIFY_API_KEY_FILES": f"{KEY}-film"}
    outcome = failed(fake, "test_run or test_file_as_an_input", **given)
    why = "run of the app has to succeed, but its run is failed: 'it always fails'"
    assert why in outcome.output
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
    inputs = json.dumps(INPUTS)
    outcome = failed(fake, "site or meta or parameters or test_stream[", DIFY_LIVE_INPUTS=inputs)
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"DIFY_API_KEY": "app-another-key"}, "401"),
        ({"DIFY_LIVE_DEADLINE": "soon"}, "DIFY_LIVE_DEADLINE is no number of seconds"),
        ({"DIFY_LIVE_INPUTS_SLOW": "[1]"}, "DIFY_LIVE_INPUTS_SLOW is no JSON object"),
    ],
)
def test_what_cannot_be_used(given: dict[str, str], problem: str, fake: FakeDify) -> None:
    outcome = suite(**served(fake) | given)
    assert outcome.code == 2, outcome.output
    assert "no checks were run: " in outcome.output
    assert problem in outcome.output
    assert not fake.runs
