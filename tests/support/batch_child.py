"""A batch in a process of its own, to be killed; imported by a fork server."""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from dify_workflow import DifyWorkflow
from dify_workflow.batch import run_many


def run(ready: Connection, url: str, key: str, output: str, rows: int, options: Any) -> None:
    """Say that this process is there, then run the batch."""
    ready.send("ready")
    with DifyWorkflow(base_url=url, api_key=key) as dify:
        inputs = ({"number": str(number)} for number in range(rows))
        run_many(dify, inputs, output, **options)
