"""The promise tests under eventlet, gevent and uvloop, and with httpx2 in the place of httpx."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from places import TESTS

pytestmark = pytest.mark.slow

FILES = ["test_closing.py", "test_posts.py", "test_posts_connecting.py", "test_stop_on_exit.py"]
WORLDS = {
    # The async client needs asyncio's own sockets, which neither of the first two leaves alone.
    # eventlet tells a reset as a plain end.
    "eventlet": (FILES, "sync and not async and not reset"),
    "gevent": (FILES, "sync and not async"),
    "httpx2": ([*FILES, "test_seed.py", "test_hooks.py", "test_connections_httpx.py"], ""),
    "uvloop": ([*FILES, "test_closing_loops.py", "test_fault_sockets.py"], "async or loops"),
    "no GIL": (FILES, ""),
}


@pytest.mark.parametrize("world", WORLDS)
def test_the_promises_hold_under(world: str) -> None:
    files, chosen = WORLDS[world]
    python = [sys.executable]
    if world == "no GIL":  # .../python3.13t, which has this package, fake-dify and pytest
        named = os.environ.get("DIFY_FREE_THREADED") or pytest.skip("it names no interpreter")
        python = [named, "-X", "gil=0"]
    found = [next(TESTS.rglob(name)) for name in files]
    command = [*python, str(TESTS / "support" / "under.py"), world, *map(str, found)]
    done = subprocess.run(
        [*command, "-k", chosen, "-m", "not long"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5_000:]
