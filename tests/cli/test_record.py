"""What a client exchanges is written down whole, without keys, users and what signs links."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli_calls import cli
from dify_workflow import WorkflowForm, WorkflowRunRequest
from dify_workflow.cli.recording import recording_hooks
from facade import Kind, both, client, close_given, given_client
from fake_dify import FakeDify, HumanInput, Input, Node, Text

from generator.compare import __main__ as compare
from generator.compare import traffic

pytestmark = pytest.mark.long

KEY = "app-Zk3JqT0pQ9wXyV1b"
USER = "Jörg Müller <joerg@example.com>"


def recorded(folder: Path) -> list[dict[str, Any]]:
    (path,) = folder.glob("*.jsonl")
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def text_of(folder: Path) -> str:
    """Give all that was recorded, as it is read: without the escapes of JSON."""
    lines = recorded(folder)
    return json.dumps(lines, ensure_ascii=False) + "\n".join(str(line["body"]) for line in lines)


@contextmanager
def recording(kind: Kind, base_url: str, folder: Path, **options: Any) -> Iterator[Any]:
    """Give a client whose traffic is recorded into a folder."""
    http = given_client(kind, event_hooks=recording_hooks(folder, asynchronous=kind == "async"))
    with client(kind, base_url, http_client=http, **options) as dify:
        yield dify
        close_given(http, dify)


def approve(form: WorkflowForm) -> tuple[str, dict[str, str]]:
    return "approve", {"comment": f"from {USER}, {KEY}"}


@both
def test_a_session_is_recorded_without_its_secrets(kind: Kind, tmp_path: Path) -> None:
    """Runs, forms, files and logs are in the recording, and all of it is as the contract says."""
    pieces = ["Hel", "lo\u2028", " you\n"]
    with FakeDify(api_key=KEY, workflow=[HumanInput("ask")], eof_delay=0.01) as fake:
        made = fake.file("made.txt", b"made")
        with recording(kind, fake.url, tmp_path, api_key=KEY, user=USER) as dify:
            echoed = {"text": f"{USER} says {KEY}", USER: 1}
            paused = dify.run_workflow(echoed)
            token = paused.forms[0].token
            dify.run_workflow(echoed, on_human_input=approve)
            fake.workflow = [Text(pieces)]
            dify.run_workflow({})
            fake.workflow = [Node("make", outputs={"file": made})]
            made_url = dify.run_workflow({"text": "x"}).files[0].url
            dify.run_workflow(WorkflowRunRequest(inputs={}, response_mode="blocking"))
            uploaded = dify.upload_file(b"secret bytes", name="x.txt")
            page = dify.logs(created_by_end_user_session_id=USER, limit=3)
            dify.info(page.data[0].data.workflow_run.id)
            dify.end_user(page.data[0].data.created_by_end_user.id)
            list(dify.attach(page.data[0].data.workflow_run.id))
            for fetch in (dify.app_info, dify.parameters, dify.meta, dify.site):
                fetch()
            dify.download(made_url)
        sent = {operation for r in fake.requests if (operation := r.operation)}
    streams = [one for one in traffic.read(tmp_path) if one.is_stream]
    told = [event for one in streams for event in one.events() if event["event"] == "text_chunk"]
    llm = [one["data"] for one in told if one["data"]["from_variable_selector"][0] == "llm"]
    assert [data["text"] for data in llm][: len(pieces)] == pieces
    assert {(one.version, one.status) for one in streams} == {(fake.version, 200)}
    assert len(recorded(tmp_path)) == len([r for r in fake.requests if r.operation])
    assert compare.main([f"--recorded={tmp_path}"]) == 0
    found = text_of(tmp_path)
    signed = [
        part for url in (made_url, uploaded.source_url) for part in url.partition("?")[2].split("&")
    ]
    assert len(signed) == 6
    for secret in (KEY, USER, "Müller", "joerg", token, "secret bytes", *signed):
        assert secret not in found
        assert json.dumps(secret)[1:-1] not in found
    assert "<user> says <key>" in found
    assert "sign=<redacted>" in found
    assert "/v1/form/human_input/<token>" in found
    assert len(sent) == 12


@both
def test_a_stream_that_is_left_is_recorded_so_far(kind: Kind, tmp_path: Path) -> None:
    with FakeDify(workflow=[Text(["a"] * 50, seconds=0.01)]) as fake:
        with (
            recording(kind, fake.url, tmp_path, api_key=fake.api_key) as dify,
            dify.run_workflow_stream({}) as stream,
        ):
            first = next(iter(stream))
        fake.wait_idle()
    (one,) = traffic.read(tmp_path)
    assert one.complete is False
    assert one.events()[0]["event"] == first.event == "workflow_started"
    assert compare.main([f"--recorded={tmp_path}"]) == 0


def exchange(folder: Path, response: httpx.Response, **request: Any) -> dict[str, Any]:
    """Record one exchange with a server that answers so; the answer's body is not there yet."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "identity"
        return response

    server = httpx.MockTransport(answer)
    with httpx.Client(transport=server, event_hooks=recording_hooks(folder)) as client:
        asked = {"method": "GET", "url": "http://dify.example.com/api/v1/info", **request}
        assert client.request(**asked).status_code == response.status_code
    return recorded(folder)[-1]


def test_bytes_are_base64_and_headers_few(tmp_path: Path) -> None:
    answer = httpx.Response(
        200,
        headers={"Content-Type": "audio/mpeg", "X-Version": "1.14.2", "Set-Cookie": "secret"},
        stream=httpx.ByteStream(b"\xff\xfb"),
    )
    cookie = {"Cookie": "secret", "Authorization": "Bearer secret", "X-Trace-Id": "my secret"}
    line = exchange(tmp_path, answer, headers=cookie)
    assert line.pop("time")[-6:] == "+00:00"
    assert line == {
        "method": "GET",
        "path": "/v1/info",
        "request": {"headers": {"accept": "*/*", "x-trace-id": "my <key>"}, "body": ""},
        "status": 200,
        "headers": {"content-type": "audio/mpeg", "x-version": "1.14.2"},
        "body": base64.b64encode(b"\xff\xfb").decode(),
        "base64": True,
        "complete": True,
    }
    assert traffic.read(tmp_path)[0].body == b"\xff\xfb"


def test_text_that_is_no_json_is_recorded_as_text(tmp_path: Path) -> None:
    html = httpx.Response(502, html="<a href='?sign=abc'>secret</a>")
    line = exchange(tmp_path, html, headers={"Authorization": "Bearer secret"})
    assert line["body"] == "<a href='?sign=<redacted>'><key></a>"


def test_the_tour_records_what_starts_nothing_and_runs_what_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeDify(workflow=[Text(["x"])], form=[Input("text")], eof_delay=0.01) as fake:
        told = cli(fake, f"record --out={tmp_path}", DIFY_USER=USER).out
        assert fake.runs == []
        assert told.splitlines()[-1] == "the logs: recorded"
        folder = tmp_path / "runs"
        told = cli(fake, f"record --out={folder} -i text=hello", DIFY_USER=USER).out
        assert len(fake.runs) == 2
    assert "its events 2: recorded\n" in told
    assert compare.main([f"--recorded={tmp_path}"]) == 0
    assert "19 exchanges" in capsys.readouterr().out
    assert USER not in text_of(folder)


def test_a_refusal_does_not_end_the_tour(tmp_path: Path) -> None:
    with FakeDify() as fake:
        told = cli(fake, f"record --out={tmp_path}", DIFY_API_KEY="app-wrong").out
    assert told.count("recorded AuthenticationError") == 5
    assert [line["status"] for line in recorded(tmp_path)] == [401] * 5
