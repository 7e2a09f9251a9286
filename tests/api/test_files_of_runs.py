"""Files as inputs of a run: uploaded before it, for its user, and never half."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import (
    InvalidArgument,
    TooLarge,
    UnreadableAnswer,
    WorkflowFile,
    WorkflowRunRequest,
)
from facade import Kind, both, client
from fake_dify import FakeDify, Input
from replay_server import ReplayServer, Reply
from upload_server import UPLOADED, Uploads
from upload_sources import BODY, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path)


def _file(name: str, content: bytes = b"x") -> WorkflowFile:
    return WorkflowFile.from_bytes(content, name)


def _local(name: str, type: str = "document") -> dict[str, str]:
    """What stands in the request for a file that was uploaded under this name."""
    return {"type": type, "transfer_method": "local_file", "upload_file_id": f"id-of-{name}"}


@dataclass
class Holding:
    file: WorkflowFile


WAYS = ["run_workflow", "run_workflow_stream", "start", "blocking"]


each_way = pytest.mark.parametrize("way", WAYS)


def _run(dify: Any, way: str, inputs: dict[str, Any], **given: Any) -> None:
    """Run a workflow in one of the ways that there are."""
    request = WorkflowRunRequest(inputs=inputs, files=given.pop("files", None))
    if way == "blocking":
        request = WorkflowRunRequest(inputs=inputs, files=request.files, response_mode="blocking")
        way = "run_workflow"
    result = getattr(dify, way)(request, **given)
    if way != "run_workflow":
        with result as stream:
            stream.result()


@both
@each_way
def test_files_anywhere_in_a_run_are_uploaded_first(kind: Kind, way: str, path: Path) -> None:
    twice = _file("twice.txt")
    inputs = {
        "doc": WorkflowFile.from_path(path),
        "docs": [_file("a.png"), twice],
        "more": (twice, {"inside": _file("b.md")}),
        "held": Holding(_file("c.md")),
        "text": "x",
    }
    with Uploads() as server, client(kind, server.url, user="ann") as dify:
        _run(dify, way, inputs, files=[twice, _file("sys.mp3")])
        assert [request.path for request in server.requests[:-1]] == ["/v1/files/upload"] * 6
        names = sorted(str(file.filename) for file in server.files)
        assert names == sorted(["报告.pdf", "a.png", "twice.txt", "b.md", "c.md", "sys.mp3"])
        assert server.users == {"ann"}
        (body,) = server.runs
    assert body["inputs"] == {
        "doc": _local("报告.pdf"),
        "docs": [_local("a.png", "image"), _local("twice.txt")],
        "more": [_local("twice.txt"), {"inside": _local("b.md")}],
        "held": {"file": _local("c.md")},
        "text": "x",
    }
    assert body["files"] == [_local("twice.txt"), _local("sys.mp3", "audio")]
    assert twice.upload_id is None  # the caller's object stays as it is


@both
def test_what_is_on_the_server_is_not_uploaded(kind: Kind) -> None:
    with Uploads() as server, client(kind, server.url) as dify:
        uploaded = dify.upload_file(b"x", name="a.png")
        url = WorkflowFile.from_url("https://example.com/b.pdf?x=1")
        given = {"a": WorkflowFile.from_upload(uploaded), "b": url}
        given["c"] = WorkflowFile.from_upload("some-id", type="video")
        dify.run_workflow(given)
        assert len(server.uploads) == 1
        (body,) = server.runs
    remote = {"type": "document", "transfer_method": "remote_url"}
    assert body["inputs"] == {
        "a": _local("a.png", "image"),
        "b": {**remote, "url": "https://example.com/b.pdf?x=1"},
        "c": {"type": "video", "transfer_method": "local_file", "upload_file_id": "some-id"},
    }


@both
def test_a_file_object_of_the_caller_as_an_input(kind: Kind, path: Path) -> None:
    with path.open("rb") as content, Uploads() as server, client(kind, server.url) as dify:
        content.seek(1000)
        file = WorkflowFile(type="custom", name="a/b.bin", content=content)
        dify.run_workflow({"doc": file})
        assert [(f.filename, f.content) for f in server.files] == [("b.bin", BODY[1000:])]
        assert not content.closed


@both
@each_way
def test_the_files_belong_to_the_user_of_the_run(kind: Kind, way: str) -> None:
    with Uploads() as server, client(kind, server.url, user="ann") as dify:
        _run(dify, way, {"doc": _file("a.txt")}, user="bob")
        assert server.users == {"bob"}
    with Uploads() as server, client(kind, server.url, user="ann") as dify:
        _run(dify, way, {"doc": _file("a.txt")}, unique_user=True)
        (user,) = server.users
        assert user.startswith("ann-")
        assert len(user) > 10


@both
@each_way
def test_several_files_are_under_way_at_once(kind: Kind, way: str) -> None:
    files = [_file(f"{n}.txt") for n in range(8)]
    with Uploads(together=4) as server, client(kind, server.url) as dify:
        _run(dify, way, {"docs": files})
        (body,) = server.runs
    assert body["inputs"]["docs"] == [_local(f"{n}.txt") for n in range(8)]  # in their order


@both
@each_way
@pytest.mark.parametrize("refused", ["0.txt", "3.txt", "6.txt"])
def test_an_upload_that_fails_starts_no_run(kind: Kind, way: str, refused: str) -> None:
    with Uploads(refused=(refused,)) as server, client(kind, server.url) as dify:
        with pytest.raises(TooLarge):
            _run(dify, way, {"docs": [_file(f"{n}.txt") for n in range(7)]})
        assert server.runs == []


@both
@each_way
@pytest.mark.parametrize("id", [None, "", 5])
def test_an_upload_whose_answer_has_no_id_starts_no_run(kind: Kind, way: str, id: Any) -> None:
    reply = Reply.json(201, {**UPLOADED, "id": id})
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        with pytest.raises(UnreadableAnswer):
            _run(dify, way, {"doc": _file("a.txt")})
        with pytest.raises(UnreadableAnswer):
            dify.upload_file(b"x", name="a.txt")
        assert {request.path for request in server.requests} == {"/v1/files/upload"}


@both
def test_a_file_that_vanished_starts_no_run(kind: Kind, path: Path) -> None:
    file = WorkflowFile.from_path(path)
    path.unlink()
    with Uploads() as server, client(kind, server.url) as dify:
        with pytest.raises(InvalidArgument) as caught:
            dify.run_workflow({"doc": file})
        assert server.requests == []
    assert caught.value.field == "file"


@both
def test_the_server_takes_what_arrives(kind: Kind, path: Path) -> None:
    form = [Input("doc", "file", required=True), Input("docs", "file-list")]
    with FakeDify(form=form, eof_delay=0.0) as server:
        with client(kind, server.url, api_key=server.api_key, unique_user=True) as dify:
            given = {
                "doc": WorkflowFile.from_path(path),
                "docs": [_file("你 好.png"), _file("b.md")],
            }
            result = dify.run_workflow(given)
        stored = {file.name: file.content for file in server.world.files.files.values()}
    assert (result.status, result.outputs["doc"]["filename"]) == ("succeeded", "报告.pdf")
    assert [file["type"] for file in result.outputs["docs"]] == ["image", "document"]
    assert stored == {"报告.pdf": BODY, "你 好.png": b"x", "b.md": b"x"}
