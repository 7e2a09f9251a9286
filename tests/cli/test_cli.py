"""The program as a whole: settings and where they come from, errors, exit codes, pipes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tomllib

import pytest
from cli_calls import call, cli
from dify_workflow.cli import main
from dify_workflow.cli.app import COMMANDS
from dify_workflow.cli.exits import MEANINGS, Exit
from fake_dify import Answer, FakeDify
from places import ROOT

SECRET = "app-very-secret"


def test_help_tells_the_exit_codes() -> None:
    ended = call("--help")
    assert ended.exit_code == 0
    lines = [line.split(maxsplit=1) for line in ended.out.splitlines()]
    told = {line[0]: line[1] for line in lines if len(line) == 2}
    assert {code: told.get(str(code.value)) for code in Exit} == MEANINGS


def test_the_commands() -> None:
    help_text = call("--help").out
    names = [
        "run",
        "start",
        "watch",
        "info",
        "stop",
        "logs",
        "params",
        "upload",
        "form",
        "doctor",
        "serve",
        "record",
    ]
    assert [name for name in names if f"\n  {name} " not in help_text] == []
    assert all(call(name, "--help").exit_code == 0 for name in names)


def test_options_are_spelt_as_usual() -> None:
    """Typer takes a metavar for a name where they differ in case alone."""
    shown = "".join(call(command.__name__, "--help").out for command in COMMANDS)
    assert re.findall(r"(?<![\w-])--\w*[A-Z]", shown) == []


def test_no_option_takes_the_key() -> None:
    assert "--api-key " not in call("--help").out
    ended = call("--api-key", SECRET, "doctor")
    assert ended.exit_code == 2
    assert SECRET not in ended.out + ended.err


def test_version() -> None:
    assert call("--version").out.strip().count(".") == 2


def test_no_key_and_nobody_to_ask(fake_dify: FakeDify) -> None:
    ended = cli(fake_dify, "run", DIFY_API_KEY=None)
    assert ended.exit_code == Exit.DENIED
    assert "DIFY_API_KEY" in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--base-url", "ftp://x", "run"], Exit.USAGE, "--base-url: it must"),
        (["--timeout", "-1", "run"], Exit.USAGE, "timeout"),
        (["--user", " ", "run"], Exit.USAGE, "user"),
        (["nothing"], Exit.USAGE, "nothing"),
        (["run", "--nothing"], Exit.USAGE, "--nothing"),
        (["info"], Exit.USAGE, "RUN_ID"),
        (["info", "11111111-1111-1111-1111-111111111111"], Exit.NOT_FOUND, "not_found"),
        (["form", "x"], Exit.NOT_FOUND, "not_found"),
        (["--user", "x" * 256, "run"], Exit.USAGE, "255"),
        (["upload", "missing.txt"], Exit.USAGE, "no file missing.txt"),
        (["logs", "--status", "odd"], Exit.USAGE, "--status: one of"),
        (["run", "--workflow-id", "x"], Exit.INVALID, "workflow"),
        (["run", "--deadline", "-1"], Exit.USAGE, "--deadline"),
        (["logs", "--follow", "--page", "2"], Exit.USAGE, "--page"),
    ],
)
def test_exit_codes(fake_dify: FakeDify, arguments: list[str], code: Exit, said: str) -> None:
    ended = cli(fake_dify, *arguments)
    assert (ended.exit_code, ended.out) == (code, "")
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_wrong_key(fake_dify: FakeDify) -> None:
    for key in (SECRET, "app-with space"):
        ended = cli(fake_dify, "run", DIFY_API_KEY=key)
        assert ended.exit_code == Exit.DENIED
        assert ended.err.count("\n") == 1
        assert key not in ended.err


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        ended = call("--max-retries", "0", "run", "--json", DIFY_BASE_URL=url, DIFY_API_KEY=SECRET)
    assert ended.exit_code == Exit.SERVER
    assert ended.error["type"] == "ConnectionFailed"
    assert ended.out == ""


def test_errors_as_json(fake_dify: FakeDify) -> None:
    ended = cli(fake_dify, "info", "11111111-1111-1111-1111-111111111111", "--json")
    assert ended.exit_code == Exit.NOT_FOUND
    error = ended.error
    assert (error["type"], error["exit_code"], error["status_code"], error["code"]) == (
        "NotFound",
        6,
        404,
        "not_found",
    )


def test_a_server_that_echoes_the_key_does_not_show_it(fake_dify: FakeDify) -> None:
    told = {"code": "forbidden", "message": f"\x1b[31mno, {fake_dify.api_key}!", "status": 403}
    fake_dify.faults.add(Answer(on="detail", status=403, body=told))
    ended = cli(fake_dify, "info", "x")
    assert ended.exit_code == Exit.DENIED
    assert fake_dify.api_key not in ended.err
    assert "no, ***!" in ended.err
    assert "\x1b" not in ended.err


def program(fake: FakeDify, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "DIFY_BASE_URL": fake.url, "DIFY_API_KEY": fake.api_key}
    return subprocess.Popen(
        [sys.executable, "-m", "dify_workflow.cli", *arguments],
        env={**environment, "FORCE_COLOR": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.long
def test_a_reader_that_leaves_is_no_error(fake_dify: FakeDify) -> None:
    for _ in range(200):
        fake_dify.add_run(inputs={"text": "x" * 2000})
    with program(fake_dify, "logs", "--limit", "200", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(20) == 141


@pytest.mark.long
def test_serve() -> None:
    command = [sys.executable, "-m", "dify_workflow.cli", "serve", "--port", "0", "--key", "app-k"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url, key = (process.stdout.readline().strip().partition("=")[2] for _ in range(2))
        ended = call("run", "-i", "a=served", DIFY_BASE_URL=url, DIFY_API_KEY=key)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert (key, ended.out) == ("app-k", "served\n")


@pytest.mark.parametrize("arguments", [["--version", "0.1.2"], ["--version", "new"]])
def test_serve_refuses_what_it_cannot_pretend(arguments: list[str]) -> None:
    ended = call("serve", *arguments)
    assert (ended.exit_code, ended.out) == (2, "")


def test_serve_on_a_port_that_is_taken(fake_dify: FakeDify) -> None:
    port = fake_dify.url.rpartition(":")[2].removesuffix("/v1")
    ended = call("serve", "--port", port)
    assert ended.exit_code == 2
    assert "in use" in ended.err


@pytest.mark.parametrize("name", ["typer", "rich", "platformdirs"])
def test_without_the_extra_it_says_what_to_install(name: str) -> None:
    code = f"import sys; sys.modules[{name!r}] = None\nfrom dify_workflow.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'dify-workflow[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_command_does_not_need_is_not_imported() -> None:
    """What httpx imports is not our doing: it takes rich where it finds it."""
    code = (
        "import sys, httpx\nbefore = set(sys.modules)\nimport dify_workflow.cli.app\n"
        "print({name.split('.')[0] for name in set(sys.modules) - before}"
        " & {'rich', 'platformdirs', 'starlette', 'uvicorn', 'pytest'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["scripts"]["dify-workflow"] == "dify_workflow.cli:main"
    assert callable(main)


@pytest.mark.parametrize("command", [c.__name__ for c in COMMANDS if c.__name__ != "serve"])
def test_what_an_option_takes_is_shown_in_capitals(command: str) -> None:
    """Never as the name of a type, which typer shows by itself."""
    told = call(command, "-h").out
    shown = re.findall(r"^  (?:-\w, )?--[\w-]+ (\S+)", told, re.M)
    assert "ID" in shown  # of --user
    assert [one for one in shown if one != one.upper()] == []
