"""A million rows through one batch: how fast, and in how much memory.

    python benchmarks/batch.py [--rows 1000000] [--runs 2000]

First without any server: an executor answers every row at once, so what is measured is this library
alone: reading a CSV, the journal, the output, and the same batch again over the finished output.
Then some real runs over HTTP, against the stand-in server in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from dify_workflow import DifyWorkflow
from dify_workflow.batch import run_many
from dify_workflow.batch.one_row import Outcome
from dify_workflow.batch.row_results import RowResult
from fake_dify import FakeDify, Input, Node

WARM = 10_000  # rows before the first figure of memory


class Instant(Executor):
    """Gives every row its result at once."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        outputs = {"text": "an answer of some length " * 4}
        result = RowResult(key=0, status="succeeded", outputs=outputs, run_id="r" * 36)
        future.set_result(Outcome(result=result))
        return future


def memory() -> int:
    """Resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def write_table(path: Path, rows: int) -> None:
    """Write a table of as many rows, of about 60 bytes each."""
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text\n")
        for number in range(rows):
            file.write(f"row-{number},a question of some length about number {number}\n")


def measured(work: Callable[..., Any], *given: Any) -> tuple[float, float, float]:
    """Return seconds, MB at the beginning of the work, and the most MB during it."""
    least, most = 0, 0
    over = threading.Event()

    def watch() -> None:
        nonlocal least, most
        while not over.wait(0.05):
            now = memory()
            least, most = least or now, max(most, now)

    thread = threading.Thread(target=watch)
    thread.start()
    began = time.perf_counter()
    try:
        work(*given)
    finally:
        over.set()
        thread.join()
    return time.perf_counter() - began, least / 1e6, most / 1e6


def alone(fake_url: str, key: str, rows: int) -> Iterator[tuple[str, float, float, float]]:
    """Stream the rows through a batch without runs; then go on with the finished batch."""
    with (
        tempfile.TemporaryDirectory() as folder,
        DifyWorkflow(base_url=fake_url, api_key=key) as dify,
    ):
        table, output = Path(folder, "rows.csv"), Path(folder, "out.jsonl")

        def run(column: str | None) -> None:
            inputs = ["text"]
            run_many(dify, table, output, key=column, inputs=inputs, executor=Instant())

        write_table(table, WARM)
        run(None)
        write_table(table, rows)
        for column in (None, "id"):
            named = "keys from a column" if column else "row numbers as keys"
            output.unlink()
            yield (f"{rows:,} rows, {named}", *measured(run, column))
            yield (
                f"again, over {output.stat().st_size / 1e6:.0f} MB",
                *measured(run, column),
            )


def serve(pipe: Connection) -> None:
    """Serve until told to stop."""
    form = [Input("text", "paragraph")]
    with FakeDify(workflow=[Node(seconds=0.02)], form=form, eof_delay=0.0, check=False) as fake:
        pipe.send((fake.url, fake.api_key))
        pipe.recv()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=2000)
    options = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    url, key = ours.recv()
    for what, seconds, least, most in alone(url, key, options.rows):
        print(
            f"{what}: {options.rows / seconds:,.0f} rows/s, "
            f"memory {least:.0f} MB at the start, {most:.0f} MB at most",
            flush=True,
        )
    with (
        tempfile.TemporaryDirectory() as folder,
        DifyWorkflow(base_url=url, api_key=key) as dify,
    ):
        rows = ({"text": str(number)} for number in range(options.runs))
        output = Path(folder, "out.jsonl")

        def many() -> None:
            run_many(dify, rows, output, concurrency=32)

        seconds, least, most = measured(many)
        assert all(json.loads(line)["status"] == "succeeded" for line in output.open())
    print(
        f"{options.runs:,} runs over HTTP, 32 at once: {options.runs / seconds:,.0f} runs/s "
        f"(with the server on the same machine), memory {least:.0f} to {most:.0f} MB"
    )
    ours.send("stop")
    server.join()


if __name__ == "__main__":
    main()
