"""What the library is meant to reach, and what a run says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import report
from results import Results


class Target(NamedTuple):
    """`measured` gives a figure that shall be at most (or, `at_least`) `bound`."""

    what: str
    client: str
    unit: str
    bound: float
    measured: Callable[[Results], float]
    at_least: bool = False


def cpu(what: str, case: str, client: str, bound: float, other: str) -> Target:
    """CPU time as a multiple of another client's."""
    return Target(
        what, client, f"x {other}", bound, lambda results: results.ratio(case, client, other)
    )


def faster(what: str, case: str, client: str, bound: float, other: str) -> Target:
    """Events per CPU second as a multiple of another client's."""
    return Target(
        what, client, f"x {other}", bound, lambda results: results.ratio(case, other, client), True
    )


def least(what: str, case: str, client: str, bound: float, other: str) -> Target:
    """The least CPU time of all rounds as a multiple of another client's."""
    return Target(
        what, client, f"x {other}", bound, lambda results: results.least(case, client, other)
    )


def figure(what: str, case: str, client: str, bound: float, kind: str, unit: str) -> Target:
    """A figure itself."""
    return Target(what, client, unit, bound, lambda results: results.median(case, client, kind))


def _streams() -> Iterator[Target]:
    one, sixteen = "one stream", "one stream, 16 KB chunks"
    yield cpu(one, "one_stream", "plain", 1.2, "requests")
    yield cpu(one, "one_stream", "fast", 0.7, "requests")
    yield cpu(one, "one_stream", "fast", 1.9, "limit")
    yield cpu(one + ", async", "one_stream_async", "plain", 0.6, "httpx-sse")
    yield cpu(one + ", async", "one_stream_async", "fast", 1.5, "limit")
    yield cpu(sixteen, "one_stream_16k", "plain", 1.0, "httpx-sse")
    yield cpu(sixteen, "one_stream_16k", "fast", 1.8, "limit")
    yield cpu(one, "one_stream", "plain .data", 1.0, "httpx-sse")
    yield cpu(one, "one_stream", "fast .data", 3.0, "limit")
    yield cpu(one, "one_stream", "plain result", 0.5, "httpx-sse")
    yield cpu(one, "one_stream", "fast result", 1.2, "limit")


def _many() -> Iterator[Target]:
    for case, times in (("many_500", 5), ("many_2000", 12)):
        what = f"{case.removeprefix('many_')} streams, events per second"
        yield faster(what, case, "plain", times, "httpx")
        yield faster(what, case, "fast", 0.6, "limit")
        for client in ("plain", "fast"):
            yield figure("memory per open stream", case, client, 40, "held", "KB")
    for client in ("plain", "fast"):
        for case in ("trickle", "trickle_async"):
            yield figure("delay of an event", case, client, 10, "delay", "ms")


def _runs() -> Iterator[Target]:
    for client in ("plain", "fast"):
        yield least("run of 12 events", "run", client, 0.6, "httpx")
        yield least("run, async", "run_async", client, 1.05, "aiohttp")
        yield least("64 runs at once", "run_64", client, 1.1, "aiohttp")
        yield least("run, by host name, async", "run_name", client, 1.1, "aiohttp")
        yield least("run, TLS", "run_tls", client, 0.8, "httpx")
        yield least("run, TLS, async", "run_tls_async", client, 1.0, "aiohttp")
        yield least("a client and its first run", "run_first", client, 1.0, "httpx")


def _rest() -> Iterator[Target]:
    yield cpu("blocking call", "blocking", "plain", 1.05, "httpx")
    yield cpu("blocking call", "blocking", "fast", 0.8, "httpx")
    yield cpu("page of 100 log entries", "logs", "plain", 1.2, "httpx")
    yield cpu("page of 100 log entries", "logs", "fast", 0.9, "httpx")
    for client in ("plain", "fast"):
        base, ours = f"{client} import httpx, attrs", f"{client} import dify_workflow"
        for one in (ours, f"{client} from dify_workflow import DifyWorkflow"):
            yield cpu("import", "import", one, 1.1, base)
            yield Target("import", one, "MB more", 4, _memory_over(one, base))
        yield Target("one event of 50 MB", client, "x its size at most", 4.5, _peak(client))
        yield Target("one event of 50 MB", client, "x that of 10 MB", 6, _growth(client))
        yield figure("1,000,000 events, memory", "million", client, 12, "peak", "MB")


def _memory_over(ours: str, base: str) -> Callable[[Results], float]:
    return lambda results: (
        results.median("import", ours, "peak") - results.median("import", base, "peak")
    )


def _peak(client: str) -> Callable[[Results], float]:
    return lambda results: results.median("big_event_50", client, "peak") / 50


def _growth(client: str) -> Callable[[Results], float]:
    """How the CPU time of a 50 MB event relates to that of a 10 MB event: 5 if linear."""
    return lambda results: (
        results.median("big_event_50", client) / results.median("big_event_10", client)
    )


TARGETS = [*_runs(), *_streams(), *_many(), *_rest()]


def table(results: Results) -> str:
    """A Markdown table of the targets that this run has the figures for."""
    rows = [["", "client", "target", "measured", "met"], ["---"] * 2 + ["---:"] * 2 + ["---"]]
    for target in TARGETS:
        try:
            measured = target.measured(results)
        except KeyError:
            continue  # not measured in this run
        met = measured >= target.bound if target.at_least else measured <= target.bound
        bound = f"{'>=' if target.at_least else '<='} {target.bound:g} {target.unit}"
        shown = report.number(measured)
        rows.append([target.what, target.client, bound, shown, "yes" if met else "**no**"])
    return "\n".join(map(report.row, rows)) + "\n" if len(rows) > 2 else ""
