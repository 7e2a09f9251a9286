"""Run a workflow through the client, and show what comes.

Against the bundled local server, or against a real Dify when DIFY_BASE_URL and DIFY_API_KEY are
set. DIFY_INPUTS (a JSON object) replaces the inputs, which are made from the app's input form.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dify_workflow import DifyWorkflow, WorkflowStreamEvent


@contextmanager
def connected() -> Iterator[DifyWorkflow]:
    """Give a client of the Dify that the environment names, or of a local stand-in."""
    if os.environ.get("DIFY_BASE_URL") and os.environ.get("DIFY_API_KEY"):
        with DifyWorkflow() as dify:
            yield dify
        return
    from fake_dify import FakeDify, Input, Node, Step, Text

    steps: list[Step] = [
        Node("lookup", outputs={"found": 3}, seconds=0.3),
        Text(["Three ", "records ", "were ", "found, ", "here ", "they ", "are."], seconds=0.1),
    ]
    form = [Input("text", "paragraph")]
    with (
        FakeDify(workflow=steps, form=form) as fake,
        DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify,
    ):
        yield dify


def sample_inputs(dify: DifyWorkflow) -> dict[str, Any]:
    """Make inputs for the app's form; optional files are left out."""
    if given := os.environ.get("DIFY_INPUTS"):
        inputs: dict[str, Any] = json.loads(given)
        return inputs
    samples = {"number": 1, "checkbox": True, "json_object": {}, "select": None}
    inputs = {}
    for entry in dify.parameters().user_input_form:
        for kind, field in entry.to_dict().items():
            if field is None or kind in ("file", "file-list"):
                continue
            options = field.get("options") or ["hello"]
            inputs[field["variable"]] = samples.get(kind) or options[0]
    return inputs


def show(item: WorkflowStreamEvent) -> None:
    """Print one event on a line."""
    print(f"  {item.event:<20} {item.status:<10} {item.message!r}")


def main() -> None:
    """Run, stream, stop, ask, list."""
    with connected() as dify:
        print(f"== {dify.base_url}: {dify.app_info().name}")
        inputs = sample_inputs(dify)

        print(f"\n== a run, as it comes; inputs: {inputs}")
        stream = dify.run_workflow_stream(inputs)
        for item in stream:
            show(item)
        print(f"outputs: {stream.result().outputs}")

        print("\n== a second run, stopped in mid-stream")
        with dify.start(inputs) as second:
            show(next(second))
            answer = second.stop(wait=10)
            print(f"stop: {answer.result}; the run: {second.status}")

        print("\n== the first run's info")
        info = dify.info(stream.id or "")
        print(f"{info.id} {info.status} {info.outputs}")

        print("\n== the latest logs")
        for entry in dify.logs(limit=5):
            print(f"{entry.created_at} {entry.run_id} {entry.status} {entry.message}")


if __name__ == "__main__":
    main()
