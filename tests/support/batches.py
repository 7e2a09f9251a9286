"""Rows for a batch, what it has written, and a server that is too busy for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dify_workflow import DifyWorkflow
from dify_workflow.batch import Batch, BatchSummary, RowResult, iter_many, run_many
from fake_dify import Answer

_BUSY = {"code": "too_many_requests", "message": "Too many requests.", "status": 429}


def rows(count: int) -> list[dict[str, Any]]:
    return [{"text": str(number)} for number in range(1, count + 1)]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def ended(row: RowResult) -> tuple[str, str | None, str | None]:
    """How a row ended: its status, the type of its error, its run."""
    return row.status, row.error.type if row.error else None, row.run_id


def busy(retry_after: str | None = None, on: str = "run") -> Answer:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Answer(on=on, status=429, body=_BUSY, headers=headers)


class Bench:
    """A client, and the file that its batches write."""

    def __init__(self, dify: DifyWorkflow, folder: Path) -> None:
        self.dify = dify
        self.output = folder / "out.jsonl"
        self.journal = folder / "out.jsonl.journal"

    def many(self, rows: Any, **options: Any) -> BatchSummary:
        return run_many(self.dify, rows, self.output, **options)

    def iter(self, rows: Any, **options: Any) -> Batch:
        return iter_many(self.dify, rows, self.output, **options)

    def killed(self, run_id: str | None = None, **line: Any) -> None:
        """Write the journal of a batch whose row 1 was in flight when it was killed."""
        lines = [{"row": "1", "user": "own-1", "at": 1_000_000_000.0, **line}]
        if run_id is not None:
            lines.append({"row": "1", "run": run_id})
        self.journal.write_text("".join(f"{json.dumps(one)}\n" for one in lines))
