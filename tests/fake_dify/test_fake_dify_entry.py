"""The ways to FakeDify: the pytest fixture, the command, and the client without it."""

from __future__ import annotations

import signal
import subprocess
import sys
from itertools import islice

import httpx
import pytest
from fake_dify import FakeDify
from fake_dify.command import main
from fake_dify.steps.builtin import BUILTINS
from places import DSL
from programs import python


def test_the_fixture(fake_dify: FakeDify) -> None:
    headers = {"authorization": f"Bearer {fake_dify.api_key}"}
    assert httpx.get(f"{fake_dify.url}/info", headers=headers).json()["mode"] == "workflow"


@pytest.mark.fake_dify(version="1.12.1", api_key="app-other")
def test_the_fixture_with_options(fake_dify: FakeDify) -> None:
    assert (fake_dify.version, fake_dify.api_key) == ("1.12.1", "app-other")


MISSING = """
import sys
import fake_dify.fixtures
assert "uvicorn" not in sys.modules, "the plugin loads the server"
from dify_workflow.cli import main
sys.argv = ["dify-workflow", "serve"]
for name in ("fake_dify", "uvicorn"):
    kept, sys.modules[name] = sys.modules.get(name), None
    try:
        main()
    except SystemExit as ended:
        print(name, ended.code)
    if kept is None:
        del sys.modules[name]
    else:
        sys.modules[name] = kept
"""


@pytest.mark.long
def test_the_plugin_loads_no_server_and_without_it_is_said_how_to_get_it() -> None:
    done = python("-c", MISSING)
    assert (done.returncode, done.stdout) == (0, "fake_dify 2\nuvicorn 2\n"), done.stderr
    lines = done.stderr.splitlines()
    assert ["pip install 'dify-workflow[testing]'" in line for line in lines] == [True, True]


@pytest.mark.long
def test_it_serves_by_hand_and_lists_every_key_with_what_it_does() -> None:
    command = [sys.executable, "-m", "fake_dify", "serve", "--port", "0", "--version", "1.13.2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url, key = (process.stdout.readline().strip().partition("=")[2] for _ in range(2))
        process.stdout.close()
        listed = (line.split(maxsplit=1) for line in process.stderr if line.startswith("app-"))
        keys, told = zip(*islice(listed, len(BUILTINS)), strict=True)
        headers = [{"authorization": f"Bearer {one}"} for one in (key, *keys)]
        answers = [httpx.get(f"{url}/info", headers=one) for one in headers]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert {answer.headers["x-version"] for answer in answers} == {"1.13.2"}
    names = [answer.json()["name"] for answer in answers]
    assert names == ["workflow", *BUILTINS]
    assert [line.strip() for line in told] == [workflow.does for workflow in BUILTINS.values()]
    assert len({*told}) == len(told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--version", "0.1.2"], "1.8.1 or later, not 0.1.2"),
        (["--version", "new"], "not 'new'"),
        (["--port", "70000"], "--port 70000: "),
        (["--workflow", "missing.yml"], "missing.yml: No such file"),
        (["--workflow", __file__], "it is no exported app"),
        (["--workflow", str(DSL / "llm.yml"), "--values", '{"oter": 1}'], "'oter' is no output"),
        (["--values", "{"], "--values"),
        (["--fault", "cat"], "no fault 'cat'; there are cut, "),
        (["--fault", "slow-record:2"], "at no event"),
    ],
)
def test_it_refuses_what_it_cannot_serve(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", *arguments])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
