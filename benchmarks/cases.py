"""What is measured, of whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# label: (environment, module in clients/)
CLIENTS = {
    "limit": ("common", "limit"),
    "requests": ("common", "requests_lines"),
    "httpx": ("common", "httpx_lines"),
    "httpx-sse": ("common", "httpx_sse_json"),
    "pydify": ("pydify", "pydify_client"),
    "dify-client-python": ("dify-client-python", "dify_client_python"),
    "aiohttp": ("common", "aiohttp_lines"),
    "plain": ("plain", "ours"),
    "fast": ("fast", "ours"),
}
PEERS = ("requests", "httpx", "httpx-sse", "pydify", "dify-client-python")
ASYNC_PEERS = ("httpx", "httpx-sse", "dify-client-python")
OURS = ("plain", "fast")
MODES = ("plain", "plain .data", "plain result", "fast", "fast .data", "fast result")
IMPORTS = tuple(
    f"{env} {statement}"
    for env in OURS
    for statement in (
        "import httpx, attrs",
        "import dify_workflow",
        "from dify_workflow import DifyWorkflow",
    )
)


@dataclass(frozen=True)
class Case:
    """One measurement of several clients; `measure` is the module in measures/.

    `clients` are labels of CLIENTS, with the mode behind a space; `quick` those of `make bench`.
    Of the `slow` ones there are three rounds, and one in `make bench`. A figure is given per
    `unit`. `group` and `x` place the case in a plot of growth. `scheme`, `host`: the server's.
    """

    title: str
    measure: str
    unit: str
    clients: tuple[str, ...]
    quick: tuple[str, ...] = ()
    asynchronous: bool = False
    mode: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    quick_rounds: int = 7
    slow: tuple[str, ...] = ()
    group: str = ""
    x: int = 0
    scheme: str = "http"
    host: str = "127.0.0.1"

    def job(self, label: str, events: int | None) -> dict[str, Any]:
        """What the client's process is told, but for the server's address."""
        name, _, mode = label.partition(" ")
        inputs = dict(self.inputs)
        if events is not None and "events" in inputs:
            inputs["events"] = events
        return {
            "client": CLIENTS[name][1],
            "measure": self.measure,
            "asynchronous": self.asynchronous,
            "mode": self.mode or mode.removeprefix("."),
            "inputs": inputs,
            **self.more,
        }


def _stream(title: str, clients: tuple[str, ...], events: int, **more: Any) -> Case:
    inputs = {"events": events, "framing": more.pop("framing", "event")}
    if size := more.pop("size", None):
        inputs["size"] = size
    return Case(title, "stream", "event", clients, inputs=inputs, **more)


def _many(streams: int, events: int, clients: tuple[str, ...], **more: Any) -> Case:
    title = f"{streams:,} streams at once"
    inputs = {"kind": "hold", "events": events, "wave": 5}
    more = {"asynchronous": True, "group": "streams", "x": streams, **more}
    return Case(title, "many", "event", clients, inputs=inputs, more={"streams": streams}, **more)


def _runs(title: str, *clients: str, runs: int = 320, ended: bool = False, **more: Any) -> Case:
    """Whole runs; `ended`: the server ends their bodies, so that a connection can be used again."""
    clients = (*clients, *OURS)
    inputs = {"kind": "short", "ended": ended}
    counts = {"runs": runs, "at_once": more.pop("at_once", 1)}
    more = {"quick": clients, "quick_rounds": 5, **more}
    return Case(
        f"Runs of 12 events{title}", "runs", "run", clients, inputs=inputs, more=counts, **more
    )


ASYNC_RUN_PEERS = ("limit", "httpx", "aiohttp")

CASES: dict[str, Case] = {
    "run": _runs("", "limit", "requests", "httpx"),
    "run_async": _runs(", async", *ASYNC_RUN_PEERS, asynchronous=True),
    "run_64": _runs(", 64 at once, async", *ASYNC_RUN_PEERS, asynchronous=True, at_once=64),
    "run_name": _runs(
        ", by host name, async", *ASYNC_RUN_PEERS, asynchronous=True, host="localhost"
    ),
    "run_tls": _runs(", TLS", "limit", "requests", "httpx", scheme="https"),
    "run_tls_async": _runs(", TLS, async", *ASYNC_RUN_PEERS, asynchronous=True, scheme="https"),
    "run_ended": _runs(
        ", TLS, the server ends the body, async",
        *("httpx", "aiohttp"),
        asynchronous=True,
        scheme="https",
        ended=True,
    ),
    "run_first": _runs(", a client and its first", "httpx", runs=1, mode="first"),
    "run_first_tls": _runs(
        ", a client and its first, TLS", "httpx", runs=1, mode="first", scheme="https"
    ),
    "one_stream": _stream(
        "One stream, an event per HTTP chunk",
        ("limit", *PEERS, *MODES),
        20_000,
        quick=("limit", "requests", "httpx-sse", *MODES),
    ),
    "one_stream_async": _stream(
        "One stream, an event per HTTP chunk, async",
        ("limit", *ASYNC_PEERS, *MODES),
        20_000,
        quick=("limit", "httpx-sse", *OURS),
        asynchronous=True,
    ),
    "one_stream_16k": _stream(
        "One stream, 16 KB chunks",
        ("limit", *PEERS, *MODES),
        20_000,
        quick=("limit", "httpx-sse", *OURS),
        framing="16k",
    ),
    "one_stream_16k_async": _stream(
        "One stream, 16 KB chunks, async",
        ("limit", *ASYNC_PEERS, *MODES),
        20_000,
        framing="16k",
        asynchronous=True,
    ),
    "many_500": _many(
        500, 50, ("limit", "httpx", *OURS), quick=("limit", "httpx", *OURS), slow=("httpx",)
    ),
    "many_2000": _many(2000, 50, ("limit", "httpx", *OURS), slow=("httpx",)),
    "many_threads": _many(
        64, 200, ("limit", "requests", "httpx", *OURS), asynchronous=False, group=""
    ),
    "trickle": Case(
        "Five events, 0.3 s apart",
        "trickle",
        "event",
        ("limit", "httpx-sse", *OURS),
        quick=OURS,
        quick_rounds=3,
        inputs={"kind": "trickle", "events": 5, "seconds": 0.3},
    ),
    "trickle_async": Case(
        "Five events, 0.3 s apart, async",
        "trickle",
        "event",
        ("limit", "httpx-sse", *OURS),
        asynchronous=True,
        inputs={"kind": "trickle", "events": 5, "seconds": 0.3},
    ),
    "blocking": Case(
        "Blocking call",
        "calls",
        "call",
        ("limit", "requests", "httpx", *OURS),
        quick=("httpx", *OURS),
        mode="blocking",
        more={"calls": 300},
    ),
    "logs": Case(
        "A page of 100 log entries",
        "calls",
        "page",
        ("httpx", *OURS),
        quick=("httpx", *OURS),
        mode="logs",
        more={"calls": 100},
    ),
    "logs_data": Case(
        "A page of 100 log entries, `.data` of each",
        "calls",
        "page",
        ("httpx", *OURS),
        mode="logs_data",
        more={"calls": 100},
    ),
    "import": Case("Import", "import", "import", IMPORTS, quick=IMPORTS),
    **{
        f"big_event_{megabytes}": _stream(
            f"One event of {megabytes} MB",
            ("limit", "httpx", "httpx-sse", *OURS),
            1,
            size=megabytes * 1_000_000,
            quick=OURS,
            quick_rounds=3,
        )
        for megabytes in (10, 50)
    },
    "million": _stream(
        "1,000,000 events", ("limit", "httpx-sse", *OURS), 1_000_000, slow=("httpx-sse",)
    ),
    "upload": Case("Upload of 200 MB", "upload", "MB", ("httpx", *OURS), more={"megabytes": 200}),
}

GROWING = ("limit", "httpx-sse", *OURS)
for _events in (100, 1000, 10_000, 100_000):
    CASES[f"events_{_events}"] = _stream(
        f"A stream of {_events:,} events", GROWING, _events, group="events", x=_events
    )
for _size in (200, 1000, 10_000, 100_000, 1_000_000):
    CASES[f"size_{_size}"] = _stream(
        f"Events of {_size:,} bytes",
        GROWING,
        min(10_000, 10_000_000 // _size),
        size=_size,
        group="size",
        x=_size,
    )
for _streams in (10, 100, 1000):
    CASES[f"many_{_streams}"] = _many(
        _streams, 50, ("limit", "httpx", *OURS), slow=("httpx",) if _streams == 1000 else ()
    )
