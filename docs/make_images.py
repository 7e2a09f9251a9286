"""Draw the pictures of the documentation anew: `python docs/make_images.py`."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from dify_workflow import WorkflowStreamEvent
from dify_workflow.cli.picture import Picture
from dify_workflow.cli.tree import RunTree
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).parent / "images"
RUN_ID = "5b0c6a5e-3a0e-4d0c-9d53-1f6c2f9a7e10"
COMMAND = "dify-workflow run -i question='What changed?' --stream"
# The fonts of whoever looks at it; the picture loads nothing.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.S)


def _event(name: str, node: str = "", kind: str = "", **data: Any) -> dict[str, Any]:
    payload = {"id": data.pop("id", node), "node_id": node, "title": node, "node_type": kind}
    return {"event": name, "data": {**payload, **data}}


def _done(node: str, kind: str, seconds: float, **data: Any) -> dict[str, Any]:
    told = {"status": "succeeded", "elapsed_time": seconds, **data}
    return _event("node_finished", node, kind, **told)


def events() -> list[tuple[float, dict[str, Any]]]:
    """The events of a run in progress, each with its time in seconds."""
    found = [(0.0, _done("Start", "start", 0.02)), (0.8, _done("Look up", "tool", 0.84))]
    metadata = {"iteration_length": 3}
    found.append((0.8, _event("iteration_started", "Each page", "iteration", metadata=metadata)))
    for index, (began, fetched, cleaned) in enumerate([(0.8, 1.9, 2.0), (2.0, 2.9, 3.0)]):
        found.append((began, _event("iteration_next", "Each page", "iteration", index=index)))
        for node, kind, at, last in (
            ("Fetch", "http-request", fetched, began),
            ("Clean", "code", cleaned, fetched),
        ):
            where = {"id": f"{node}{index}", "iteration_id": "Each page"}
            found.append((at, _done(node, kind, at - last, **where)))
    found.append((3.0, _event("iteration_next", "Each page", "iteration", index=2)))
    where = {"id": "Fetch2", "iteration_id": "Each page"}
    found.append((3.0, _event("node_started", "Fetch", "http-request", **where)))
    found.append((2.1, _event("node_started", "Answer", "llm")))
    text = "Three pages changed since Monday: the price list,\nthe opening hours and "
    found.append((3.5, {"event": "text_chunk", "data": {"text": text}}))
    return found


def draw() -> str:
    """Return the picture of the live tree as SVG."""
    now = [0.0]
    tree = RunTree(lambda: now[0])
    for at, raw in events():
        now[0] = at
        tree.take(WorkflowStreamEvent(raw["event"], raw, id=RUN_ID))
    now[0] = 3.9
    console = Console(
        file=io.StringIO(), record=True, width=78, height=30, force_terminal=True, highlight=False
    )
    console.print(Text(f"$ {COMMAND}"))
    console.print(Picture(tree), end="")
    return console.export_svg(title="dify-workflow", code_format=FORMAT, unique_id="tree")


def main() -> None:
    """Write the pictures."""
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "run.svg").write_text(draw(), "utf-8")


if __name__ == "__main__":
    main()
