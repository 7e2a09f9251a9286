"""logs: the table, the filters, one entry a line, and what is new as it comes."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest
from cli_calls import cli, program
from fake_dify import FakeDify, Gate, Node

NOW = int(time.time())
COLUMNS = ["created", "run id", "status", "seconds", "tokens", "user", "error"]


def test_a_table_for_pipes(fake_dify: FakeDify) -> None:
    run = fake_dify.add_run(user="ann", status="failed", error="line one\n\tline two")
    ended = cli(fake_dify, "logs")
    header, row = (line.split("\t") for line in ended.out.splitlines())
    assert header == COLUMNS
    assert row[1:] == [run.id, "failed", "0.25", "0", "ann", "line one line two"]
    assert ended.err == ""


def test_limit(fake_dify: FakeDify) -> None:
    runs = [fake_dify.add_run(created_at=NOW - number) for number in range(250)]
    for limit, count in ((1, 1), (20, 20), (150, 150), (1000, 250)):
        lines = cli(fake_dify, f"logs --limit {limit}").out.splitlines()
        assert len(lines) == count + 1
    told = cli(fake_dify, "logs --limit 3 --json").lines
    assert [entry["workflow_run"]["id"] for entry in told] == [run.id for run in runs[:3]]


def test_the_filters(fake_dify: FakeDify) -> None:
    fake_dify.add_run(user="ann", inputs={"a": "needle"}, created_at=NOW - 7200)
    fake_dify.add_run(user="bob", status="failed", created_at=NOW - 60)
    hour_ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - 3600))
    for options, users in {
        "": ["bob", "ann"],
        "--status failed": ["bob"],
        "--keyword needle": ["ann"],
        f"--after {hour_ago}": ["bob"],
        f"--before {hour_ago}": ["ann"],
        "--end-user ann": ["ann"],
        f"--account {fake_dify.world.account}": [],
        "--page 2 --limit 1": ["ann"],
    }.items():
        ended = cli(fake_dify, f"logs {options}")
        assert ended.exit_code == 0
        assert [line.split("\t")[5] for line in ended.out.splitlines()[1:]] == users, options


FOLLOW = "logs --follow --json --interval 0.05"


def told(process: Any) -> tuple[str, str]:
    run = json.loads(process.stdout.readline())["workflow_run"]
    return run["id"], run["status"]


@pytest.mark.long
def test_follow(fake_dify: FakeDify) -> None:
    gate = Gate()
    fake_dify.workflow = [Node("slow", gate=gate)]
    old = [fake_dify.add_run(created_at=NOW - 90 + n) for n in range(3)]
    with program(f"{FOLLOW} --limit 2", fake_dify) as process:
        assert [told(process) for _ in range(2)] == [(run.id, "succeeded") for run in old[1:]]
        assert cli(fake_dify, "start").exit_code == 0
        slow = fake_dify.runs[-1]
        assert told(process) == (slow.id, "running")
        done = fake_dify.add_run()
        assert told(process) == (done.id, "succeeded")
        gate.open()
        assert told(process) == (slow.id, "succeeded")
        process.send_signal(signal.SIGINT)
        assert json.loads(process.stderr.read())["error"]["message"] == "interrupted"
        assert process.wait(20) == 130


@pytest.mark.long
def test_follow_one_status(fake_dify: FakeDify) -> None:
    """A run is told of when it gets the status, though newer ones have been seen by then."""
    gate = Gate()
    fake_dify.workflow = [Node("slow", gate=gate)]
    assert cli(fake_dify, "start").exit_code == 0
    slow = fake_dify.runs[-1]
    marker = fake_dify.add_run()
    with program(f"{FOLLOW} --status succeeded", fake_dify) as process:
        assert told(process) == (marker.id, "succeeded")
        newer = fake_dify.add_run(created_at=slow.created_at + 5)
        assert told(process) == (newer.id, "succeeded")
        gate.open()
        assert told(process) == (slow.id, "succeeded")
