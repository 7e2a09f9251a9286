"""Write the figures that are published: JSON, tables, plots, and the table in the README.

python benchmarks/publishing.py    # from the JSON that is there, without measuring
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import envs
import report
import targets
from results import Results

HERE = Path(__file__).parent
READMES = [HERE.parent / name for name in ("README.md", "README.zh-CN.md")]
JSON = HERE / "results" / "figures.json"
TABLES = HERE / "results" / "figures.md"
BEGIN, END = "<!-- figures: written by make bench-full -->", "<!-- end of figures -->"

ROWS = {
    "limit": "limit: socket or asyncio Protocol, orjson",
    "fast": "**dify-workflow[fast]**",
    "plain": "**dify-workflow**",
    "requests": "requests `iter_lines`, json",
    "httpx": "httpx `iter_lines`, json",
    "httpx-sse": "httpx-sse, json",
    "pydify": "pydify",
    "dify-client-python": "dify-client-python",
}


def summary(results: Results) -> str:
    """The README's table: CPU time per event, and what many streams do."""
    columns = {
        "one stream": ("one_stream", "cpu"),
        "async": ("one_stream_async", "cpu"),
        "16 KB chunks": ("one_stream_16k", "cpu"),
        "500 streams, events/s": ("many_500", "rate"),
        "2,000 streams, events/s": ("many_2000", "rate"),
        "KB per open stream": ("many_2000", "held"),
    }
    rows = [["client", *columns], ["---"] + ["---:"] * len(columns)]
    for client, title in ROWS.items():
        cells = []
        for case, what in columns.values():
            known = case in results.cases and client in results.clients(case)
            value = results.median(case, client, what) if known else None
            cells.append("" if value is None else _short(value, what))
        rows.append([title, *cells])
    return "\n".join(map(report.row, rows)) + "\n"


def _short(value: float, what: str) -> str:
    if what == "rate":
        return f"{value:,.0f}" if value < 1000 else f"{round(value, -3):,.0f}"
    return f"{value:.1f}" if what == "cpu" else f"{value:.0f}"


def publish(results: Results) -> None:
    """Write everything."""
    results.save(JSON)
    parts = ["# Figures\n", report.machine(results), "## Targets\n", targets.table(results)]
    TABLES.write_text("\n".join([*parts, "## Cases\n", report.tables(results)]))
    subprocess.run([envs.python("plots"), HERE / "plots.py"], check=True, timeout=300)
    for readme in READMES:
        text = readme.read_text()
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        readme.write_text(
            f"{before}{BEGIN}\n\n{summary(results)}\n{report.machine(results)}\n{END}{after}"
        )


if __name__ == "__main__":
    publish(Results.load(JSON))
