"""The ways to FakeDify: the pytest fixture, the module run by hand, the extra that it needs."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest
from fake_dify import FakeDify


def test_the_fixture(fake_dify: FakeDify) -> None:
    headers = {"authorization": f"Bearer {fake_dify.api_key}"}
    assert httpx.get(f"{fake_dify.url}/info", headers=headers).json()["mode"] == "workflow"


@pytest.mark.fake_dify(version="1.12.1", api_key="app-other")
def test_the_fixture_with_options(fake_dify: FakeDify) -> None:
    assert (fake_dify.version, fake_dify.api_key) == ("1.12.1", "app-other")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_plugin_loads_nothing_of_the_extra() -> None:
    code = "import sys, fake_dify.fixtures; print('uvicorn' in sys.modules)"
    assert python(code) == "False"


@pytest.mark.long
def test_without_the_extra_the_error_says_what_to_install() -> None:
    code = """
import sys
sys.modules["uvicorn"] = None
try:
    from fake_dify import FakeDify
except ImportError as error:
    print(error)
"""
    assert "pip install 'dify-workflow[testing]'" in python(code)


@pytest.mark.long
def test_it_serves_by_hand() -> None:
    command = [sys.executable, "-m", "fake_dify", "--version", "1.13.2", "--key", "k"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        _, url, key = (process.stdout.readline().strip().partition("=")[2] for _ in range(3))
        answer = httpx.get(f"{url}/info", headers={"authorization": f"Bearer {key}"})
        process.terminate()
    assert answer.headers["x-version"] == "1.13.2"
