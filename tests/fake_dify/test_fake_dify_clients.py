"""Dify's own SDKs against FakeDify: run, stream, upload, stop and logs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fake_dify import FakeDify, Gate, Node, Text
from fake_dify_calls import asked, decode, names
from places import TESTS

pytestmark = pytest.mark.slow

NODE = ("dify-client@2.3.2", "axios@1.21.1")
PROGRAM = TESTS / "support" / "node_client.mjs"
STEPS = [Text(["Hel", "lo"]), Node("after")]


def judge(dify: FakeDify, told: dict[str, Any]) -> None:
    assert told["run"]["data"]["status"] == "succeeded"
    events = names(decode(told["stream"].encode()))
    assert (events[0], events[-1]) == ("workflow_started", "workflow_finished")
    assert (told["upload"]["name"], told["upload"]["size"]) == ("note.txt", 5)
    assert told["parameters"]["user_input_form"] == []
    assert told["stop"] == {"result": "success"}
    assert {entry["workflow_run"]["status"] for entry in told["logs"]["data"]} == {"succeeded"}
    assert told["logs"]["total"] == 2
    # Both say who asks for the app's parameters, which no server reads.
    assert dify.violations == ["request of getAppParameters: unknown parameter 'user'"]
    dify.violations.clear()


@pytest.mark.index
@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm")
def test_the_node_sdk(tmp_path: Path) -> None:
    install = ["npm", "install", "--no-audit", "--no-fund", "--silent", *NODE]
    subprocess.run(install, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    program = shutil.copy(PROGRAM, tmp_path)
    with FakeDify(workflow=STEPS) as dify:
        command = ["node", str(program), dify.url, dify.api_key]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (ran.returncode, ran.stderr) == (0, "")
        judge(dify, json.loads(ran.stdout))


def python_client(dify: FakeDify) -> Any:
    """Its class for what all apps have; the published one has none for workflows."""
    client = pytest.importorskip("dify_client").client.DifyClient(dify.api_key)
    client.base_url = dify.url
    return client


def test_the_python_sdk() -> None:
    with FakeDify(workflow=STEPS) as dify:
        client, run = python_client(dify), "/workflows/run"
        told = {"run": client._send_request("POST", run, asked("blocking")).json()}
        with client._send_request("POST", run, asked(), stream=True) as response:
            told["stream"] = response.content.decode()
        first = decode(told["stream"].encode())[0]
        file = {"file": ("note.txt", b"hello", "text/plain")}
        told["upload"] = client.file_upload("ann", file).json()
        told["parameters"] = client.get_application_parameters("ann").json()
        stop = f"/workflows/tasks/{first['task_id']}/stop"
        told["stop"] = client._send_request("POST", stop, {"user": "ann"}).json()
        logs = client._send_request("GET", "/workflows/logs", params={"limit": 5})
        told["logs"] = logs.json()
        judge(dify, told)


def test_the_python_sdk_stops_a_run_that_streams() -> None:
    gate = Gate()
    with FakeDify(workflow=[Node("held", gate=gate)]) as dify:
        client = python_client(dify)
        with client._send_request("POST", "/workflows/run", asked(), stream=True) as response:
            lines = (line for line in response.iter_lines() if line.startswith(b"data: "))
            task_id = json.loads(next(lines)[6:])["task_id"]
            gate.wait()
            client._send_request("POST", f"/workflows/tasks/{task_id}/stop", {"user": "u"})
            *_, last = lines
        assert json.loads(last[6:])["data"]["status"] == "stopped"
