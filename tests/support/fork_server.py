"""Processes that begin with what a client, a batch and the program import."""

from __future__ import annotations

import multiprocessing
import sys
from functools import cache
from multiprocessing.context import ForkServerContext

from cli_calls import cli
from fake_dify import FakeDify

WANTED = {"dify_workflow", "dify_workflow_api", "h11", "httpcore", "rich", "trio", "typer"}


@cache
def warm_context() -> ForkServerContext:
    """Return a fork server that has imported all: that takes longer than most runs here."""
    with FakeDify() as fake:
        cli(fake, "run")
    context = multiprocessing.get_context("forkserver")
    names = [name for name in sys.modules if name.partition(".")[0] in WANTED]
    context.set_forkserver_preload(["dify_workflow.batch", "rich.live", *names])
    return context
