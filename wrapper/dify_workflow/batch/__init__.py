"""Many runs of one workflow: from a table to one line of JSON for each row, and restartable.

    from dify_workflow import DifyWorkflow
    from dify_workflow.batch import run_many

    with DifyWorkflow() as dify:
        print(run_many(dify, "rows.csv", output="results.jsonl"))

Running the same program again goes on where it was stopped, however it was stopped.
"""

from __future__ import annotations

from .many import iter_many, run_many
from .row_results import BatchSummary, RowError, RowResult
from .running import Batch
from .settings import BatchOptions

__all__ = [
    "Batch",
    "BatchOptions",
    "BatchSummary",
    "RowError",
    "RowResult",
    "iter_many",
    "run_many",
]
