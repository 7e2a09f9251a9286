"""Whether a client did what it was asked to do: no event lost, no text cut."""

from __future__ import annotations

import functools
from typing import Any

import wire

RESULT = [True, len(wire.OUTPUT)]
LOGS = [100, 100 * len(wire.RUN) + 90 * len("succeeded") + 10 * len("failed")]


@functools.lru_cache
def _stream(events: int, size: int | None) -> list[int]:
    return list(wire.expected(events, size))


def _wanted(job: dict[str, Any], tally: Any) -> tuple[Any, float]:
    """What must have been read, and how many units that is."""
    match job["measure"]:
        case "import":
            return 1, 1
        case "upload":
            size = job["megabytes"] * 1_000_000
            return (tally if size < tally < size + 2000 else size), job["megabytes"]
        case "calls":
            return (LOGS if job["mode"].startswith("logs") else RESULT), job["calls"]
        case "runs":
            return RESULT, job["runs"]
        case "trickle":
            return job["inputs"]["events"], job["inputs"]["events"]
    events, characters = _stream(job["inputs"]["events"], job["inputs"].get("size"))
    if job["measure"] == "many":
        after_opening = job["inputs"]["events"] + len(wire.LAST)
        opened = [events - 1, _wave_characters(job["inputs"])]
        return [opened] * job["streams"], after_opening * job["streams"]
    return (RESULT if job["mode"] == "result" else [events, characters]), events


def _wave_characters(inputs: dict[str, Any]) -> int:
    waves, rest = divmod(inputs["events"], inputs["wave"])
    return waves * _stream(inputs["wave"], None)[1] + _stream(rest, None)[1]


def units(job: dict[str, Any], figures: dict[str, Any]) -> float:
    """Return how many units were done; stop the benchmark when anything was lost."""
    tally = figures.pop("tally")
    wanted, done = _wanted(job, tally)
    if tally != wanted:
        raise SystemExit(f"{job['client']} read {tally} instead of {wanted}: {job}"[:2000])
    return done
