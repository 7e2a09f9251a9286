"""What a client is made with, arguments and environment, is checked when it is made."""

from __future__ import annotations

import importlib.util
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow, InvalidArgument
from facade import API_KEY, Kind, answered, both, client
from wire_archive import exchange

STREAM = exchange("1.14.2", "run/empty_streaming")
HTTP, HTTPS = "http://dify.test", "https://dify.test"
VARIABLES = [f"{name}_proxy" for name in ("http", "https", "all", "no")]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *map(str.upper, VARIABLES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


ARGUMENTS: list[tuple[str, Any, str]] = [
    *(("http_client", other, "httpx.") for other in (b"x", 5, "http://x", httpx.Client)),
    *(("verify", other, "SSLContext") for other in ("/ca.pem", None, 1, Path("ca.pem"))),
    *(("limits", other, "httpx.Limits") for other in (5, {"max_connections": 5}, "5")),
    ("limits", httpx.Limits(max_connections=0), "one connection"),
    ("limits", httpx.Limits(max_connections="5"), "httpx.Limits"),  # type: ignore[arg-type]
    *(("proxy", other, "127.0.0.1:3128") for other in (5, b"http://h:1", {"all": 5}, True, "")),
    *(("proxy", text, "http://") for text in ("127.0.0.1:3128", "//h:1", "proxy", "ftp://h:1")),
    *(("proxy", f"http://{text}", "http://") for text in (":1", "h:abc", "h:0", "h:99999", "a b")),
    ("connections", "h11", '"httpx"'),
    ("proxy", "http://h\n:1", "http://"),
    ("proxy", "socks://127.0.0.1:7891/", "socks5://"),
    ("proxy", "http://me:secret@h:abc", "http://"),
]


@pytest.mark.parametrize(("name", "value", "told"), ARGUMENTS, ids=repr)
@both
def test_an_argument_that_cannot_be_used(kind: Kind, name: str, value: Any, told: str) -> None:
    with pytest.raises(InvalidArgument) as caught, client(kind, HTTP, **{name: value}):
        pass
    assert caught.value.field == name
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_http_client_of_another_kind_is_refused() -> None:
    another: Any = type("Client", (), {"__module__": "httpx2"})()
    mine: Any
    for mine, theirs, told in (
        (DifyWorkflow, another, r"not httpx2\.Client \(call httpx2\.alias_httpx\(\)"),
        (DifyWorkflow, httpx.AsyncClient(), r"not httpx\.AsyncClient"),
        (AsyncDifyWorkflow, httpx.Client(), r"not httpx\.Client"),
    ):
        with pytest.raises(InvalidArgument, match=told) as caught:
            mine(base_url=HTTP, api_key=API_KEY, http_client=theirs)
        assert caught.value.field == "http_client"


MISSING = "/nonexistent/of-mine"
ENVIRONMENT: list[tuple[str, str, str, str]] = [
    (HTTP, "http_proxy", "http://127.0.0.1:abc", "http_proxy"),
    (HTTP, "ALL_PROXY", "socks://127.0.0.1:7891/", "ALL_PROXY"),
    (HTTPS, "HTTPS_PROXY", "http://", "HTTPS_PROXY"),
    (HTTPS, "all_proxy", "quic://h:1", "all_proxy"),
    (HTTPS, "SSL_CERT_FILE", MISSING, "SSL_CERT_FILE"),
    (HTTPS, "SSL_CERT_FILE", __file__, "SSL_CERT_FILE"),
    (HTTPS, "SSL_CERT_DIR", MISSING, "SSL_CERT_DIR"),
    (HTTPS, "SSLKEYLOGFILE", f"{MISSING}/log", "SSLKEYLOGFILE"),
    (HTTP, "DIFY_USER", "u" * 256, "user"),
    (HTTP, "DIFY_API_KEY", "app x", "api_key"),
    ("", "DIFY_BASE_URL", "dify.test", "base_url"),
]


@pytest.mark.parametrize(("url", "name", "value", "field"), ENVIRONMENT)
@both
def test_a_variable_that_cannot_be_used_is_named(
    kind: Kind, url: str, name: str, value: str, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    given = {"base_url": url or None, "api_key": None if name == "DIFY_API_KEY" else API_KEY}
    with pytest.raises(InvalidArgument) as caught:
        (DifyWorkflow if kind == "sync" else AsyncDifyWorkflow)(**given)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert name in str(caught.value)


def test_what_is_not_used_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "nonsense")
    monkeypatch.setenv("SSL_CERT_FILE", MISSING)
    DifyWorkflow(base_url=HTTP, api_key=API_KEY)
    DifyWorkflow(
        base_url=HTTPS,
        api_key=API_KEY,
        proxy="http://127.0.0.1:1",
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    with httpx.Client(trust_env=False) as http:
        DifyWorkflow(base_url=HTTPS, api_key=API_KEY, http_client=http)


def test_a_socks_proxy_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    DifyWorkflow(base_url=HTTP, api_key=API_KEY, proxy="socks5://127.0.0.1:1")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InvalidArgument, match=r"dify-workflow\[socks\]"):
        DifyWorkflow(base_url=HTTP, api_key=API_KEY, proxy="socks5://127.0.0.1:1")


@both
def test_a_client_of_a_subclass_is_used(kind: Kind) -> None:
    mine = type("Mine", (httpx.Client if kind == "sync" else httpx.AsyncClient,), {})
    with answered(kind, STREAM, http_client=mine()) as (_, dify):
        assert dify.run_workflow({}).status == "succeeded"
