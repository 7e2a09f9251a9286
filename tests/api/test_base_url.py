"""The base URL: every way to write the API's root is taken, everything else is refused kindly."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow import DifyWorkflow, InvalidArgument
from dify_workflow._clients.settings import normalise_base_url
from dify_workflow_api.operations import OPERATIONS
from facade import Kind, both, client
from replay_server import ReplayServer, Reply

HOST = "https://host.example"

# What is meant, and how it may be written.
ACCEPTED: dict[str, list[str]] = {
    "https://api.dify.ai/v1": ["https://api.dify.ai/v1"],
    f"{HOST}/v1": [
        *(HOST, f"{HOST}/", f"{HOST}/v1", f"{HOST}/v1/", f"{HOST}//v1//", f"{HOST}/V1"),
        *("HTTPS://HOST.example/v1", f"  {HOST}/v1 \n", f"{HOST}/v1?", f"{HOST}/v1#"),
        f"{HOST}:443/v1",
    ],
    "http://localhost/v1": ["http://localhost"],
    "http://localhost:5001/v1": ["http://localhost:5001/v1"],
    "http://127.0.0.1/v1": ["http://127.0.0.1:80"],
    "http://[::1]:5001/v1": ["http://[::1]:5001"],
    "http://[2001:db8::1]/v1": ["http://[2001:db8::1]/v1"],
    "http://[fe80::1%eth0]:5001/v1": ["http://[fe80::1%25eth0]:5001"],
    "https://xn--bcher-kva.example/v1": ["https://bücher.example/v1"],
    # Below a path of the host.
    f"{HOST}/dify/v1": [f"{HOST}/dify", f"{HOST}/dify/", f"{HOST}/dify/v1"],
    f"{HOST}/a/b/v1": [f"{HOST}/a/b/v1/"],
    f"{HOST}/api/v1": [f"{HOST}/api/v1"],
    f"{HOST}/%E6%8E%A5%E5%8F%A3/v1": [f"{HOST}/接口/v1"],
    f"{HOST}/%E6%8E%A5/v1": [f"{HOST}/%E6%8E%A5/v1"],
    f"{HOST}/a%2Fb/v1": [f"{HOST}/a%2Fb"],
    f"{HOST}/a%20b/v1": [f"{HOST}/a%20b"],
}

# What the message says to write instead, and what was written.
REFUSED: dict[str, list[Any]] = {
    # Pages of Dify Cloud: its API lives elsewhere.
    "write https://api.dify.ai/v1": [
        *("https://cloud.dify.ai", "https://cloud.dify.ai/v1", "https://dify.ai"),
        *("https://cloud.dify.ai/app/1f0c/workflow", "https://udify.app/workflow/x7f"),
    ],
    # Pages and APIs of other servers that are not this one, and more than the root.
    f"write {HOST}/v1": [
        *(f"{HOST}/app/1f0c/workflow", f"{HOST}/apps", f"{HOST}/signin", f"{HOST}/console/api"),
        *(f"{HOST}/api", f"{HOST}/workflow/x7f", f"{HOST}/v1/workflows/run", f"{HOST}/v1/v1"),
        *(f"{HOST}/workflows/run", f"{HOST}/v1?user=a", f"{HOST}/v1/?a=b#c"),
    ],
    f"write {HOST}:8443/v1": [f"{HOST}:8443/console/api/"],
    f"write {HOST}/dify/v1": [
        *(f"{HOST}/dify/console/api", f"{HOST}/dify/v1/info", f"{HOST}/dify#top"),
    ],
    # No URL, or none over HTTP.
    "as in https://api.dify.ai/v1": ["", "   ", "api.dify.ai/v1"],
    "must start with http:// or https://": [
        *("localhost:5001/v1", "//host.example/v1", "/v1", "ftp://host.example/v1"),
        *("mailto:somebody@host.example", "https://", "https:///v1"),
    ],
    "not a URL": [
        *("https://[::1", f"{HOST}:port", "https://\x00", "https://xn--/v1"),
        *(f"https://{'x' * 64}.test/v1", "https://a..b/v1", "https://" + "a" * 70_000),
    ],
    "port": [f"{HOST}:99999", f"{HOST}:0"],
    "spaces": ["https://ho st.example/v1", f"{HOST}/v 1", f"{HOST}\n/v1"],
    "backslashes": [f"{HOST}\\v1"],
    "api_key": ["https://somebody:hush@host.example/v1", "https://somebody@host.example/v1"],
    "not a int": [5],
    "not a bool": [True],
    "not a bytes": [b"https://host.example/v1"],
    "not a list": [[HOST]],
    # No secret that was put there is shown.
    "": [f"{HOST}/v1?key=hush", "app-hush", "hush:1"],
}


@pytest.mark.parametrize("meant", ACCEPTED)
def test_a_root_is_accepted_and_what_comes_out_goes_in_again(meant: str) -> None:
    for written in [*ACCEPTED[meant], meant]:
        assert str(normalise_base_url(written)) == meant
        assert DifyWorkflow(api_key="app-x", base_url=written).base_url == meant


@pytest.mark.parametrize("instead", REFUSED)
def test_anything_else_is_refused_with_what_to_write(instead: str) -> None:
    for written in REFUSED[instead]:
        with pytest.raises(InvalidArgument) as caught:
            DifyWorkflow(api_key="app-x", base_url=written)
        assert caught.value.field == "base_url"
        assert str(caught.value).startswith("base_url: ")
        assert instead in str(caught.value)
        assert "hush" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("path", sorted({path for _, path, _ in OPERATIONS.values()}))
def test_the_url_of_any_endpoint_is_refused(path: str) -> None:
    for root in (HOST, f"{HOST}/v1", f"{HOST}/a/v1"):
        with pytest.raises(InvalidArgument) as caught:
            normalise_base_url(root + path.replace("{", "").replace("}", ""))
        assert str(caught.value).endswith(f"write {normalise_base_url(root)}")


def test_it_comes_from_the_environment_then_is_dify_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIFY_BASE_URL", raising=False)
    assert DifyWorkflow().base_url == "https://api.dify.ai/v1"
    monkeypatch.setenv("DIFY_BASE_URL", "")
    assert DifyWorkflow().base_url == "https://api.dify.ai/v1"
    monkeypatch.setenv("DIFY_BASE_URL", "http://localhost:5001")
    assert DifyWorkflow().base_url == "http://localhost:5001/v1"
    assert DifyWorkflow(base_url=HOST).base_url == f"{HOST}/v1"
    # It is a setting that got lost: the key of another server must not go to the cloud.
    with pytest.raises(InvalidArgument):
        DifyWorkflow(base_url="")


@both
@pytest.mark.parametrize("path", ["", "/v1", "/dify", "/dify/v1/", "/%E6%8E%A5"])
def test_requests_go_below_it(kind: Kind, path: str) -> None:
    stopped = Reply.json(200, {"result": "success"})
    with ReplayServer([stopped]) as server, client(kind, server.url + path) as dify:
        dify.stop_workflow_stream("a-task")
    root = path.rstrip("/").removesuffix("/v1")
    assert server.requests[0].target == f"{root}/v1/workflows/tasks/a-task/stop"
