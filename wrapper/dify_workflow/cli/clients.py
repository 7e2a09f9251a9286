"""From the global options, a profile and the environment to a client."""

from __future__ import annotations

import os
import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import typer

from .. import InvalidArgument, Secret
from .exits import Exit, Problem
from .profiles import Profile, load, read_key

if TYPE_CHECKING:
    from .. import DifyWorkflow


@attrs.define(kw_only=True)
class Settings:
    """The global options; `key` is kept so that no message can show it."""

    base_url: str | None = None
    user: str | None = None
    profile: str | None = None
    api_key_file: Path | None = attrs.field(default=None, converter=attrs.converters.optional(Path))
    timeout: float | None = None  # seconds for one request
    max_retries: int | None = None
    key: Secret | None = None


def settings_of(context: typer.Context) -> Settings:
    """Return the global options of this call of the program."""
    found: Settings = context.ensure_object(Settings)
    return found


def open_client(context: typer.Context, **options: Any) -> DifyWorkflow:
    """Return a client, to be used as a context manager.

    Each value comes from its option, else from the profile, else from the environment
    (DIFY_BASE_URL, DIFY_API_KEY, DIFY_USER); a key that is nowhere is asked for in a terminal.
    options: others of the client's.

    Raises `Problem` when a value is missing or wrong.
    """
    settings = settings_of(context)
    profile = load(settings.profile) if settings.profile else Profile()
    settings.key = _key(settings, profile)
    return make_client(settings, profile, **options)


def make_client(settings: Settings, profile: Profile, **options: Any) -> DifyWorkflow:
    """Return a client with the key that the settings hold."""
    from .. import DifyWorkflow

    options |= {
        "user": settings.user or profile.user,
        "timeout": settings.timeout,
        "max_retries": settings.max_retries,
        "api_key": settings.key,
    }
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return DifyWorkflow(base_url=settings.base_url or profile.base_url, **given)
    except InvalidArgument as error:
        field = error.field or ""
        told = str(error)
        if getattr(settings, field, None) is not None:
            told = told.replace(field, f"--{field.replace('_', '-')}", 1)
        raise Problem(told, Exit.DENIED if field == "api_key" else Exit.USAGE) from None


def find_key(settings: Settings, profile: Profile) -> Secret | None:
    """Return the API key from its file, the profile or the environment."""
    if settings.api_key_file is not None:
        return read_key(settings.api_key_file)
    if profile.api_key is not None:
        return profile.api_key
    key = os.environ.get("DIFY_API_KEY", "").strip()
    return Secret(key) if key else None


def _key(settings: Settings, profile: Profile) -> Secret:
    key = find_key(settings, profile)
    if key is None and sys.stdin.isatty():
        key = Secret(getpass("API key: ").strip())
    if not key:
        raise Problem(
            "no API key: set DIFY_API_KEY, or use --api-key-file or --profile", Exit.DENIED
        )
    return key
