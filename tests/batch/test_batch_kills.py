"""A batch that is killed again and again, and gone on with: no row is lost, none is doubled."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from batch_child import run
from fake_dify import FakeDify, Fault, Gate, Sleep
from fork_server import warm_context

pytestmark = pytest.mark.long

ROWS = 200
KILLS = 20
OPTIONS = {"concurrency": 6, "lookup_seconds": 0.3}


def lines(path: Path) -> list[dict[str, object]]:
    """The whole lines of a file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines(True) if line[-1:] == b"\n"]


def in_flight(output: Path) -> dict[str, bool]:
    """The rows in flight, and whether their run's id is known."""
    done = {str(line["key"]) for line in lines(output)}
    journal = lines(output.with_name(output.name + ".journal"))
    named = {line["row"] for line in journal if "run" in line}
    posted = [str(line["row"]) for line in journal if "user" in line]
    return {row: row in named for row in posted if row not in done}


def test_twenty_kills(tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    output = tmp_path / "out.jsonl"
    known: Counter[str] = Counter()  # rows in flight whose run's id was known, at how many kills
    unknown: Counter[str] = Counter()  # ... and not known
    with FakeDify(eof_delay=0.0) as fake:
        # Between the POST and its first byte nobody knows of the run: not even the logs.
        fake.faults.add(Fault(on="run", seconds=0.02), times=None)
        context = warm_context()
        for kill in range(KILLS + 1):
            # At the first kill runs are held when their ids are known, at the second before that.
            gate, held = Gate(), {0: True, 1: False}.get(kill)
            fake.workflow = [gate] if held is True else [Sleep(0.08)]
            fake.queue = gate if held is False else None
            ours, theirs = context.Pipe()
            arguments = (theirs, fake.url, fake.api_key, str(output), ROWS, OPTIONS)
            child = context.Process(target=run, args=arguments)
            child.start()
            assert ours.recv() == "ready"
            asked = len(fake.requests)
            if held is not None:
                fake.wait_for(lambda held=held: held in in_flight(output).values())  # type: ignore[misc]
            elif chance.random() < 0.8:  # or before anything was asked
                fake.wait_for(lambda asked=asked: len(fake.requests) > asked)  # type: ignore[misc]
            child.join(chance.uniform(0.0, 0.2) if kill < KILLS else None)
            if kill < KILLS:
                assert child.exitcode is None, f"seed {seed}: over before kill {kill}"
                child.kill()
                child.join()
                gate.open()
                for row, is_known in in_flight(output).items():
                    (known if is_known else unknown)[row] += 1
        assert child.exitcode == 0
        started = Counter(str(int(run.inputs["number"]) + 1) for run in fake.runs)
    keys = Counter(line["key"] for line in lines(output))
    assert keys == Counter(range(1, ROWS + 1)), f"seed {seed}"
    assert {line["status"] for line in lines(output)} == {"succeeded"}, f"seed {seed}"
    assert not output.with_name(output.name + ".journal").exists()
    for row, count in started.items():
        assert count - 1 <= unknown[row], f"seed {seed}: row {row} was run {count} times"
    assert known, f"seed {seed}: no run was cut"
    assert unknown, f"seed {seed}: no POST was cut"
