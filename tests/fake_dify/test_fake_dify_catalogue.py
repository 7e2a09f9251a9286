"""The catalogue of faults, driven with curl."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fake_dify import FakeDify, FormInput, Gate, HumanInput, Node, Parallel
from fake_dify.faults import CATALOGUE
from fake_dify_calls import Serve, asked

pytestmark = [
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl"),
    pytest.mark.long,
]
AUTH = "Authorization: Bearer app-test"
JSON = ("-H", "Content-Type: application/json", "-d")
ASKED = json.dumps(asked())


@pytest.fixture
def quick(serve: Serve) -> FakeDify:
    nodes = [Node("first"), Node("second")]
    return serve(workflow=nodes, check=False, ping_interval=0.05, idle_limit=0.5)[0]


def curl(url: str, *more: str) -> tuple[int, int, str]:
    """What curl ends with, the HTTP status, and the body."""
    command = ["curl", "-sN", "--max-time", "2", "-w", "\n%{http_code}", url, "-H", AUTH, *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    body, _, status = done.stdout.rpartition("\n")
    return done.returncode, int(status), body


def run(dify: FakeDify) -> tuple[int, int, str]:
    return curl(f"{dify.url}/workflows/run", *JSON, ASKED)


def switch(dify: FakeDify, *body: Any, **named: Any) -> tuple[int, Any]:
    url = dify.url.replace("/v1", "/fake/faults")
    given = (*JSON, json.dumps(named or body[0])) if named or body else ("-X", "DELETE")
    _, status, text = curl(url, *given)
    return status, json.loads(text)


def names(stream: str) -> list[str]:
    events = [line.removeprefix("data: ") for line in stream.split("\n") if line[:5] == "data:"]
    return [json.loads(event)["event"] for event in events if event.endswith("}")]


WHOLE = ["workflow_started", *["node_started", "node_finished"] * 4, "workflow_finished"]
STREAMS = {  # what curl ends with, and the events
    "cut": (0, WHOLE[:3]),
    "reset": (56, WHOLE[:3]),
    "cut-inside-event": (0, WHOLE[:3]),
    "silent": (28, WHOLE[:3]),
    "made-up-end": (0, [*WHOLE[:3], "workflow_finished"]),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_breaks_behind_an_event(name: str, quick: FakeDify) -> None:
    assert switch(quick, name=name, at=3)[1]["on"] == [name]
    for _ in range(2):  # until it is switched off
        ended, status, stream = run(quick)
        chunks = [line for line in names(stream) if line != "text_chunk"]
        assert (ended, status, chunks) == (STREAMS[name][0], 200, STREAMS[name][1])
    assert ("without a terminal event" in stream) is (name == "made-up-end")
    half = stream.rpartition("\n\n")[2]
    assert bool(half) is (name == "cut-inside-event")
    assert switch(quick)[1]["on"] == []
    assert names(run(quick)[2])[-1] == "workflow_finished"
    quick.wait_idle()
    assert {one.status for one in quick.runs} == {"succeeded"}


def test_a_terminal_event_that_is_lost(quick: FakeDify) -> None:
    switch(quick, name="terminal-lost")
    _, _, stream = run(quick)
    before, last = stream.rpartition("data: ")[::2]
    assert names(before) == WHOLE[:-1]
    assert before.endswith("event: ping\n\n")
    assert "without a terminal event" in last
    assert quick.runs[0].status == "succeeded"


@pytest.mark.parametrize(("name", "status"), [("502-twice", 502), ("duplicate-429", 429)])
def test_two_refusals(name: str, status: int, quick: FakeDify) -> None:
    switch(quick, name=name)
    assert [run(quick)[1] for _ in range(3)] == [status, status, 200]
    assert len(quick.runs) == 1


def test_a_slow_record(quick: FakeDify) -> None:
    switch(quick, name="slow-record")
    run(quick)
    detail, logs = f"{quick.url}/workflows/run/{quick.runs[0].id}", f"{quick.url}/workflows/logs"
    assert curl(detail)[1] == 404
    assert json.loads(curl(logs)[2])["total"] == 0
    quick.wait_for(lambda: quick.runs[0].listed)
    assert curl(detail)[1] == 200


def test_a_killed_reader(quick: FakeDify) -> None:
    switch(quick, name="killed-reader")
    gate = Gate()
    quick.workflow = [Node("held", gate=gate)]
    events = f"{quick.url}/workflow/{{}}/events?user=u"
    command = ["curl", "-sN", "-H", AUTH, *JSON, ASKED, f"{quick.url}/workflows/run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        gate.wait()
        curl(events.format(quick.runs[0].id), "--max-time", "0.3")  # it comes, and leaves
        stream = reader.communicate(timeout=60)[0]
    gate.open()
    quick.wait_idle()
    assert "without a terminal event" in stream  # the run's own stream ends in a made-up one
    assert quick.runs[0].status == "succeeded"


@pytest.mark.parametrize("name", ["two-forms-lost", "two-forms-doubled"])
def test_two_forms_at_once(name: str, quick: FakeDify) -> None:
    switch(quick, name=name)
    asked = [HumanInput(one, "", [FormInput("a")]) for one in ("left", "right")]
    quick.workflow = [Parallel(*asked)]
    run(quick)
    tokens = [form.token for form in quick.forms]
    body = json.dumps({"inputs": {"a": "x"}, "action": "approve", "user": "u"})
    paths = [f"{quick.url}/form/human_input/{token}" for token in tokens]
    assert [curl(path, *JSON, body)[1] for path in paths] == [200, 200]
    (one,) = quick.runs
    lost = name == "two-forms-lost"
    quick.wait_for(lambda: one.event_names.count("workflow_paused") == 1 + lost)
    quick.wait_for(lambda: one.status == ("paused" if lost else "succeeded"))
    assert quick.forms == []
    assert ("error" in one.event_names) is not lost


def test_every_fault_is_driven_here() -> None:
    source = Path(__file__).read_text("utf-8")
    assert [name for name in CATALOGUE if f'"{name}"' not in source] == []


def test_what_is_no_fault_is_refused(quick: FakeDify) -> None:
    for body, told in [
        ({"name": "cat"}, "no fault 'cat'"),
        ({"name": "slow-record", "at": 2}, "at no event"),
        ({"name": "cut", "at": "x"}, "cut: at is 'x'"),
        ({"nam": "cut"}, "nam"),
        (["cut"], "mapping"),
    ]:
        status, reply = switch(quick, body)
        assert (status, told in reply["message"]) == (400, True)
    listed = json.loads(curl(quick.url.replace("/v1", "/fake/faults"))[2])
    assert (listed["on"], list(listed["catalogue"])) == ([], list(CATALOGUE))
