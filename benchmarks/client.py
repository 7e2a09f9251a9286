"""One client, one measurement, one process: a job as JSON in, what was measured as JSON out.

python benchmarks/client.py '{"client": "ours", "url": "...", "measure": "stream", ...}'
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main() -> None:
    """Do the job: `measure` names a module in measures/, `client` one in clients/."""
    job = json.loads(sys.argv[1])
    if job["core"] is not None:
        os.sched_setaffinity(0, {job["core"]})
    client = importlib.import_module(f"clients.{job['client']}")
    measure = importlib.import_module(f"measures.{job['measure']}")
    if job["asynchronous"]:
        figures = measure.asynchronous(client.Async, job)
    else:
        figures = measure.sync(client.Sync, job)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
