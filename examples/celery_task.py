"""Start a run in the web process, wait for its end in a Celery worker.

    celery --app celery_task worker          # with CELERY_BROKER_URL, CELERY_RESULT_BACKEND
    python celery_task.py hello              # and DIFY_BASE_URL, DIFY_API_KEY in both

The broker carries ids, not connections. A worker that dies or is redeployed loses nothing: its
message is delivered again, and the next worker attaches to the same run; nothing is started twice.
(Dify before 1.10 ends a run when the stream is closed that started it: keep it open there.)
"""

from __future__ import annotations

import sys
from typing import Any

from celery import Celery
from dify_workflow import DifyWorkflow

app = Celery("workflows")
app.conf.task_acks_late = True  # a message is done when its run is, not when it was read
app.conf.task_reject_on_worker_lost = True


@app.task(name="wait_for_run")  # type: ignore[untyped-decorator]
def wait_for_run(run_id: str, user: str) -> dict[str, Any]:
    """Follow a run that another process started, and return what came of it."""
    with DifyWorkflow(user=user) as dify, dify.attach(run_id) as run:
        response = run.result()
    return {"id": response.id, "status": response.status, "outputs": response.outputs}


def start_run(text: str, user: str) -> str:
    """Start a run and hand its id to a worker; returns at once, with the id of the task."""
    with DifyWorkflow(user=user) as dify, dify.start({"text": text}) as run:
        task = wait_for_run.delay(run.id, user)
        print("started", run.id)
    return str(task.id)


if __name__ == "__main__":
    print(app.AsyncResult(start_run(sys.argv[1], user="customer-17")).get(timeout=600))
