"""Downloads that are refused, break or are cancelled, and what is left on the disk."""

from __future__ import annotations

import asyncio
import gzip
import os
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from dify_workflow import (
    APIError,
    AsyncDifyWorkflow,
    ConnectionFailed,
    GatewayError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    UnreadableAnswer,
)
from download_replies import CONTENT, HTML, file_at, left_in, whole
from facade import API_KEY, Kind, answered, both
from replay_reply import head
from replay_server import Close, ReplayServer, Reply, Request, Reset, Sleep, Step
from wire_archive import exchange

REFUSALS: list[tuple[Reply, type[APIError], bool]] = [
    (Reply.of(exchange("1.14.2", "files/signed_url_bad")), NotFound, True),
    (Reply.html(404, HTML), NotFound, True),
    (Reply.html(403, "<Error><Code>AccessDenied</Code></Error>"), PermissionDenied, True),
    (Reply.html(410, HTML), APIError, True),
    (Reply.html(502, HTML), GatewayError, False),
]


@both
@pytest.mark.parametrize(("reply", "expected", "expired"), REFUSALS)
def test_a_link_that_may_have_expired_says_so(
    kind: Kind, reply: Reply, expected: type[APIError], expired: bool, tmp_path: Path
) -> None:
    with answered(kind, reply) as (_, dify), pytest.raises(expected) as caught:
        dify.download("/files/1?sign=x", to=tmp_path / "a")
    assert ("may have expired" in str(caught.value)) == expired
    assert (caught.value.hint == "the link may have expired") == expired
    assert "base_url" not in str(caught.value)
    assert left_in(tmp_path) == []


def ok(*headers: tuple[str, str]) -> bytes:
    return head(200, headers)


LENGTH = ok(("Content-Length", str(len(CONTENT))))
CHUNKED = ok(("Transfer-Encoding", "chunked"))
PACKED = ok(("Content-Encoding", "gzip"))
PART = head(206, [("Content-Range", "bytes 0-4/9"), ("Content-Length", "5")])
BROKEN: dict[str, tuple[Step, ...]] = {
    "cut before its end": (LENGTH, CONTENT[:5000], Close()),
    "reset": (LENGTH, CONTENT[:5000], Sleep(0.05), Reset()),
    "chunks without an end": (CHUNKED, b"5\r\nhello\r\n", Close()),
    "no chunks at all": (CHUNKED, b"hello\r\n"),
    "no answer": (Close(),),
    "packed and cut": (PACKED, gzip.compress(CONTENT)[:-20], Close()),
    "packed in a way that was not asked for": (ok(("Content-Encoding", "br")), b"x", Close()),
    "packed and broken": (ok(("Content-Encoding", "gzip"), ("Content-Length", "5")), b"hello"),
    "a part of it": (PART, b"hello"),
}
TOLD = {"a part of it": (UnreadableAnswer, "not the whole file")}


@both
@pytest.mark.parametrize("how", sorted(BROKEN))
def test_a_broken_download_leaves_what_was_there(kind: Kind, how: str, tmp_path: Path) -> None:
    old = tmp_path / "a.bin"
    old.write_text("old")
    expected, told = TOLD.get(how, (ConnectionFailed, None))
    with answered(kind, Reply(BROKEN[how])) as (_, dify):
        for to in (old, tmp_path, tmp_path / "new", None):
            with pytest.raises(expected, match=told):
                dify.download(file_at("/a"), to=to, overwrite=True)
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
def test_what_was_packed_on_the_way_is_whole(kind: Kind) -> None:
    twice = gzip.compress(CONTENT[:100]) + gzip.compress(CONTENT[100:])
    deflated = ok(("Content-Encoding", "deflate")), zlib.compress(CONTENT)
    for packed in ((PACKED, gzip.compress(CONTENT)), (PACKED, twice), deflated):
        reply = Reply.raw(*packed, Close())
        with answered(kind, reply) as (server, dify):
            assert dify.download("/a") == CONTENT
            assert server.requests[0].headers["accept-encoding"] == "identity"


@both
def test_what_is_there_stays_unless_it_may_be_overwritten(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_text("old")
    (tmp_path / "a (1).bin").symlink_to("nowhere")
    with answered(kind, whole()) as (server, dify):
        file = file_at("/x")
        with pytest.raises(InvalidArgument, match="overwrite=True") as caught:
            dify.download(file, to=tmp_path / "a.bin")
        assert (caught.value.field, server.requests) == ("to", [])
        for number in (2, 3):
            path = dify.download(file, to=tmp_path)
            assert path == tmp_path / f"a ({number}).bin"
            assert path.read_bytes() == CONTENT
        assert (tmp_path / "a.bin").read_text() == "old"
        for to in (tmp_path, tmp_path / "a.bin"):
            (tmp_path / "a.bin").write_text("old")
            (tmp_path / "a.bin").chmod(0o600)
            assert dify.download(file, to=to, overwrite=True) == tmp_path / "a.bin"
            assert (tmp_path / "a.bin").read_bytes() == CONTENT
            assert os.name == "nt" or (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o600


@both
@pytest.mark.parametrize("links", [True, False])
def test_what_comes_while_it_is_fetched_stays_too(
    kind: Kind, links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_: Request) -> Reply:
        (tmp_path / "a").write_text("somebody's")
        return whole()

    if not links:
        monkeypatch.setattr("os.link", Mock(side_effect=PermissionError(1, "not permitted")))
    with answered(kind, answer) as (_, dify):
        with pytest.raises(InvalidArgument) as caught:
            dify.download("/x", to=tmp_path / "a")
        assert caught.value.field == "to"
        assert dify.download("/b", to=tmp_path / "b").read_bytes() == CONTENT
    assert (tmp_path / "a").read_text() == "somebody's"
    assert left_in(tmp_path) == ["a", "b"]


@both
def test_a_name_from_the_server_stays_in_the_folder(kind: Kind, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    names = {
        "../../out.txt": "out.txt",
        "/etc/passwd": "passwd",
        "..\\..\\win.txt": "win.txt",
        "..": "file",
        "a\0b\x1b[31m\r\n.txt": "ab[31m  .txt",
        "": "link.txt",
        ".bashrc": "bashrc",
        " . .profile. ": "profile",
        "gpj.\u202eexe": "gpj.exe",
        "lone\ud800.txt": "lone.txt",
        "CON.txt": "_CON.txt",
        "nul .tar.gz": "_nul .tar.gz",
        "Com¹": "_Com¹",
        "CONOUT$": "_CONOUT$",
        "a:b|c?.txt": "a_b_c_.txt",
        "报告\u3000最终.docx": "报告 最终.docx",
        "报" * 300 + ".docx": "报" * 65 + ".docx",
        "x" * 300: "x" * 200,
    }
    with answered(kind, whole(b"x")) as (_, dify):
        for name, kept in names.items():
            path = dify.download(file_at("/some/link.txt?sign=x", name), to=folder)
            assert path == folder / kept
    assert left_in(folder) == sorted(names.values())
    assert left_in(tmp_path) == ["in"]


@both
def test_a_link_by_a_host_that_is_not_reached_tells_of_files_url(kind: Kind) -> None:
    with answered(kind, whole(), max_retries=0) as (_, dify):
        with pytest.raises(ConnectionFailed, match="FILES_URL") as caught:
            dify.download("http://api.invalid:5001/files/tools/r1.txt?sign=secret")
        assert "api.invalid" in str(caught.value)
        assert "secret" not in str(caught.value)
        assert dify.download("/files/tools/r1.txt?sign=secret") == CONTENT
    with answered(kind, Reply.raw(Close())) as (_, dify):
        with pytest.raises(ConnectionFailed) as caught:
            dify.download("/files/a")
        assert "FILES_URL" not in str(caught.value)


@both
def test_a_big_file_is_never_in_memory(kind: Kind, tmp_path: Path) -> None:
    piece, pieces = bytes(1 << 16), 480
    reply = Reply.raw(ok(("Content-Length", str(pieces << 16))), *[piece] * pieces)
    with answered(kind, reply) as (_, dify):
        tracemalloc.start()
        try:
            dify.download("/big", to=tmp_path / "big")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (tmp_path / "big").stat().st_size == pieces << 16
    assert peak < 3 << 20


NO_FILES: list[Any] = [
    *(None, 5, "", {}, {"url": None}, {"url": 5}, b"/a", "abc", "http://h/\ud800"),
    *("ftp://host/a", "http://h:port/", "file:///etc/passwd", "javascript:alert(1)"),
]


@both
def test_arguments_that_name_no_file_and_no_place(kind: Kind, tmp_path: Path) -> None:
    fifo, away = tmp_path / "fifo", tmp_path / "no" / "such" / "folder"
    os.mkfifo(fifo)
    places: list[Any] = [5, away, b"/tmp", fifo, "/dev/null", "a\0b", "x" * 9999]
    calls: list[tuple[str, Any, Any]] = [("file", file, {}) for file in NO_FILES]
    calls += [("to", "/a", {"to": to, "overwrite": is_}) for to in places for is_ in (True, False)]
    with answered(kind, whole()) as (server, dify):
        for field, file, options in calls:
            with pytest.raises(InvalidArgument) as caught:
                dify.download(file, **options)
            assert caught.value.field == field, (file, options)
        assert server.requests == []
