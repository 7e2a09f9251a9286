"""Where the base URL, the key and the user come from: options, profiles, the environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from cli_calls import NOWHERE, call
from dify_workflow.cli import profiles
from fake_dify import FakeDify

OTHER = f"DIFY_BASE_URL={NOWHERE} DIFY_API_KEY=app-x DIFY_USER=ann"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setattr(profiles, "config_path", lambda: path)
    return path


def write_profile(path: Path, **values: str) -> None:
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    path.write_text("\n".join(["[profiles.lab]", *lines]))
    path.chmod(0o600)


@pytest.mark.parametrize(
    ("profile", "line", "user"),
    [
        ({}, "DIFY_BASE_URL={url} DIFY_API_KEY={key} DIFY_USER=bob run", "bob"),
        ({}, "DIFY_BASE_URL={url} DIFY_API_KEY='{key}\r\n' DIFY_USER=bob run", "bob"),
        ({}, f"{OTHER} --base-url {{url}} --user bob --api-key-file {{file}} run", "bob"),
        ({}, f"{OTHER} run --base-url {{url}} --user bob --api-key-file {{file}}", "bob"),
        (
            {"base_url": "{url}", "api_key": "{key}", "user": "bob"},
            f"{OTHER} run --profile lab",
            "bob",
        ),
        (
            {"base_url": NOWHERE, "api_key": "{key}", "user": "bob"},
            "--profile lab run --base-url {url} --user ann",
            "ann",
        ),
        ({"base_url": "{url}", "api_key_file": "key", "user": "bob"}, "--profile lab run", "bob"),
    ],
)
def test_an_option_comes_before_a_profile_and_that_before_the_environment(
    fake_dify: FakeDify, config: Path, profile: dict[str, str], line: str, user: str
) -> None:
    file = config.parent / "key"
    file.write_text(f"{fake_dify.api_key}\n")
    known = {"url": fake_dify.url, "key": fake_dify.api_key, "file": file}
    write_profile(config, **{name: value.format(**known) for name, value in profile.items()})
    ended = call(line.format(**known))
    assert (ended.exit_code, ended.err) == (0, "")
    assert fake_dify.runs[0].user == user


def test_a_profile_that_others_can_read_is_warned_of(fake_dify: FakeDify, config: Path) -> None:
    write_profile(config, base_url=fake_dify.url, api_key=fake_dify.api_key)
    config.chmod(0o644)
    ended = call("--profile lab run -i a=b")
    assert (ended.exit_code, ended.out) == (0, "b\n")
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
        (
            "[profiles.lab]\napi_key_file = '~no-such-user/key'",
            "api_key_file: Could not determine home directory",
        ),
        ("[profiles.lab", "is not TOML"),
    ],
)
def test_profiles_that_are_wrong(config: Path, text: str | None, said: str) -> None:
    if text is not None:
        config.write_text(text)
        config.chmod(0o600)
    ended = call("--profile lab run")
    assert (ended.exit_code, ended.err.count("\n")) == (2, 1)
    assert said in ended.err


def test_the_profiles_are_where_the_platform_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert profiles.config_path() == tmp_path / "dify-workflow" / "config.toml"


def test_a_key_file_holds_the_key_alone(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("DIFY_API_KEY = app-x")
    ended = call(f"--api-key-file {key} run")
    assert ended.exit_code == 2
    assert "nothing else" in ended.err
    assert "app-x" not in ended.err
