"""Results as Markdown tables, one for each case."""

from __future__ import annotations

from results import Results

AGAINST = ("limit", "requests", "httpx", "httpx-sse", "aiohttp", "plain import httpx, attrs")
# measure: the columns beside CPU time
COLUMNS = {
    "stream": (("peak MB", "peak"),),
    "calls": (),
    "runs": (("least CPU µs", "least"),),
    "many": (
        ("events per s", "rate"),
        ("KB per open stream", "held"),
        ("CPU µs to open one", "opening"),
    ),
    "trickle": (("delay ms", "delay"),),
    "import": (("MB", "peak"),),
    "upload": (("peak MB", "peak"),),
}


def number(value: float) -> str:
    """Three digits, or a whole number."""
    if abs(value) < 0.05:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")


def table(results: Results, name: str) -> str:
    """A Markdown table of one case."""
    case = results.cases[name]
    clients = results.clients(name)
    others = [one for one in AGAINST if one in clients]
    more = COLUMNS[case["measure"]]
    unit = case["unit"]
    titles = ["client", f"CPU µs per {unit}", "quartiles", f"wall µs per {unit}"]
    titles += [title for title, _ in more] + [f"/ {one}" for one in others]
    rows = [titles, ["---"] + ["---:"] * (len(titles) - 1)]
    for client in clients:
        low, high = results.quartiles(name, client)
        rows.append(
            [
                client,
                number(results.median(name, client)),
                f"{number(low)} to {number(high)}",
                number(results.median(name, client, "wall")),
                *(number(results.median(name, client, what)) for _, what in more),
                *(f"{results.ratio(name, client, one):.2f}" for one in others),
            ]
        )
    return f"### {case['title']} (`{name}`, {case['date']})\n\n" + "\n".join(map(row, rows)) + "\n"


def row(cells: list[str]) -> str:
    """One row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def tables(results: Results) -> str:
    """The tables of all cases."""
    return "\n".join(table(results, name) for name in results.cases)


def machine(results: Results) -> str:
    """What it was measured on and with, in a few lines."""
    of = results.data["machine"]
    versions = results.data["versions"]
    used = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"{of['cpu']}, {of['cores']} cores, {of['memory_gb']} GB, {of['system']}, "
        f"Python {of['python']}; {used}. {of['date']}, {results.data['rounds']} rounds.\n"
    )
