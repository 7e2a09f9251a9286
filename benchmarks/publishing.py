"""Write the figures that are published: JSON, tables, plots, a page, a line of each README.

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
ROOT = HERE.parent
JSON = HERE / "results" / "figures.json"
TABLES = HERE / "results" / "figures.md"
PACE = 50  # events a second: a fast model's
PAGE = "docs/performance.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
LINES = {
    "README.md": "a whole run of 12 events takes {run} of httpx's CPU time, async {run_async} of"
    " aiohttp's; an event {cpu} µs (httpx: {httpx_cpu}), an open stream {held} KB",
    "README.zh-CN.md": "一次 12 个事件的完整运行所用 CPU 时间是 httpx 的 {run}，异步时是 aiohttp 的"
    " {run_async}；每个事件 {cpu} µs（httpx：{httpx_cpu}），每个打开的流 {held} KB",
}

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
    """The page's table: CPU time per event, and what many streams do."""
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


def runs(results: Results) -> str:
    """The page's first table: whole short runs, the least CPU microseconds of each client."""
    cases = [name for name in results.cases if results.cases[name]["measure"] == "runs"]
    clients = ("limit", "fast", "plain", "requests", "httpx", "aiohttp")
    titles = [results.cases[name]["title"].partition(", ")[2] or "one by one" for name in cases]
    rows = [["a run of 12 events", *clients], ["---"] + ["---:"] * len(clients)]
    for title, name in zip(titles, cases, strict=True):
        measured = results.clients(name)
        rows.append(
            [title]
            + [
                f"{results.median(name, one, 'least'):,.0f}" if one in measured else ""
                for one in clients
            ]
        )
    return "\n".join(map(report.row, rows)) + "\n"


def meaning(results: Results) -> str:
    """The page's second table: the same for streams at the pace of a model."""

    def one(client: str) -> str:
        return f"{results.median('one_stream', client) * PACE / 1e4:.3f} %"

    def many(client: str) -> str:
        return f"{results.median('many_500', client) * PACE * 500 / 1e4:,.0f} %"

    def delay(client: str) -> str:
        return f"{results.median('trickle', client, 'delay'):.2f} ms"

    rows = [
        [f"{PACE} events a second for each stream", "dify-workflow", "httpx or httpx-sse"],
        ["---", "---:", "---:"],
        ["one stream: share of a core", one("plain"), one("httpx")],
        ["500 streams at once: share of a core", many("plain"), many("httpx")],
        ["an event is in your hands after", delay("plain"), delay("httpx-sse")],
    ]
    return "\n".join(map(report.row, rows)) + "\n"


def _short(value: float, what: str) -> str:
    if what == "rate":
        return f"{value:,.0f}" if value < 1000 else f"{round(value, -3):,.0f}"
    return f"{value:.1f}" if what == "cpu" else f"{value:.0f}"


def published(results: Results) -> dict[Path, str]:
    """Give the page and the READMEs with the figures in their places."""
    figures = {
        f"{prefix}{what}": _short(results.median(case, client, what), what)
        for prefix, client in (("", "plain"), ("httpx_", "httpx"))
        for case, what in (("one_stream", "cpu"), ("many_500", "held"))
    }
    for case, other in (("run", "httpx"), ("run_async", "aiohttp")):
        figures[case] = f"{results.least(case, 'plain', other):.0%}"
    tables = f"{runs(results)}\n{summary(results)}\n{meaning(results)}"
    parts = {PAGE: f"\n\n{tables}\n{report.machine(results)}\n"}
    parts |= {name: line.format_map(figures) for name, line in LINES.items()}
    texts = {}
    for name, part in parts.items():
        before, _, rest = (ROOT / name).read_text("utf-8").partition(BEGIN)
        texts[ROOT / name] = f"{before}{BEGIN}{part}{END}{rest.partition(END)[2]}"
    return texts


def publish(results: Results) -> None:
    """Write everything."""
    results.save(JSON)
    parts = ["# Figures\n", report.machine(results), "## Targets\n", targets.table(results)]
    TABLES.write_text("\n".join([*parts, "## Cases\n", report.tables(results)]))
    subprocess.run([envs.python("plots"), HERE / "plots.py"], check=True, timeout=300)
    for path, text in published(results).items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    publish(Results.load(JSON))
