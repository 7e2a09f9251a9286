"""Calls of the program `dify-workflow`, with pipes in place of a terminal.

A line is written as for a shell, `DIFY_USER=ann run --json`; arguments may follow as they are.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
from dify_workflow.cli.app import app
from fake_dify import FakeDify
from typer.testing import CliRunner

NOWHERE = "http://127.0.0.1:1"


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
    def lines(self) -> list[Any]:
        """What `--json` tells line by line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, Any]:
        """The error that `--json` tells of."""
        told: dict[str, Any] = json.loads(self.err.splitlines()[-1])["error"]
        return told


def split(line: str) -> tuple[dict[str, str], list[str]]:
    """Return the environment that a line begins with, and its words."""
    words, environment = shlex.split(line), {}
    while words and words[0].startswith("DIFY_"):
        name, _, environment[name] = words.pop(0).partition("=")
    return environment, words


def call(
    line: str, *more: str, stdin: str | bytes | None = None, **environment: str | None
) -> Ended:
    """Call the program in this process; what it does not handle itself is raised."""
    clean: dict[str, str | None] = dict.fromkeys(("DIFY_BASE_URL", "DIFY_API_KEY", "DIFY_USER"))
    begin, words = split(line)
    runner = CliRunner()
    result = runner.invoke(app, [*words, *more], input=stdin, env=clean | environment | begin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def server(fake: FakeDify) -> dict[str, str]:
    return {"DIFY_BASE_URL": fake.url, "DIFY_API_KEY": fake.api_key}


def cli(
    fake: FakeDify, line: str, *more: str, stdin: str | bytes | None = None, **env: str | None
) -> Ended:
    """Call the program for the app of a stand-in server."""
    return call(line, *more, stdin=stdin, **{**server(fake), **env})


@contextmanager
def program(line: str, fake: FakeDify | None = None) -> Iterator[Any]:
    """Start the program in a process of its own, with pipes; it is killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "dify_workflow.cli", *shlex.split(line)],
        env={**os.environ, **(server(fake) if fake else {}), "FORCE_COLOR": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
