"""Run the benchmarks.

    python benchmarks/run.py [--case NAME ...] [--client LABEL ...] [--rounds 7] [--events N]

A case's clients are measured in turn, each time in a new process, for so many rounds. The server
has a core of its own. `--case` and `--client` take patterns such as 'one_stream*'.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
from pathlib import Path
from typing import Any

import checking
import envs
import machine
import publishing
import report
import targets
from cases import CASES, CLIENTS, Case
from processes import cores, measure, prepare, server
from results import Results


def labels(case: Case, options: argparse.Namespace) -> list[str]:
    """The clients of a case that were asked for."""
    if options.client:
        return [one for one in case.clients if _matches(one, options.client)]
    return list(case.quick if options.quick else case.clients)


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def environment(label: str, options: argparse.Namespace) -> str:
    """Where a client runs."""
    return str(options.env or CLIENTS[label.split(" ")[0]][0])


def rounds(case: Case, label: str, options: argparse.Namespace) -> int:
    """How often a client is measured."""
    wanted = min(options.rounds, case.quick_rounds) if options.quick else options.rounds
    return min(wanted, 1 if options.quick else 3) if label in case.slow else wanted


def run_case(name: str, case: Case, options: argparse.Namespace) -> dict[str, Any]:
    """Measure every client of a case in turn, round after round."""
    server_core, client_core = cores()
    jobs = {label: case.job(label, options.events) for label in labels(case, options)}
    samples: dict[str, list[dict[str, Any]]] = {label: [] for label in jobs}
    with server(server_core) as urls:
        url = urls[case.scheme].replace("127.0.0.1", case.host)
        prepare(url, next(iter(jobs.values())), envs.python(environment(next(iter(jobs)), options)))
        for number in range(options.rounds):
            print(f"{name}: round {number + 1}", file=sys.stderr, flush=True)
            for label, job in jobs.items():
                if number < rounds(case, label, options):
                    told = {**job, "url": url, "core": client_core}
                    figures = measure(told, envs.python(environment(label, options)))
                    done = checking.units(job, figures)
                    samples[label].append({**figures, "done": done})
    about = {"title": case.title, "unit": case.unit, "measure": case.measure}
    about["date"] = machine.described()["date"]
    return {**about, "group": case.group, "x": case.x, **case.more, "samples": samples}


def main() -> None:
    """Run what was asked for, print it, keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs="+", default=["*"])
    parser.add_argument("--client", nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--events", type=int, help="events of a stream, instead of the case's")
    parser.add_argument("--env", help="an environment for all clients; dev: this interpreter")
    parser.add_argument("--quick", action="store_true", help="fewer clients and cases")
    parser.add_argument("--json", type=Path, help="where to keep all samples")
    parser.add_argument("--publish", action="store_true", help="write what is published")
    options = parser.parse_args()
    results = Results({"machine": machine.described(), "rounds": options.rounds, "cases": {}})
    used: dict[str, None] = {}
    for name, case in CASES.items():
        chosen = labels(case, options) if _matches(name, options.case) else []
        if chosen:
            used |= dict.fromkeys(environment(label, options) for label in chosen)
            results.cases[name] = run_case(name, case, options)
            print(report.table(results, name), flush=True)
    results.data["versions"] = machine.versions(list(used))
    print(report.machine(results))
    print(targets.table(results))
    if options.json:
        results.save(options.json)
    if options.publish:
        publishing.publish(results.over(Results.load(publishing.JSON)))


if __name__ == "__main__":
    main()
