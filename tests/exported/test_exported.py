"""What is derived of an exported app: each rule of the table, null by branch, what is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import yaml
from dify_workflow.cli.generate.module import render
from dify_workflow.exported import App, NotAnApp, app_of, inputs_of_form, read_app
from exported_apps import EXPORTED, FOLDER, end, exported, variable
from exported_rules import BRANCHES, FIELDS, PLACE, TABLE
from wire_archive import Exchange, exchanges


def outputs_of(app: App) -> dict[str, str]:
    """The outputs as they are written into the module."""
    source = render(app, app.inputs, "small")
    body = source.partition("class SmallOutputs:")[2].partition("\ndef ")[0]
    lines = [line.strip() for line in body.splitlines() if line.startswith("    ")]
    fields = [line.partition(": ") for line in lines if ": " in line and not line.startswith('"')]
    return {name: annotation.partition(" = ")[0] for name, _, annotation in fields}


@pytest.mark.parametrize(("nodes", "source", "annotation"), TABLE)
def test_each_rule_of_the_table(nodes: Any, source: Any, annotation: str) -> None:
    nodes = nodes if isinstance(nodes, tuple) else (nodes,)
    text = exported(*nodes, end(out=source), variables=FIELDS, environment=PLACE)
    app = read_app(text)
    assert outputs_of(app)["out"] == annotation
    future = any(one["data"]["type"] == "of-the-future" for one in nodes)
    assert bool(app.warnings) is (annotation == "Any" or future)
    assert all("'out'" in warning for warning in app.warnings)


INPUTS = [
    (variable("x"), "x: str,"),
    (variable("x", "paragraph", False), "x: str | None = None,"),
    (variable("x", "select", options=["a", "b"]), "x: SmallX,"),
    (variable("x", "select", options=[]), "x: str,"),
    (variable("x", "select", options=["a", True]), "x: str,"),
    (variable("x", "number"), "x: float,"),
    (variable("x", "checkbox"), "x: bool,"),
    (variable("x", "json_object"), "x: Mapping[str, Any],"),
    (variable("x", "file"), "x: WorkflowFile,"),
    (variable("x", "file-list", False), "x: Sequence[WorkflowFile] | None = None,"),
    (variable("x", "of-the-future"), "x: Any,"),
    (variable("x", "of-the-future", False), "x: Any = None,"),
    (variable("class"), "class_: str,"),
]


@pytest.mark.parametrize(("field", "argument"), INPUTS)
def test_each_type_of_input(field: Any, argument: str) -> None:
    app = read_app(exported(variables=[field]))
    assert f"    {argument}\n" in render(app, app.inputs, "small")
    odd = field["type"] == "of-the-future" or True in field.get("options", ())
    assert bool(app.warnings) is odd


@pytest.mark.parametrize(("nodes", "edges", "null"), BRANCHES)
def test_null_only_where_a_branch_proves_it(nodes: Any, edges: str, null: bool) -> None:
    annotation = outputs_of(read_app(exported(*nodes, edges=edges)))["out"]
    assert annotation == ("str | None" if null else "str")


REFUSED = [
    (exported(app={"mode": "advanced-chat"}), "it is an advanced-chat app; only workflow"),
    (exported(app={"mode": "chat"}), "it is a chat app; only workflow"),
    ("kind: rag_pipeline\napp: {mode: workflow}", "it is the export of a rag_pipeline"),
    ("app: {mode: workflow}\nworkflow: {graph: {nodes: []}}", "the app has no start node"),
    (
        "app: {mode: workflow}\nworkflow: {graph: {nodes: [{data: {type: trigger-webhook}}]}}",
        "no start node: it begins with trigger-webhook",
    ),
    ("", "it is no exported app"),
    ("[1, 2]", "it is no exported app"),
    ("openapi: 3.1.0", "it is no exported app"),
    ("a: [", "cannot be read as YAML (line "),
    ("a: !!python/name:os.system x", "cannot be read as YAML (line 1)"),
    (b"\xff\xfe\x00", "cannot be read as YAML"),
]


@pytest.mark.parametrize(("content", "why"), REFUSED)
def test_what_is_no_workflow_app_is_refused_with_what_it_is(content: Any, why: str) -> None:
    with pytest.raises(NotAnApp) as caught:
        read_app(content)
    assert why in str(caught.value)


def test_a_file_that_lacks_anything_is_read_or_refused() -> None:
    """Whatever key is missing, or holds something else: no other error."""
    content = yaml.safe_load((FOLDER / "human.yml").read_bytes())
    for holder, key in walk(content):
        held = holder[key]
        for value in (None, 7, "text", [None], {"a": 1}):
            holder[key] = value
            with suppress(NotAnApp):
                app_of(content)
        holder[key] = held


def walk(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield value, key
        if isinstance(inner, dict | list):
            yield from walk(inner)


RECORDED = exchanges(under="appinfo/echo_parameters")


@pytest.mark.parametrize("recorded", RECORDED, ids=str)
def test_what_is_exported_is_what_is_published(recorded: Exchange) -> None:
    """Old servers leave the types out that they do not know."""
    (path,) = [path for path in EXPORTED if path.stem == "echo"]
    published, warnings = inputs_of_form(recorded.json()["user_input_form"])
    drafted = [one for one in read_app(path.read_bytes()).inputs if one in published]
    assert (drafted, warnings) == (list(published), ())
    assert len(published) >= 7
