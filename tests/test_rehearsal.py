"""The day the API changes: one edit of the contract and one command carry it to the user.

A copy of the contract gets a new event, a new field of an answer, a new query parameter and a new
endpoint, and is generated beside the committed client. The hand-written code stays as it is.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dify_workflow_api.operations import OPERATIONS

from generator import contract, generate, lint

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
REF = "#/components/schemas/"


def changed() -> dict[str, Any]:
    """Give the contract as somebody at Dify might change it."""
    spec = copy.deepcopy(contract.load(ROOT / "openapi" / "dify-workflow.yaml"))
    schemas = spec["components"]["schemas"]
    schemas["NodeSkippedData"] = {
        "type": "object",
        "description": "A node that does not run.",
        "required": ["node_id"],
        "properties": {
            "node_id": {"type": "string", "description": "Id of the node.", "examples": ["llm"]},
            "because": {"type": "string", "description": "Why.", "examples": ["no input"]},
        },
    }
    event = copy.deepcopy(schemas["NodeStartedEvent"])
    event["description"] = "A node is skipped."
    event["allOf"][1]["properties"] = {
        "event": {"const": "node_skipped", "description": "Name of the event."},
        "data": {"$ref": REF + "NodeSkippedData", "description": "The node."},
    }
    schemas["NodeSkippedEvent"] = event
    schemas["WorkflowEvent"]["oneOf"].append({"$ref": REF + "NodeSkippedEvent"})
    mapping = schemas["WorkflowEvent"]["discriminator"]["mapping"]
    mapping["node_skipped"] = REF + "NodeSkippedEvent"
    schemas["WorkflowRunDetail"]["properties"]["total_cost"] = {
        "type": "number",
        "description": "What the run cost.",
        "examples": [0.5],
    }
    spec["paths"]["/workflows/logs"]["get"]["parameters"].append(
        {
            "name": "min__steps",
            "in": "query",
            "description": "Only runs of so many steps.",
            "schema": {"type": "integer", "minimum": 0, "examples": [3]},
        }
    )
    spec["paths"]["/workflows/{workflow_id}/cost"] = {
        "get": {
            "operationId": "getWorkflowCost",
            "tags": ["runs"],
            "summary": "Get what a workflow costs",
            "description": "Tells the cost.",
            "parameters": [{"$ref": "#/components/parameters/WorkflowId"}],
            "responses": {
                "200": {
                    "description": "The cost.",
                    "content": {"application/json": {"schema": {"$ref": REF + "StopResult"}}},
                }
            },
        }
    }
    return spec


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the changed contract; give the folder that holds the package."""
    folder = tmp_path_factory.mktemp("rehearsal")
    (folder / "changed.yaml").write_text(json.dumps(changed()), "utf-8")
    generate.generate(folder / "changed.yaml", folder / "dify_workflow_api")
    return folder


def python(tree: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the new client before the committed one, over the code as it is."""
    env = {**os.environ, "PYTHONPATH": str(tree), "MYPYPATH": f"{tree}:{ROOT / 'wrapper'}"}
    command = [sys.executable, *args]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


USE = """
import json
import httpx
from dify_workflow import DifyWorkflow
from dify_workflow_api.models import NodeSkippedData

RUN = {"workflow_run_id": "r", "task_id": "t"}
EVENTS = [
    {"event": "workflow_started", "data": {"id": "r"}, **RUN},
    {"event": "node_skipped", "data": {"node_id": "llm", "because": "no input"}, **RUN},
    {"event": "workflow_finished", "data": {"id": "r", "status": "succeeded"}, **RUN},
]

def answer(request):
    if request.method == "POST":
        text = "".join(f"data: {json.dumps(event)}\\n\\n" for event in EVENTS)
        return httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"})
    if request.url.path.endswith("/logs"):
        print(request.url.query.decode())
        page = {"page": 1, "limit": 20, "total": 0, "has_more": False, "data": []}
        return httpx.Response(200, json=page)
    return httpx.Response(200, json={"id": "r", "status": "succeeded", "total_cost": 0.25})

http = httpx.Client(transport=httpx.MockTransport(answer))
with DifyWorkflow(base_url="http://127.0.0.1", api_key="app-x", http_client=http) as dify:
    for item in dify.run_workflow_stream({}):
        match item.data:
            case NodeSkippedData(node_id=node, because=why):
                print(item.event, node, why)
    print(dify.info("r").data.total_cost)
    dify.logs(min_steps=3)
"""


def test_the_new_event_field_and_parameter_are_there(tree: Path) -> None:
    done = python(tree, "-c", USE)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "node_skipped llm no input",
        "0.25",
        "page=1&limit=20&min__steps=3",
    ]


def test_a_wrong_value_of_the_new_parameter_is_refused(tree: Path) -> None:
    done = python(tree, "-c", USE.replace("min_steps=3", "min_steps=-1"))
    assert "InvalidArgument: min_steps" in done.stderr


TYPES = """
from typing import assert_type
from dify_workflow import DifyWorkflow, WorkflowStreamEvent
from dify_workflow_api.models import NodeSkippedData, WorkflowRunDetail

def of_event(item: WorkflowStreamEvent) -> None:
    if isinstance(item.data, NodeSkippedData):
        assert_type(item.data, NodeSkippedData)
        assert_type(item.data.node_id, str)
        assert_type(item.data.because, str | None)

def of_detail(detail: WorkflowRunDetail) -> None:
    assert_type(detail.total_cost, float | None)

def of_logs(dify: DifyWorkflow) -> None:
    dify.logs(min_steps=3)
    dify.logs(min_steps="3")
"""


def test_they_are_typed(tree: Path) -> None:
    (tree / "snippet.py").write_text(TYPES, "utf-8")
    where = [f"--cache-dir={tree / 'cache'}", "--config-file=", str(tree / "snippet.py")]
    done = python(tree, "-m", "mypy", "--strict", "--no-error-summary", *where)
    found = [line.partition("error: ")[2] for line in done.stdout.splitlines()]
    # One error, and that one is wanted: the parameter is an int.
    assert len(found) == 1, done.stdout + done.stderr
    assert 'Argument "min_steps" to "logs"' in found[0]
    assert 'expected "int"' in found[0]


def test_the_new_endpoint_is_built_and_misses_its_method(tree: Path) -> None:
    """The lint has nothing against it; the facade test asks for what has to be written by hand."""
    assert lint.findings(changed()) == []
    code = "from dify_workflow_api.api.runs.get_workflow_cost import _get_kwargs as build"
    built = python(tree, "-c", f"{code}; print(build('w 1'))")
    assert built.stdout == "{'method': 'get', 'url': '/workflows/w%201/cost'}\n"
    facade = str(ROOT / "tests" / "test_facade_complete.py")
    done = python(tree, "-m", "pytest", "-p", "no:cacheprovider", facade)
    assert done.returncode == 1
    missing = "no method sends getWorkflowCost (GET /workflows/{workflow_id}/cost)"
    assert missing in done.stdout
    assert f"2 failed, {2 * len(OPERATIONS) + 2} passed" in done.stdout


def test_an_endpoint_that_was_written_in_haste_is_told() -> None:
    spec = changed()
    operation = spec["paths"]["/workflows/{workflow_id}/cost"]["get"]
    del operation["summary"], operation["parameters"]
    operation["responses"]["200"]["content"] = {"application/xml": {}}
    where = "GET /workflows/{workflow_id}/cost"
    assert lint.findings(spec) == [
        f"{where}: has no summary",
        f"{where}: path and required path parameters differ in workflow_id",
        f"{where}: application/xml of 200 cannot be read",
    ]
