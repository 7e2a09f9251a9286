"""The programs in examples/ run as they stand, against the stand-in server."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cli_calls import call
from fake_dify import FakeDify, Gate, Node, Text
from places import DSL, ROOT
from programs import python

EXAMPLES = ROOT / "examples"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDify]:
    """A stand-in server that the environment names, as the examples want it."""
    with FakeDify(workflow=[Node("lookup"), Text(["Hel", "lo"])]) as fake:
        monkeypatch.setenv("DIFY_BASE_URL", fake.url)
        monkeypatch.setenv("DIFY_API_KEY", fake.api_key)
        yield fake


# FastAPI


@contextmanager
def relay() -> Iterator[str]:
    """The relay on a port of its own: its URL."""
    from examples.fastapi_relay import app

    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        pool.submit(server.run, [listener])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/runs?text=hello"
        finally:
            server.should_exit = True


def test_the_relay_passes_events_on_as_they_come(fake: FakeDify) -> None:
    gate = Gate()
    fake.workflow = [Text(["Hel", "lo"]), gate]
    names = []
    with relay() as url, httpx.stream("GET", url) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("event: "):
                names.append(line.removeprefix("event: "))
                if names[-1] == "text_chunk":
                    gate.open()  # the run goes on when its text is here
    assert (names[0], "text_chunk" in names) == ("workflow_started", True)
    assert names[-1] == "workflow_finished"
    assert fake.runs[0].inputs["text"] == "hello"


def test_the_relay_stops_reading_when_the_browser_leaves(fake: FakeDify) -> None:
    gate = Gate()
    fake.workflow = [gate]
    with relay() as url:
        with httpx.stream("GET", url) as response:
            lines = response.iter_lines()  # kept: it closes the connection when it is freed
            assert next(lines) == "event: workflow_started"
            assert len(fake.runs[0].readers) == 1
        fake.wait_for(lambda: not fake.runs[0].readers)
        gate.open()
        fake.wait_idle()
    assert [run.status for run in fake.runs] == ["succeeded"]


def test_the_relay_says_at_once_that_nothing_was_started(
    fake: FakeDify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIFY_API_KEY", "app-wrong")
    with relay() as url:
        response = httpx.get(url)
    assert response.status_code == 502
    assert response.json() == {"detail": "the workflow was not started: unauthorized"}


# Jupyter


@pytest.mark.slow
def test_the_notebook_is_stored_without_outputs_and_shows_progress(fake: FakeDify) -> None:
    import nbformat
    from nbclient import NotebookClient

    read: Any = nbformat.read
    notebook = read(EXAMPLES / "notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(EXAMPLES)}}).execute()
    progress, printed = notebook.cells[-1].outputs
    shown = progress["data"]["text/markdown"]
    assert "- lookup: succeeded, 0.0" in shown
    assert "> Hello" in shown
    assert printed["text"] == "succeeded {'text': 'Hello'}\n"


# Celery

SET_UP = """
import sys

sys.path.insert(0, {examples!r})
import celery_task

celery_task.app.conf.update(
    broker_url="filesystem://",
    result_backend="file://{folder}/results",
    broker_transport_options={{
        "data_folder_in": "{folder}/queue",
        "data_folder_out": "{folder}/queue",
        "control_folder": "{folder}/control",
        "polling_interval": 0.1,
    }},
)
app = celery_task.app
if __name__ == "__main__":
    task = celery_task.start_run("hello", user="customer-17")
    print(app.AsyncResult(task).get(timeout=60))
"""


@pytest.mark.slow
def test_one_process_starts_and_another_waits(fake: FakeDify, tmp_path: Path) -> None:
    gate = Gate()
    fake.workflow = [gate, Text(["Hel", "lo"])]
    for name in ("results", "queue", "control"):
        (tmp_path / name).mkdir()
    (tmp_path / "both.py").write_text(SET_UP.format(examples=str(EXAMPLES), folder=tmp_path))
    command = [sys.executable, "-m", "celery", "--app", "both", "worker", "--pool", "solo"]
    with subprocess.Popen(
        [*command, "--loglevel", "info", "--without-gossip", "--without-mingle"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as worker:
        try:
            with subprocess.Popen(
                [sys.executable, "both.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
            ) as starter:
                fake.wait_for(lambda: fake.posts("streamWorkflowEvents") > 0, timeout=60)
                gate.open()
                said, _ = starter.communicate(timeout=60)
        finally:
            worker.kill()  # its warm shutdown takes seconds
            told, _ = worker.communicate(timeout=30)
    (run,) = fake.runs
    assert said.splitlines()[0] == f"started {run.id}"
    assert f"'id': '{run.id}', 'status': 'succeeded', 'outputs': {{'text': 'Hello'}}" in said, told
    assert f"run {run.id} (task {run.task_id}): succeeded after" in told
    assert run.user == "customer-17"


# Typed modules

TYPED = EXAMPLES / "typed"
MODULES: dict[str, tuple[str, dict[str, Any], str]] = {  # its app, scripted values, what is printed
    "all_inputs": ("echo", {}, "hello b 2.5 True\nnote.txt 5\n"),
    "ask_model": ("llm", {"llm.text": "Hello", "reasoning": "hm"}, "finished\nHello | hm\n"),
    "review": ("human", {}, "Ada approve looks good\n"),
}


@pytest.mark.parametrize("name", MODULES)
def test_the_module_is_what_generate_writes(name: str) -> None:
    written = call("generate", str(DSL / f"{MODULES[name][0]}.yml"), "--name", name).out
    assert written == (TYPED / f"{name}.py").read_text("utf-8")


@pytest.mark.sample(1)
@pytest.mark.long
@pytest.mark.parametrize("name", MODULES)
def test_a_program_of_a_typed_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the app that its module was made of."""
    app, values, printed = MODULES[name]
    (program,) = TYPED.glob(f"*_{name}.py")
    with FakeDify(app_file=DSL / f"{app}.yml", values=values) as fake:
        monkeypatch.setenv("DIFY_BASE_URL", fake.url)
        monkeypatch.setenv("DIFY_API_KEY", fake.api_key)
        ran = python(program)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith(printed)
    assert [run.status for run in fake.runs] == ["succeeded"]
