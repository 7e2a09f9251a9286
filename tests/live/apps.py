"""The server, the apps and the inputs that the environment names."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any

SERVER = "DIFY_BASE_URL"
LONGEST = 900  # s; what one run, and one check, may take
DEADLINE = "DIFY_LIVE_DEADLINE"
DEFAULT_DEADLINE = 3600.0  # s; what all checks together may take

# What each key is of, by the ending of its variable's name.
APPS = {
    "": "the app; its run has to succeed",
    "PAUSE": "an app that asks for human input",
    "FAIL": "an app whose run fails",
    "STREAM": "an app that streams text",
    "SLOW": "an app whose run takes some seconds",
    "FILES": "an app with an input for a file",
    "FORMS": "an app that asks for two human inputs at once, in parallel branches",
    "SPEECH": "an app with speech to text and text to speech switched on",
    "FULL": "an app that takes two runs at once; a run takes some seconds",
}


class Misconfigured(Exception):
    """A variable that cannot be used."""


def variable(app: str, prefix: str = "DIFY_API_KEY") -> str:
    """Return the name of an app's variable: DIFY_API_KEY_SLOW of "SLOW"."""
    return f"{prefix}_{app}" if app else prefix


def key(app: str = "") -> str:
    """Return the key of an app, "" when none was given."""
    return os.environ.get(variable(app), "")


def base_url() -> str:
    return os.environ.get(SERVER, "")


def missing() -> list[str]:
    """Return the variables without which nothing can be checked."""
    return [name for name in (SERVER, variable("")) if not os.environ.get(name)]


def inputs(app: str) -> Mapping[str, Any] | None:
    """Return the inputs that were given for an app; None when they are to be made from its form."""
    name = variable(app, "DIFY_LIVE_INPUTS")
    try:
        given = json.loads(os.environ.get(name) or "null")
    except ValueError as error:
        raise Misconfigured(f"{name} is no JSON: {error}") from None
    if not isinstance(given, dict | None):
        raise Misconfigured(f"{name} is no JSON object")
    return given


def deadline() -> float:
    """Return the seconds that all checks together may take."""
    text = os.environ.get(DEADLINE) or str(DEFAULT_DEADLINE)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise Misconfigured(f"{DEADLINE} is no number of seconds")
    return seconds


def check() -> None:
    """Raise `Misconfigured` for what cannot be used."""
    deadline()
    for app in APPS:
        inputs(app)


USAGE = "\n".join(
    [
        f"  {SERVER}: the server's API, as in https://dify.example.com/v1",
        *(f"  {variable(app)}: the key of {what}" for app, what in APPS.items()),
        "  DIFY_LIVE_INPUTS, DIFY_LIVE_INPUTS_PAUSE ...: inputs for these apps, JSON objects;",
        "    what is not given is made from the app's input form",
        f"  {DEADLINE}: seconds for all checks, {DEFAULT_DEADLINE:.0f} if not given;",
        "    what is left then is reported as not run",
    ]
)
