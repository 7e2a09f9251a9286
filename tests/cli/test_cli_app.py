"""params, upload and doctor."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_calls import NOWHERE, Ended, cli
from cli_terminal import Terminal
from dify_workflow.cli.exits import Exit
from fake_dify import Answer, FakeDify, Input

FORM = [
    Input("text", "paragraph", required=True, label="Text 文本", max_length=100, default="hi"),
    Input("pick", "select", options=("a", "b")),
    Input("many", "file-list", max_length=3),
]


@pytest.mark.fake_dify(form=FORM)
def test_params(fake_dify: FakeDify) -> None:
    rows = [line.split("\t") for line in cli(fake_dify, "params").out.splitlines()]
    assert rows == [
        ["name", "type", "required", "default", "allowed", "label"],
        ["text", "paragraph", "yes", "hi", "at most 100 characters", "Text 文本"],
        ["pick", "select", "", "", "a | b", "pick"],
        ["many", "file-list", "", "", "document image audio video, at most 3 files", "many"],
    ]
    form = cli(fake_dify, "params --json").json["user_input_form"]
    assert [next(iter(entry)) for entry in form] == ["paragraph", "select", "file-list"]


@pytest.mark.long
def test_upload(fake_dify: FakeDify, tmp_path: Path) -> None:
    path = tmp_path / "[bold]a.txt"
    path.write_text("hello")
    ended = cli(fake_dify, "upload", str(path))
    told = cli(fake_dify, "upload --json", str(path)).json
    assert (told["name"], told["size"], ended.err) == (path.name, 5, "")
    with Terminal(fake_dify, "upload", str(path), piped=True) as terminal:
        assert terminal.wait() == 0
    assert "[bold]a.txt ━" in terminal.text
    assert {len(out.strip()) for out in (ended.out, terminal.out)} == {len(told["id"])}


def lines_of(ended: Ended) -> dict[str, str]:
    """What the doctor said, by what was looked at."""
    lines = [(line[:4].strip(), line[6:].partition(": ")) for line in ended.out.splitlines()]
    return {name.partition(":")[0]: f"{mark} {rest}" for mark, (name, _, rest) in lines}


def test_doctor(fake_dify: FakeDify) -> None:
    ended = cli(fake_dify, "doctor")
    said = lines_of(ended)
    assert ended.exit_code == 0
    assert said["base URL"] == f"ok {fake_dify.url}"
    assert said["app mode"] == "ok workflow"
    assert "key" in said
    assert said["version"] == f"ok {fake_dify.version}"
    assert said["published"].startswith("ok yes")
    assert all(line.startswith("ok ") for line in said.values())


@pytest.mark.fake_dify(version="1.9.1")
def test_doctor_of_an_old_server(fake_dify: FakeDify) -> None:
    ended = cli(fake_dify, "doctor")
    said = lines_of(ended)
    assert ended.exit_code == 0
    assert said["human input"].startswith("no ")
    assert said["human input"].endswith("-> needs Dify 1.14.0 or later")
    assert sum(line.startswith("no ") for line in said.values()) >= 4


def test_doctor_as_json(fake_dify: FakeDify) -> None:
    fake_dify.default_app.published = False
    ended = cli(fake_dify, "doctor --json")
    last = next(check for check in ended.lines if not check["ok"])
    assert ended.exit_code == Exit.SERVER
    assert (last["name"], last["advice"]) == ("published", "publish the app in Dify")


@pytest.mark.parametrize(
    ("line", "code", "name", "said"),
    [
        ("DIFY_API_KEY=app-wrong doctor", Exit.DENIED, "key", "API Access"),
        ("DIFY_API_KEY= doctor", Exit.DENIED, "key", "DIFY_API_KEY"),
        ("DIFY_BASE_URL=x://y doctor", Exit.USAGE, "settings", "http"),
        ("DIFY_BASE_URL={url}/wrong doctor", Exit.USAGE, "settings", "base_url"),
        (f"DIFY_BASE_URL={NOWHERE} --max-retries 0 doctor", Exit.SERVER, "connection", ""),
    ],
)
def test_doctor_of_wrong_settings(
    fake_dify: FakeDify, line: str, code: Exit, name: str, said: str
) -> None:
    ended = cli(fake_dify, line.format(url=fake_dify.url))
    told = lines_of(ended)[name]
    assert (ended.exit_code, told[:5], said in told) == (code, "FAIL ", True)


def test_doctor_of_apps_that_do_not_run(fake_dify: FakeDify) -> None:
    fake_dify.default_app.mode = "chat"
    ended = cli(fake_dify, "doctor")
    assert (ended.exit_code, lines_of(ended)["app mode"].split()[:2]) == (8, ["FAIL", "chat"])
    fake_dify.default_app.enabled = False
    ended = cli(fake_dify, "doctor")
    assert ended.exit_code == Exit.DENIED
    assert "switch the app's API service on" in lines_of(ended)["key"]


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (404, "<html>not here</html>", Exit.NOT_FOUND, "the root of Dify's API"),
        (418, "{}", Exit.SERVER, "see the server's log"),
    ],
)
def test_doctor_of_something_else_than_dify(
    fake_dify: FakeDify, status: int, body: str, code: Exit, said: str
) -> None:
    fake_dify.faults.add(Answer(on="getAppInfo", status=status, body=body))
    ended = cli(fake_dify, "doctor")
    assert (ended.exit_code, said in ended.out) == (code, True)
