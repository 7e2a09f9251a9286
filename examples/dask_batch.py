"""Many runs over Dask: two worker processes here, any cluster elsewhere.

    python examples/dask_batch.py [rows.csv] [results.jsonl]

Runs against the Dify of DIFY_BASE_URL and DIFY_API_KEY, or against a local stand-in. Stop it and
start it again: it goes on where it was.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
from dify_workflow import DifyWorkflow
from dify_workflow.batch import iter_many
from distributed import Client, LocalCluster


@contextmanager
def connected() -> Iterator[DifyWorkflow]:
    """Give a client of the Dify that the environment names, or of a local stand-in."""
    if os.environ.get("DIFY_BASE_URL") and os.environ.get("DIFY_API_KEY"):
        with DifyWorkflow() as dify:
            yield dify
        return
    from fake_dify import FakeDify, Input, Sleep

    with (
        FakeDify(workflow=[Sleep(0.05)], form=[Input("text")], eof_delay=0.0) as fake,
        DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify,
    ):
        yield dify


def sample(folder: Path) -> Path:
    """Write a small table."""
    path = folder / "rows.csv"
    path.write_text("text\n" + "".join(f"question {number}\n" for number in range(1, 21)))
    return path


def main() -> None:
    """Run the workflow for every row, on the workers."""
    # Dask would run a task again whose worker was lost, as if it had done nothing.
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    with (
        tempfile.TemporaryDirectory() as folder,
        connected() as dify,
        LocalCluster(n_workers=2, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        rows = Path(sys.argv[1]) if len(sys.argv) > 1 else sample(Path(folder))
        output = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(folder, "results.jsonl")
        executor = client.get_executor()
        with iter_many(dify, rows, output, executor=executor, concurrency=8) as batch:
            for row in batch:
                print(row.key, row.status, row.outputs)
        print(batch.summary)


if __name__ == "__main__":
    main()
