"""Draw the published figures as SVG; runs in an environment of its own that has matplotlib."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter
from results import Results

FOLDER = Path(__file__).parent / "results"
COLOURS = {"limit": "#888888", "fast": "#d1495b", "plain": "#edae49"}
OTHER = "#9db4c0"
NAMES = {"fast": "dify-workflow[fast]", "plain": "dify-workflow", "limit": "limit"}
GROWING = {**COLOURS, "httpx-sse": "#30638e", "httpx": "#003d5b"}


def bars(axes: Axes, results: Results, case: str) -> None:
    """CPU time per event of each client, the quartiles as whiskers."""
    clients = sorted(
        (one for one in results.clients(case) if " " not in one),
        key=lambda client: results.median(case, client),
        reverse=True,
    )
    medians = [results.median(case, client) for client in clients]
    around = [results.quartiles(case, client) for client in clients]
    whiskers = [
        [middle - low for middle, (low, _) in zip(medians, around, strict=True)],
        [high - middle for middle, (_, high) in zip(medians, around, strict=True)],
    ]
    drawn = axes.barh(
        [NAMES.get(client, client) for client in clients],
        medians,
        xerr=whiskers,
        color=[COLOURS.get(client, OTHER) for client in clients],
        error_kw={"linewidth": 0.8, "ecolor": "#444444"},
    )
    axes.bar_label(drawn, fmt="%.1f", padding=6, fontsize=8)
    axes.set_title(results.cases[case]["title"], fontsize=10)
    axes.set_xlabel("CPU µs per event")
    axes.margins(x=0.15)


def growth(axes: Axes, results: Results, group: str, label: str) -> None:
    """CPU time per event as something grows."""
    cases = {case["x"]: name for name, case in results.cases.items() if case["group"] == group}
    xs = sorted(cases)
    for client, colour in GROWING.items():
        known = [x for x in xs if client in results.clients(cases[x])]
        medians = [results.median(cases[x], client) for x in known]
        if known:
            axes.plot(known, medians, "o-", color=colour, label=NAMES.get(client, client))
    axes.set(xscale="log", yscale="log", xlabel=label, ylabel="CPU µs per event")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(fontsize=7)


def save(figure: plt.Figure, name: str) -> None:
    """Write an SVG that is the same whenever the figures are."""
    figure.tight_layout()
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(FOLDER / name, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Draw both."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "figures", "font.size": 9})
    results = Results.load(FOLDER / "figures.json")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2))
    bars(left, results, "one_stream")
    bars(right, results, "one_stream_async")
    save(figure, "streams.svg")
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.4))
    for axes, group, label in zip(
        panels,
        ("events", "size", "streams"),
        ("events in the stream", "bytes of an event", "streams at once"),
        strict=True,
    ):
        growth(axes, results, group, label)
    save(figure, "growth.svg")


if __name__ == "__main__":
    main()
