"""Files: uploads, files as inputs, files in outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dify_workflow import ConnectionFailed, WorkflowFile
from facade import Kind

from . import apps
from .sample_inputs import declared
from .session import Live, succeeded


@pytest.mark.parametrize("name", ["live.txt", 'the "live" checks.txt', "文件 📄.txt"])
def test_upload(dify: Any, name: str) -> None:
    uploaded = dify.upload_file(b"A file of the live checks.\n", name=name)
    assert (uploaded.name, uploaded.size, uploaded.extension) == (name, 27, "txt")
    assert uploaded.id


def inputs_with_a_file(live: Live) -> tuple[str, dict[str, Any]]:
    """Return an app that takes files, with its inputs; skip the check if there is none."""
    for app in ("FILES", ""):
        if not apps.key(app):
            continue
        kinds = {field["variable"]: kind for kind, field in declared(live.parameters(app))}
        if any(kind.startswith("file") for kind in kinds.values()):
            return app, live.inputs(app, files=True)
    return pytest.skip("the app takes no files; give DIFY_API_KEY_FILES")


def with_files(inputs: Any, change: Callable[[WorkflowFile], WorkflowFile]) -> Any:
    """Return inputs with their files changed."""
    if isinstance(inputs, dict):
        return {name: with_files(value, change) for name, value in inputs.items()}
    if isinstance(inputs, list):
        return [with_files(item, change) for item in inputs]
    return change(inputs) if isinstance(inputs, WorkflowFile) else inputs


def test_file_as_an_input(live: Live, kind: Kind) -> None:
    app, inputs = inputs_with_a_file(live)
    with live.connect(kind, app) as dify:
        response = dify.run_workflow(inputs, validate="strict")
        succeeded(response)
        for file in response.files:
            try:
                content = dify.download(file)
                assert len(content) == file.size or file.transfer_method == "remote_url"
            except ConnectionFailed as error:
                pytest.skip(f"the server's links to files lead nowhere (FILES_URL): {error}")


def test_uploaded_file_as_an_input(live: Live, kind: Kind) -> None:
    app, inputs = inputs_with_a_file(live)
    with live.connect(kind, app) as dify:

        def uploaded(file: WorkflowFile) -> WorkflowFile:
            assert isinstance(file.content, bytes)
            upload = dify.upload_file(file.content, name=file.name)
            return WorkflowFile.from_upload(upload, type=file.type)

        succeeded(dify.run_workflow(with_files(inputs, uploaded)))
