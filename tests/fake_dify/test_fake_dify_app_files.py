"""Exported apps as workflows: what a run gives out has the types that `generate` derives."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from dify_workflow import DifyWorkflow, WorkflowFile, WorkflowForm
from dify_workflow.cli.generate.module import render
from dify_workflow.exported import Input, read_app
from exported_apps import EXPORTED, end, exported, node
from exported_rules import BRANCHES, FIELDS, PLACE, TABLE
from fake_dify import FakeDify
from fake_dify_calls import Plain
from places import DSL

FILE = WorkflowFile.from_bytes(b"x", name="n.png")
SMALL = [
    exported(
        *(n if isinstance(n, tuple) else (n,)), end(out=s), variables=FIELDS, environment=PLACE
    )
    for n, s, _ in TABLE
]
BRANCHED = [exported(*n, edges=edges, variables=FIELDS) for n, edges, _ in BRANCHES]
EVERY = [*SMALL, *BRANCHED, *(path.read_text("utf-8") for path in EXPORTED)]


def given(one: Input) -> Any:
    values = {"number": 1, "checkbox": True, "file": FILE, "file-list": [FILE], "json_object": {}}
    return values.get(one.type, (one.options or ("text",))[0])


def answer(form: WorkflowForm) -> tuple[str, dict[str, Any]]:
    fields: Any = form.inputs
    values = {"file": FILE, "file-list": [FILE], "select": "red"}
    return form.actions[0].id, {
        one.output_variable_name: values.get(one.type_, "text") for one in fields
    }


@pytest.mark.sample(25)
@pytest.mark.parametrize("source", EVERY, ids=range(len(EVERY)))
def test_outputs_have_the_derived_types(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On its first way, and on each other one that a single branch opens."""
    file = tmp_path / "app.yml"
    file.write_text(source, "utf-8")
    app, module = read_app(source), ModuleType("typed_app")
    monkeypatch.setitem(sys.modules, "typed_app", module)
    exec(render(app, app.inputs, "app"), module.__dict__)
    asked = module.app(**{one.name: given(one) for one in app.inputs if one.required})
    branches = [{node: one} for node, every in app.graph.branches.items() for one in every]
    for values in [{}, *branches[:6]]:
        with (
            FakeDify(app_file=file, values=values, eof_delay=0.0) as fake,
            DifyWorkflow(base_url=fake.url, api_key=fake.api_key, user="ann") as dify,
        ):
            response = dify.run_workflow(asked, on_human_input=answer)
            response.raise_for_status()
            if fake.runs[0].nodes[-1].node_id in app.graph.of_type("end"):
                assert response.typed is not None  # else it raises OutputsMismatch
            else:
                assert response.outputs == {}


def test_scripted_values_and_a_branch_by_title() -> None:
    values = {"IF/ELSE": "false", "out": "scripted"}
    with (
        FakeDify(app_file=DSL / "branch.yml", values=values) as fake,
        DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify,
    ):
        assert dify.app_info().name == "branch"
        assert dify.run_workflow({"text": "a"}).outputs == {"out": "scripted"}
        (run,) = fake.runs
    assert {"Start", "IF/ELSE", "Aggregator", "End"} < {node.title for node in run.nodes}


def test_a_circle_is_gone_through_once(tmp_path: Path) -> None:
    nodes = [node("a", "template-transform"), node("b", "template-transform"), end(out="a.output")]
    (tmp_path / "app.yml").write_text(exported(*nodes, edges="start>a a>b b>a b>end"), "utf-8")
    with FakeDify(app_file=tmp_path / "app.yml") as fake, Plain(fake) as http:
        names = [one["data"]["node_id"] for one in http.run() if one["event"] == "node_started"]
    assert names == ["start", "a", "b", "end"]
