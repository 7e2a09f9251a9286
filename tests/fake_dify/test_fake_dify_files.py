"""FakeDify and files: names as they are sent, and inputs that are no files."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from dify_workflow import InvalidParam, ServerError, WorkflowFile, WorkflowRunRequest
from facade import Kind, both, client
from fake_dify import FakeDify, Input
from fake_dify_calls import Plain, asked
from wire_archive import exchange

DOCS = [Input("docs", "file-list")]
ODD = ["a.txt", 7, None, ["x"], True]


@both
@pytest.mark.parametrize("name", ['say "hi".txt', '"', '100%22.txt"', "50%41 你好 📄.txt"])
def test_the_name_of_a_file_arrives(kind: Kind, name: str, fake_dify: FakeDify) -> None:
    with client(kind, fake_dify.url, api_key=fake_dify.api_key) as dify:
        uploaded = dify.upload_file(b"x", name=name)
    arrived = name.replace("%22", '"')  # it cannot be told from a quote
    assert uploaded.name == arrived
    assert fake_dify.requests[-1].body["file"] == arrived


def test_a_name_with_quotes_is_the_name_in_outputs(fake_dify: FakeDify) -> None:
    file = WorkflowFile.from_bytes(b"x", 'the "best".txt')
    with client("sync", fake_dify.url, api_key=fake_dify.api_key) as dify:
        response = dify.run_workflow({"doc": file})
    assert response.outputs["doc"]["filename"] == 'the "best".txt'
    assert response.files[0].extension == ".txt"


def run(fake: FakeDify, **body: Any) -> httpx.Response:
    with Plain(fake) as http:
        return http.post("/workflows/run", json={**asked("blocking"), **body})


@pytest.mark.fake_dify(form=DOCS, check=False)
@pytest.mark.parametrize("odd", ODD)
def test_a_list_of_files_holds_objects_only(odd: Any, fake_dify: FakeDify) -> None:
    recorded = exchange("1.14.2", "files/run_list_single_dict_blocking")
    answer = run(fake_dify, inputs={"docs": [odd]})
    assert (answer.status_code, answer.json()) == (recorded.status, recorded.json())
    assert not fake_dify.runs


@both
@pytest.mark.fake_dify(form=DOCS)
def test_a_stream_says_so_too(kind: Kind, fake_dify: FakeDify) -> None:
    with (
        client(kind, fake_dify.url, api_key=fake_dify.api_key) as dify,
        pytest.raises((InvalidParam, ServerError), match="docs in input form must be a list"),
    ):
        dify.run_workflow({"docs": ["a.txt"]})


@pytest.mark.fake_dify(check=False)
@pytest.mark.parametrize("odd", ODD)
def test_files_beside_the_inputs_are_objects_too(odd: Any, fake_dify: FakeDify) -> None:
    answer = run(fake_dify, files=[odd])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_param")
    assert "files.0\n  Input should be a valid dictionary" in answer.json()["message"]
    said = run(fake_dify, files="x").json()["message"]
    assert "files\n  Input should be a valid list" in said


@pytest.mark.fake_dify(version="1.9.1", check=False)
def test_an_older_server_crashes_on_them(fake_dify: FakeDify) -> None:
    for files in (["x"], "x"):
        answer = run(fake_dify, files=files)
        assert (answer.status_code, answer.json()["code"]) == (500, "unknown")


@both
def test_files_beside_the_inputs_still_run(kind: Kind, fake_dify: FakeDify) -> None:
    picture = WorkflowFile.from_url("https://example.com/picture.png")
    with client(kind, fake_dify.url, api_key=fake_dify.api_key) as dify:
        response = dify.run_workflow(WorkflowRunRequest(inputs={"a": "b"}, files=[picture]))
    assert response.status == "succeeded"
    assert len(fake_dify.runs[0].files) == 1
