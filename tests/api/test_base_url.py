"""The base URL: every way to write the API's root is taken, everything else is refused kindly."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow import DifyWorkflow, InvalidArgument
from dify_workflow._clients.settings import normalise_base_url
from dify_workflow_api.operations import OPERATIONS
from facade import Kind, both, client
from replay_server import ReplayServer, Reply

ACCEPTED = [
    ("https://api.dify.ai/v1", "https://api.dify.ai/v1"),
    ("https://host.example", "https://host.example/v1"),
    ("https://host.example/", "https://host.example/v1"),
    ("https://host.example/v1", "https://host.example/v1"),
    ("https://host.example/v1/", "https://host.example/v1"),
    ("https://host.example//v1//", "https://host.example/v1"),
    ("https://host.example/V1", "https://host.example/v1"),
    ("HTTPS://HOST.example/v1", "https://host.example/v1"),
    ("  https://host.example/v1 \n", "https://host.example/v1"),
    ("https://host.example/v1?", "https://host.example/v1"),
    ("https://host.example/v1#", "https://host.example/v1"),
    ("http://localhost", "http://localhost/v1"),
    ("http://localhost:5001/v1", "http://localhost:5001/v1"),
    ("https://host.example:443/v1", "https://host.example/v1"),
    ("http://127.0.0.1:80", "http://127.0.0.1/v1"),
    ("http://[::1]:5001", "http://[::1]:5001/v1"),
    ("http://[2001:db8::1]/v1", "http://[2001:db8::1]/v1"),
    ("https://bücher.example/v1", "https://xn--bcher-kva.example/v1"),
    # Below a path of the host.
    ("https://host.example/dify", "https://host.example/dify/v1"),
    ("https://host.example/dify/", "https://host.example/dify/v1"),
    ("https://host.example/dify/v1", "https://host.example/dify/v1"),
    ("https://host.example/a/b/v1/", "https://host.example/a/b/v1"),
    ("https://host.example/api/v1", "https://host.example/api/v1"),
    ("https://host.example/接口/v1", "https://host.example/%E6%8E%A5%E5%8F%A3/v1"),
    ("https://host.example/%E6%8E%A5/v1", "https://host.example/%E6%8E%A5/v1"),
    ("https://host.example/a%2Fb", "https://host.example/a%2Fb/v1"),
    ("https://host.example/a%20b", "https://host.example/a%20b/v1"),
]

# What is written, and what the message says to write instead.
REFUSED = [
    # Pages of Dify Cloud: its API lives elsewhere.
    ("https://cloud.dify.ai", "write https://api.dify.ai/v1"),
    ("https://cloud.dify.ai/v1", "write https://api.dify.ai/v1"),
    ("https://cloud.dify.ai/app/1f0c/workflow", "write https://api.dify.ai/v1"),
    ("https://udify.app/workflow/x7f", "write https://api.dify.ai/v1"),
    ("https://dify.ai", "write https://api.dify.ai/v1"),
    # Pages and APIs of other servers that are not this one.
    ("https://host.example/app/1f0c/workflow", "write https://host.example/v1"),
    ("https://host.example/apps", "write https://host.example/v1"),
    ("https://host.example/signin", "write https://host.example/v1"),
    ("https://host.example/console/api", "write https://host.example/v1"),
    ("https://host.example:8443/console/api/", "write https://host.example:8443/v1"),
    ("https://host.example/api", "write https://host.example/v1"),
    ("https://host.example/workflow/x7f", "write https://host.example/v1"),
    ("https://host.example/dify/console/api", "write https://host.example/dify/v1"),
    # More than the root.
    ("https://host.example/v1/workflows/run", "write https://host.example/v1"),
    ("https://host.example/v1/v1", "write https://host.example/v1"),
    ("https://host.example/dify/v1/info", "write https://host.example/dify/v1"),
    ("https://host.example/workflows/run", "write https://host.example/v1"),
    ("https://host.example/v1?user=a", "write https://host.example/v1"),
    ("https://host.example/dify#top", "write https://host.example/dify/v1"),
    ("https://host.example/v1/?a=b#c", "write https://host.example/v1"),
    # No URL, or none over HTTP.
    ("", "as in https://api.dify.ai/v1"),
    ("   ", "as in https://api.dify.ai/v1"),
    ("api.dify.ai/v1", "as in https://api.dify.ai/v1"),
    ("localhost:5001/v1", "must start with http:// or https://"),
    ("//host.example/v1", "must start with http:// or https://"),
    ("/v1", "must start with http:// or https://"),
    ("ftp://host.example/v1", "must start with http:// or https://"),
    ("mailto:somebody@host.example", "must start with http:// or https://"),
    ("https://", "must start with http:// or https://"),
    ("https:///v1", "must start with http:// or https://"),
    ("https://[::1", "not a URL"),
    ("https://host.example:port", "not a URL"),
    ("https://\x00", "not a URL"),
    ("https://xn--/v1", "not a URL"),
    (f"https://{'x' * 64}.test/v1", "not a URL"),
    ("https://a..b/v1", "not a URL"),
    ("https://" + "a" * 70_000, "not a URL"),
    ("https://host.example:99999", "port"),
    ("https://host.example:0", "port"),
    ("https://ho st.example/v1", "spaces"),
    ("https://host.example/v 1", "spaces"),
    ("https://host.example\n/v1", "spaces"),
    ("https://host.example\\v1", "backslashes"),
    ("https://somebody:word@host.example/v1", "api_key"),
    ("https://somebody@host.example/v1", "api_key"),
    # No text.
    (5, "not a int"),
    (True, "not a bool"),
    (b"https://host.example/v1", "not a bytes"),
    (["https://host.example/v1"], "not a list"),
]


@pytest.mark.parametrize(("written", "meant"), ACCEPTED)
def test_a_root_is_accepted(written: str, meant: str) -> None:
    assert str(normalise_base_url(written)) == meant
    assert DifyWorkflow(api_key="app-x", base_url=written).base_url == meant


@pytest.mark.parametrize(("written", "meant"), ACCEPTED)
def test_what_comes_out_goes_in_again(written: str, meant: str) -> None:
    assert str(normalise_base_url(meant)) == meant


@pytest.mark.parametrize(("written", "instead"), REFUSED)
def test_anything_else_is_refused_with_what_to_write(written: Any, instead: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        DifyWorkflow(api_key="app-x", base_url=written)
    assert caught.value.field == "base_url"
    assert str(caught.value).startswith("base_url: ")
    assert instead in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(("method", "path", "module"), OPERATIONS.values())
def test_the_url_of_any_endpoint_is_refused(method: str, path: str, module: str) -> None:
    for root in ("https://host.example", "https://host.example/v1", "https://host.example/a/v1"):
        with pytest.raises(InvalidArgument) as caught:
            normalise_base_url(root + path.replace("{", "").replace("}", ""))
        assert str(caught.value).endswith(f"write {normalise_base_url(root)}")


@pytest.mark.parametrize(
    "written",
    ["https://somebody:hush@host.example", "https://a.example/v1?key=hush", "app-hush", "hush:1"],
)
def test_a_message_shows_no_secret_that_was_put_there(written: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        normalise_base_url(written)
    assert "hush" not in str(caught.value)


def test_it_comes_from_the_environment_then_is_dify_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIFY_BASE_URL", raising=False)
    assert DifyWorkflow().base_url == "https://api.dify.ai/v1"
    monkeypatch.setenv("DIFY_BASE_URL", "")
    assert DifyWorkflow().base_url == "https://api.dify.ai/v1"
    monkeypatch.setenv("DIFY_BASE_URL", "http://localhost:5001")
    assert DifyWorkflow().base_url == "http://localhost:5001/v1"
    assert DifyWorkflow(base_url="https://host.example").base_url == "https://host.example/v1"
    monkeypatch.setenv("DIFY_BASE_URL", "https://host.example/console/api")
    with pytest.raises(InvalidArgument, match=r"write https://host\.example/v1"):
        DifyWorkflow()


def test_an_empty_one_is_not_dify_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a setting that got lost: the key of another server must not go to the cloud."""
    monkeypatch.setenv("DIFY_BASE_URL", "http://localhost:5001")
    with pytest.raises(InvalidArgument):
        DifyWorkflow(base_url="")


@both
@pytest.mark.parametrize("path", ["", "/v1", "/dify", "/dify/v1/", "/%E6%8E%A5"])
def test_requests_go_below_it(kind: Kind, path: str) -> None:
    with (
        ReplayServer([Reply.json(200, {"result": "success"})]) as server,
        client(kind, server.url + path) as dify,
    ):
        dify.stop_workflow_stream("a-task")
    root = path.rstrip("/").removesuffix("/v1")
    assert server.requests[0].target == f"{root}/v1/workflows/tasks/a-task/stop"
