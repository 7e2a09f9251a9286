"""The README: where its links lead, and that what it says in comments and prose is right, too.

test_docs.py runs its programs.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from dify_workflow import DifyWorkflow
from places import ROOT
from programs import printed

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", (ROOT / name).read_text("utf-8"))
    for path, anchor in links:
        assert (ROOT / path).exists(), path
        if anchor:
            headings = re.findall(r"^#+ (.*)$", (ROOT / path).read_text("utf-8"), re.M)
            assert anchor in [title.lower().replace(" ", "-") for title in headings], anchor


def expression(text: str) -> ast.expr | None:
    """What a comment or a `text` says in Python, if it does."""
    try:
        found = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return None
    return found if isinstance(found, ast.Tuple | ast.Call | ast.Attribute) else None


def with_comments(block: str) -> str:
    """A program that also does what its comments say, each before the next line."""
    lines: list[str] = []
    said = None
    for line in block.splitlines():
        if said:
            lines.append(line[: len(line) - len(line.lstrip())] + said)
        code, _, comment = line.partition("  # ")
        said = comment if expression(comment) else None
        lines.append(code)
    return "\n".join(lines) + "\n"


def calls_in_prose() -> str:
    """A program with each call of a client's method that the text names; `...` is any value."""
    calls, names = [], {"given"}
    for span in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.S)):
        said = expression(span.replace("{...}", "{}").replace("...", "given"))
        name = (
            said.func.id if isinstance(said, ast.Call) and isinstance(said.func, ast.Name) else ""
        )
        if said and hasattr(DifyWorkflow, name):
            names |= {node.id for node in ast.walk(said) if isinstance(node, ast.Name)}
            calls.append(f"    dify.{ast.unparse(said)}\n")
    head = "from typing import Any\nfrom dify_workflow import DifyWorkflow\n"
    arguments = ", ".join(f"{name}: Any" for name in sorted(names))
    return f"{head}def calls(dify: DifyWorkflow, {arguments}) -> None:\n{''.join(calls)}"


def test_it_is_short_and_its_comments_and_prose_are_read() -> None:
    assert len(README.splitlines()) <= 200
    assert len(BLOCKS) >= 7
    assert "\n        item.id, item.status" in "".join(map(with_comments, BLOCKS))
    assert "dify.run_workflow(inputs={}, user=given" in calls_in_prose()


@pytest.mark.types
def test_programs_type_check(tmp_path: Path) -> None:
    """With what stands in their comments, and the calls that the text names."""
    for number, block in enumerate(map(with_comments, BLOCKS)):
        (tmp_path / f"block_{number}.py").write_text(block)
    (tmp_path / "prose.py").write_text(calls_in_prose())
    pyright = ["pyright", "--pythonpath", sys.executable]
    for checker, where in ((["mypy", "--strict"], ROOT), (pyright, tmp_path)):
        printed("-m", *checker, *sorted(tmp_path.glob("*.py")), folder=where)
