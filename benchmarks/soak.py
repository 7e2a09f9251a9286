"""Many runs at once over connections that are cut at random: what is lost, what is doubled.

    python benchmarks/soak.py [--runs 2000] [--at-once 64] [--seed 1]

The stand-in server runs in a process of its own. It cuts 5 % of the streams (before the first byte,
after some events, inside an event, by EOF or reset) and answers 2 % of the runs with 429.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import gc
import json
import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from dify_workflow import AsyncDifyWorkflow, RunOutcomeUnknown
from fake_dify import Answer, FakeDify, Fault, Node, Text
from fake_dify.faults import Ending

ENDINGS: tuple[Ending, ...] = ("eof", "reset", "truncate chunk", "cut inside event", "close")
STEPS = [
    Node("first", outputs={"value": 1}, seconds=0.02),
    Text(["one ", "two ", "three"], seconds=0.02),
    Node("last", outputs={"value": 2}, seconds=0.02),
]
BUSY = {"code": "too_many_requests", "message": "Too many requests.", "status": 429}


def fault(on: str, chance: random.Random) -> Fault | Answer:
    """Draw what happens to one request."""
    drawn = chance.random()
    if drawn < 0.05:
        if on == "run" and chance.random() < 0.2:
            return Fault(on=on, before_headers=True, then="reset")
        return Fault(on=on, after_events=chance.randrange(10), then=chance.choice(ENDINGS))
    if drawn < 0.07 and on == "run":
        return Answer(on=on, status=429, body=BUSY, headers={"Retry-After": "0.1"})
    return Fault(on=on)


def serve(pipe: Connection, runs: int, seed: int) -> None:
    """Serve until told to stop; then tell what was run."""
    chance = random.Random(seed)
    with FakeDify(workflow=STEPS, eof_delay=0.0, check=False) as fake:
        for on, count in (("run", runs * 2), ("events", runs)):
            for _ in range(count):
                fake.faults.add(fault(on, chance))
        pipe.send((fake.url, fake.api_key))
        pipe.recv()
        pipe.send([(run.inputs["number"], run.status) for run in fake.runs])


async def soak(url: str, key: str, runs: int, at_once: int) -> dict[str, float]:
    """Start the runs and follow each to its end; return what came of them."""
    outcome: collections.Counter[str] = collections.Counter()
    recovered = 0
    sockets_before = sockets()
    async with AsyncDifyWorkflow(
        base_url=url, api_key=key, unique_user=True, max_retries=8
    ) as dify:

        async def one(number: int) -> None:
            nonlocal recovered
            try:
                response = await dify.run_workflow({"number": str(number)})
            except RunOutcomeUnknown:
                outcome["unknown"] += 1
            else:
                right = response.status == "succeeded" and bool(response.outputs)
                outcome["finished" if right else "wrong"] += 1
                recovered += response.recovered

        async def work(numbers: Iterator[int]) -> None:
            for number in numbers:
                await one(number)

        async def several(numbers: Iterator[int]) -> None:
            await asyncio.gather(*(work(numbers) for _ in range(at_once)))

        await several(iter(range(min(200, runs))))
        gc.collect()
        before = memory()
        began = time.perf_counter()
        await several(iter(range(200, runs)))
        seconds = time.perf_counter() - began
    gc.collect()
    return {
        "finished": outcome["finished"],
        "recovered": recovered,
        "unknown": outcome["unknown"],
        "wrong": outcome["wrong"],
        "runs per second": round((runs - 200) / seconds, 1),
        "tasks left": len(asyncio.all_tasks()) - 1,
        "sockets left": sockets() - sockets_before,
        "memory growth MB": round((memory() - before) / 1e6, 1),
    }


def memory() -> int:
    """Resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def sockets() -> int:
    """Open sockets of this process."""
    links = (Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd"))
    return sum(1 for link in links if link.exists() and "socket" in os.readlink(link))


def main() -> None:
    """Soak and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, options.runs, options.seed)
    )
    server.start()
    url, key = ours.recv()
    result = asyncio.run(soak(url, key, options.runs, options.at_once))
    ours.send("stop")
    started = collections.Counter(number for number, _ in ours.recv())
    server.join()
    result["started"] = sum(started.values())
    result["lost"] = options.runs - result["finished"] - result["unknown"]
    result["doubled"] = sum(count - 1 for count in started.values())
    print(json.dumps({"runs": options.runs, "at once": options.at_once, **result}, indent=1))


if __name__ == "__main__":
    main()
