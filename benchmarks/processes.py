"""The server's process and the clients', each on a core of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import envs

HERE = Path(__file__).parent


def cores() -> tuple[int | None, int | None]:
    """The server's core and the clients'; none where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[-1]) if len(usable) > 1 else (None, None)


@contextlib.contextmanager
def server(core: int | None) -> Iterator[dict[str, str]]:
    """Run the server; give its address for each scheme."""
    arguments = [str(core)] if core is not None else []
    process = subprocess.Popen(
        [sys.executable, HERE / "server.py", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        ports = zip(("http", "https"), process.stdout.readline().split(), strict=True)
        yield {scheme: f"{scheme}://127.0.0.1:{port}/v1" for scheme, port in ports}
    finally:
        process.stdin.close()
        process.wait(timeout=30)


def measure(job: dict[str, Any], interpreter: str) -> dict[str, Any]:
    """Do one measurement in a new process."""
    program = [HERE / "client.py", json.dumps(job)]
    if job["measure"] == "import":
        core = [] if job["core"] is None else [str(job["core"])]
        program = [HERE / "importing.py", job["mode"], *core]
    env = envs.variables(tls=job.get("url", "").startswith("https:"))
    done = subprocess.run([interpreter, *program], stdout=subprocess.PIPE, timeout=600, env=env)
    if done.returncode:
        raise SystemExit(f"{job['client']} failed: {job}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def prepare(url: str, job: dict[str, Any], interpreter: str) -> None:
    """Do what only the first measurement would do: encode the stream, compile what is imported."""
    if job["measure"] == "stream":
        body = json.dumps({"inputs": job["inputs"], "response_mode": "streaming"}).encode()
        with urllib.request.urlopen(f"{url}/workflows/run", body, timeout=60) as answer:
            while answer.read(1 << 20):
                pass
    elif job["measure"] == "import":
        measure({**job, "mode": "import dify_workflow", "core": None}, interpreter)
