"""How many functions of this library one streamed run enters, and in how many files.

python benchmarks/frames.py

A count and not a time: it says how much there is to read, and to go through for each run. The run
has eight events. How many of them come with one read is the network's affair, so the count varies.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import dify_workflow
from dify_workflow import DifyWorkflow
from fake_dify import FakeDify, Node

RUNS = 30
WRAPPER = Path(dify_workflow.__file__).parent.parent
Entered = Counter[tuple[str, str]]  # how often, by the file below wrapper/ and the function


def entered() -> Entered:
    """Run an app of three nodes, the first and the last included; the least of some runs."""
    with FakeDify() as fake, DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify:
        fake.workflow = [Node("a")]
        return min((_entered(dify) for _ in range(RUNS)), key=Counter.total)


def _entered(dify: DifyWorkflow) -> Entered:
    counted: Entered = Counter()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(WRAPPER):
            counted[str(path.relative_to(WRAPPER)), frame.f_code.co_qualname] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        events = list(dify.run_workflow_stream({"text": "a"}))
    finally:
        sys.setprofile(before)
    assert len(events) == 8
    return counted


def totals(counted: Entered, package: str = "") -> tuple[int, int]:
    """Return the number of calls and of files, of the files below a folder."""
    chosen = {key: count for key, count in counted.items() if key[0].startswith(package)}
    return sum(chosen.values()), len({file for file, _ in chosen})


def main() -> None:
    """Print the functions by file, and the totals with and without the HTTP connections."""
    counted = entered()
    for file in sorted({file for file, _ in counted}):
        print(file, totals(counted, file)[0])
        for (where, function), count in counted.most_common():
            if where == file:
                print(f"  {count:4} {function}")
    for package in ("dify_workflow/", ""):
        calls, files = totals(counted, package)
        print(f"{package or 'with h1_streams/'}: {calls} calls, {files} files")


if __name__ == "__main__":
    main()
