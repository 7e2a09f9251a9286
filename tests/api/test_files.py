"""Files, uploaded or as inputs of a run: what arrives, when, how often, and never half."""

from __future__ import annotations

import io
import json
import re
import socket
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest
from dify_workflow import InvalidArgument, TooLarge, TooManyRequests, UnreadableAnswer, WorkflowFile
from facade import Kind, answered, both, client, each_way, run, run_reply
from fake_dify import FakeDify
from pauses import recorded_pauses
from replay_server import Handler, Reply, Request
from wire_archive import exchange

BODY = bytes(range(256)) * 300 + b"\r\nthe end"
UPLOAD = exchange("1.14.2", "files/upload_txt")
UPLOADED = UPLOAD.json()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "报告.pdf"
    path.write_bytes(BODY)
    return path


class OnlyReads:
    """The least that can be read: no seek, no tell, no name, not even `seekable`."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner = inner

    def read(self, size: int = -1) -> bytes:
        return self.inner.read(size)


class Pipe(OnlyReads):
    """A stream that says that it cannot seek."""

    def seekable(self) -> bool:
        return False


# Content made of a path, arguments, and the name that arrives.
SOURCES: dict[str, tuple[Callable[[Path], Any], dict[str, Any], str]] = {
    "path": (lambda path: path, {}, "报告.pdf"),
    "path as text": (str, {}, "报告.pdf"),
    "bytes": (Path.read_bytes, {"name": "a.pdf"}, "a.pdf"),
    "bytearray": (lambda path: bytearray(path.read_bytes()), {"name": "a.pdf"}, "a.pdf"),
    "file": (lambda path: path.open("rb"), {}, "报告.pdf"),
    "unbuffered file": (lambda path: path.open("rb", buffering=0), {}, "报告.pdf"),
    "named file": (lambda path: path.open("rb"), {"name": "b.pdf"}, "b.pdf"),
    "memory": (lambda path: io.BytesIO(path.read_bytes()), {"name": "c.pdf"}, "c.pdf"),
    "pipe": (lambda path: Pipe(path.open("rb")), {"name": "d.pdf"}, "d.pdf"),
    "reader": (lambda path: OnlyReads(path.open("rb")), {"name": "e.pdf"}, "e.pdf"),
}


def close(content: Any) -> None:
    """Close what a test opened; it must still be open."""
    inner = getattr(content, "inner", content)
    if hasattr(inner, "close"):
        assert not inner.closed
        inner.close()


@both
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_arrives_whole(kind: Kind, source: str, path: Path, fake: FakeDify) -> None:
    make, given, name = SOURCES[source]
    content = make(path)
    seen: list[tuple[int, int]] = []
    with client(kind, fake, user="ann") as dify:
        uploaded = dify.upload_file(content, progress=lambda *at: seen.append(at), **given)
    stored = fake.world.files.files[uploaded.id]
    assert (stored.name, stored.mime_type, stored.content) == (name, "application/pdf", BODY)
    assert fake.requests[0].body == {"file": name, "user": "ann"}
    sent = [done for done, _ in seen]
    assert sent == sorted(sent)
    assert {whole for _, whole in seen} == {len(BODY)} == {sent[-1]}
    assert len(sent) > 1
    close(content)


@both
def test_a_file_object_is_read_from_where_it_stands(kind: Kind, path: Path, fake: FakeDify) -> None:
    seen: list[tuple[int, int]] = []
    with client(kind, fake) as dify:
        for source in ("file", "memory", "pipe", "reader"):
            content = SOURCES[source][0](path)
            content.read(1000)
            dify.upload_file(content, name="a.bin", progress=lambda *at: seen.append(at))
            assert content.read() == b""
            close(content)
        with path.open("rb") as opened:
            for given in (WorkflowFile(type="custom", name="a/a.bin", content=opened), opened):
                opened.seek(1000)
                dify.run_workflow({"doc": given})
            assert not opened.closed
    stored = [(file.name, file.content) for file in fake.world.files.files.values()]
    assert stored == [(name, BODY[1000:]) for name in [*["a.bin"] * 5, path.name]]
    assert {whole for _, whole in seen} == {len(BODY) - 1000}


class Broken(io.BytesIO):
    """A file whose disk goes away."""

    def read(self, size: int | None = -1) -> bytes:
        if size:
            raise OSError(5, "Input/output error")
        return b""


@both
def test_a_file_that_cannot_be_read_on_is_told_as_such(
    kind: Kind, path: Path, fake: FakeDify
) -> None:
    vanished = WorkflowFile.from_path(path)
    path.unlink()
    with client(kind, fake) as dify:
        with pytest.raises(InvalidArgument, match="Input/output error") as caught:
            dify.upload_file(Broken(b"x" * 1000), name="a.bin")
        assert caught.value.field == "file"
        assert dify.upload_file(b"x", name="a.bin").name == "a.bin"
        fake.requests.clear()
        with pytest.raises(InvalidArgument) as caught:
            dify.run_workflow({"doc": vanished})
        assert caught.value.field == "file"
        assert fake.requests == []


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
def test_only_the_base_name_is_sent_and_its_type_is_guessed_or_given(
    kind: Kind, fake: FakeDify
) -> None:
    with client(kind, fake) as dify:
        for name, _, _ in NAMES:
            dify.upload_file(b"x", name=name)
            dify.upload_file(b"x", name=name, mime_type="text/markdown")
    names = [request.body["file"] for request in fake.requests]
    sent = [*zip(names, (file.mime_type for file in fake.world.files.files.values()), strict=True)]
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
def test_boundaries_in_the_content_arrive_as_content(kind: Kind, fake: FakeDify) -> None:
    with client(kind, fake) as dify:
        for content in (BOUNDARIES, b"", b"\r\n", b"--", BOUNDARIES * 5_000):
            uploaded = dify.upload_file(content, name="a.txt", user="ann")
            stored = fake.world.files.files[uploaded.id]
            assert (stored.content, stored.mime_type) == (content, "text/plain")
            assert fake.requests[-1].body == {"file": "a.txt", "user": "ann"}
            assert uploaded.size == len(content)


@both
@pytest.mark.parametrize("method", ["upload_file", "audio_to_text"])
def test_what_can_be_read_twice_is_sent_again(kind: Kind, method: str, path: Path) -> None:
    busy = Reply.json(429, {"code": "too_many_requests", "message": "busy", "status": 429})
    taken = Reply.json(200, UPLOADED | {"text": "x"})
    for source in ("path", "bytes", "file", "memory", "pipe"):
        content = SOURCES[source][0](path)
        again = source in ("path", "bytes")
        with (
            recorded_pauses() as pauses,
            answered(kind, busy, busy, taken) as (server, dify),
        ):
            try:
                assert getattr(dify, method)(content, name="a.mp3")
            except TooManyRequests:
                assert not again
        assert (len(server.requests), len(pauses)) == ((3, 2) if again else (1, 0)), source
        assert all(request.body.count(BODY) == 1 for request in server.requests)
        close(content)


def swallow(listening: socket.socket) -> None:
    """Read an upload away without keeping it, and answer it."""
    connection, _ = listening.accept()
    with connection:
        head, buffer = b"", bytearray(1 << 16)
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        left = int(re.findall(rb"content-length: (\d+)", head.lower())[0])
        assert left > 30 << 20
        while left:
            left -= connection.recv_into(buffer)
        connection.sendall(UPLOAD.head + UPLOAD.body)


@both
@pytest.mark.parametrize("source", ["path", "file", "pipe"])
def test_a_big_file_is_never_in_memory(kind: Kind, source: str, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(30 << 20)
    content = SOURCES[source][0](big)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=swallow, args=[server])
        thread.start()
        with client(kind, f"http://127.0.0.1:{server.getsockname()[1]}") as dify:
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
    """What stands in the request for a file; called by its name."""
    return {"type": type, "transfer_method": "local_file", "upload_file_id": name}


def body_of_the_run(fake: FakeDify) -> Any:
    """The body of the only run; its files are called by their names."""
    (body,) = (request.body for request in fake.requests if request.path.endswith("/run"))
    text = json.dumps(body, ensure_ascii=False)
    for file in fake.world.files.files.values():
        text = text.replace(file.id, file.name)
    return json.loads(text)


@dataclass
class Holding:
    file: WorkflowFile


@both
@each_way
def test_files_anywhere_in_a_run_are_uploaded_first(
    kind: Kind, way: str, path: Path, fake: FakeDify
) -> None:
    twice = _file("twice.txt")
    inputs = {
        "doc": path,
        "docs": [_file("a.png"), twice],
        "more": (twice, {"inside": _file("b.md")}),
        "held": Holding(_file("c.md")),
        "text": "x",
    }
    with client(kind, fake, user="ann") as dify:
        run(dify, way, inputs, files=[twice, _file("sys.mp3")])
    *uploads, _ = fake.requests
    assert {request.body["user"] for request in fake.requests} == {"ann"}
    names = ["报告.pdf", "a.png", "twice.txt", "b.md", "c.md", "sys.mp3"]
    assert sorted(upload.body["file"] for upload in uploads) == sorted(names)
    body = body_of_the_run(fake)
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
def test_what_is_on_the_server_is_not_uploaded(kind: Kind, fake: FakeDify) -> None:
    with client(kind, fake) as dify:
        uploaded = dify.upload_file(file=_file("a.mp4"))
        url = WorkflowFile.from_url("https://example.com/b.pdf?x=1")
        given: dict[str, Any] = {"a": WorkflowFile.from_upload(uploaded), "b": url}
        given |= {"c": WorkflowFile.from_upload(uploaded.id, type="video"), "d": uploaded}
        dify.run_workflow(given)
    assert fake.posts("uploadFile") == 1
    remote = {"type": "document", "transfer_method": "remote_url"}
    assert body_of_the_run(fake)["inputs"] == {
        "a": _local("a.mp4", "video"),
        "b": {**remote, "url": "https://example.com/b.pdf?x=1"},
        "c": _local("a.mp4", "video"),
        "d": _local("a.mp4", "video"),
    }


@both
@each_way
def test_the_files_belong_to_the_user_of_the_run(kind: Kind, way: str, fake: FakeDify) -> None:
    with client(kind, fake, user="ann") as dify:
        for given, begin in (({"user": "bob"}, "bob"), ({"unique_user": True}, "ann-")):
            fake.requests.clear()
            run(dify, way, {"doc": _file("a.txt")}, **given)
            (user,) = {request.body["user"] for request in fake.requests}
            assert user.startswith(begin)
    assert len(user) > 10


def taking(instead: dict[str, Reply], together: int = 1) -> Handler:
    """Take uploads, by their names as ids, and runs.

    instead: what else is answered to files of these names. together: how many uploads must be
    under way at once before the first one is answered.
    """
    gate = threading.Barrier(together)

    def handler(request: Request) -> Reply:
        if not request.path.endswith("/upload"):
            return run_reply(request)
        found = re.search(rb'filename="([^"]+)"', request.body)
        assert found
        gate.wait(10.0)
        name = found[1].decode()
        return instead.get(name) or Reply.json(201, UPLOADED | {"id": name})

    return handler


@both
@each_way
def test_several_files_are_under_way_at_once(kind: Kind, way: str) -> None:
    names = [f"{n}.txt" for n in range(8)]
    with answered(kind, taking({}, together=4)) as (server, dify):
        run(dify, way, {"docs": [_file(name) for name in names]})
        body = server.requests[-1].json()
    assert body["inputs"]["docs"] == [_local(name) for name in names]  # in their order


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
        with answered(kind, taking({name: reply})) as (server, dify):
            with pytest.raises(expected):
                run(dify, way, {"docs": [_file(f"{n}.txt") for n in range(7)]})
            with pytest.raises(expected):
                dify.upload_file(b"x", name=name)
            assert {request.path for request in server.requests} == {"/v1/files/upload"}
