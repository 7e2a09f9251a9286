"""Uploading: what arrives, what is read and how often, and files as inputs of a run."""

from __future__ import annotations

import io
import json
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from dify_workflow import (
    InvalidArgument,
    TooLarge,
    TooManyRequests,
    WorkflowFile,
    WorkflowRunRequest,
)
from dify_workflow.testing import FakeDify, Input
from facade import Kind, both, client
from pauses import recorded_pauses
from replay_server import ReplayServer, Reply
from upload_server import UPLOADED, Part, Uploads, parts_of

BODY = bytes(range(256)) * 300 + b"\r\nthe end"
TOO_MANY = Reply.json(429, {"code": "too_many_requests", "message": "busy", "status": 429})
CREATED = Reply.json(201, UPLOADED)


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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "报告.pdf"
    path.write_bytes(BODY)
    return path


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
each_source = pytest.mark.parametrize("source", sorted(SOURCES))


def _close(content: Any) -> None:
    """Close what a test opened; it must still be open."""
    inner = getattr(content, "inner", content)
    if hasattr(inner, "close"):
        assert not inner.closed
        inner.close()


@both
@each_source
def test_every_source_arrives_whole(kind: Kind, source: str, path: Path) -> None:
    make, given, name = SOURCES[source]
    content = make(path)
    seen: list[tuple[int, int]] = []
    with Uploads() as server, client(kind, server.url, user="ann") as dify:
        uploaded = dify.upload_file(content, progress=lambda *at: seen.append(at), **given)
        assert (uploaded.id, uploaded.name) == (f"id-of-{name}", name)
        user, file = sorted(server.uploads[0], key=lambda part: part.name == "file")
    assert (user.name, user.filename, user.content) == ("user", None, b"ann")
    assert file == Part("file", name, "application/pdf", BODY)
    sent = [done for done, _ in seen]
    assert sent == sorted(sent)
    assert {whole for _, whole in seen} == {len(BODY)} == {sent[-1]}
    assert len(sent) > 1
    _close(content)


@both
def test_a_file_object_is_read_from_where_it_stands(kind: Kind, path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with Uploads() as server, client(kind, server.url) as dify:
        for source in ("file", "memory", "pipe", "reader"):
            content = SOURCES[source][0](path)
            content.read(1000)
            dify.upload_file(content, name="a.bin", progress=lambda *at: seen.append(at))
            assert content.read() == b""
            _close(content)
        assert [file.content for file in server.files] == [BODY[1000:]] * 4
    assert {whole for _, whole in seen} == {len(BODY) - 1000}


NAMES = [
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\ann\\a.txt", "a.txt"),
    ("mixed/ways\\b.txt", "b.txt"),
    ("folder/", "folder"),
    ("/", "file"),
    ("..", "file"),
    ("a/.", "file"),
    ("你好 世界.txt", "你好 世界.txt"),
    ('say "hi".txt', 'say "hi".txt'),
    ("it's; name=x.txt", "it's; name=x.txt"),
    ("😀👨‍👩‍👧.png", "😀👨‍👩‍👧.png"),
    ("100% ünï.tar.gz", "100% ünï.tar.gz"),
    ("no extension", "no extension"),
    ("x" * 300 + ".txt", "x" * 300 + ".txt"),
]


@both
def test_only_the_base_name_is_sent_and_any_name_arrives(kind: Kind) -> None:
    with Uploads() as server, client(kind, server.url) as dify:
        for given, _ in NAMES:
            dify.upload_file(b"x", name=given)
        assert [file.filename for file in server.files] == [name for _, name in NAMES]
        assert {len(parts) for parts in server.uploads} == {2}


@both
def test_the_mime_type_is_guessed_or_given(kind: Kind) -> None:
    guessed = {
        "a.txt": "text/plain",
        "a.PNG": "image/png",
        "a.mp3": "audio/mpeg",
        "a.pdf": "application/pdf",
        "a.unknown-ending": "application/octet-stream",
        "a": "application/octet-stream",
    }
    with Uploads() as server, client(kind, server.url) as dify:
        for name in guessed:
            dify.upload_file(b"x", name=name)
        dify.upload_file(b"x", name="a.txt", mime_type="text/markdown")
        kinds = [file.content_type for file in server.files]
    assert kinds == [*guessed.values(), "text/markdown"]


# What would end a part, or begin a field of the form, if a boundary were guessed.
BOUNDARIES = (
    b"--+++\r\n"
    b'Content-Disposition: form-data; name="user"\r\n\r\nmallory\r\n--+++--\r\n'
    b"------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n\r\n--\r\n--"
)


@both
def test_boundaries_in_the_content_arrive_as_content(kind: Kind) -> None:
    with FakeDify() as server, client(kind, server.url, api_key=server.api_key) as dify:
        for content in (BOUNDARIES, b"", b"\r\n", b"--", BOUNDARIES * 5_000):
            uploaded = dify.upload_file(content, name="a.txt", user="ann")
            stored = server.world.files.files[uploaded.id]
            assert (stored.content, stored.mime_type) == (content, "text/plain")
            assert server.requests[-1].body == {"file": "a.txt", "user": "ann"}
            assert uploaded.size == len(content)


@both
def test_a_file_object_that_was_sent_is_not_sent_again(kind: Kind, path: Path) -> None:
    with recorded_pauses() as pauses:
        for source in ("file", "memory", "pipe"):
            content = SOURCES[source][0](path)
            with ReplayServer([TOO_MANY, CREATED]) as server, client(kind, server.url) as dify:
                with pytest.raises(TooManyRequests):
                    dify.upload_file(content, name="a.bin")
                assert len(server.requests) == 1
            _close(content)
        assert pauses == []


@both
def test_a_path_and_bytes_are_sent_again(kind: Kind, path: Path) -> None:
    with recorded_pauses() as pauses:
        for content, given in ((path, {}), (BODY, {"name": "a.bin"})):
            with (
                ReplayServer([TOO_MANY, TOO_MANY, CREATED]) as server,
                client(kind, server.url) as dify,
            ):
                assert dify.upload_file(content, **given).id == UPLOADED["id"]
                sent = [parts_of(request) for request in server.requests]
            assert [{p.name: p.content for p in parts}["file"] for parts in sent] == [BODY] * 3
        assert len(pauses) == 4


@contextmanager
def _swallowing() -> Iterator[tuple[str, list[int]]]:
    """A server that reads a request away without keeping it; gives its URL and the sizes."""
    sizes: list[int] = []
    body = json.dumps(UPLOADED).encode()
    answer = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nConnection: close\r\n"
    answer += b"Content-Length: %d\r\n\r\n" % len(body) + body

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            head = b""
            while b"\r\n\r\n" not in head:
                head += peer.recv(1000)
            head, _, rest = head.partition(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if b"content-length" in line)
            left, buffer = int(length.split(b":")[1]) - len(rest), bytearray(1 << 16)
            sizes.append(left + len(rest))
            while left:
                left -= peer.recv_into(buffer)
            peer.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", sizes
        thread.join(10.0)


@both
@pytest.mark.parametrize("source", ["path", "file", "pipe"])
def test_a_big_file_is_never_in_memory(kind: Kind, source: str, tmp_path: Path) -> None:
    big, size = tmp_path / "big.bin", 30 << 20
    with big.open("wb") as file:
        file.truncate(size)
    content = SOURCES[source][0](big)
    with _swallowing() as (url, sizes), client(kind, url) as dify:
        tracemalloc.start()
        try:
            dify.upload_file(content, name="big.bin")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    _close(content)
    assert sizes[0] > size
    assert peak < 3 << 20


# Files as inputs of a run.


def _file(name: str, content: bytes = b"x") -> WorkflowFile:
    return WorkflowFile.from_bytes(content, name)


def _local(name: str, type: str = "document") -> dict[str, str]:
    """What stands in the request for a file that was uploaded under this name."""
    return {"type": type, "transfer_method": "local_file", "upload_file_id": f"id-of-{name}"}


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
        "text": "x",
    }
    with Uploads() as server, client(kind, server.url, user="ann") as dify:
        _run(dify, way, inputs, files=[twice, _file("sys.mp3")])
        assert [request.path for request in server.requests[:-1]] == ["/v1/files/upload"] * 5
        names = sorted(str(file.filename) for file in server.files)
        assert names == sorted(["报告.pdf", "a.png", "twice.txt", "b.md", "sys.mp3"])
        assert server.users == {"ann"}
        (body,) = server.runs
    assert body["inputs"] == {
        "doc": _local("报告.pdf"),
        "docs": [_local("a.png", "image"), _local("twice.txt")],
        "more": [_local("twice.txt"), {"inside": _local("b.md")}],
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


TYPES = {
    "document": "a.txt a.MD a.markdown a.pdf a.docx a.xls a.csv a.eml a.html a.xml a.epub a.vtt",
    "image": "a.jpg a.JPEG a.PNG a.gif a.webp a.svg a.bmp",
    "audio": "a.mp3 a.m4a a.wav a.amr a.mpga",
    "video": "a.mp4 a.mov a.mpeg a.webm a.avi",
    "custom": "a.exe a.zip a a.unknown-ending .hidden",
}


@pytest.mark.parametrize("type", sorted(TYPES))
def test_the_type_is_told_from_the_name(type: str, tmp_path: Path) -> None:
    for name in TYPES[type].split():
        (tmp_path / name).touch()
        assert WorkflowFile.from_path(tmp_path / name).type == type, name
        assert WorkflowFile.from_bytes(b"", name).type == type, name
        if "." in name[1:]:
            assert WorkflowFile.from_url(f"https://example.com/x/{name}?y=.png").type == type, name


def test_the_mime_type_tells_where_the_name_does_not() -> None:
    kinds = {"image/x-new": "image", "audio/x-new": "audio", "text/x-new": "document"}
    for mime_type, type in {**kinds, "application/x-new": "custom"}.items():
        assert WorkflowFile.from_bytes(b"", "a.new-ending", mime_type=mime_type).type == type
    assert WorkflowFile.from_bytes(b"", "a.pdf", mime_type="image/png").type == "document"


def test_the_type_can_be_given(path: Path) -> None:
    given = {"type": "custom"}
    assert WorkflowFile.from_path(path, **given).type == "custom"
    assert WorkflowFile.from_bytes(b"", "a.png", **given).type == "custom"
    assert WorkflowFile.from_url("https://example.com/a.png", **given).type == "custom"
    assert WorkflowFile.from_url("https://example.com/", **given).type == "custom"
    assert WorkflowFile.from_upload("id", **given).type == "custom"


def test_what_a_file_holds_is_not_shown() -> None:
    assert "secret" not in repr(WorkflowFile.from_bytes(b"secret", "a.txt"))


FILE: Any = WorkflowFile
INVALID: list[tuple[Callable[[], Any], str]] = [
    (lambda: FILE.from_path("/no/such/file.txt"), "path"),
    (lambda: FILE.from_path("/"), "path"),
    (lambda: FILE.from_path(None), "path"),
    (lambda: FILE.from_path(__file__, type="pdf"), "type"),
    (lambda: FILE.from_bytes("text", "a.txt"), "data"),
    (lambda: FILE.from_bytes(b"", None), "name"),
    (lambda: FILE.from_bytes(b"", " "), "name"),
    (lambda: FILE.from_bytes(b"", "a.txt", type=""), "type"),
    (lambda: FILE.from_url("ftp://example.com/a.txt"), "url"),
    (lambda: FILE.from_url("/a.txt"), "url"),
    (lambda: FILE.from_url("https://[bad/a.txt"), "url"),
    (lambda: FILE.from_url(None), "url"),
    (lambda: FILE.from_url("https://example.com/a"), "type"),
    (lambda: FILE.from_url("https://example.com/a.txt", type="text"), "type"),
    (lambda: FILE.from_upload("id"), "type"),
    (lambda: FILE.from_upload(None), "upload"),
]


@pytest.mark.parametrize("number", range(len(INVALID)))
def test_a_file_that_cannot_be_is_refused(number: int) -> None:
    make, field = INVALID[number]
    with pytest.raises(InvalidArgument) as caught:
        make()
    assert caught.value.field == field


@both
def test_an_upload_that_cannot_be_is_refused_before_it_is_sent(kind: Kind, path: Path) -> None:
    closed = path.open("rb")
    closed.close()
    text, write_only = path.open(), path.with_name("new").open("wb")
    refused: list[tuple[Any, dict[str, Any], str]] = [
        (b"x", {}, "name"),
        (b"x", {"name": ""}, "name"),
        (b"x", {"name": 5}, "name"),
        ("/no/such/file.txt", {}, "file"),
        ("/no/such/file.txt", {"name": "a.txt"}, "file"),
        (path.parent, {}, "file"),
        (text, {}, "file"),
        (io.StringIO("x"), {"name": "a.txt"}, "file"),
        (closed, {}, "file"),
        (write_only, {}, "file"),
        (5, {"name": "a.txt"}, "file"),
        (None, {"name": "a.txt"}, "file"),
        (path, {"user": ""}, "user"),
        (path, {"nonsense": 1}, "nonsense"),
    ]
    with Uploads() as server, client(kind, server.url) as dify:
        for method in ("upload_file", "audio_to_text"):
            for content, given, field in refused:
                with pytest.raises(InvalidArgument) as caught:
                    getattr(dify, method)(content, **given)
                assert caught.value.field == field, (content, given)
        assert server.requests == []
    text.close()
    write_only.close()
