"""`run_many` and `iter_many`, the two ways to run a batch."""

from __future__ import annotations

import os
from typing import Unpack

from .. import DifyWorkflow
from ..options import show_options
from .row_results import BatchSummary
from .rows import Rows
from .running import Batch
from .settings import BatchOptions, Settings


def run_many(
    client: DifyWorkflow,
    rows: Rows,
    /,
    output: str | os.PathLike[str],
    **options: Unpack[BatchOptions],
) -> BatchSummary:
    """Run the workflow for every row, and write a line of JSON for each as it ends.

    A row that fails is a line with its error. The batch waits and slows down as a whole when the
    server is too busy, or cannot be reached. Each row has an end user of its own, named after
    `user`. From Dify 1.13 on a run may be in the server's queue for 300 s, unknown to the logs: a
    row that was in flight is run again only so long after it was posted (`lookup_seconds`). Before
    1.11 the logs list a run only after its end: a row whose run is not found is `unknown`, unless
    `rerun_unknown`. Before 1.10 a run ends with its stream.

    Args:
        client: The client; an async one will not do, as rows are run in threads.
        rows: An iterable of mappings, or the path of a .csv, .tsv, .jsonl, .ndjson or .parquet
            file. All columns but the key are inputs. Values of files are typed after the app's
            form.
        output: A file that lines are appended to, each with what `RowResult` has. Rows that are in
            it are not run again, so the same call goes on where an earlier one was stopped, however
            that was: rows that were in flight (`<output>.journal`) are looked up, by their run's id
            or by their own user in the logs, before they are run again. To run a row again, delete
            its line. A row is known by its key, which is its number without `key`: keep the table
            as it is until the batch is done.
        options: See `BatchOptions`, and the options of a run.

    Raises:
        InvalidArgument: For bad arguments, a file that cannot be read, a key that comes twice.
        DifyError: One of `stop_on` (a wrong key, an app that is not published ...), or what the
            server said for longer than `patience`. The rows that are left can be run later.
    """
    with iter_many(client, rows, output, **options) as batch:
        for _ in batch:
            pass
    return batch.summary


def iter_many(
    client: DifyWorkflow,
    rows: Rows,
    /,
    output: str | os.PathLike[str] | None = None,
    **options: Unpack[BatchOptions],
) -> Batch:
    """Run the workflow for every row, and iterate over the results as they come.

    As `run_many`, which see; without `output` nothing is kept. No row is begun while nobody asks
    for the next result. Leaving the iteration leaves the rows under way, whose runs go on.
    """
    return Batch(client, rows, output, options)


for _function in (run_many, iter_many):
    show_options(_function, BatchOptions, Settings)
