"""FakeDify and files: names, types and sizes, and inputs that are no files."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from facade import Kind, both, client
from fake_dify import FakeDify, Input
from fake_dify.versions import NEWEST
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


MIMES = {
    "a.heic": "image/heic",
    "a.bmp": "image/bmp",
    "a.ogg": "audio/ogg",
    "a.tsv": "text/tab-separated-values",
    "a.py": "text/x-python",
    "a.json": "application/json",
    "a.pdf": "application/octet-stream",
    "a.epub": "application/epub+zip",
    "a.pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "noext": "application/pdf",
}
TYPES = ["image", "image", "audio", "document", "document", "custom", "document"]


@pytest.mark.parametrize(("etl_type", "office"), [("dify", "custom"), ("Unstructured", "document")])
def test_types_of_files(serve: Serve, etl_type: str, office: str) -> None:
    _, client = serve(etl_type=etl_type)
    found = []
    for name, mime in MIMES.items():
        files = {"file": (name, b"x", mime)}
        file_id = client.post("/files/upload", files=files, data={"user": "u"}).json()["id"]
        for kind in ("image", "video", "audio", "document", "custom"):
            file = {"transfer_method": "local_file", "upload_file_id": file_id, "type": kind}
            if client.post("/workflows/run", json=asked("blocking", file=file)).is_success:
                found.append(kind)
                break
    assert found == [*TYPES, office, office, "document"]


def test_a_made_file_of_no_type_is_given_out_by_its_name(serve: Serve) -> None:
    dify, client = serve()
    made = dify.file("a.pdf", b"x", "application/octet-stream").stored
    assert made is not None
    assert client.get(dify.files.url(made)).headers["content-type"] == "application/pdf"


@pytest.mark.parametrize("version", ["1.14.2", "1.15.0", NEWEST])
def test_audio_is_known_by_its_content_type(serve: Serve, version: str) -> None:
    dify, client = serve(version)
    dify.default_app.speech = True

    def send(name: str, mime: str) -> int:
        files = {"file": (name, b"x", mime)}
        return client.post("/audio-to-text", files=files, data={"user": "u"}).status_code

    taken = [f"audio/{kind}" for kind in ("mp3", "m4a", "wav", "amr", "mpga")]
    assert {send("a.txt", mime) for mime in taken} == {200}
    refused = ["audio/mpeg", "audio/x-wav", "audio/mp4", "audio/ogg", "application/octet-stream"]
    assert {send("a.mp3", mime) for mime in refused} == {415}
    assert send("a.m4a", "audio/x-m4a") == (200 if version == NEWEST else 415)


def test_a_file_that_is_too_large(client: Plain) -> None:
    files = {"file": ("big.txt", b"x" * (15 * 1024 * 1024 + 1), "text/plain")}
    answer = client.post("/files/upload", files=files, data={"user": "u"})
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert answer.json()["message"] == ""
