"""The benchmarks still run: a small size, this environment only; no figure is judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from places import ROOT
from programs import printed, python

pytestmark = pytest.mark.long

RUN = ROOT / "benchmarks" / "run.py"


@pytest.mark.slow
def test_a_small_benchmark_runs(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    arguments = ["--client", "limit", "httpx", "fast", "--events", "50", "--json", str(kept)]
    told = printed(RUN, "--env", "dev", "--rounds", "1", "--case", "one_stream", *arguments)
    samples = json.loads(kept.read_text())["cases"]["one_stream"]["samples"]
    assert set(samples) == {"limit", "httpx", "fast"}
    assert [rounds[0]["done"] for rounds in samples.values()] == [50 + 6] * 3
    assert "| one stream | fast | <= 1.9 x limit |" in told


def test_lost_events_stop_the_benchmark() -> None:
    program = (
        "import checking\n"
        "job = {'client': 'x', 'measure': 'stream', 'mode': '', 'inputs': {'events': 50}}\n"
        "checking.units(job, {'tally': [55, 290]})"
    )
    done = python("-c", program, folder=RUN.parent)
    assert done.returncode == 1
    assert "read [55, 290] instead of [56, " in done.stderr


def test_the_published_figures_are_those_of_the_last_full_run() -> None:
    program = (
        "import publishing\n"
        "from results import Results\n"
        "for path, text in publishing.published(Results.load(publishing.JSON)).items():\n"
        "    print(path.name, path.read_text('utf-8') == text)"
    )
    told = printed("-c", program, folder=RUN.parent).splitlines()
    assert told == ["performance.md True", "README.md True", "README.zh-CN.md True"]
