"""Where the base URL, the key and the user come from: options, profiles, the environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_calls import call, cli
from dify_workflow.cli import profiles
from fake_dify import FakeDify


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setattr(profiles, "config_path", lambda: path)
    return path


def write_profile(path: Path, **values: str) -> None:
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    path.write_text("\n".join(["[profiles.lab]", *lines]))
    path.chmod(0o600)


def test_the_environment(fake_dify: FakeDify) -> None:
    assert cli(fake_dify, "run", DIFY_USER="ann").exit_code == 0
    assert fake_dify.runs[0].user == "ann"


def test_options_come_before_the_environment(fake_dify: FakeDify, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(f"{fake_dify.api_key}\n")
    given = ("--base-url", fake_dify.url, "--user", "bob", "--api-key-file", str(key))
    other = {"DIFY_BASE_URL": "http://127.0.0.1:1", "DIFY_API_KEY": "app-x", "DIFY_USER": "ann"}
    assert call(*given, "run", **other).exit_code == 0
    assert fake_dify.runs[0].user == "bob"


def test_a_profile_comes_before_the_environment(fake_dify: FakeDify, config: Path) -> None:
    write_profile(config, base_url=fake_dify.url, api_key=fake_dify.api_key, user="bob")
    other = {"DIFY_BASE_URL": "http://127.0.0.1:1", "DIFY_API_KEY": "app-x", "DIFY_USER": "ann"}
    ended = call("--profile", "lab", "run", **other)
    assert (ended.exit_code, ended.err) == (0, "")
    assert fake_dify.runs[0].user == "bob"


def test_options_come_before_the_profile(fake_dify: FakeDify, config: Path) -> None:
    write_profile(config, base_url="http://127.0.0.1:1", api_key=fake_dify.api_key, user="bob")
    given = ("--profile", "lab", "--base-url", fake_dify.url, "--user", "ann")
    assert call(*given, "run").exit_code == 0
    assert fake_dify.runs[0].user == "ann"


def test_a_profile_may_name_the_key_s_file(fake_dify: FakeDify, config: Path) -> None:
    write_profile(config, base_url=fake_dify.url, api_key_file="key")
    (config.parent / "key").write_text(fake_dify.api_key)
    assert call("--profile", "lab", "run").exit_code == 0


def test_a_profile_that_others_can_read_is_warned_of(fake_dify: FakeDify, config: Path) -> None:
    write_profile(config, base_url=fake_dify.url, api_key=fake_dify.api_key)
    config.chmod(0o644)
    ended = call("--profile", "lab", "run", "-i", "a=b")
    assert ended.exit_code == 0
    assert ended.out == "b\n"
    assert "chmod 600" in ended.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no"),
        ("[profiles.other]", "there are: other"),
        ("profiles = 3", "there are: none"),
        ("[profiles.lab]\nkey = 'x'", "unknown key; there are base_url"),
        ("[profiles.lab]\nuser = 3", "user must be text"),
        ("[profiles.lab]\napi_key = 'a'\napi_key_file = 'b'", "not both"),
        ("[profiles.lab]\napi_key_file = 'missing'", "No such file"),
        ("[profiles.lab", "is not TOML"),
    ],
)
def test_profiles_that_are_wrong(config: Path, text: str | None, said: str) -> None:
    if text is not None:
        config.write_text(text)
        config.chmod(0o600)
    ended = call("--profile", "lab", "run")
    assert ended.exit_code == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_the_profiles_are_where_the_platform_has_them(tmp_path: Path) -> None:
    code = "from dify_workflow.cli.profiles import config_path; print(config_path())"
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    if sys.platform == "linux":
        assert done.stdout.strip() == str(tmp_path / "dify-workflow" / "config.toml")


def test_a_key_file_holds_the_key_alone(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("DIFY_API_KEY = app-x")
    ended = call("--api-key-file", str(key), "run")
    assert ended.exit_code == 2
    assert "nothing else" in ended.err
    assert "app-x" not in ended.err


def test_space_around_the_key_of_the_environment_is_no_part_of_it(fake_dify: FakeDify) -> None:
    ended = cli(fake_dify, "info", "x", DIFY_API_KEY=" ")
    assert (ended.exit_code, ended.err.split(":")[1]) == (5, " no API key")
    assert cli(fake_dify, "run", DIFY_API_KEY=f"{fake_dify.api_key}\r\n").exit_code == 0


def test_the_key_s_file_may_be_of_nobody(config: Path) -> None:
    write_profile(config, api_key_file="~no-such-user/key")
    ended = call("--profile", "lab", "run")
    assert ended.exit_code == 2
    assert "api_key_file: Could not determine home directory" in ended.err
