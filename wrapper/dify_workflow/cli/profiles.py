"""Profiles: where a server is and which key opens it, by name, in a TOML file."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import attrs

from .. import Secret
from .exits import Problem
from .output import note

KEYS = ("base_url", "api_key", "api_key_file", "user")


@attrs.frozen(kw_only=True)
class Profile:
    """One `[profiles.NAME]`; None for what it does not say."""

    base_url: str | None = None
    api_key: Secret | None = None
    user: str | None = None


def config_path() -> Path:
    """Where the profiles are, e.g. ~/.config/dify-workflow/config.toml."""
    from platformdirs import user_config_path

    return user_config_path("dify-workflow") / "config.toml"


def load(name: str) -> Profile:
    """Read a profile; raises `Problem` with what to write when there is none."""
    path = config_path()
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
            mode = os.fstat(file.fileno()).st_mode
    except FileNotFoundError:
        raise Problem(f"--profile {name}: there is no {path}") from None
    except OSError as error:
        raise Problem(f"--profile {name}: {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(f"--profile {name}: {path} is not TOML: {error}") from None
    profiles = content.get("profiles")
    profiles = profiles if isinstance(profiles, dict) else {}
    values = profiles.get(name)
    if not isinstance(values, dict):
        known = ", ".join(profiles) or "none"
        raise Problem(f"--profile {name}: not in {path} as [profiles.{name}]; there are: {known}")
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        note(f"warning: others can read {path}: chmod 600 {path}")
    return _profile(name, values, path)


def _profile(name: str, values: dict[str, Any], path: Path) -> Profile:
    where = f"{path} [profiles.{name}]"
    for key, value in values.items():
        if key not in KEYS:
            raise Problem(f"{where}: unknown {key}; there are {', '.join(KEYS)}")
        if not isinstance(value, str) or not value.strip():
            raise Problem(f"{where}: {key} must be text, not empty")
    own = values.get("api_key")
    secret = None if own is None else Secret(own.strip())
    if "api_key_file" in values:
        if secret is not None:
            raise Problem(f"{where}: api_key or api_key_file, not both")
        try:
            key_path = Path(values["api_key_file"]).expanduser()
        except RuntimeError as error:  # there is no such ~user
            raise Problem(f"{where}: api_key_file: {error}") from None
        secret = read_key(path.parent / key_path)
    return Profile(base_url=values.get("base_url"), api_key=secret, user=values.get("user"))


def read_key(path: Path) -> Secret:
    """Read a file that holds an API key and nothing else."""
    try:
        text = path.read_text("utf-8").strip()
    except OSError as error:
        raise Problem(f"the API key's file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        text = ""
    if not text or len(text.split()) != 1:
        raise Problem(f"the API key's file {path} must hold the key and nothing else")
    return Secret(text)
