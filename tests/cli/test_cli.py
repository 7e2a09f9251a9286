"""The program as a whole: help, exit codes, errors, imports, output; what the docs say of it."""

from __future__ import annotations

import json
import math
import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cli_calls import NOWHERE, call, cli, program, server
from dify_workflow.cli import main, profiles
from dify_workflow.cli.app import COMMANDS
from dify_workflow.cli.exits import MEANINGS, Exit
from dify_workflow.cli.output import as_json
from fake_dify import Answer, FakeDify
from places import ROOT

SECRET = "app-very-secret"
NO_RUN = "00000000-0000-4000-8000-000000000000"
NAMES = "run start watch info stop logs params upload form doctor serve record"


def test_help_tells_the_commands_and_the_exit_codes() -> None:
    told = call("--help").out
    assert [name for name in NAMES.split() if f"\n  {name} " not in told] == []
    assert "--api-key " not in told
    lines = [line.split(maxsplit=1) for line in told.splitlines()]
    codes = {line[0]: line[1] for line in lines if len(line) == 2}
    assert {code: codes.get(str(code.value)) for code in Exit} == MEANINGS
    assert "Ctrl-C stops the run" in call("run --help").out
    assert call("--version").out.strip().count(".") == 2


@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS])
def test_the_help_of_a_command(command: str) -> None:
    """Typer takes a metavar for a name where they differ in case alone, or shows a type's name."""
    ended = call(command, "-h")
    assert ended.exit_code == 0
    assert re.findall(r"(?<![\w-])--\w*[A-Z]", ended.out) == []
    shown = re.findall(r"^  (?:-\w, )?--[\w-]+ (\S+)", ended.out, re.M)
    if command != "serve":
        assert "ID" in shown  # of --user
        assert [one for one in shown if one != one.upper()] == []


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (f"--api-key {SECRET} doctor", Exit.USAGE, "No such option"),
        ("--base-url ftp://x run", Exit.USAGE, "--base-url: it must"),
        ("--timeout -1 run", Exit.USAGE, "timeout"),
        ("--user ' ' run", Exit.USAGE, "user"),
        (f"--user {'x' * 256} run", Exit.USAGE, "255"),
        ("nothing", Exit.USAGE, "nothing"),
        ("run --nothing", Exit.USAGE, "--nothing"),
        ("run --base-url ftp://x", Exit.USAGE, "--base-url: it must"),
        ("generate", Exit.USAGE, "APP.yml or --name"),
        ("run --deadline -1", Exit.USAGE, "--deadline"),
        ("run --workflow-id x", Exit.INVALID, "workflow"),
        ("info", Exit.USAGE, "RUN_ID"),
        (f"info {NO_RUN}", Exit.NOT_FOUND, "not_found"),
        ("form x", Exit.NOT_FOUND, "not_found"),
        ("upload missing.txt", Exit.USAGE, "no file missing.txt"),
        ("logs --status odd", Exit.USAGE, "--status: one of"),
        ("logs --follow --page 2", Exit.USAGE, "--page"),
        ("logs --follow --interval nan", Exit.USAGE, "'--interval': a number of seconds"),
        ("logs --follow --interval inf", Exit.USAGE, "'--interval': a number of seconds"),
        ("logs --follow --interval 1e9", Exit.USAGE, "'--interval': a number of seconds"),
        ("DIFY_API_KEY= run", Exit.DENIED, "DIFY_API_KEY"),
        ("DIFY_API_KEY=' ' info x", Exit.DENIED, "dify-workflow: no API key"),
        (f"DIFY_API_KEY={SECRET} run", Exit.DENIED, "unauthorized"),
        (f"DIFY_API_KEY='{SECRET} x' run", Exit.DENIED, "api_key: it must be printable ASCII"),
        ("serve --version 0.1.2", Exit.USAGE, "0.1.2"),
        ("serve --version new", Exit.USAGE, "new"),
        ("serve --port {port}", Exit.USAGE, "in use"),
    ],
)
def test_what_is_refused(fake_dify: FakeDify, line: str, code: Exit, said: str) -> None:
    port = fake_dify.url.rpartition(":")[2].removesuffix("/v1")
    ended = cli(fake_dify, line.format(port=port))
    assert (ended.exit_code, ended.out) == (code, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert SECRET not in ended.err
    assert code is not Exit.DENIED or ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (
            f"info {NO_RUN}",
            {"type": "NotFound", "exit_code": 6, "status_code": 404, "code": "not_found"},
        ),
        ("run", {"exit_code": Exit.SERVER, "code": "app_unavailable"}),
        (
            f"DIFY_BASE_URL={NOWHERE} --max-retries 0 run",
            {"type": "ConnectionFailed", "exit_code": Exit.SERVER},
        ),
    ],
)
def test_errors_as_json(fake_dify: FakeDify, line: str, error: dict[str, object]) -> None:
    body = {"code": "app_unavailable", "message": "App unavailable", "status": 400}
    fake_dify.faults.add(Answer(status=400, body=body))
    ended = cli(fake_dify, line, "--json")
    assert (ended.exit_code, ended.out) == (error["exit_code"], "")
    assert ended.error.items() >= error.items()


def test_a_server_that_echoes_the_key_does_not_show_it(fake_dify: FakeDify) -> None:
    told = {"code": "forbidden", "message": f"\x1b[31mno, {fake_dify.api_key}!", "status": 403}
    fake_dify.faults.add(Answer(on="detail", status=403, body=told))
    ended = cli(fake_dify, "info x")
    assert ended.exit_code == Exit.DENIED
    assert fake_dify.api_key not in ended.err
    assert "no, ***!" in ended.err
    assert "\x1b" not in ended.err


def test_the_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["scripts"]["dify-workflow"] == "dify_workflow.cli:main"
    assert callable(main)


IMPORTED = """
import sys, httpx  # it takes rich where it finds it
before = set(sys.modules)
import dify_workflow.cli.app
found = {name.split(".")[0] for name in set(sys.modules) - before}
assert not found & {"rich", "platformdirs", "starlette", "uvicorn", "pytest"}, found
from dify_workflow.cli import main
for name in ("typer", "rich", "platformdirs"):
    kept, sys.modules[name] = sys.modules.get(name), None
    try:
        main()
    except SystemExit as ended:
        print(name, ended.code, file=sys.stderr)
    sys.modules[name] = kept
"""


def test_what_is_not_needed_is_not_imported_and_what_is_missing_is_named() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    lines = done.stderr.splitlines()
    assert lines[1::2] == ["typer 2", "rich 2", "platformdirs 2"]
    assert all(line.endswith("pip install 'dify-workflow[cli]'") for line in lines[::2])


@pytest.mark.long
def test_a_reader_that_leaves_is_no_error(fake_dify: FakeDify) -> None:
    for _ in range(200):
        fake_dify.add_run(inputs={"text": "x" * 2000})
    with program("logs --limit 200 --json", fake_dify) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(20) == 141


@pytest.mark.long
def test_serve() -> None:
    with program("serve --port 0 --key app-k") as process:
        url, key = (process.stdout.readline().strip().partition("=")[2] for _ in range(2))
        ended = call("run -i a=served", DIFY_BASE_URL=url, DIFY_API_KEY=key)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert (key, ended.out) == ("app-k", "served\n")


@pytest.mark.long
@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        pytest.param(
            "dify run -i text=a > /dev/full",
            *(2, "", "dify-workflow: No space left on device\n"),
            marks=pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only on Linux"),
        ),
        ("dify run -i text=a >&-", 0, "", ""),
        (f"dify info {NO_RUN} 2>&-", 6, "", ""),
        (f"{{ (sleep 0.1; dify info {NO_RUN}; echo $? >&3) 2>&1 | true; }} 3>&1", 0, "6\n", ""),
    ],
)
def test_where_the_output_goes(
    fake_dify: FakeDify, line: str, code: int, out: str, err: str
) -> None:
    """Run a line of a shell: a full disk, a closed stream, nobody at all."""
    dify = f'dify() {{ {shlex.quote(sys.executable)} -m dify_workflow.cli "$@"; }}; '
    done = subprocess.run(
        ["bash", "-c", dify + line],
        env={**os.environ, **server(fake_dify)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, out, err)


def test_what_has_no_json_form_is_null() -> None:
    """Old servers send NaN, which other programs cannot read."""
    assert json.loads(as_json({"a": [math.nan, -math.inf], "b": 1})) == {"a": [None, None], "b": 1}
    assert "NaN" not in as_json(math.nan, indent=2)


# What the README and the page on the terminal say is so, and their pictures are of today.


DOCS = ROOT / "docs"
SECTION = (ROOT / "README.md").read_text("utf-8").partition("## In the terminal\n")[2]
SECTION = SECTION.partition("\n## ")[0]
PAGE = (DOCS / "terminal.md").read_text("utf-8")
SHOWN = re.findall(r"^dify-workflow (.*?)(?: [>#].*)?$", SECTION, re.M)


@pytest.mark.parametrize("command", SHOWN)
def test_the_commands_run(
    command: str, fake_dify: FakeDify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(SHOWN) >= 4
    monkeypatch.chdir(tmp_path)
    Path("inputs.json").write_text('{"text": "hello"}')
    Path("q1.pdf").write_bytes(b"%PDF-1.4")
    Path("rows.csv").write_text("id,text\na,hello\n")
    Path("app.yml").write_bytes((ROOT / "tests" / "dsl" / "llm.yml").read_bytes())
    offline = ["--offline"] * ("generate" in command)  # the stand-in has published another app
    assert cli(fake_dify, command, *offline).exit_code == 0


def test_the_exit_codes() -> None:
    told = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.M)
    assert [(int(code), meaning) for code, meaning in told] == list(MEANINGS.items())


def test_the_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = re.findall(r"```toml[^\n]*\n(.*?)```", PAGE, re.S)[0]
    assert "lab" in tomllib.loads(text)["profiles"]
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    (tmp_path / "lab.key").write_text("app-key")
    monkeypatch.setattr(profiles, "config_path", lambda: path)
    assert profiles.load("lab").user == "ann"


def test_the_pictures_are_there_and_what_the_program_draws_today() -> None:
    assert all((ROOT / path).is_file() for path in re.findall(r"!\[.*?\]\((.*?)\)", SECTION))
    drawn = runpy.run_path(str(DOCS / "make_images.py"))["draw"]()
    assert drawn == (DOCS / "images" / "run.svg").read_text("utf-8"), "python docs/make_images.py"
    assert "@font-face" not in drawn
    assert "url(http" not in drawn
