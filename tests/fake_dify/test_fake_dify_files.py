"""FakeDify and files: names as they are sent, and inputs that are no files."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from facade import Kind, both, client
from fake_dify import FakeDify, Input
from fake_dify_calls import Plain, Serve, asked
from wire_archive import exchange

ODD = ["a.txt", 7, None, ["x"], True]


@both
@pytest.mark.parametrize("name", ['say "hi".txt', '"', '100%22.txt"', "50%41 你好 📄.txt"])
def test_the_name_of_a_file_arrives_and_is_the_name_in_outputs(
    kind: Kind, name: str, fake_dify: FakeDify
) -> None:
    with client(kind, fake_dify.url, api_key=fake_dify.api_key) as dify:
        uploaded = dify.upload_file(b"x", name=name)
        response = dify.run_workflow({"doc": uploaded})
    arrived = name.replace("%22", '"')  # it cannot be told from a quote
    assert uploaded.name == response.outputs["doc"]["filename"] == arrived
    assert fake_dify.requests[0].body["file"] == arrived


def run(client: Plain, **body: Any) -> httpx.Response:
    return client.post("/workflows/run", json={**asked("blocking"), **body})


@pytest.mark.parametrize("odd", ODD)
def test_files_are_objects(odd: Any, serve: Serve) -> None:
    dify, client = serve(form=[Input("docs", "file-list")], check=False)
    answer = run(client, inputs={"docs": [odd]})
    recorded = exchange("1.14.2", "files/run_list_single_dict_blocking")
    assert (answer.status_code, answer.json()) == (recorded.status, recorded.json())
    for files, told in (
        ([odd], "files.0\n  Input should be a valid dictionary"),
        ("x", "files\n  In"),
    ):
        answer = run(client, files=files)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_param")
        assert told in answer.json()["message"]
    assert not dify.runs
    picture = {"type": "image", "transfer_method": "remote_url", "url": "https://example.com/p.png"}
    assert run(client, files=[picture]).is_success
    assert len(dify.runs[0].files) == 1


def test_an_older_server_crashes_on_what_is_no_file(serve: Serve) -> None:
    _, client = serve("1.9.1", check=False)
    for files in (["x"], "x"):
        answer = run(client, files=files)
        assert (answer.status_code, answer.json()["code"]) == (500, "unknown")
