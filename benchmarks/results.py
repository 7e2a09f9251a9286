"""The samples of a run: medians, spreads and ratios of them."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

MB = 1e6


class Results:
    """What was measured: `data["cases"][case]["samples"][client]` is a list of rounds."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.cases: dict[str, dict[str, Any]] = data["cases"]

    @classmethod
    def load(cls, path: Path) -> Results:
        return cls(json.loads(path.read_text()))

    def over(self, earlier: Results) -> Results:
        """Return this run's cases, and behind them those that only an earlier run has measured."""
        date = earlier.data["machine"]["date"]
        others = {
            name: {"date": date, **case}
            for name, case in earlier.cases.items()
            if name not in self.cases
        }
        versions = earlier.data["versions"] | self.data["versions"]
        return Results({**self.data, "versions": versions, "cases": self.cases | others})

    def save(self, path: Path) -> None:
        """Write it as JSON, a client's samples on a line."""
        path.parent.mkdir(exist_ok=True)
        text = json.dumps(self.data)
        path.write_text(text.replace("]}", "]}\n").replace("}], ", "}],\n") + "\n")

    def clients(self, case: str) -> list[str]:
        return list(self.cases[case]["samples"])

    def values(self, case: str, client: str, what: str = "cpu") -> list[float]:
        """A figure of each round.

        cpu, wall (microseconds per unit), rate (units per second), peak (MB, the most over what
        was resident before), held (KB per open stream), opening (CPU microseconds
        for each stream), delay (ms, each event's), least (the least CPU microseconds per unit).
        """
        rounds = self.cases[case]["samples"][client]
        match what:
            case "cpu" | "wall":
                return [one[what] / one["done"] * 1e6 for one in rounds]
            case "rate":
                return [one["done"] / one["wall"] for one in rounds]
            case "peak":
                return [one["grown"] / MB for one in rounds]
            case "held":
                return [one["held"] / self.cases[case]["streams"] / 1e3 for one in rounds]
            case "opening":
                return [one["opening"] / self.cases[case]["streams"] * 1e6 for one in rounds]
            case "least":
                return [min(self.values(case, client))]
            case "delay":
                return [delay * 1e3 for one in rounds for delay in one["delays"]]
        raise ValueError(what)

    def median(self, case: str, client: str, what: str = "cpu") -> float:
        return statistics.median(self.values(case, client, what))

    def quartiles(self, case: str, client: str, what: str = "cpu") -> tuple[float, float]:
        values = self.values(case, client, what)
        if len(values) < 2:
            return values[0], values[0]
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return low, high

    def least(self, case: str, one: str, other: str) -> float:
        """How many times the least CPU time of another client the least of one is."""
        return self.median(case, one, "least") / self.median(case, other, "least")

    def ratio(self, case: str, one: str, other: str) -> float:
        """How many times the CPU time of another client one takes: the median over the rounds.

        Each round gives a ratio of its own, of two measurements that follow on each other.
        """
        pairs = zip(self.values(case, one), self.values(case, other), strict=False)
        return statistics.median(a / b for a, b in pairs)
