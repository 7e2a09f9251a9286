"""httpcore's own tests pass with the connections of `h1_streams` in its pools."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from pathlib import Path

import httpcore
import pytest
from places import TESTS

pytestmark = pytest.mark.slow

HTTP2 = "there is no HTTP/2"
TRACE = "httpcore's log and `trace` are of its own connections: a pool that is traced gets those"
# What is expected to fail, in every way of running it, and why.
EXPECTED = {
    "test_connection_pool_with_http2": HTTP2,
    "test_connection_pool_with_http2_goaway": HTTP2,
    "test_proxy_tunneling_http2": HTTP2,
    "test_trace_request": TRACE,
    "test_debug_request": TRACE,
    "test_connection_pool_with_http_exception": TRACE,
    "test_connection_pool_with_connect_exception": TRACE,
    "test_http11_upgrade_connection": "a switch to another protocol is refused",
    "test_connection_pool_closed_while_request_in_flight": "its mock can be read when it is closed",
}


@pytest.mark.index
def test_what_fails_is_expected(tmp_path: Path) -> None:
    download = [sys.executable, "-m", "pip", "-qq", "download", "--no-deps", "--no-binary=httpcore"]
    wanted = f"httpcore=={httpcore.__version__}"
    subprocess.run([*download, "--dest", str(tmp_path), wanted], check=True, timeout=300)
    with tarfile.open(next(tmp_path.glob("httpcore-*.tar.gz"))) as archive:
        # As an argument it is known from Python 3.11.4 on.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path)
    folder = next(path for path in tmp_path.iterdir() if path.is_dir())
    files = ("test_connection_pool.py", "test_http_proxy.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "httpcore_plug", "-p", "no:xdist", "-q", "-rA"]
        + ["-m", "not trio"]  # which are for another plugin; the others run in trio too
        + ["-o", "timeout=60", "-c", "pyproject.toml", f"--rootdir={folder}", "--tb=no"]
        + [str(folder / "tests" / half / file) for half in ("_sync", "_async") for file in files],
        cwd=folder,
        env={"PYTHONPATH": str(TESTS / "support")},
        capture_output=True,
        text=True,
    )
    outcomes: dict[str, set[str]] = {"PASSED": set(), "FAILED": set()}
    for outcome, name in re.findall(r"^(PASSED|FAILED|ERROR) \S+::(\w+)", done.stdout, re.M):
        outcomes[outcome].add(name)
    assert outcomes["FAILED"] == set(EXPECTED), done.stdout
    assert len(outcomes["PASSED"] - outcomes["FAILED"]) > len(EXPECTED)
