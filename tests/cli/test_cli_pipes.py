"""Where the program's output goes: a full disk, a closed stream, nobody at all."""

from __future__ import annotations

import json
import math
import os
import shlex
import subprocess
import sys

import pytest
from dify_workflow.cli.output import as_json
from fake_dify import FakeDify

pytestmark = pytest.mark.long

NO_RUN = "00000000-0000-4000-8000-000000000000"


def shell(fake: FakeDify, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell, in which `dify` is the program."""
    environment = {**os.environ, "DIFY_BASE_URL": fake.url, "DIFY_API_KEY": fake.api_key}
    dify = f'dify() {{ {shlex.quote(sys.executable)} -m dify_workflow.cli "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", dify + line],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only on Linux")
def test_a_result_that_cannot_be_written_is_an_error(fake_dify: FakeDify) -> None:
    ended = shell(fake_dify, "dify run -i text=a > /dev/full")
    assert (ended.returncode, ended.stderr) == (2, "dify-workflow: No space left on device\n")


def test_streams_may_be_closed(fake_dify: FakeDify) -> None:
    ended = shell(fake_dify, "dify run -i text=a >&-")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert shell(fake_dify, f"dify info {NO_RUN} 2>&-").returncode == 6


def test_the_exit_code_is_right_where_nobody_listens(fake_dify: FakeDify) -> None:
    ended = shell(
        fake_dify, f"{{ (sleep 0.1; dify info {NO_RUN}; echo $? >&3) 2>&1 | true; }} 3>&1"
    )
    assert ended.stdout == "6\n"


def test_what_has_no_json_form_is_null() -> None:
    """Old servers send NaN, which other programs cannot read."""
    assert json.loads(as_json({"a": [math.nan, -math.inf], "b": 1})) == {"a": [None, None], "b": 1}
    assert "NaN" not in as_json(math.nan, indent=2)
