"""READMEs and the site: it builds without a warning, and their code runs as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import dify_workflow.batch
import fake_dify
import pytest
from dify_workflow_api.events import EVENTS
from fake_dify import FakeDify, HumanInput, Node, Parallel, Text
from places import ROOT
from programs import printed, python
from typer.main import get_command

DOCS = ROOT / "docs"
SITE = {page.relative_to(DOCS).with_suffix("").as_posix(): page for page in DOCS.rglob("*.md")}
PAGES = {
    name: ROOT / name / "README.md" for name in ("", "fake_dify", "generated/dify_workflow_api")
}
PAGES |= SITE
BLOCKS = {
    f"{name}-{number}": block
    for name, page in sorted(PAGES.items())
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.S))
}
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


@pytest.mark.types
def test_programs_type_check(tmp_path: Path) -> None:
    for name, block in BLOCKS.items():
        (tmp_path / f"{re.sub('[-/]', '_', name)}.py").write_text(block)
    ran = python("-m", "mypy", tmp_path)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout


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
