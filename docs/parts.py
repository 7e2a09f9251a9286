"""Parts of the documentation site that are made from the code, so that they cannot be wrong.

A page has `{{ name }}` on a line of its own where a part goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import dify_workflow.batch
import fake_dify
from dify_workflow import DifyWorkflow, errors
from dify_workflow_api.events import EVENTS
from fake_dify.faults import as_markdown

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def table(*rows: tuple[str, ...]) -> str:
    """A Markdown table; the first row is its head."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "| --- " * len(rows[0]) + "|", *lines[1:]])


def readme(name: str) -> str:
    """What a README says first: what it is, the first program, and the reasons."""
    text = (ROOT / name).read_text("utf-8")
    head = "".join(re.split(r"^(?=## )", text, flags=re.M)[:2])
    up = "" if name == "README.md" else "../"
    pages = {"README.md": "../index.md", "README.zh-CN.md": "zh/index.md"}

    def link(found: re.Match[str]) -> str:
        return f"]({pages.get(found[1]) or up + found[1].removeprefix('docs/')}"

    return re.sub(r"\]\((?!https?:)([^)#]+)", link, head)


def error_tree() -> str:
    """The exceptions, as the module's own text shows them."""
    tree = (errors.__doc__ or "").partition("\n\n")[2]
    return f"```text\n{tree.strip()}\n```"


def events() -> str:
    """The events with their classes and the first sentence of the contract."""
    contract = json.loads(files("dify_workflow_api").joinpath("openapi.json").read_text())
    schemas: dict[str, Any] = contract["components"]["schemas"]
    mapping: dict[str, str] = schemas["WorkflowEvent"]["discriminator"]["mapping"]
    told = {name: schemas[ref.rpartition("/")[2]]["description"] for name, ref in mapping.items()}
    rows = [
        (f"`{name}`", f"`{model}`", _first_sentence(told[name]))
        for name, (model, _) in EVENTS.items()
    ]
    return table(("event", "class of `item.data`", "what it says"), *rows)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:])\s", " ".join(text.split()).replace("|", "\\|"))[0]


FIRST = (
    "run_workflow run_workflow_stream start attach resume stop_workflow_stream info logs iter_logs"
)


def client() -> str:
    """The client, what one runs workflows with first."""
    first = FIRST.split()
    public = [name for name in dir(DifyWorkflow) if name[0] != "_" and name not in first]
    members = ", ".join([*first, *public])
    options = f"{{group_by_category: false, members: [{members}]}}"
    return f"::: dify_workflow.DifyWorkflow\n    options: {options}"


def exceptions() -> str:
    """All exceptions, the first of them first."""
    found = [name for name in dify_workflow.__all__ if _is_exception(name)]
    found.sort(key=lambda name: len(getattr(dify_workflow, name).__mro__))
    return "\n\n".join(f"::: dify_workflow.{name}" for name in found)


def others() -> str:
    """What is public and stands nowhere else on the page."""
    page = (ROOT / "docs" / "reference.md").read_text("utf-8")
    found = [
        f"::: {package.__name__}.{name}"
        for package in (dify_workflow, dify_workflow.batch, fake_dify)
        for name in package.__all__
        if not re.search(rf"^::: {package.__name__}\.{name}$", page, re.M)
        and not _is_exception(name)
        and name not in ("DifyWorkflow", "AsyncDifyWorkflow", "AsyncWorkflowStream")
    ]
    return "\n\n".join(found)


def _is_exception(name: str) -> bool:
    found = getattr(dify_workflow, name, None)
    return isinstance(found, type) and issubclass(found, Exception)


def payloads() -> str:
    """The class of each event's data, with its fields."""
    models = dict.fromkeys(model for model, _ in EVENTS.values())
    options = "    options: {members: false, heading_level: 2}"
    return "\n\n".join(f"::: dify_workflow_api.models.{name}\n{options}" for name in models)


def notebook() -> str:
    """The first program of the notebook."""
    cells = json.loads((EXAMPLES / "notebook.ipynb").read_text("utf-8"))["cells"]
    source = next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return f"```python\n{source}\n```"


def example(name: str) -> str:
    """A program of examples/, whole."""
    return f'```python title="examples/{name}"\n{(EXAMPLES / name).read_text("utf-8")}```'


PARTS: dict[str, Callable[..., str]] = {
    "client": client,
    "exceptions": exceptions,
    "others": others,
    "payloads": payloads,
    "errors": error_tree,
    "events": events,
    "example": example,
    "faults": as_markdown,
    "notebook": notebook,
    "readme": readme,
}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the parts in (called by MkDocs)."""

    def part(found: re.Match[str]) -> str:
        name, *arguments = found[1].split()
        return PARTS[name](*arguments)

    return re.sub(r"^\{\{ (.+) \}\}$", part, markdown, flags=re.M)
