"""Downloading what runs give out: what is found, where it is fetched, what is sent along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import DifyError, NotFound, WorkflowRunResponse
from download_replies import CONTENT, file_at, gone_to, left_in
from facade import API_KEY, Kind, answered, both, client, close_given, given_client
from fake_dify import FakeDify, Node
from recorded_runs import is_run
from replay_server import ReplayServer, Reply, Request
from wire_archive import VERSIONS, exchange, exchanges

RECORDED = exchange("1.14.2", "files/signed_img_get")
SIGNED = Reply.of(RECORDED)


def files_of(outputs: Any, **data: Any) -> list[tuple[Any, Any]]:
    """The files of a response with these outputs, as name and address."""
    made: Any = dict.fromkeys(("task_id", "data"))
    raw = {"data": data}
    result = WorkflowRunResponse(
        id="r", status="succeeded", message="", outputs=outputs, raw=raw, **made
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


@both
def test_a_file_of_a_run_to_a_path_a_folder_and_as_bytes(kind: Kind, tmp_path: Path) -> None:
    with FakeDify(eof_delay=0.0) as server:
        made = server.file("报告.bin", CONTENT, "application/octet-stream")
        nested = {"deep": [{"file": made}], "again": made}
        server.workflow = [Node("make", nested)]
        with client(kind, server) as dify:
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
    there = {**file_at(""), "url": None, "remote_url": target}
    with ReplayServer([SIGNED]) as server, client(kind, server.url + "/v1") as dify:
        for file in (file_at(target), target, f"{server.url}{target}", there):
            assert dify.download(file) == RECORDED.body
        for request in server.requests:
            assert (request.method, request.target) == ("GET", target)
            assert "authorization" not in request.headers


GATEWAY = {"X-Gateway-Key": "gateway-secret"}


@both
@pytest.mark.parametrize("given", [False, True], ids=["our client", "a given one"])
def test_a_foreign_host_sees_nothing_of_ours(kind: Kind, given: bool) -> None:
    http = given_client(
        kind,
        headers=GATEWAY | {"Authorization": f"Bearer {API_KEY}"},
        cookies={"session": "a-secret"},
        auth=("name", "password"),
    )
    options = {"http_client": http} if given else {"default_headers": GATEWAY, "user": "ann"}
    with (
        ReplayServer([SIGNED]) as foreign,
        answered(kind, gone_to(foreign.url + "/end"), **options) as (server, dify),
    ):
        assert dify.download(foreign.url + "/a") == RECORDED.body
        assert dify.download("/redirects") == RECORDED.body
        close_given(http, dify)
        if given:
            with pytest.raises(DifyError, match="closed"):
                dify.download("/a")
    assert [request.target for request in foreign.requests] == ["/a", "/end"]
    assert {name for request in foreign.requests for name in request.headers} == {
        *("accept", "accept-encoding", "host", "user-agent")
    }
    (sent,) = server.requests
    assert ("x-gateway-key" in sent.headers) == given
    assert "authorization" not in sent.headers
    assert API_KEY not in str(sent.headers)


@both
def test_redirects_are_followed_and_not_for_ever(kind: Kind) -> None:
    def answer(request: Request) -> Reply:
        step = int(request.path.rpartition("/")[2])
        return SIGNED if step == 0 else gone_to(f"/{step - 1}" if step < 99 else "/99")

    with answered(kind, answer) as (server, dify):
        assert dify.download("/3") == RECORDED.body
        assert [request.target for request in server.requests] == ["/3", "/2", "/1", "/0"]
        with pytest.raises(DifyError):
            dify.download("/99")
    for location in ("ftp://host/a", "http://h:port/", "http://xn--a/", f"http://{'a' * 70}/"):
        with answered(kind, gone_to(location)) as (server, dify), pytest.raises(DifyError):
            dify.download("/a")
