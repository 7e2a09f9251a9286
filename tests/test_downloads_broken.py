"""Downloads that are refused, break or are cancelled, and what is left on the disk."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    AsyncDifyWorkflow,
    ConnectionFailed,
    GatewayError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from download_replies import CONTENT, HTML, file_at, left_in, whole
from facade import API_KEY, Kind, both, client
from replay_reply import head
from replay_server import Close, ReplayServer, Reply, Reset, Sleep
from wire_archive import exchange

EXPIRED = Reply.of(exchange("1.14.2", "files/signed_url_bad"))


@both
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (EXPIRED, NotFound),
        (Reply.html(404, HTML), NotFound),
        (Reply.html(403, "<Error><Code>AccessDenied</Code></Error>"), PermissionDenied),
        (Reply.html(410, HTML), APIError),
    ],
)
def test_an_expired_link_says_so(
    kind: Kind, reply: Reply, expected: type[APIError], tmp_path: Path
) -> None:
    with (
        ReplayServer([reply]) as server,
        client(kind, server.url) as dify,
        pytest.raises(expected) as caught,
    ):
        dify.download("/files/1?sign=x", to=tmp_path / "a")
    assert "may have expired" in str(caught.value)
    assert "base_url" not in str(caught.value)
    assert caught.value.hint == "the link may have expired"
    assert left_in(tmp_path) == []


@both
def test_another_refusal_does_not_speak_of_links(kind: Kind) -> None:
    with (
        ReplayServer([Reply.html(502, HTML)]) as server,
        client(kind, server.url) as dify,
        pytest.raises(GatewayError) as caught,
    ):
        dify.download("/a")
    assert "expired" not in str(caught.value)


LENGTH = head(200, [("Content-Length", str(len(CONTENT)))])


CHUNKED = head(200, [("Transfer-Encoding", "chunked")])


BROKEN = {
    "cut before its end": (LENGTH, CONTENT[:5000], Close()),
    "reset": (LENGTH, CONTENT[:5000], Sleep(0.05), Reset()),
    "chunks without an end": (CHUNKED, b"5\r\nhello\r\n", Close()),
    "no chunks at all": (CHUNKED, b"hello\r\n"),
    "no answer": (Close(),),
    "packed and broken": (
        head(200, [("Content-Encoding", "gzip"), ("Content-Length", "5")]),
        b"hello",
    ),
}


@both
@pytest.mark.parametrize("how", sorted(BROKEN))
def test_a_broken_download_leaves_what_was_there(kind: Kind, how: str, tmp_path: Path) -> None:
    old = tmp_path / "a.bin"
    old.write_text("old")
    with ReplayServer([Reply(BROKEN[how])]) as server, client(kind, server.url) as dify:
        for to in (old, tmp_path, tmp_path / "new", None):
            with pytest.raises(ConnectionFailed):
                dify.download(file_at("/a"), to=to)
    assert left_in(tmp_path) == ["a.bin"]
    assert old.read_text() == "old"


def test_a_cancelled_download_leaves_nothing(tmp_path: Path) -> None:
    def begun() -> None:
        end = time.monotonic() + 10
        while not list(tmp_path.iterdir()) and time.monotonic() < end:
            time.sleep(0.005)

    async def main(url: str) -> None:
        async with AsyncDifyWorkflow(api_key=API_KEY, base_url=url) as dify:
            task = asyncio.create_task(dify.download("/a", to=tmp_path / "a"))
            await asyncio.to_thread(begun)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    reply = Reply.raw(LENGTH, CONTENT[:10_000], Sleep(600))
    with ReplayServer([reply]) as server:
        asyncio.run(main(server.url))
        server.wait_closed()
    assert left_in(tmp_path) == []


@both
def test_a_whole_download_replaces_what_was_there(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_text("old")
    with ReplayServer([whole()]) as server, client(kind, server.url) as dify:
        assert dify.download(file_at("/x"), to=tmp_path) == tmp_path / "a.bin"
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


@both
def test_a_name_from_the_server_stays_in_the_folder(kind: Kind, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    names = {
        "../../out.txt": "out.txt",
        "/etc/passwd": "passwd",
        "..\\..\\win.txt": "win.txt",
        "..": "file",
        "nul\0.txt": "nul.txt",
        "": "link.txt",
    }
    with ReplayServer([whole(b"x")]) as server, client(kind, server.url) as dify:
        for name, kept in names.items():
            path = dify.download(file_at("/some/link.txt?sign=x", name), to=folder)
            assert path == folder / kept
    assert left_in(folder) == sorted(names.values())
    assert left_in(tmp_path) == ["in"]


@both
def test_a_big_file_is_never_in_memory(kind: Kind, tmp_path: Path) -> None:
    piece, pieces = bytes(1 << 16), 480
    reply = Reply.raw(head(200, [("Content-Length", str(pieces << 16))]), *[piece] * pieces)
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        tracemalloc.start()
        try:
            dify.download("/big", to=tmp_path / "big")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (tmp_path / "big").stat().st_size == pieces << 16
    assert peak < 3 << 20


@both
def test_arguments_that_name_no_file_and_no_place(kind: Kind, tmp_path: Path) -> None:
    files: list[Any] = [
        None,
        5,
        "",
        {},
        {"url": None},
        {"url": 5},
        "ftp://host/a",
        "http://h:port/",
    ]
    files += ["file:///etc/passwd", "javascript:alert(1)", b"/a"]
    with ReplayServer([whole()]) as server, client(kind, server.url) as dify:
        for file in files:
            with pytest.raises(InvalidArgument) as caught:
                dify.download(file)
            assert caught.value.field == "file", file
        for to in (5, tmp_path / "no" / "such" / "folder", b"/tmp"):
            with pytest.raises(InvalidArgument) as caught:
                dify.download("/a", to=to)
            assert caught.value.field == "to", to
        assert server.requests == []
