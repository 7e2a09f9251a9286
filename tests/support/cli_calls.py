"""Calls of the program `dify-workflow` in this process, with pipes in place of a terminal."""

from __future__ import annotations

import json
from typing import Any

import attrs
from dify_workflow.cli.app import app
from fake_dify import FakeDify
from typer.testing import CliRunner


@attrs.frozen
class Ended:
    """What a call gave."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error that `--json` tells of."""
        told: dict[str, Any] = json.loads(self.err.splitlines()[-1])["error"]
        return told


def call(*arguments: str, stdin: str | bytes | None = None, **environment: str | None) -> Ended:
    """Call the program; what it does not handle itself is raised."""
    clean: dict[str, str | None] = dict.fromkeys(("DIFY_BASE_URL", "DIFY_API_KEY", "DIFY_USER"))
    result = CliRunner().invoke(app, list(arguments), input=stdin, env=clean | environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def cli(
    fake: FakeDify, *arguments: str, stdin: str | bytes | None = None, **environment: str | None
) -> Ended:
    """Call the program for the app of a stand-in server."""
    server = {"DIFY_BASE_URL": fake.url, "DIFY_API_KEY": fake.api_key}
    return call(*arguments, stdin=stdin, **{**server, **environment})
