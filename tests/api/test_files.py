"""Files, uploaded or as inputs of a run: what arrives, when, how often, and never half."""

from __future__ import annotations

import io
import json
import threading
import tracemalloc
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import InvalidArgument, TooLarge, TooManyRequests, UnreadableAnswer, WorkflowFile
from facade import Kind, answered, both, client, each_way, run
from fake_dify import FakeDify
from pauses import recorded_pauses
from replay_server import Reply
from uploads import BODY, SOURCES, UPLOADED, Part, Uploads, close, each_source, parts_of, written
from wire_archive import exchange


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path)


TOO_MANY = Reply.json(429, {"code": "too_many_requests", "message": "busy", "status": 429})
CREATED = Reply.json(201, UPLOADED)


@both
@each_source
def test_every_source_arrives_whole(kind: Kind, source: str, path: Path) -> None:
    make, given, name = SOURCES[source]
    content = make(path)
    seen: list[tuple[int, int]] = []
    with Uploads() as server, client(kind, server, user="ann") as dify:
        uploaded = dify.upload_file(content, progress=lambda *at: seen.append(at), **given)
        assert (uploaded.id, uploaded.name) == (f"id-of-{name}", name)
        user, file = sorted(server.uploads[0], key=lambda part: part.name == "file")
    assert (user.name, user.filename, user.content) == ("user", None, b"ann")
    assert file == Part("file", name, "application/pdf", BODY)
    sent = [done for done, _ in seen]
    assert sent == sorted(sent)
    assert {whole for _, whole in seen} == {len(BODY)} == {sent[-1]}
    assert len(sent) > 1
    close(content)


@both
def test_a_file_object_is_read_from_where_it_stands(kind: Kind, path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with Uploads() as server, client(kind, server) as dify:
        for source in ("file", "memory", "pipe", "reader"):
            content = SOURCES[source][0](path)
            content.read(1000)
            dify.upload_file(content, name="a.bin", progress=lambda *at: seen.append(at))
            assert content.read() == b""
            close(content)
        with path.open("rb") as opened:
            opened.seek(1000)
            file = WorkflowFile(type="custom", name="a/a.bin", content=opened)
            dify.run_workflow({"doc": file})
            assert not opened.closed
        found = [(file.filename, file.content) for file in server.files]
        assert found == [("a.bin", BODY[1000:])] * 5
    assert {whole for _, whole in seen} == {len(BODY) - 1000}


class Broken(io.BytesIO):
    """A file whose disk goes away."""

    def read(self, size: int | None = -1) -> bytes:
        if size:
            raise OSError(5, "Input/output error")
        return b""


@both
def test_a_file_that_cannot_be_read_on_is_told_as_such(kind: Kind, path: Path) -> None:
    vanished = WorkflowFile.from_path(path)
    path.unlink()
    with Uploads() as server, client(kind, server) as dify:
        with pytest.raises(InvalidArgument, match="Input/output error") as caught:
            dify.upload_file(Broken(b"x" * 1000), name="a.bin")
        assert caught.value.field == "file"
        assert dify.upload_file(b"x", name="a.bin").name == "a.bin"
        server.requests.clear()
        with pytest.raises(InvalidArgument) as caught:
            dify.run_workflow({"doc": vanished})
        assert caught.value.field == "file"
        assert server.requests == []


# A name as it is given, the one that is sent, and the type that is guessed.
NAMES: list[tuple[str, str, str | None]] = [
    ("../../etc/passwd", "passwd", None),
    ("C:\\Users\\ann\\a.txt", "a.txt", "text/plain"),
    ("mixed/ways\\b.PNG", "b.PNG", "image/png"),
    ("folder/", "folder", None),
    ("/", "file", None),
    ("..", "file", None),
    ("a/.", "file", None),
    ("你好 世界.mp3", "你好 世界.mp3", "audio/mpeg"),
    ('say "hi".txt', 'say "hi".txt', "text/plain"),
    ("it's; name=x.txt", "it's; name=x.txt", "text/plain"),
    ("😀👨‍👩‍👧.png", "😀👨‍👩‍👧.png", "image/png"),
    ("100% ünï.pdf", "100% ünï.pdf", "application/pdf"),
    ("no extension", "no extension", None),
    ("a.unknown-ending", "a.unknown-ending", None),
    ("x" * 300 + ".txt", "x" * 300 + ".txt", "text/plain"),
]


@both
def test_only_the_base_name_is_sent_and_its_type_is_guessed_or_given(kind: Kind) -> None:
    with Uploads() as server, client(kind, server) as dify:
        for name, _, _ in NAMES:
            dify.upload_file(b"x", name=name)
            dify.upload_file(b"x", name=name, mime_type="text/markdown")
        sent = [(file.filename, file.content_type) for file in server.files]
        assert {len(parts) for parts in server.uploads} == {2}
    guessed = [(name, guess or "application/octet-stream") for _, name, guess in NAMES]
    assert sent[::2] == guessed
    assert sent[1::2] == [(name, "text/markdown") for name, _ in guessed]


# What would end a part, or begin a field of the form, if a boundary were guessed.
BOUNDARIES = (
    b"--+++\r\n"
    b'Content-Disposition: form-data; name="user"\r\n\r\nmallory\r\n--+++--\r\n'
    b"------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n\r\n--\r\n--"
)


@both
def test_boundaries_in_the_content_arrive_as_content(kind: Kind) -> None:
    with FakeDify() as server, client(kind, server) as dify:
        for content in (BOUNDARIES, b"", b"\r\n", b"--", BOUNDARIES * 5_000):
            uploaded = dify.upload_file(content, name="a.txt", user="ann")
            stored = server.world.files.files[uploaded.id]
            assert (stored.content, stored.mime_type) == (content, "text/plain")
            assert server.requests[-1].body == {"file": "a.txt", "user": "ann"}
            assert uploaded.size == len(content)


@both
@pytest.mark.parametrize("method", ["upload_file", "audio_to_text"])
def test_what_can_be_read_twice_is_sent_again(kind: Kind, method: str, path: Path) -> None:
    heard = Reply.json(200, {"text": "x"}) if method == "audio_to_text" else CREATED
    with recorded_pauses() as pauses:
        for source in ("path", "bytes", "file", "memory", "pipe"):
            content = SOURCES[source][0](path)
            again = source in ("path", "bytes")
            pauses.clear()
            with answered(kind, TOO_MANY, TOO_MANY, heard) as (server, dify):
                try:
                    assert getattr(dify, method)(content, name="a.mp3")
                except TooManyRequests:
                    assert not again
                sent = [parts_of(request) for request in server.requests]
            assert (len(sent), len(pauses)) == ((3, 2) if again else (1, 0)), source
            assert [part.content for parts in sent for part in parts if part.name == "file"] == (
                [BODY] * len(sent)
            )
            close(content)


class Swallowing(BaseHTTPRequestHandler):
    """Reads an upload away without keeping it."""

    rbufsize = 0

    def do_POST(self) -> None:
        left, buffer = int(self.headers["Content-Length"]), bytearray(1 << 16)
        assert left > 30 << 20
        while left:
            left -= self.connection.recv_into(buffer)
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(UPLOADED).encode())

    def log_request(self, *_: Any) -> None:
        """Say nothing."""


@both
@pytest.mark.parametrize("source", ["path", "file", "pipe"])
def test_a_big_file_is_never_in_memory(kind: Kind, source: str, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(30 << 20)
    content = SOURCES[source][0](big)
    with HTTPServer(("127.0.0.1", 0), Swallowing) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with client(kind, f"http://127.0.0.1:{server.server_port}") as dify:
            tracemalloc.start()
            try:
                dify.upload_file(content, name="big.bin")
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        thread.join()
    close(content)
    assert peak < 3 << 20


# As inputs of a run: uploaded before it, for its user.


def _file(name: str, content: bytes = b"x") -> WorkflowFile:
    return WorkflowFile.from_bytes(content, name)


def _local(name: str, type: str = "document") -> dict[str, str]:
    """What stands in the request for a file that was uploaded under this name."""
    return {"type": type, "transfer_method": "local_file", "upload_file_id": f"id-of-{name}"}


@dataclass
class Holding:
    file: WorkflowFile


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
    with Uploads() as server, client(kind, server, user="ann") as dify:
        run(dify, way, inputs, files=[twice, _file("sys.mp3")])
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
    with Uploads() as server, client(kind, server) as dify:
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
@each_way
def test_the_files_belong_to_the_user_of_the_run(kind: Kind, way: str) -> None:
    with Uploads() as server, client(kind, server, user="ann") as dify:
        run(dify, way, {"doc": _file("a.txt")}, user="bob")
        assert server.users == {"bob"}
    with Uploads() as server, client(kind, server, user="ann") as dify:
        run(dify, way, {"doc": _file("a.txt")}, unique_user=True)
        (user,) = server.users
        assert user.startswith("ann-")
        assert len(user) > 10


@both
@each_way
def test_several_files_are_under_way_at_once(kind: Kind, way: str) -> None:
    files = [_file(f"{n}.txt") for n in range(8)]
    with Uploads(together=4) as server, client(kind, server) as dify:
        run(dify, way, {"docs": files})
        (body,) = server.runs
    assert body["inputs"]["docs"] == [_local(f"{n}.txt") for n in range(8)]  # in their order


# What an upload is answered with, and what is raised.
NO_UPLOADS: list[tuple[Reply, type[Exception]]] = [
    (Reply.of(exchange("1.14.2", "files/upload_too_large_16mb")), TooLarge),
    *((Reply.json(201, UPLOADED | {"id": id}), UnreadableAnswer) for id in (None, "", 5)),
]


@both
@each_way
@pytest.mark.parametrize("name", ["0.txt", "3.txt", "6.txt"])
def test_an_upload_that_fails_starts_no_run(kind: Kind, way: str, name: str) -> None:
    for reply, expected in NO_UPLOADS:
        with Uploads(instead={name: reply}) as server, client(kind, server) as dify:
            with pytest.raises(expected):
                run(dify, way, {"docs": [_file(f"{n}.txt") for n in range(7)]})
            with pytest.raises(expected):
                dify.upload_file(b"x", name=name)
            assert server.runs == []
