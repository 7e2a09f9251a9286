"""READMEs and the site: it builds without a warning, and their code runs as it stands."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

import dify_workflow.batch
import fake_dify
import pytest
from dify_workflow import DifyWorkflow
from dify_workflow_api.events import EVENTS
from fake_dify import FakeDify, HumanInput, Node, Parallel, Text
from places import ROOT
from programs import printed, python
from typer.main import get_command

DOCS = ROOT / "docs"
SITE = {page.relative_to(DOCS).with_suffix("").as_posix(): page for page in DOCS.rglob("*.md")}
README = ROOT / "README.md"
STAND_IN = ROOT / "fake_dify" / "README.md"
ALONE = ROOT / "generated" / "dify_workflow_api" / "README.md"
PAGES = {"README": README, "fake_dify": STAND_IN, "generated": ALONE, **SITE}
BLOCKS = {
    f"{name}-{number}": block
    for name, page in sorted(PAGES.items())
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.S))
}
IN_README = [block for name, block in BLOCKS.items() if name.startswith("README")]
RECIPES = {name: block for name, block in BLOCKS.items() if "def test_" in block}
PROGRAMS = [name for name in BLOCKS if name not in RECIPES]
FORMS = [Parallel(HumanInput("left"), HumanInput("right"))]
STEPS = [Text(["Hel", "lo"]), Node("after", seconds=0.01)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_runs(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page, block = name.rpartition("-")[0], BLOCKS[name]
    monkeypatch.chdir(tmp_path)
    paused = page == "human-input"  # a server that loses a run whose forms are answered at once
    options: Any = {"workflow": FORMS, "two_forms": "lost"} if paused else {"workflow": STEPS}
    with FakeDify(**options) as fake:
        monkeypatch.setenv("DIFY_BASE_URL", fake.url)
        monkeypatch.setenv("DIFY_API_KEY", fake.api_key)
        if "opentelemetry" in block:  # it sets up the whole process
            printed("-c", block, folder=tmp_path)
        else:
            exec(compile(block, name, "exec"), {"__name__": "__main__"})
        assert fake.requests or "FakeDify" in block
        if paused:
            assert {run.status for run in fake.runs} == {"succeeded"}


@pytest.mark.long
def test_recipes_run_as_tests(tmp_path: Path) -> None:
    assert list(RECIPES) == ["fake_dify-0", *(f"testing-{number}" for number in range(6))]
    for name, block in RECIPES.items():
        (tmp_path / f"test_{name.replace('-', '_')}.py").write_text(block)
    command = ("-m", "pytest", "-p", "fake_dify.fixtures", tmp_path)
    told = printed(*command, folder=tmp_path, env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    assert "= 11 passed in" in told


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
    for span in re.findall(
        r"`([^`\n]+)`", re.sub(r"```.*?```", "", README.read_text(), flags=re.S)
    ):
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
    assert len(README.read_text().splitlines()) <= 200
    assert len(IN_README) >= 7
    assert "\n        item.id, item.status" in "".join(map(with_comments, IN_README))
    assert "dify.run_workflow(inputs={}, user=given" in calls_in_prose()


@pytest.mark.types
def test_programs_type_check(tmp_path: Path) -> None:
    """The README's with what stands in their comments, and the calls that its text names."""
    readme, site = tmp_path / "readme", tmp_path / "site"
    programs = {f"block_{number}": with_comments(one) for number, one in enumerate(IN_README)}
    for folder, blocks in ((readme, programs | {"prose": calls_in_prose()}), (site, BLOCKS)):
        folder.mkdir()
        for name, block in blocks.items():
            (folder / f"{re.sub('[-/]', '_', name)}.py").write_text(block)
    printed("-m", "mypy", "--strict", *readme.glob("*.py"))
    printed("-m", "pyright", "--pythonpath", sys.executable, *readme.glob("*.py"), folder=readme)
    printed("-m", "mypy", site)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", (ROOT / name).read_text("utf-8"))
    for path, anchor in links:
        assert (ROOT / path).exists(), path
        if anchor:
            headings = re.findall(r"^#+ (.*)$", (ROOT / path).read_text("utf-8"), re.M)
            assert anchor in [title.lower().replace(" ", "-") for title in headings], anchor


def test_commands_and_options_exist() -> None:
    from dify_workflow.cli.app import app

    group: Any = get_command(app)
    count = 0
    for page in PAGES.values():
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S):
            for line in re.findall(r"^(?:.*\| )?dify-workflow ([^#|\n]*)", block, re.M):
                words = [word for word in line.split() if not word.startswith("'")]
                named = [group.commands[word] for word in words if word in group.commands]
                flags = {flag for it in (group, *named) for each in it.params for flag in each.opts}
                assert named, line
                assert {word for word in words if word[:1] == "-" != word} <= flags, line
                count += 1
    assert count > 15


@pytest.mark.slow
def test_the_site_builds(tmp_path: Path) -> None:
    site = tmp_path / "site"
    environment = {"NO_MKDOCS_2_WARNING": "1", "http_proxy": "http://127.0.0.1:9"}
    ran = python("-m", "mkdocs", "build", "--strict", "--site-dir", site, env=environment)
    assert (ran.returncode, "WARNING" in ran.stderr) == (0, False), ran.stderr

    def built(name: str) -> str:
        folder = re.sub(r"(^|/)index$", r"\1", name)
        return (site / folder / "index.html").read_text("utf-8")

    for name in SITE:
        text = built(name)
        assert not re.search(r"{{ \w+ .*}}", text)
        loaded = re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="(https?:[^"]+)', text)
        assert loaded == []
    assert not list(site.rglob("__pycache__"))
    reference, events = (built(name) for name in ("reference", "events"))
    entries = re.findall(r'<h[2-4] id="([\w.]+)"', reference)
    client = "dify_workflow.DifyWorkflow"
    assert entries[entries.index(client) + 1] == f"{client}.run_workflow"
    assert "Bases:" not in reference
    for package in (dify_workflow, dify_workflow.batch, fake_dify):
        for name in package.__all__:
            known = name.removeprefix("Async")  # has the same methods
            assert f"{package.__name__}.{known}" in entries, name
    for model, _ in EVENTS.values():
        assert f'id="dify_workflow_api.models.{model}"' in events
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    assert re.split(index["config"]["separator"], "a 恢复") == ["a", "", "恢", "复"]
    found = {entry["location"] for entry in index["docs"]}
    assert {f"reference/#{client}.run_workflow", "zh/quickstart/"} <= found
    examples = built("examples")
    for shown in ("one_client", "wait_for_run", "run_with_progress"):
        assert shown in examples
    assert "LocalCluster" in built("batches")
    assert "CreditUsedData" in built("regenerate")
