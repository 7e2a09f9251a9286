"""Where the time of this library's clients goes: own time by package, under cProfile.

python benchmarks/profiling.py blocking logs one_stream_16k many_500

cProfile makes small functions look dearer than they are: read the shares, not the times.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import importlib
import pstats
import re
from collections import Counter
from pathlib import Path
from typing import Any

from cases import CASES, Case
from clients import ours
from processes import cores, server

_PACKAGES = (r"/(dify_workflow(?:_api)?)/", r"site-packages/(\w+)", r"lib/python[\d.]+/(\w+)")


def package(file: str) -> str:
    """The package of a source file."""
    if file.startswith("<attrs"):
        return "attrs"
    for pattern in _PACKAGES:
        if found := re.search(pattern, file):
            return found[1]
    return Path(file).stem


def profiled(case: Case, url: str) -> pstats.Stats:
    """Do the case's job under the profiler."""
    measure = importlib.import_module(f"measures.{case.measure}")
    job: dict[str, Any] = {**case.job("fast", None), "url": url}
    with cProfile.Profile() as profile:
        if case.asynchronous:
            measure.asynchronous(ours.Async, job)
        else:
            measure.sync(ours.Sync, job)
    return pstats.Stats(profile)


def shares(stats: pstats.Stats) -> list[tuple[str, float]]:
    """Own time by package; that of built-in functions counts for who calls them."""
    own: Counter[str] = Counter()
    for (file, _, _), (_, _, seconds, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        if file != "~":
            own[package(file)] += seconds
            continue
        for (caller, _, _), (_, _, inside, _) in callers.items():
            own[package(caller)] += inside
    total = sum(own.values())
    return [(name, seconds / total) for name, seconds in own.most_common(8)]


def main() -> None:
    """Profile the cases that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="+", choices=sorted(CASES))
    asked = parser.parse_args()
    asyncio.run(asyncio.sleep(0))  # its imports are not the client's
    for name in asked.case:
        with server(cores()[0]) as url:
            found = shares(profiled(CASES[name], url))
        print(f"{name}: " + ", ".join(f"{who} {share:.0%}" for who, share in found))


if __name__ == "__main__":
    main()
