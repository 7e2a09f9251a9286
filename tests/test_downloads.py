"""Downloading what runs give out: where from, what is sent along, and what is left on the disk."""

from __future__ import annotations

import asyncio
import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import httpx
import pytest
from dify_workflow import (
    APIError,
    AsyncDifyWorkflow,
    ConnectionFailed,
    DifyError,
    GatewayError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    WorkflowRunResponse,
)
from dify_workflow.testing import FakeDify, Node
from facade import API_KEY, Kind, both, client
from recorded_runs import is_run
from replay_reply import head
from replay_server import Close, ReplayServer, Reply, Request, Reset, Sleep
from wire_archive import VERSIONS, exchange, exchanges

CONTENT = bytes(range(256)) * 50
FILE = exchange("1.14.2", "files/run_list_blocking").json()["data"]["outputs"]
SIGNED = Reply.of(exchange("1.14.2", "files/signed_img_get"))
SIGNED_BYTES = exchange("1.14.2", "files/signed_img_get").body
EXPIRED = Reply.of(exchange("1.14.2", "files/signed_url_bad"))
HTML = "<html><body>nginx</body></html>"


def whole(content: bytes = CONTENT) -> Reply:
    return Reply.raw(head(200, [("Content-Length", str(len(content)))]), content)


def file_at(url: str, name: str = "a.bin") -> dict[str, Any]:
    """A file object of a run's outputs."""
    return {"dify_model_identity": "__dify__file__", "filename": name, "url": url}


def gone_to(location: str) -> Reply:
    return Reply.raw(head(302, [("Location", location), ("Content-Length", "0")]))


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# What a response says of files.


def files_of(outputs: Any, **data: Any) -> list[tuple[Any, Any]]:
    """The files of a response with these outputs, as name and address."""
    result = WorkflowRunResponse(
        id="r",
        status="succeeded",
        message="",
        task_id=None,
        outputs=outputs,
        data=None,  # type: ignore[arg-type]
        raw={"data": data},
    )
    return [(file.filename, file.url) for file in result.files]


def test_files_are_found_anywhere_in_the_outputs_each_once() -> None:
    a, b, c, d = (file_at(f"https://h/{name}", name) for name in "abcd")
    outputs = {"one": a, "list": [b, "text", None, [c]], "deep": {"x": [{"y": d}]}, "again": a}
    found = [(name, f"https://h/{name}") for name in "abcd"]
    assert files_of(outputs) == found
    assert files_of(outputs, files=[a, d, file_at("https://h/e", "e")])[-1] == ("e", "https://h/e")
    assert files_of({"a": {"dify_model_identity": "other", "url": "x"}, "b": 1, "c": "url"}) == []


def test_one_file_with_two_links_is_one() -> None:
    first = {**file_at("https://h/a?sign=1"), "related_id": "id-1"}
    second = {**file_at("https://h/a?sign=2"), "related_id": "id-1"}
    assert len(files_of({"a": first, "b": [second]})) == 1
    assert len(files_of({"a": first, "b": {**second, "related_id": "id-2"}})) == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_file_is_found(version: str) -> None:
    items = exchanges(version, "files/run_") + exchanges(version, "run/http_file")
    seen = 0
    for item in items:
        if item.status != 200 or not is_run(item) or item.is_stream:
            continue
        data = item.json()["data"]
        found = files_of(data["outputs"] or {})
        expected = json.dumps(data["outputs"]).count("__dify__file__")
        assert len(found) == expected, item
        assert all(isinstance(url, str) and url for _, url in found), item
        seen += expected
    assert seen >= 2


# Where from.


@both
def test_a_file_of_a_run_to_a_path_a_folder_and_as_bytes(kind: Kind, tmp_path: Path) -> None:
    with FakeDify(eof_delay=0.0) as server:
        made = server.file("报告.bin", CONTENT, "application/octet-stream")
        nested = {"deep": [{"file": made}], "again": made}
        server.workflow = [Node("make", nested)]
        with client(kind, server.url, api_key=server.api_key) as dify:
            result = dify.run_workflow({})
            (file,) = result.files
            assert dify.download(file) == CONTENT
            assert dify.download(result.outputs["again"]) == CONTENT
            assert dify.download(file.url) == CONTENT
            assert dify.download(file, to=tmp_path / "own") == tmp_path / "own"
            assert dify.download(file, to=str(tmp_path)) == tmp_path / "报告.bin"
            (again,) = dify.info(result.id).files
            assert dify.download(again) == CONTENT
            server.expire_links()
            with pytest.raises(NotFound, match="may have expired"):
                dify.download(file)
            (fresh,) = dify.info(result.id).files
            assert dify.download(fresh) == CONTENT
    assert left_in(tmp_path) == ["own", "报告.bin"]
    assert all(path.read_bytes() == CONTENT for path in tmp_path.iterdir())


@both
def test_a_relative_address_is_the_servers(kind: Kind) -> None:
    target = "/files/1/file-preview?timestamp=1&sign=a%3D"
    with ReplayServer([SIGNED]) as server, client(kind, server.url + "/v1") as dify:
        assert dify.download(file_at(target)) == SIGNED_BYTES
        assert dify.download(target) == SIGNED_BYTES
        assert dify.download(f"{server.url}{target}") == SIGNED_BYTES
        assert [request.target for request in server.requests] == [target] * 3
        for request in server.requests:
            assert request.method == "GET"
            assert "authorization" not in request.headers


@both
def test_a_remote_file_without_a_link_is_fetched_from_where_it_is(kind: Kind) -> None:
    with ReplayServer([SIGNED]) as server, client(kind, server.url) as dify:
        file = {**file_at(""), "url": None, "remote_url": "/there"}
        assert dify.download(file) == SIGNED_BYTES
        assert server.requests[0].target == "/there"


@both
def test_a_foreign_host_sees_nothing_of_ours(kind: Kind) -> None:
    secret = {"default_headers": {"X-Gateway-Key": "gateway-secret"}, "user": "ann"}
    with (
        ReplayServer([SIGNED]) as foreign,
        ReplayServer([gone_to(foreign.url + "/end")]) as server,
        client(kind, server.url, **secret) as dify,
    ):
        assert dify.download(foreign.url + "/a") == SIGNED_BYTES
        assert dify.download("/redirects") == SIGNED_BYTES
        assert [request.target for request in foreign.requests] == ["/a", "/end"]
        for request in [*foreign.requests, *server.requests]:
            text = f"{request.target} {request.headers}"
            assert API_KEY not in text
            assert "gateway-secret" not in text
            assert "authorization" not in request.headers


@both
def test_the_key_of_a_given_http_client_stays_here(kind: Kind) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    made: dict[str, Any] = {"sync": httpx.Client, "async": httpx.AsyncClient}
    given = made[kind](headers=headers)
    with ReplayServer([SIGNED]) as server:
        with client(kind, server.url, http_client=given) as dify:
            dify.download("/a")
            if kind == "sync":
                given.close()
            else:
                dify._run(given.aclose())
            with pytest.raises(DifyError, match="closed"):
                dify.download("/a")
        (request,) = server.requests
    assert "authorization" not in request.headers


@both
def test_redirects_are_followed_and_not_for_ever(kind: Kind) -> None:
    def answer(request: Request) -> Reply:
        step = int(request.path.rpartition("/")[2])
        return SIGNED if step == 0 else gone_to(f"/{step - 1}" if step < 99 else "/99")

    with ReplayServer(answer) as server, client(kind, server.url) as dify:
        assert dify.download("/3") == SIGNED_BYTES
        assert [request.target for request in server.requests] == ["/3", "/2", "/1", "/0"]
        with pytest.raises(DifyError):
            dify.download("/99")
    for location in ("ftp://host/a", "http://h:port/"):
        with (
            ReplayServer([gone_to(location)]) as server,
            client(kind, server.url) as dify,
            pytest.raises(DifyError),
        ):
            dify.download("/a")


# What is refused, and what breaks.


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


@both
def test_the_preview_of_a_workflow_file_is_not_found(kind: Kind) -> None:
    previews = exchanges("1.14.2", "files/preview_")
    with (
        ReplayServer([Reply.of(item) for item in previews]) as server,
        client(kind, server.url) as dify,
    ):
        for _ in previews:
            with pytest.raises(NotFound):
                dify.preview_file("c44cf3b0-98e4-4f29-96fd-6edda141ea6e")
        assert len(server.requests) == len(previews) == 4
        with pytest.raises(InvalidArgument):
            dify.preview_file("")
    with ReplayServer([whole()]) as server, client(kind, server.url) as dify:
        assert dify.preview_file("id") == CONTENT
