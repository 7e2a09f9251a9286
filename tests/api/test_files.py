"""Uploading: what arrives, what is read and how often, and what is never held in memory."""

from __future__ import annotations

import io
import json
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dify_workflow import InvalidArgument, TooManyRequests
from facade import Kind, both, client
from fake_dify import FakeDify
from pauses import recorded_pauses
from replay_server import ReplayServer, Reply
from upload_server import UPLOADED, Part, Uploads, parts_of
from upload_sources import BODY, SOURCES, close, each_source, written


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
    close(content)


@both
def test_a_file_object_is_read_from_where_it_stands(kind: Kind, path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with Uploads() as server, client(kind, server.url) as dify:
        for source in ("file", "memory", "pipe", "reader"):
            content = SOURCES[source][0](path)
            content.read(1000)
            dify.upload_file(content, name="a.bin", progress=lambda *at: seen.append(at))
            assert content.read() == b""
            close(content)
        assert [file.content for file in server.files] == [BODY[1000:]] * 4
    assert {whole for _, whole in seen} == {len(BODY) - 1000}


class Broken(io.BytesIO):
    """A file whose disk goes away."""

    def read(self, size: int | None = -1) -> bytes:
        if size:
            raise OSError(5, "Input/output error")
        return b""


@both
def test_a_file_that_cannot_be_read_on_is_told_as_such(kind: Kind) -> None:
    with Uploads() as server, client(kind, server.url) as dify:
        with pytest.raises(InvalidArgument, match="Input/output error") as caught:
            dify.upload_file(Broken(b"x" * 1000), name="a.bin")
        assert caught.value.field == "file"
        assert dify.upload_file(b"x", name="a.bin").name == "a.bin"


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
            close(content)
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
    close(content)
    assert sizes[0] > size
    assert peak < 3 << 20
